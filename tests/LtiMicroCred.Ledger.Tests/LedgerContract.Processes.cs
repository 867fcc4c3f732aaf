using System.Globalization;

namespace LtiMicroCred.Ledger.Tests;

public abstract partial class LedgerContract
{
    private readonly SigningKey writersKey = SigningKey.Generate(Samples.Origin(Samples.LogA));

    [Fact]
    public async Task Eight_processes_appending_at_once_never_fork()
    {
        var writers = Enumerable.Range(0, 8).Select(_ => Writer.Start(Database, writersKey, pages: 10)).ToList();
        try
        {
            writers.ForEach(writer => writer.Go());
            var ends = await Task.WhenAll(writers.Select(writer => writer.EndAsync()));

            foreach (var (code, _, errors) in ends)
                code.ShouldBe(0, errors);
            var acknowledged = ends.SelectMany(end => end.Acknowledged).ToList();
            acknowledged.Select(page => page.Size).Order().ShouldBe(Enumerable.Range(1, 80).Select(page => (long)page * Writer.PageSize));
            await ShouldHoldAsync(acknowledged, 80 * Writer.PageSize);
        }
        finally
        {
            writers.ForEach(writer => writer.Dispose());
        }
    }

    [Fact]
    public async Task A_hundred_kills_at_random_points_lose_nothing_that_was_acknowledged()
    {
        var random = new Random(20261122);
        var all = new List<(long Size, byte[] Root)>();
        var next = Writer.Start(Database, writersKey, pages: 1000);
        try
        {
            for (var kill = 0; kill < 100; kill++)
            {
                // The one after it starts up meanwhile.
                using var writer = next;
                next = Writer.Start(Database, writersKey, pages: 1000);
                writer.Go();
                await writer.FirstAcknowledgement;
                await Task.Delay(random.Next(0, 60), Cancel);
                writer.Kill();
                var acknowledged = (await writer.EndAsync()).Acknowledged;

                acknowledged.ShouldNotBeEmpty($"kill {kill}");
                await ShouldHoldAsync(acknowledged, (await HeadAsync(Samples.LogA)).Size);
                all.AddRange(acknowledged);
            }

            await ShouldHoldAsync(all, (await HeadAsync(Samples.LogA)).Size);
        }
        finally
        {
            next.Dispose();
        }
    }

    /// <summary>The log has exactly that many entries, and every root that was acknowledged on the way.</summary>
    private async Task ShouldHoldAsync(IReadOnlyList<(long Size, byte[] Root)> acknowledged, long size)
    {
        var verification = await VerifyAsync(new LedgerEvidence
        {
            Keys = [writersKey.Verifier],
            Outside = [.. acknowledged.Select(page => new Checkpoint { Origin = writersKey.Verifier.Name, Size = page.Size, Root = page.Root }.Sign(writersKey))],
        });

        verification.Break.ShouldBeNull();
        verification.Entries.ShouldBe(size);
        verification.Outside.ShouldBe(acknowledged.Count);
    }
}

public sealed class DiskFullTests : IAsyncLifetime
{
    private readonly SqliteLedgerDatabase database = new();
    private readonly SigningKey key = SigningKey.Generate(Samples.Origin(Samples.LogA));
    private readonly LedgerLog log = new(LedgerEngine.Sqlite);

    public async ValueTask InitializeAsync()
    {
        await database.CreateAsync();
        await using var connection = await database.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await log.CreateAsync(connection, transaction, Samples.LogA, Samples.Origin(Samples.LogA), TestContext.Current.CancellationToken);
        await transaction.CommitAsync(TestContext.Current.CancellationToken);
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(450)]
    public async Task A_file_that_cannot_grow_refuses_the_page_whole_and_goes_on_once_it_can(int kilobytes)
    {
        using var cramped = Writer.Start(database, key, pages: 1000, limitKilobytes: kilobytes);
        cramped.Go();
        var full = await cramped.EndAsync();

        full.ExitCode.ShouldBe(3, full.Errors);
        full.Errors.ShouldMatch("disk (I/O error|is full)|database or disk is full");
        full.Acknowledged.ShouldNotBeEmpty();
        await ShouldHaveAsync(full.Acknowledged[^1].Size);

        using var roomy = Writer.Start(database, key, pages: 5);
        roomy.Go();
        var after = await roomy.EndAsync();
        after.ExitCode.ShouldBe(0, after.Errors);
        await ShouldHaveAsync(full.Acknowledged[^1].Size + (5 * Writer.PageSize));
    }

    [Fact]
    public async Task A_full_database_refuses_the_page_whole_and_goes_on_once_there_is_room()
    {
        await using var connection = await database.OpenAsync();
        await RunAsync("PRAGMA max_page_count=120");
        var size = 0L;
        var refused = await Should.ThrowAsync<Microsoft.Data.Sqlite.SqliteException>(async () =>
        {
            while (true)
                size = await AppendAsync();
        });

        refused.SqliteErrorCode.ShouldBe(13); // SQLITE_FULL
        size.ShouldBeGreaterThan(0);
        await ShouldHaveAsync(size);
        await Should.ThrowAsync<Microsoft.Data.Sqlite.SqliteException>(AppendAsync);
        await ShouldHaveAsync(size);

        await RunAsync("PRAGMA max_page_count=1000000");
        (await AppendAsync()).ShouldBe(size + 20);
        await ShouldHaveAsync(size + 20);

        async Task<long> AppendAsync()
        {
            await using var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);
            var receipts = await log.AppendAsync(connection, transaction, Samples.LogA, Samples.Entries(20), TestContext.Current.CancellationToken);
            await transaction.CommitAsync(TestContext.Current.CancellationToken);
            return receipts[^1].Size;
        }

        async Task RunAsync(string sql)
        {
            await using var command = connection.CreateCommand();
            command.CommandText = sql;
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }
    }

    private async Task ShouldHaveAsync(long size)
    {
        await using var connection = await database.OpenAsync();
        var verification = await new LedgerVerifier(LedgerEngine.Sqlite).VerifyAsync(
            connection, new LedgerEvidence { Keys = [key.Verifier] }, progress: null, alsoCheck: null, TestContext.Current.CancellationToken);

        verification.Break.ShouldBeNull();
        verification.Entries.ShouldBe(size, string.Create(CultureInfo.InvariantCulture, $"of {size}"));
    }
}
