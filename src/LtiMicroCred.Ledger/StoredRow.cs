using System.Data.Common;

namespace LtiMicroCred.Ledger;

/// <summary>One row as it was stored, whatever a hostile hand made of it: each column is judged when it is asked for.</summary>
internal sealed class StoredRow
{
    private readonly Dialect dialect;
    private readonly Dictionary<string, object> values;

    private StoredRow(Dialect dialect, Dictionary<string, object> values)
    {
        this.dialect = dialect;
        this.values = values;
    }

    public static async Task<List<StoredRow>> ReadAllAsync(DbCommand command, Dialect dialect, CancellationToken cancellationToken)
    {
        var rows = new List<StoredRow>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            rows.Add(Copy(reader, dialect));
        return rows;
    }

    public bool Has(string column) => values.ContainsKey(column);

    public bool Holds(string column) => values.TryGetValue(column, out var value) && value is not DBNull;

    public bool Is(string column, string text) => values[column] as string == text;

    public Guid Id(string column) => dialect.Id(values[column]) ?? throw Unreadable(column, "an id");

    public Guid? IdOrNull(string column) => dialect.Id(values[column]);

    public DateTimeOffset Time(string column) => dialect.Time(values[column]) ?? throw Unreadable(column, "a UTC time to the microsecond");

    public decimal Number(string column) => dialect.Number(values[column]) ?? throw Unreadable(column, "a decimal");

    public decimal? NumberOrNull(string column) => values[column] is DBNull ? null : Number(column);

    public bool Flag(string column) => dialect.Flag(values[column]) ?? throw Unreadable(column, "true or false");

    public int Int(string column) => dialect.Int(values[column]) ?? throw Unreadable(column, "a whole number");

    public long Long(string column) => values[column] as long? ?? throw Unreadable(column, "a whole number");

    public long? LongOrNull(string column) => values[column] as long?;

    public string Text(string column) => values[column] as string ?? throw Unreadable(column, "text");

    public string? TextOrNull(string column) => values[column] is DBNull ? null : Text(column);

    public byte[] Bytes(string column) => values[column] as byte[] ?? throw Unreadable(column, "bytes");

    public byte[]? BytesOrNull(string column) => values[column] as byte[];

    public byte[] Hash(string column) => Bytes(column) is { Length: Merkle.HashSize } hash ? hash : throw Unreadable(column, "a hash of 32 bytes");

    private static StoredRow Copy(DbDataReader reader, Dialect dialect)
    {
        var read = new Dictionary<string, object>(reader.FieldCount, StringComparer.Ordinal);
        for (var i = 0; i < reader.FieldCount; i++)
            read[reader.GetName(i)] = Value(reader, i);
        return new StoredRow(dialect, read);
    }

    private static object Value(DbDataReader reader, int column)
    {
        try
        {
            return reader.GetValue(column);
        }
        catch (Exception e) when (e is InvalidCastException or OverflowException or FormatException or ArgumentException)
        {
            return new Unconvertible();
        }
    }

    private static LedgerFormatException Unreadable(string column, string expected) => new(column, $"is not {expected} as this ledger stores it");

    /// <summary>A value of the engine that has no counterpart here: none that this library wrote.</summary>
    private sealed class Unconvertible;
}
