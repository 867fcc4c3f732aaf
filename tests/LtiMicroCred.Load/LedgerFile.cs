using System.Data.Common;
using System.Security.Cryptography;
using LtiMicroCred.Ledger;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Load;

/// <summary>A database file with the product's schema and settings, and one log in it.</summary>
internal sealed class LedgerFile : IAsyncDisposable
{
    private const int FillPage = 5_000;

    private readonly string _folder = Directory.CreateTempSubdirectory("ltimicrocred-ledger-").FullName;
    private readonly Database _database;
    private readonly LedgerLog _log = new(LedgerEngine.Sqlite);
    private readonly LedgerCheckpoints _checkpoints = new(LedgerEngine.Sqlite);
    private readonly SigningKey _key;
    private readonly byte[] _achievementHash = RandomNumberGenerator.GetBytes(32);
    private readonly Guid _achievement = Guid.CreateVersion7();

    private LedgerFile()
    {
        _database = new Database(new DatabaseSettings(LedgerEngine.Sqlite, $"Data Source={Path.Combine(_folder, "ledger.db")}"));
        _key = SigningKey.Generate($"awards.example.edu/logs/{LogId:D}");
    }

    public Guid LogId { get; } = Guid.CreateVersion7();

    public DbConnection Connection { get; private set; } = null!; // opened before anyone gets the file

    public long Megabytes => new DirectoryInfo(_folder).EnumerateFiles().Sum(file => file.Length) / 1_048_576;

    public string FilePath => _database.File!; // SQLite

    public static async Task<LedgerFile> CreateAsync(int size)
    {
        var file = new LedgerFile();
        await new Migrations(file._database, TimeProvider.System).ApplyAsync(CancellationToken.None);
        file.Connection = await file._database.OpenAsync(CancellationToken.None);
        await using (var transaction = await file.Connection.BeginTransactionAsync())
        {
            await file._log.CreateAsync(file.Connection, transaction, file.LogId, file._key.Verifier.Name, CancellationToken.None);
            await transaction.CommitAsync();
        }

        // What is not measured need not reach the disk page by page.
        await file.RunAsync("PRAGMA synchronous=OFF");
        for (var filled = 0; filled < size; filled += FillPage)
            await file.AppendAsync(file.Entries(Math.Min(FillPage, size - filled)));
        await file.SignAsync();
        await file.RunAsync("PRAGMA synchronous=FULL; PRAGMA wal_checkpoint(TRUNCATE)");
        return file;
    }

    public LedgerEntry[] Entries(int count) => [.. Enumerable.Range(0, count).Select(_ => new AwardIssued
    {
        At = DateTimeOffset.UtcNow,
        AwardId = Guid.NewGuid(),
        AchievementId = _achievement,
        AchievementVersion = 3,
        AchievementHash = _achievementHash,
        Hours = 50,
        Credits = 2.5m,
        CreditSystem = "ECTS",
        Passed = true,
        SubjectRef = RandomNumberGenerator.GetBytes(32),
    })];

    /// <summary>One transaction.</summary>
    public async Task<IReadOnlyList<LedgerReceipt>> AppendAsync(IReadOnlyList<LedgerEntry> entries)
    {
        await using var transaction = await Connection.BeginTransactionAsync();
        var receipts = await _log.AppendAsync(Connection, transaction, LogId, entries, CancellationToken.None);
        await transaction.CommitAsync();
        return receipts;
    }

    public async Task SignAsync()
    {
        int grown;
        do
        {
            await using var transaction = await Connection.BeginTransactionAsync();
            grown = await _checkpoints.GrowTilesAsync(Connection, transaction, LogId, atMost: 256, CancellationToken.None);
            await transaction.CommitAsync();
        }
        while (grown == 256);

        await using var signing = await Connection.BeginTransactionAsync();
        await _checkpoints.SignAsync(Connection, signing, LogId, [_key], known: null, CancellationToken.None);
        await signing.CommitAsync();
    }

    public async Task ProveAsync(Guid awardId)
    {
        if (await _checkpoints.ProveAsync(Connection, LogId, awardId, [_key.Verifier], CancellationToken.None) is null)
            throw new InvalidOperationException("an award that was signed has no proof");
    }

    public async Task VerifyAsync(IProgress<LedgerProgress>? progress)
    {
        var verification = await new LedgerVerifier(LedgerEngine.Sqlite).VerifyAsync(
            Connection, new LedgerEvidence { Keys = [_key.Verifier] }, progress, alsoCheck: null, CancellationToken.None);
        if (!verification.Intact)
            throw new InvalidOperationException(verification.Break!.ToString()); // not null: not intact
    }

    /// <summary>Reads every row with all its columns and hashes the entry's bytes: the least that any verification does.</summary>
    public async Task<int> ReadAndHashAsync()
    {
        await using var command = Connection.CreateCommand();
        command.CommandText = "SELECT * FROM LedgerEntry WHERE LogId = @LogId ORDER BY Number";
        command.Parameters.Add(Parameter(command, "@LogId", LogId.ToString("D")));
        await using var reader = await command.ExecuteReaderAsync();
        var (bytes, rows, values) = (reader.GetOrdinal("EntryBytes"), 0, new object[reader.FieldCount]);
        var last = new byte[SHA256.HashSizeInBytes];
        while (await reader.ReadAsync())
        {
            reader.GetValues(values);
            SHA256.HashData((byte[])values[bytes], last);
            rows++;
        }

        return rows;
    }

    /// <summary>The last rows of the log, as they lie in the table.</summary>
    public async Task<IReadOnlyList<object[]>> LastRowsAsync(int count)
    {
        await using var command = Connection.CreateCommand();
        command.CommandText = $"SELECT {PlainTable.Columns} FROM LedgerEntry WHERE LogId = @LogId ORDER BY Number DESC LIMIT @Count";
        command.Parameters.Add(Parameter(command, "@LogId", LogId.ToString("D")));
        command.Parameters.Add(Parameter(command, "@Count", count));
        var rows = new List<object[]>(count);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            var row = new object[reader.FieldCount];
            reader.GetValues(row);
            rows.Add(row);
        }

        rows.Reverse();
        return rows;
    }

    /// <summary>Awards from all over the log.</summary>
    public async Task<IReadOnlyList<Guid>> SomeAwardsAsync(int count)
    {
        var size = (await _log.HeadAsync(Connection, LogId, CancellationToken.None))!.Size; // the log was made
        var awards = new List<Guid>(count);
        for (var i = 0; i < count; i++)
        {
            var number = 1 + (size - 1) * i / count;
            var entry = (await _log.BytesAsync(Connection, LogId, number - 1, number, CancellationToken.None))[0];
            awards.Add(((AwardIssued)EntryFormat.Decode(entry).Entry).AwardId);
        }

        return awards;
    }

    public async Task RunAsync(string sql)
    {
        await using var command = Connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync();
        _database.Dispose();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    private static DbParameter Parameter(DbCommand command, string name, object value)
    {
        var parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.Value) = (name, value);
        return parameter;
    }
}
