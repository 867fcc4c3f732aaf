using System.Data;
using System.Data.Common;

namespace LtiMicroCred.Ledger;

/// <summary>How an engine stores values. The only place that tells engines apart, together with <c>sql/{engine}/</c>.</summary>
internal abstract class Dialect
{
    protected abstract string Folder { get; }

    public static Dialect Of(LedgerEngine engine) => engine switch
    {
        LedgerEngine.Sqlite => new SqliteDialect(),
        LedgerEngine.SqlServer => new SqlServerDialect(),
        _ => throw new ArgumentOutOfRangeException(nameof(engine), engine, "not an engine"),
    };

    public DbCommand Command(DbConnection connection, DbTransaction? transaction, string statement)
    {
        var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = Statements.Text(Folder, statement);
        return command;
    }

    public abstract void Bind(DbCommand command, string name, Guid? value);

    public abstract void Bind(DbCommand command, string name, DateTimeOffset value);

    public abstract void Bind(DbCommand command, string name, decimal? value);

    public abstract void Bind(DbCommand command, string name, bool? value);

    public virtual void Bind(DbCommand command, string name, int? value) => Add(command, name, DbType.Int32, value);

    public virtual void Bind(DbCommand command, string name, long? value) => Add(command, name, DbType.Int64, value);

    public virtual void Bind(DbCommand command, string name, byte[]? value) => Add(command, name, DbType.Binary, value);

    public virtual void Bind(DbCommand command, string name, string? value) => Add(command, name, DbType.String, value);

    /// <summary>For columns without characters beyond ASCII: SQL Server would otherwise convert the column instead of the value.</summary>
    public virtual void BindAscii(DbCommand command, string name, string? value) => Add(command, name, DbType.AnsiString, value);

    // What a reader gave, or nothing where it is not the one form in which the engine keeps such a value.
    public abstract Guid? Id(object value);

    public abstract DateTimeOffset? Time(object value);

    public abstract decimal? Number(object value);

    public abstract bool? Flag(object value);

    public abstract int? Int(object value);

    protected static void Add(DbCommand command, string name, DbType type, object? value)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = name;
        parameter.DbType = type;
        parameter.Value = value ?? DBNull.Value;
        command.Parameters.Add(parameter);
    }
}

internal sealed class SqliteDialect : Dialect
{
    protected override string Folder => "sqlite";

    public override void Bind(DbCommand command, string name, Guid? value) =>
        Add(command, name, DbType.String, value is { } id ? Texts.Of(id) : null);

    public override void Bind(DbCommand command, string name, DateTimeOffset value) => Add(command, name, DbType.String, Texts.Of(value));

    public override void Bind(DbCommand command, string name, decimal? value) =>
        Add(command, name, DbType.String, value is { } number ? Texts.Of(number) : null);

    public override void Bind(DbCommand command, string name, bool? value) =>
        Add(command, name, DbType.Int64, value is { } flag ? flag ? 1L : 0L : null);

    public override Guid? Id(object value) => value is string text ? Texts.Id(text) : null;

    public override DateTimeOffset? Time(object value) => value is string text ? Texts.Time(text) : null;

    public override decimal? Number(object value) => value is string text ? Texts.Number(text) : null;

    public override bool? Flag(object value) => value switch { 0L => false, 1L => true, _ => null };

    public override int? Int(object value) => value is long number and >= int.MinValue and <= int.MaxValue ? (int)number : null;
}

internal sealed class SqlServerDialect : Dialect
{
    protected override string Folder => "sqlserver";

    public override void Bind(DbCommand command, string name, Guid? value) => Add(command, name, DbType.Guid, value);

    public override void Bind(DbCommand command, string name, DateTimeOffset value) =>
        Add(command, name, DbType.DateTimeOffset, Texts.ToMicroseconds(value));

    public override void Bind(DbCommand command, string name, decimal? value) => Add(command, name, DbType.Decimal, value);

    public override void Bind(DbCommand command, string name, bool? value) => Add(command, name, DbType.Boolean, value);

    public override Guid? Id(object value) => value as Guid?;

    // Another offset would be the same instant in another form.
    public override DateTimeOffset? Time(object value) => value is DateTimeOffset time && time.Offset == TimeSpan.Zero ? time : null;

    public override decimal? Number(object value) => value as decimal?;

    public override bool? Flag(object value) => value as bool?;

    public override int? Int(object value) => value as int?;
}
