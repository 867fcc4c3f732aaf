using System.Data.Common;
using System.Globalization;
using Dapper;

namespace LtiMicroCred.Storage;

/// <summary>Whether the tables of the ledger are append-only ledger tables of SQL Server's own, and why or why not. They hold without: triggers, and the log itself.</summary>
internal sealed record NativeLedger(bool IsOn, string Why)
{
    /// <summary>How a script makes such a table. In the scripts it stands in a comment.</summary>
    private const string Clause = "WITH (LEDGER = ON (APPEND_ONLY = ON))";

    private const string Commented = $"/* {Clause} */";

    private static readonly string[] s_tables = ["LedgerEntry", "LedgerTile", "LedgerCheckpoint"];

    /// <summary>For logs.</summary>
    public string Sentence => $"SQL Server's own ledger tables: {(IsOn ? "yes" : "no")}, {Why}.";

    public static bool MakesTables(string script) => script.Contains(Commented, StringComparison.Ordinal);

    /// <summary>The script as this server is to run it.</summary>
    public string Into(string script) => IsOn ? script.Replace(Commented, Clause, StringComparison.Ordinal) : script;

    /// <summary>What the server has to offer, by its own properties. Unknown ones are null.</summary>
    public static NativeLedger Offered(string? babelfish, int? engineEdition, int? majorVersion) => (babelfish, engineEdition, majorVersion) switch
    {
        (not null, _, _) => new(false, "Babelfish has none"),
        (_, 5, _) => new(true, "this is Azure SQL Database"), // which calls itself version 12
        (_, 8, _) => new(true, "this is Azure SQL Managed Instance"),
        (_, 2 or 3 or 4, >= 16) => new(true, string.Create(CultureInfo.InvariantCulture, $"this is SQL Server of version {majorVersion}")),
        (_, 2 or 3 or 4, not null) => new(false, string.Create(CultureInfo.InvariantCulture, $"this is SQL Server of version {majorVersion}, the first with ledger tables is 16 (2022)")),
        _ => new(false, "this server is not known to have any"),
    };

    public static async Task<NativeLedger> OfferedAsync(DbConnection connection, DbTransaction? transaction)
    {
        var facts = await connection.QuerySingleAsync<ServerFacts>(
            """
            SELECT CAST(SERVERPROPERTY('Babelfish') AS varchar(40)) AS Babelfish,
                   CAST(SERVERPROPERTY('EngineEdition') AS varchar(40)) AS EngineEdition,
                   CAST(SERVERPROPERTY('ProductMajorVersion') AS varchar(40)) AS MajorVersion
            """,
            transaction: transaction);
        return Offered(facts.Babelfish, Whole(facts.EngineEdition), Whole(facts.MajorVersion));
    }

    /// <summary>What the tables of this database are; they exist already.</summary>
    public static async Task<NativeLedger> ActualAsync(DbConnection connection, DbTransaction? transaction)
    {
        var offered = await OfferedAsync(connection, transaction);
        if (!offered.IsOn)
            return offered;
        var native = await connection.ExecuteScalarAsync<int>(
            "SELECT COUNT(*) FROM sys.tables WHERE schema_id = SCHEMA_ID() AND name IN @tables AND ledger_type_desc = 'APPEND_ONLY_LEDGER_TABLE'",
            new { tables = s_tables },
            transaction);
        return native == s_tables.Length ? offered : new NativeLedger(false, "the tables were made as ordinary ones; docs/sql-server.md says how they are exchanged");
    }

    /// <summary>
    /// A ledger database makes every table a ledger table, and so keeps whatever is deleted from it: nobody could be erased any more.
    /// </summary>
    /// <exception cref="SchemaRefusedException"/>
    public async Task RefuseLedgerDatabaseAsync(DbConnection connection, DbTransaction? transaction)
    {
        if (IsOn && await connection.ExecuteScalarAsync<bool>("SELECT is_ledger_on FROM sys.databases WHERE database_id = DB_ID()", transaction: transaction))
            throw new SchemaRefusedException("This is a ledger database: it keeps what is deleted from any table, and so learners could never be erased. Create the database without LEDGER = ON; the tables of the ledger are made ledger tables one by one.");
    }

    private static int? Whole(string? text) => int.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : null;

    private sealed record ServerFacts
    {
        public string? Babelfish { get; init; }
        public string? EngineEdition { get; init; }
        public string? MajorVersion { get; init; }
    }
}
