using System.Data.Common;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using LtiMicroCred.Ledger;

namespace LtiMicroCred.Storage;

/// <summary>The database was made by a newer version, or a script that it has run has changed since.</summary>
internal sealed class SchemaRefusedException(string message) : Exception(message);

/// <summary>A numbered script. Its first line says what it is for.</summary>
internal sealed record SchemaStep(int Number, string Name, string Text)
{
    /// <summary>Of the text as it was read: a copy with the text for a certain server keeps it.</summary>
    public string Checksum { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text)));

    public string Purpose => Text[..Text.IndexOf('\n', StringComparison.Ordinal)].TrimStart('-', ' ');
}

/// <summary>What <see cref="Migrations.ApplyAsync"/> would do, the texts as the server is to run them.</summary>
/// <param name="Steps">In order; none where the schema is this version's.</param>
/// <param name="NativeLedger">Null on SQLite.</param>
internal sealed record SchemaPlan(IReadOnlyList<SchemaStep> Steps, NativeLedger? NativeLedger);

/// <summary>
/// Brings the database to this version's schema: numbered scripts, each run once and recorded with its checksum, all or none.
/// Two processes may start at once: SQLite is locked exclusively, SQL Server by an application lock.
/// </summary>
internal sealed class Migrations(Database database, TimeProvider clock)
{
    private sealed record Applied
    {
        public required long Number { get; init; }
        public required string Checksum { get; init; }
    }

    private bool IsSqlite => database.Engine == LedgerEngine.Sqlite;

