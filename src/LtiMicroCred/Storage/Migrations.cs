using System.Data.Common;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using LtiMicroCred.Ledger;

namespace LtiMicroCred.Storage;

/// <summary>The database was made by a newer version, or a script that it has run has changed since.</summary>
internal sealed class SchemaRefusedException(string message) : Exception(message);

/// <summary>
/// Brings the database to this version's schema: numbered scripts, each run once and recorded with its checksum.
/// Two processes may start at once: SQLite is locked exclusively, SQL Server by an application lock.
/// </summary>
internal sealed class Migrations(Database database, TimeProvider clock)
{
    private sealed record Script(int Number, string Name, string Text)
    {
        public string Checksum { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text)));
    }

    private sealed record Applied
    {
        public required long Number { get; init; }
        public required string Checksum { get; init; }
    }

    /// <returns>The names of the scripts that were run now.</returns>
    /// <exception cref="SchemaRefusedException"/>
    public async Task<IReadOnlyList<string>> ApplyAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        // A table that others refer to is rebuilt under its own name; its references are checked as a whole at the end (SQLite, ALTER TABLE, section 7).
        if (database.Engine == LedgerEngine.Sqlite)
            await connection.ExecuteAsync("PRAGMA foreign_keys=OFF");
        try
        {
            return await ApplyAsync(connection, ct);
        }
        finally
        {
            if (database.Engine == LedgerEngine.Sqlite)
                await connection.ExecuteAsync("PRAGMA foreign_keys=ON");
        }
    }

    private async Task<IReadOnlyList<string>> ApplyAsync(DbConnection connection, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await LockAsync(connection, transaction);
        await EnsureHistoryAsync(connection, transaction);
        var missing = Missing(await AppliedAsync(connection, transaction));
        foreach (var script in missing)
        {
            foreach (var batch in Batches(script.Text))
                await connection.ExecuteAsync(batch, transaction: transaction);
            await connection.ExecuteAsync(
                "INSERT INTO SchemaMigration (Number, Name, Checksum, AppliedAt) VALUES (@Number, @Name, @Checksum, @AppliedAt)",
                new { script.Number, script.Name, script.Checksum, AppliedAt = clock.GetUtcNow() },
                transaction);
        }

        if (database.Engine == LedgerEngine.Sqlite && (await connection.QueryAsync("PRAGMA foreign_key_check", transaction: transaction)).Any())
            throw new SchemaRefusedException("The database holds rows that refer to rows which are not there; it is left as it was. Restore a backup from before the damage.");
        await transaction.CommitAsync(ct);
        return [.. missing.Select(s => s.Name)];
    }

    /// <summary>The names of the scripts that <see cref="ApplyAsync"/> would run. Changes nothing.</summary>
    public async Task<IReadOnlyList<string>> PendingAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        if (!await HistoryExistsAsync(connection, null))
            return [.. Scripts().Select(s => s.Name)];
        return [.. Missing(await AppliedAsync(connection, null)).Select(s => s.Name)];
    }

    private List<Script> Missing(Dictionary<long, string> applied)
    {
        var scripts = Scripts();
        if (applied.Keys.FirstOrDefault(n => scripts.All(s => s.Number != n)) is var unknown and > 0)
            throw new SchemaRefusedException($"The database has schema step {unknown}, which this version does not know. It was made by a newer version: start that one, or restore a backup.");
        if (scripts.FirstOrDefault(s => applied.TryGetValue(s.Number, out var checksum) && checksum != s.Checksum) is { } changed)
            throw new SchemaRefusedException($"Schema step {changed.Name} differs from the one that this database has run. Start the version that made the database.");
        return [.. scripts.Where(s => !applied.ContainsKey(s.Number))];
    }

    private static async Task<Dictionary<long, string>> AppliedAsync(DbConnection connection, DbTransaction? transaction) =>
        (await connection.QueryAsync<Applied>("SELECT Number, Checksum FROM SchemaMigration", transaction: transaction)).ToDictionary(a => a.Number, a => a.Checksum);

    private async Task LockAsync(DbConnection connection, DbTransaction transaction)
    {
        if (database.Engine == LedgerEngine.Sqlite)
            return; // BEGIN IMMEDIATE, which the provider sends, already keeps every other writer out
        var outcome = await connection.ExecuteScalarAsync<int>(
            "DECLARE @outcome int; EXEC @outcome = sp_getapplock @Resource = 'LtiMicroCred.migrate', @LockMode = 'Exclusive', @LockTimeout = 60000; SELECT @outcome",
            transaction: transaction);
        if (outcome < 0)
            throw new SchemaRefusedException("Another process is migrating this database. Try again when it is done.");
    }

    private async Task EnsureHistoryAsync(DbConnection connection, DbTransaction transaction)
    {
        if (await HistoryExistsAsync(connection, transaction))
            return;
        await connection.ExecuteAsync(
            database.Engine == LedgerEngine.Sqlite
                ? "CREATE TABLE SchemaMigration (Number INTEGER NOT NULL PRIMARY KEY, Name TEXT NOT NULL, Checksum TEXT NOT NULL, AppliedAt TEXT NOT NULL) STRICT"
                : "CREATE TABLE SchemaMigration (Number bigint NOT NULL PRIMARY KEY, Name varchar(100) NOT NULL, Checksum varchar(64) NOT NULL, AppliedAt datetime2(6) NOT NULL)",
            transaction: transaction);
    }

    private async Task<bool> HistoryExistsAsync(DbConnection connection, DbTransaction? transaction) => await connection.ExecuteScalarAsync<int>(
        database.Engine == LedgerEngine.Sqlite
            ? "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'SchemaMigration'"
            : "SELECT COUNT(*) FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_NAME = 'SchemaMigration'",
        transaction: transaction) > 0;

    private List<Script> Scripts()
    {
        var prefix = database.Engine == LedgerEngine.Sqlite ? "migrations.sqlite." : "migrations.sqlserver.";
        var assembly = Assembly.GetExecutingAssembly();
        return [.. assembly.GetManifestResourceNames()
            .Where(n => n.StartsWith(prefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(n => new Script(int.Parse(n.AsSpan(prefix.Length, 4), System.Globalization.CultureInfo.InvariantCulture), n[prefix.Length..], Read(assembly, n)))];
    }

    private static string Read(Assembly assembly, string resource)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }

    // A SQLite script is one batch; a SQL Server script is parted by lines that say GO.
    private IEnumerable<string> Batches(string text) => database.Engine == LedgerEngine.Sqlite
        ? [text]
        : text.Split("\nGO\n").Select(b => b.Trim()).Where(b => b.Length > 0);
}
