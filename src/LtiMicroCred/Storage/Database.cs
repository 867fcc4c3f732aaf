using System.Data.Common;
using System.Runtime.CompilerServices;
using LtiMicroCred.Ledger;
using Microsoft.Data.SqlClient;
using Microsoft.Data.Sqlite;

namespace LtiMicroCred.Storage;

/// <summary>Opens connections to the one database, each ready to write awards and the ledger.</summary>
internal sealed class Database : IDisposable
{
    private static readonly ConditionalWeakTable<SQLitePCL.sqlite3, object> s_prepared = [];
    private readonly string _connectionString;
    private readonly string _unhurriedConnectionString;
    private readonly SemaphoreSlim _oneWriter = new(1);
    private DbConnection? _idleWriter;

    public Database(DatabaseSettings settings)
    {
        Engine = settings.Engine;
        _connectionString = Engine == LedgerEngine.SqlServer ? Remote(settings.ConnectionString) : Embedded(settings.ConnectionString, timeout: 30);
        // Another text, so that the pool keeps these connections apart.
        _unhurriedConnectionString = Engine == LedgerEngine.SqlServer ? _connectionString : Embedded(settings.ConnectionString, timeout: 31);
        TypeHandlers.Register();
    }

    public LedgerEngine Engine { get; }

    /// <summary>The SQLite file; null on SQL Server.</summary>
    public string? File => Engine == LedgerEngine.Sqlite ? new SqliteConnectionStringBuilder(_connectionString).DataSource : null;

