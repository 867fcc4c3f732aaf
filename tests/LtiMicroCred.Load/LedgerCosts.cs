using System.Globalization;
using LtiMicroCred.Ledger;

namespace LtiMicroCred.Load;

/// <summary>What the ledger costs beside the same rows without it; each figure with its limit.</summary>
internal static class LedgerCosts
{
    private const int Small = 10_000;
    private const int PageSize = 100;
    private const int PagesInARound = 20;
    private const int SinglesInARound = 100;

    public static async Task RunAsync(int size, int rounds)
    {
        await using var small = await LedgerFile.CreateAsync(Small);
        await using (var plain = await PlainTable.CopyAsync(small))
        {
            await PagesAsync(small, plain, rounds);
            await SinglesAsync(small, plain, rounds);
        }

        await using var large = await LedgerFile.CreateAsync(size);
        Say($"a log of {size} entries has {large.Megabytes} MB");
        await VerifyingAsync(large, size > 1_000_000 ? 1 : 5);
        await MemoryAsync(large);
        await GrowthAsync(large, small, size, rounds);
    }

    private static async Task PagesAsync(LedgerFile ledger, PlainTable plain, int rounds)
    {
        const int each = PageSize * PagesInARound;
        // The rows that the ledger makes in one round are those that the table takes in the next.
        await AppendPagesAsync(ledger);
        var rows = await ledger.LastRowsAsync(each);
        var pairs = await Pairs.RunAsync(
            rounds,
            () => AppendPagesAsync(ledger),
            async () =>
            {
                foreach (var page in rows.Chunk(PageSize))
                    await plain.InsertAsync(page);
            },
            between: async () => rows = await ledger.LastRowsAsync(each));
        Say($"pages of {PageSize}:        {pairs.Wall(each, "an entry")}: {1 / pairs.WallRatio:0.00} of the plain rate (limit: at least 0.50)");
        Say($"                     {pairs.Cpu(each, "an entry")}");
    }

    private static async Task SinglesAsync(LedgerFile ledger, PlainTable plain, int rounds)
    {
        await AppendSinglesAsync(ledger);
        var rows = await ledger.LastRowsAsync(SinglesInARound);
        var pairs = await Pairs.RunAsync(
            rounds,
            () => AppendSinglesAsync(ledger),
            async () =>
            {
                foreach (var row in rows)
                    await plain.InsertAsync([row]);
            },
            between: async () => rows = await ledger.LastRowsAsync(SinglesInARound));
        Say($"single appends:      {pairs.Cpu(SinglesInARound, "each")}: {pairs.CpuRatio:0.00} times a plain insert's (limit: at most 2.00)");
        Say($"                     {pairs.Wall(SinglesInARound, "each")}: {1 / pairs.WallRatio:0.00} of the rate of one-row commits (limit: at least 0.70)");
    }

    private static async Task VerifyingAsync(LedgerFile ledger, int rounds)
    {
        var rows = await ledger.ReadAndHashAsync();
        var pairs = await Pairs.RunAsync(rounds, () => ledger.VerifyAsync(progress: null), () => ledger.ReadAndHashAsync());
        Say($"verifying:           {pairs.Wall(rows, "an entry")}: {pairs.WallRatio:0.00} times reading and hashing (limit: at most 4.00); {rows / pairs.OneWall * 1000:0} entries/s");
    }

    private static async Task MemoryAsync(LedgerFile ledger)
    {
        var heap = new HeapAsItGoes();
        await ledger.VerifyAsync(heap);
        Say($"memory of verifying: {string.Join(", ", heap.Megabytes.Select(megabytes => megabytes.ToString("0.0", CultureInfo.InvariantCulture)))} MB alive after each tenth (limit: flat)");
    }

    private static async Task GrowthAsync(LedgerFile large, LedgerFile small, int size, int rounds)
    {
        var pages = await Pairs.RunAsync(rounds, () => AppendPagesAsync(large), () => AppendPagesAsync(small));
        Say($"pages at {size} entries against {Small}: {pages.Wall(PageSize * PagesInARound, "an entry")}: {pages.WallRatio:0.00} times, CPU {pages.CpuRatio:0.00} times (limit: at most 1.50)");
        var singles = await Pairs.RunAsync(rounds, () => AppendSinglesAsync(large), () => AppendSinglesAsync(small));
        Say($"single appends:      {singles.Wall(SinglesInARound, "each")}: {singles.WallRatio:0.00} times, CPU {singles.CpuRatio:0.00} times (limit: at most 1.50)");

        await large.SignAsync();
        await small.SignAsync();
        var (fromLarge, fromSmall) = (await large.SomeAwardsAsync(SinglesInARound), await small.SomeAwardsAsync(SinglesInARound));
        var proofs = await Pairs.RunAsync(rounds, () => ProveAsync(large, fromLarge), () => ProveAsync(small, fromSmall));
        Say($"proofs:              {proofs.Wall(SinglesInARound, "each")}: {proofs.WallRatio:0.00} times, CPU {proofs.CpuRatio:0.00} times (limit: at most 1.50)");
    }

    private static async Task AppendPagesAsync(LedgerFile ledger)
    {
        for (var page = 0; page < PagesInARound; page++)
            await ledger.AppendAsync(ledger.Entries(PageSize));
    }

    private static async Task AppendSinglesAsync(LedgerFile ledger)
    {
        for (var i = 0; i < SinglesInARound; i++)
            await ledger.AppendAsync(ledger.Entries(1));
    }

    private static async Task ProveAsync(LedgerFile ledger, IReadOnlyList<Guid> awards)
    {
        foreach (var award in awards)
            await ledger.ProveAsync(award);
    }

    private static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    private sealed class HeapAsItGoes : IProgress<LedgerProgress>
    {
        private readonly List<double> _megabytes = [];

        public IReadOnlyList<double> Megabytes => _megabytes;

        public void Report(LedgerProgress value)
        {
            if (value.Verified * 10 / value.Size > _megabytes.Count)
                _megabytes.Add(GC.GetTotalMemory(forceFullCollection: true) / 1_048_576.0);
        }
    }
}
