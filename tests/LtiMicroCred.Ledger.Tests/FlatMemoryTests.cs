namespace LtiMicroCred.Ledger.Tests;

[Collection(AloneOnTheHeap.Name)]
public sealed class FlatMemoryTests : IAsyncLifetime, IProgress<LedgerProgress>
{
    private const int Entries = 20_000;

    private readonly SqliteLedgerDatabase database = new();
    private readonly List<long> heap = [];
    private long lastVerified;

    public async ValueTask InitializeAsync() => await database.CreateAsync();

    public ValueTask DisposeAsync() => database.DisposeAsync();

    void IProgress<LedgerProgress>.Report(LedgerProgress value)
    {
        lastVerified = value.Verified;
        if (value.Verified % 2_000 == 0)
            heap.Add(GC.GetTotalMemory(forceFullCollection: true));
    }

    [Fact]
    public async Task Verifying_many_entries_needs_no_more_memory_than_verifying_few()
    {
        await using var connection = await database.OpenAsync();
        await FillAsync();

        var verification = await new LedgerVerifier(LedgerEngine.Sqlite).VerifyAsync(connection, LedgerEvidence.None, this, alsoCheck: null, CancellationToken.None);

        verification.ShouldBe(new LedgerVerification(1, Entries, null));
        lastVerified.ShouldBe(Entries);
        heap.Count.ShouldBe(Entries / 2_000);
        // 18,000 entries lie between the first and the last measure; kept, they would take some 30 MB.
        (heap[^1] - heap[0]).ShouldBeLessThan(3_000_000);

        async Task FillAsync()
        {
            var log = new LedgerLog(LedgerEngine.Sqlite);
            await using var transaction = await connection.BeginTransactionAsync();
            await log.CreateAsync(connection, transaction, Samples.LogA, Samples.Origin(Samples.LogA), CancellationToken.None);
            await log.AppendAsync(connection, transaction, Samples.LogA, Samples.Entries(Entries), CancellationToken.None);
            await transaction.CommitAsync();
        }
    }
}