    /// <returns>The names of the scripts that were run now.</returns>
    /// <exception cref="SchemaRefusedException"/>
    public async Task<IReadOnlyList<string>> ApplyAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        // SQLite: a table that others refer to is rebuilt under its own name; its references are checked as a whole at the end (SQLite, ALTER TABLE, section 7).
        // SQL Server: tables are changed while a server may still be reading them.
        await connection.ExecuteAsync(IsSqlite ? "PRAGMA foreign_keys=OFF" : "SET LOCK_TIMEOUT 60000");
        try
        {
            return await ApplyAsync(connection, ct);
        }
        finally
        {
            if (IsSqlite)
                await connection.ExecuteAsync("PRAGMA foreign_keys=ON");
        }
    }

    private async Task<IReadOnlyList<string>> ApplyAsync(DbConnection connection, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await LockAsync(connection, transaction);
        await EnsureHistoryAsync(connection, transaction);
        var plan = await PlanAsync(connection, transaction);
        foreach (var step in plan.Steps)
        {
            foreach (var batch in Batches(step.Text))
                await connection.ExecuteAsync(batch, transaction: transaction, commandTimeout: 0);
            await connection.ExecuteAsync(
                "INSERT INTO SchemaMigration (Number, Name, Checksum, AppliedAt) VALUES (@Number, @Name, @Checksum, @AppliedAt)",
                new { step.Number, step.Name, step.Checksum, AppliedAt = clock.GetUtcNow() },
                transaction);
        }

        if (IsSqlite && (await connection.QueryAsync("PRAGMA foreign_key_check", transaction: transaction)).Any())
            throw new SchemaRefusedException("The database holds rows that refer to rows which are not there; it is left as it was. Restore a backup from before the damage.");
        await transaction.CommitAsync(ct);
        return [.. plan.Steps.Select(s => s.Name)];
    }

    /// <summary>What <see cref="ApplyAsync"/> would do. Changes nothing, and makes no file.</summary>
    /// <exception cref="SchemaRefusedException"/>
    public async Task<SchemaPlan> PlanAsync(CancellationToken ct)
    {
        if (database.File is { } file && !File.Exists(file))
            return new SchemaPlan(Scripts(), null);
        await using var connection = await database.OpenAsync(ct);
        return await PlanAsync(connection, null);
    }

    /// <summary>The names of the scripts that <see cref="ApplyAsync"/> would run. Changes nothing.</summary>
    /// <exception cref="SchemaRefusedException"/>
    public async Task<IReadOnlyList<string>> PendingAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return [.. (await MissingAsync(connection, null)).Select(s => s.Name)];
    }

    private async Task<SchemaPlan> PlanAsync(DbConnection connection, DbTransaction? transaction)
    {
        var missing = await MissingAsync(connection, transaction);
        if (IsSqlite)
            return new SchemaPlan(missing, null);
        if (!missing.Exists(step => NativeLedger.MakesTables(step.Text)))
            return new SchemaPlan(missing, await NativeLedger.ActualAsync(connection, transaction));

        var native = await NativeLedger.OfferedAsync(connection, transaction);
        await native.RefuseLedgerDatabaseAsync(connection, transaction);
        return new SchemaPlan(missing.ConvertAll(step => step with { Text = native.Into(step.Text) }), native);
    }

    private async Task<List<SchemaStep>> MissingAsync(DbConnection connection, DbTransaction? transaction)
    {
        var scripts = Scripts();
        if (!await HistoryExistsAsync(connection, transaction))
            return scripts;
        var applied = (await connection.QueryAsync<Applied>("SELECT Number, Checksum FROM SchemaMigration", transaction: transaction)).ToDictionary(a => a.Number, a => a.Checksum);
        if (applied.Keys.FirstOrDefault(n => scripts.TrueForAll(s => s.Number != n)) is var unknown and > 0)
            throw new SchemaRefusedException($"The database has schema step {unknown}, which this version does not know. It was made by a newer version: start that one, or restore a backup.");
        if (scripts.Find(s => applied.TryGetValue(s.Number, out var checksum) && checksum != s.Checksum) is { } changed)
            throw new SchemaRefusedException($"Schema step {changed.Name} differs from the one that this database has run. Start the version that made the database.");
        return scripts.FindAll(s => !applied.ContainsKey(s.Number));
    }

    private async Task LockAsync(DbConnection connection, DbTransaction transaction)
    {
        if (IsSqlite)
            return; // BEGIN IMMEDIATE, which the provider sends, already keeps every other writer out
        var outcome = await connection.ExecuteScalarAsync<int>(
            "DECLARE @outcome int; EXEC @outcome = sp_getapplock @Resource = 'LtiMicroCred.migrate', @LockMode = 'Exclusive', @LockTimeout = 60000; SELECT @outcome",
            transaction: transaction,
            commandTimeout: 90);
        if (outcome < 0)
            throw new SchemaRefusedException("Another process is migrating this database. Try again when it is done.");
    }

    private async Task EnsureHistoryAsync(DbConnection connection, DbTransaction transaction)
    {
        if (await HistoryExistsAsync(connection, transaction))
            return;
        await connection.ExecuteAsync(
            IsSqlite
                ? "CREATE TABLE SchemaMigration (Number INTEGER NOT NULL PRIMARY KEY, Name TEXT NOT NULL, Checksum TEXT NOT NULL, AppliedAt TEXT NOT NULL) STRICT"
                : "CREATE TABLE SchemaMigration (Number bigint NOT NULL PRIMARY KEY, Name varchar(100) NOT NULL, Checksum varchar(64) NOT NULL, AppliedAt datetime2(6) NOT NULL)",
            transaction: transaction);
    }

    private async Task<bool> HistoryExistsAsync(DbConnection connection, DbTransaction? transaction) => await connection.ExecuteScalarAsync<int>(
        IsSqlite
            ? "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'SchemaMigration'"
            : "SELECT COUNT(*) FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_NAME = 'SchemaMigration'",
        transaction: transaction) > 0;

    private List<SchemaStep> Scripts()
    {
        var prefix = IsSqlite ? "migrations.sqlite." : "migrations.sqlserver.";
        var assembly = Assembly.GetExecutingAssembly();
        return [.. assembly.GetManifestResourceNames()
            .Where(n => n.StartsWith(prefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(n => new SchemaStep(int.Parse(n.AsSpan(prefix.Length, 4), System.Globalization.CultureInfo.InvariantCulture), n[prefix.Length..], Read(assembly, n)))
            .Select(step => IsSqlite ? step : step with { Text = QuartzTables.Into(step.Text) })];
    }

    private static string Read(Assembly assembly, string resource)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }

    // A SQLite script is one batch; a SQL Server script is parted by lines that say GO.
    private IEnumerable<string> Batches(string text) => IsSqlite
        ? [text]
        : text.Split("\nGO\n").Select(b => b.Trim()).Where(b => b.Length > 0);
}