    /// <summary>Makes the folder of the SQLite file where it is missing.</summary>
    /// <exception cref="SettingsException">It cannot be made.</exception>
    public void EnsureFolder()
    {
        if (File is not { } file)
            return;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException($"The setting LtiMicroCred:Database:ConnectionString names '{file}', whose folder cannot be made: {exception.Message} Example: LtiMicroCred__Database__ConnectionString=Data Source=/var/lib/ltimicrocred/awards.db");
        }
    }

    /// <exception cref="DbException">The database cannot be reached or opened.</exception>
    public Task<DbConnection> OpenAsync(CancellationToken ct) => OpenAsync(_connectionString, "FULL", ct);

    /// <summary>
    /// For what may be lost in a power cut, such as a launch: on SQLite its commit does not wait for the disk. It survives a killed process, and whatever commits after it
    /// through <see cref="OpenAsync(CancellationToken)"/> takes it along to the disk.
    /// </summary>
    /// <exception cref="DbException">The database cannot be reached or opened.</exception>
    public Task<DbConnection> OpenUnhurriedAsync(CancellationToken ct) => OpenAsync(_unhurriedConnectionString, "NORMAL", ct);

    /// <summary>
    /// Whose turn it is to write gets the connection that was written through before, on SQLite: statements that are held with it need not be made ready again.
    /// </summary>
    /// <exception cref="DbException">The database cannot be reached or opened.</exception>
    public async ValueTask<DbConnection> OpenWriterAsync(CancellationToken ct) => Interlocked.Exchange(ref _idleWriter, null) ?? await OpenAsync(ct);

    /// <summary>Keeps a connection for the next writer, while it is still this one's turn. Not one on which anything failed: that is disposed.</summary>
    public async ValueTask KeepWriterAsync(DbConnection connection)
    {
        if ((Engine == LedgerEngine.Sqlite ? Interlocked.Exchange(ref _idleWriter, connection) : connection) is { } surplus)
            await surplus.DisposeAsync();
    }

    private async Task<DbConnection> OpenAsync(string connectionString, string synchronous, CancellationToken ct)
    {
        DbConnection connection = Engine == LedgerEngine.SqlServer ? new SqlConnection(connectionString) : new SqliteConnection(connectionString);
        try
        {
            await connection.OpenAsync(ct);
            if (connection is SqliteConnection file)
                await PrepareAsync(file, synchronous, ct);
            else
                await LimitWaitsAsync(connection, ct);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    // Full synchronisation: an award that was answered survives a power cut. Secure delete: erased people are gone from the file.
    // Another process that writes is waited for inside SQLite, which looks again after a millisecond and then ever less often.
    // Once per connection to the file; the pool hands the same ones out again.
    private static async Task PrepareAsync(SqliteConnection connection, string synchronous, CancellationToken ct)
    {
        if (!s_prepared.TryAdd(connection.Handle!, s_prepared)) // an open connection has a handle
            return;
        await using var command = connection.CreateCommand();
        command.CommandText = $"PRAGMA busy_timeout=5000; PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=ON; PRAGMA journal_mode=WAL; PRAGMA synchronous={synchronous}; PRAGMA secure_delete=ON;";
        await command.ExecuteNonQueryAsync(ct);
    }

    // The pool hands a connection out with the server's own setting, which is to wait for ever. As long as SQLite waits.
    private static async Task LimitWaitsAsync(DbConnection connection, CancellationToken ct)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = "SET LOCK_TIMEOUT 5000";
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>
    /// To be held while writing, and never twice at once by the same caller. A SQLite file has one writer at a time; who waits here is let in at once and in order,
    /// where a busy file would be asked again after a nap.
    /// </summary>
    public async ValueTask<WriteTurn> WriteTurnAsync(CancellationToken ct)
    {
        if (Engine == LedgerEngine.SqlServer)
            return default;
        await _oneWriter.WaitAsync(ct);
        return new WriteTurn(_oneWriter);
    }

    public void Dispose()
    {
        _idleWriter?.Dispose();
        _oneWriter.Dispose();
    }

    /// <summary>
    /// One result at a time, no transactions but our own, a name by which a DBA finds us. While opening, the driver tries three times more when the server is failing over
    /// (unless the setting says otherwise), and encrypts (its own default since version 4).
    /// </summary>
    internal static string Remote(string connectionString)
    {
        var builder = new SqlConnectionStringBuilder(connectionString) { MultipleActiveResultSets = false, Enlist = false };
        if (!builder.ShouldSerialize("Application Name"))
            builder.ApplicationName = "LtiMicroCred";
        if (!builder.ShouldSerialize("Connect Retry Count"))
            builder.ConnectRetryCount = 3;
        if (!builder.ShouldSerialize("Connect Retry Interval"))
            builder.ConnectRetryInterval = 5;
        return builder.ConnectionString;
    }

    private static string Embedded(string connectionString, int timeout)
    {
        var builder = new SqliteConnectionStringBuilder(connectionString) { DefaultTimeout = timeout };
        builder.DataSource = Path.GetFullPath(builder.DataSource);
        return builder.ConnectionString;
    }
}

/// <summary>A turn to write; over when disposed. On SQL Server everyone has one.</summary>
internal readonly struct WriteTurn(SemaphoreSlim turn) : IDisposable
{
    private readonly SemaphoreSlim? _turn = turn;

    public void Dispose() => _turn?.Release();
}

/// <summary>Tells apart the few database errors that we act on, by number and never by text.</summary>
internal static class DatabaseErrors
{
    public static bool IsDuplicateKey(this Exception exception) => exception switch
    {
        SqliteException { SqliteExtendedErrorCode: 1555 or 2067 } => true, // SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE
        SqlException { Number: 2601 or 2627 } => true,
        _ => false,
    };

    /// <summary>Deadlock victim, snapshot conflict (also as Babelfish numbers it), a lock waited for too long, or a busy SQLite file: what was written is taken back.</summary>
    public static bool IsTransient(this Exception exception) => exception switch
    {
        SqliteException { SqliteErrorCode: 5 or 6 } => true, // SQLITE_BUSY, SQLITE_LOCKED
        SqlException { Number: 1205 or 1222 or 3960 or 33557097 } => true,
        _ => false,
    };

    /// <summary>
    /// The server is failing over, throttles, or does not answer any more. What was not committed is taken back; of a commit under way nobody knows.
    /// </summary>
    public static bool IsConnectionLost(this Exception exception) => exception is SqlException
    {
        Class: >= 20 // fatal: the connection is gone
    } or SqlException
    {
        Number: 615 or 926 or 976 or 983 or 4221 or 6005 // a database that comes up, shuts down or changes its replica
            or 10928 or 10929 or 40143 or 40197 or 40501 or 40540 or 40613 or 49918 or 49919 or 49920, // Azure SQL: moved, busy, or limited
    };

    /// <summary>What SQL Server found wrong with ledger tables of its own; null where the error is another.</summary>
    public static string? LedgerFault(this DbException exception) => exception is SqlException { Errors: var errors } && errors.Cast<SqlError>().Any(e => e.Number is 37368 or 37392)
        ? string.Join(' ', errors.Cast<SqlError>().Select(e => e.Message))
        : null;

    /// <summary>SQL Server checks its ledger tables on a snapshot alone.</summary>
    public static bool IsSnapshotIsolationOff(this DbException exception) => exception is SqlException { Number: 37498 };
}
