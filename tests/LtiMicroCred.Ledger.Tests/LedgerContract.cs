using System.Data.Common;

namespace LtiMicroCred.Ledger.Tests;

/// <summary>What every engine must do; one derived class per engine.</summary>
public abstract partial class LedgerContract(LedgerDatabase database) : IAsyncLifetime
{
    private const string Columns =
        "Kind, OccurredAt, AwardId, ReplacedBy, Reason, AchievementId, AchievementVersion, AchievementHash, Hours, Credits, CreditSystem, Passed, SubjectRef, EntryBytes, LeafHash";

    private readonly LedgerLog log = new(database.Engine);

    protected LedgerDatabase Database => database;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public virtual async ValueTask InitializeAsync()
    {
        await database.CreateAsync();
        await CreateLogAsync(Samples.LogA);
        await CreateLogAsync(Samples.LogB);
    }

    public async ValueTask DisposeAsync()
    {
        await database.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected async Task<IReadOnlyList<LedgerReceipt>> AppendAsync(Guid logId, params LedgerEntry[] entries)
    {
        await using var connection = await database.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync(Cancel);
        var receipts = await log.AppendAsync(connection, transaction, logId, entries, Cancel);
        await transaction.CommitAsync(Cancel);
        return receipts;
    }

    protected async Task<LedgerVerification> VerifyAsync(
        LedgerEvidence? evidence = null, Func<Guid, IReadOnlyList<VerifiedEntry>, ValueTask<LedgerBreak?>>? alsoCheck = null)
    {
        await using var connection = await database.OpenAsync();
        return await new LedgerVerifier(database.Engine).VerifyAsync(connection, evidence ?? LedgerEvidence.None, progress: null, alsoCheck, Cancel);
    }

    protected async Task<LedgerHead> HeadAsync(Guid logId)
    {
        await using var connection = await database.OpenAsync();
        return (await log.HeadAsync(connection, logId, Cancel)).ShouldNotBeNull();
    }

    private async Task<LedgerRow?> FindAsync(Guid awardId)
    {
        await using var connection = await database.OpenAsync();
        return (await log.EntriesOfAsync(connection, awardId, Cancel)).FirstOrDefault();
    }

    private Task CreateLogAsync(Guid logId) => CreateLogAsync(logId, Samples.Origin(logId));

    private async Task CreateLogAsync(Guid logId, string origin)
    {
        await using var connection = await database.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync(Cancel);
        await log.CreateAsync(connection, transaction, logId, origin, Cancel);
        await transaction.CommitAsync(Cancel);
    }

    private Task<DbException> RefusedAsync(string sql) => Should.ThrowAsync<DbException>(() => database.RunAsync(sql));
}

public sealed class SqliteLedgerTests() : LedgerContract(new SqliteLedgerDatabase())
{
    [Theory]
    [InlineData("ON")]
    [InlineData("OFF")]
    public async Task Insert_or_replace_never_replaces_an_entry_or_a_head(string recursiveTriggers)
    {
        await AppendAsync(Samples.LogA, Samples.Entries(3));
        var pragma = $"PRAGMA recursive_triggers={recursiveTriggers};";

        await Should.ThrowAsync<DbException>(() => Database.RunAsync($"{pragma} INSERT OR REPLACE INTO LedgerEntry SELECT * FROM LedgerEntry WHERE Number = 2"));
        await Should.ThrowAsync<DbException>(() => Database.RunAsync($"{pragma} INSERT OR REPLACE INTO LedgerHead SELECT LogId, Origin, 0, X'', Root FROM LedgerHead"));
        await Should.ThrowAsync<DbException>(() => Database.RunAsync($"{pragma} UPDATE OR REPLACE LedgerHead SET Origin = 'other'"));

        (await VerifyAsync()).ShouldBe(new LedgerVerification(2, 3, null));
    }

    public static TheoryData<string, string> AllColumns
    {
        get
        {
            string[] entry = ["LogId", "Number", "Kind", "OccurredAt", "AwardId", "ReplacedBy", "Reason", "AchievementId", "AchievementVersion", "AchievementHash",
                "Hours", "Credits", "CreditSystem", "Passed", "SubjectRef", "EntryBytes", "LeafHash"];
            string[] head = ["LogId", "Origin", "Size", "Frontier", "Root"];
            string[] tile = ["LogId", "Level", "TileIndex", "Root", "Hashes"];
            string[] checkpoint = ["LogId", "Size", "Root", "Note"];
            return
            [
                .. entry.Select(column => ("LedgerEntry", column)), .. head.Select(column => ("LedgerHead", column)),
                .. tile.Select(column => ("LedgerTile", column)), .. checkpoint.Select(column => ("LedgerCheckpoint", column)),
            ];
        }
    }

    [Theory]
    [MemberData(nameof(AllColumns))]
    public async Task An_unreadable_value_is_a_break_and_not_a_crash(string table, string column)
    {
        await SignedAsync();
        await using var connection = await Database.OpenAsync();
        var where = table switch
        {
            "LedgerEntry" => "Number = 4",
            "LedgerTile" => "Level = 0 AND TileIndex = 1",
            "LedgerCheckpoint" => "Size = 600",
            _ => $"LogId = '{Samples.LogA:D}'",
        };

        foreach (var value in new[] { "NULL", "''", "'nonsense'", "1.5", "-7", "X'00'", "zeroblob(32)", "9223372036854775807" })
        {
            if (await ChangesNothingAsync(value))
                continue;
            await RunAsync($"BEGIN; UPDATE {table} SET {column} = {value} WHERE {where}");
            var verification = await new LedgerVerifier(Database.Engine).VerifyAsync(connection, Known, progress: null, alsoCheck: null, CancellationToken.None);
            await RunAsync("ROLLBACK");

            // Nobody who asks for a tile by its place finds one that has another level.
            var broken = verification.Break.ShouldNotBeNull(value);
            (broken.Table, broken.Column).ShouldBe((table, column is "Level" ? "TileIndex" : column), value);
            if (table == "LedgerEntry" && column != "Number")
                broken.Number.ShouldBe(4, value);
        }

        // An entry that has no such value has NULL there.
        async Task<bool> ChangesNothingAsync(string value)
        {
            await using var command = connection.CreateCommand();
            command.CommandText = $"SELECT {column} IS {value} FROM {table} WHERE {where}";
            return Equals(await command.ExecuteScalarAsync(), 1L);
        }

        async Task RunAsync(string sql)
        {
            await using var command = connection.CreateCommand();
            command.CommandText = sql;
            await command.ExecuteNonQueryAsync();
        }
    }
}

public sealed class SqlServerLedgerTests() : LedgerContract(new SqlServerLedgerDatabase())
{
    public override ValueTask InitializeAsync()
    {
        Assert.SkipWhen(
            string.IsNullOrEmpty(Environment.GetEnvironmentVariable(SqlServerLedgerDatabase.Setting)),
            $"{SqlServerLedgerDatabase.Setting} holds no connection string");
        return base.InitializeAsync();
    }

    [Fact]
    public async Task Truncate_is_refused()
    {
        await AppendAsync(Samples.LogA, Samples.Entries(2));

        foreach (var table in new[] { "LedgerEntry", "LedgerHead", "LedgerTile", "LedgerCheckpoint" })
            await Should.ThrowAsync<DbException>(() => Database.RunAsync($"TRUNCATE TABLE {table}"));
        (await VerifyAsync()).Entries.ShouldBe(2);
    }
}
