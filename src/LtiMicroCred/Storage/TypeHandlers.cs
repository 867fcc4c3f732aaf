using System.Data;
using System.Data.Common;
using System.Globalization;
using Dapper;
using Microsoft.Data.Sqlite;

namespace LtiMicroCred.Storage;

/// <summary>How ids, times and decimals travel: SQL Server's own types there, lower-case and sortable text on SQLite.</summary>
internal static class TypeHandlers
{
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";
    private static int s_registered;

    public static void Register()
    {
        if (Interlocked.Exchange(ref s_registered, 1) == 1)
            return;
        Replace(new GuidHandler(), typeof(Guid), typeof(Guid?));
        Replace(new TimeHandler(), typeof(DateTimeOffset), typeof(DateTimeOffset?));
        Replace(new DecimalHandler(), typeof(decimal), typeof(decimal?));
    }

    /// <summary>Times are kept to the microsecond, in UTC, on both engines.</summary>
    public static DateTimeOffset ToMicroseconds(this DateTimeOffset time) => new(time.UtcTicks - (time.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);

    /// <summary>Ids for an <c>IN</c>: Dapper asks no handler for the members of a list.</summary>
    public static IReadOnlyList<object> ForList(this IEnumerable<Guid> ids, DbConnection connection) =>
        connection is SqliteConnection ? [.. ids.Select(id => id.ToString("D"))] : [.. ids.Cast<object>()];

    private static void Replace(SqlMapper.ITypeHandler handler, params Type[] types)
    {
        foreach (var type in types)
        {
            SqlMapper.RemoveTypeMap(type);
            SqlMapper.AddTypeHandler(type, handler);
        }
    }

    private sealed class GuidHandler : SqlMapper.TypeHandler<Guid>
    {
        public override Guid Parse(object value) => value is Guid guid ? guid : Guid.ParseExact((string)value, "D");

        public override void SetValue(IDbDataParameter parameter, Guid value)
        {
            if (parameter is SqliteParameter)
                parameter.Value = value.ToString("D");
            else
                (parameter.DbType, parameter.Value) = (DbType.Guid, value);
        }
    }

    private sealed class TimeHandler : SqlMapper.TypeHandler<DateTimeOffset>
    {
        public override DateTimeOffset Parse(object value) => value is DateTime time
            ? new DateTimeOffset(DateTime.SpecifyKind(time, DateTimeKind.Utc))
            : DateTimeOffset.ParseExact((string)value, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

        public override void SetValue(IDbDataParameter parameter, DateTimeOffset value)
        {
            var utc = value.ToMicroseconds().UtcDateTime;
            if (parameter is SqliteParameter)
                parameter.Value = utc.ToString(TimeFormat, CultureInfo.InvariantCulture);
            else
                (parameter.DbType, parameter.Value) = (DbType.DateTime2, utc);
        }
    }

    private sealed class DecimalHandler : SqlMapper.TypeHandler<decimal>
    {
        public override decimal Parse(object value) => value is decimal number ? number : decimal.Parse((string)value, NumberStyles.Number, CultureInfo.InvariantCulture);

        public override void SetValue(IDbDataParameter parameter, decimal value)
        {
            if (parameter is SqliteParameter)
                parameter.Value = value.ToString("0.############################", CultureInfo.InvariantCulture);
            else
                parameter.Value = value;
        }
    }
}
