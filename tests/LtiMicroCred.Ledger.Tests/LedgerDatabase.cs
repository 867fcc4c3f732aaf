using System.Data.Common;
using Microsoft.Data.SqlClient;
using Microsoft.Data.Sqlite;

namespace LtiMicroCred.Ledger.Tests;

/// <summary>An empty ledger on a real engine.</summary>
public abstract class LedgerDatabase : IAsyncDisposable
{
    public abstract LedgerEngine Engine { get; }

    /// <summary>For another process.</summary>
    public abstract string ConnectionString { get; }

    public abstract Task CreateAsync();

    public abstract Task<DbConnection> OpenAsync();

    /// <summary>Takes away whatever guards the tables, as someone who owns the database can.</summary>
    public abstract Task UnlockAsync();

    public abstract ValueTask DisposeAsync();

    /// <summary>A literal of bytes.</summary>
    public string Bytes(byte[] value) => Engine == LedgerEngine.Sqlite ? $"X'{Convert.ToHexString(value)}'" : $"0x{Convert.ToHexString(value)}";

    public async Task<int> RunAsync(string sql)
    {
        await using var connection = await OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return await command.ExecuteNonQueryAsync();
    }

    protected static IEnumerable<string> Migrations(string engine) => new[] { "0002_ledger.sql", "0004_ledger.sql" }
        .Select(step => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "sql", engine, step)).ReplaceLineEndings("\n"));
}

internal sealed class SqliteLedgerDatabase : LedgerDatabase
{
    private readonly string folder = Directory.CreateTempSubdirectory("ledger-").FullName;

    public override LedgerEngine Engine => LedgerEngine.Sqlite;

    public override string ConnectionString => new SqliteConnectionStringBuilder { DataSource = Path.Combine(folder, "ledger.db"), Pooling = false }.ConnectionString;

    public override Task CreateAsync() => RunAsync("PRAGMA journal_mode=WAL; PRAGMA foreign_keys=OFF;" + string.Concat(Migrations("sqlite")));

    public override async Task<DbConnection> OpenAsync()
    {
        var connection = new SqliteConnection(ConnectionString);
        await connection.OpenAsync();
        await PrepareAsync(connection);
        return connection;
    }

    public static async Task PrepareAsync(DbConnection connection)
    {
        await using var pragmas = connection.CreateCommand();
        pragmas.CommandText = "PRAGMA busy_timeout=10000; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=ON;";
        await pragmas.ExecuteNonQueryAsync();
    }

    public override Task UnlockAsync() => RunAsync("""
        PRAGMA foreign_keys=OFF;
        CREATE TABLE FreeEntry AS SELECT * FROM LedgerEntry;
        CREATE TABLE FreeHead AS SELECT * FROM LedgerHead;
        CREATE TABLE FreeTile AS SELECT * FROM LedgerTile;
        CREATE TABLE FreeCheckpoint AS SELECT * FROM LedgerCheckpoint;
        DROP TABLE LedgerTile;
        DROP TABLE LedgerCheckpoint;
        DROP TABLE LedgerEntry;
        DROP TABLE LedgerHead;
        ALTER TABLE FreeEntry RENAME TO LedgerEntry;
        ALTER TABLE FreeHead RENAME TO LedgerHead;
        ALTER TABLE FreeTile RENAME TO LedgerTile;
        ALTER TABLE FreeCheckpoint RENAME TO LedgerCheckpoint;
        """);

    public override ValueTask DisposeAsync()
    {
        Directory.Delete(folder, recursive: true);
        return ValueTask.CompletedTask;
    }
}

internal sealed class SqlServerLedgerDatabase : LedgerDatabase
{
    public const string Setting = "LTIMICROCRED_TEST_SQLSERVER";

    private readonly string server = Environment.GetEnvironmentVariable(Setting) ?? "";
    private readonly string database = $"ledger_{Guid.NewGuid():N}";

    public override LedgerEngine Engine => LedgerEngine.SqlServer;

    public override string ConnectionString => new SqlConnectionStringBuilder(server) { InitialCatalog = database, Pooling = false }.ConnectionString;

    public override async Task CreateAsync()
    {
        await RunOnServerAsync($"CREATE DATABASE {database}");
        foreach (var batch in Migrations("sqlserver").SelectMany(step => step.Split("\nGO\n")))
            await RunAsync(batch);
    }

    public override async Task<DbConnection> OpenAsync()
    {
        var connection = new SqlConnection(ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    public override async Task UnlockAsync()
    {
        string[] statements =
        [
            "DROP TRIGGER LedgerEntry_NoChange", "DROP TRIGGER LedgerEntry_NextNumberOnly",
            "DROP TRIGGER LedgerHead_StartsEmpty", "DROP TRIGGER LedgerHead_NoDelete", "DROP TRIGGER LedgerHead_OnlyGrows",
            "DROP TRIGGER LedgerTile_NoChange", "DROP TRIGGER LedgerTile_NextOnly",
            "DROP TRIGGER LedgerCheckpoint_NoChange", "DROP TRIGGER LedgerCheckpoint_OnlyGrows",
            "DROP TABLE TruncateGuard",
            "ALTER TABLE LedgerEntry DROP CONSTRAINT FK_LedgerEntry_LedgerHead",
            "ALTER TABLE LedgerEntry DROP CONSTRAINT CK_LedgerEntry_Award",
            "ALTER TABLE LedgerEntry DROP CONSTRAINT CK_LedgerEntry_Achievement",
            "ALTER TABLE LedgerEntry DROP CONSTRAINT PK_LedgerEntry",
            "ALTER TABLE LedgerTile DROP CONSTRAINT FK_LedgerTile_LedgerHead",
            "ALTER TABLE LedgerTile DROP CONSTRAINT CK_LedgerTile_Level", "ALTER TABLE LedgerTile DROP CONSTRAINT CK_LedgerTile_TileIndex",
            "ALTER TABLE LedgerTile DROP CONSTRAINT CK_LedgerTile_Root", "ALTER TABLE LedgerTile DROP CONSTRAINT CK_LedgerTile_Hashes",
            "ALTER TABLE LedgerCheckpoint DROP CONSTRAINT CK_LedgerCheckpoint_Size", "ALTER TABLE LedgerCheckpoint DROP CONSTRAINT CK_LedgerCheckpoint_Root",
            "ALTER TABLE LedgerTile DROP CONSTRAINT PK_LedgerTile",
            "ALTER TABLE LedgerCheckpoint DROP CONSTRAINT FK_LedgerCheckpoint_LedgerHead",
            "ALTER TABLE LedgerCheckpoint DROP CONSTRAINT PK_LedgerCheckpoint",
        ];
        foreach (var statement in statements)
            await RunAsync(statement);
    }

    public override async ValueTask DisposeAsync()
    {
        if (server.Length > 0)
            await RunOnServerAsync($"DROP DATABASE IF EXISTS {database}");
    }

    private async Task RunOnServerAsync(string sql)
    {
        await using var connection = new SqlConnection(new SqlConnectionStringBuilder(server) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }
}
