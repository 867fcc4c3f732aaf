using System.Data.Common;

namespace LtiMicroCred.Ledger;

/// <summary>Verifies one log, once.</summary>
internal sealed class LogCheck(
    Dialect dialect,
    DbConnection connection,
    Guid logId,
    LedgerEvidence evidence,
    IProgress<LedgerProgress>? progress,
    Func<Guid, IReadOnlyList<VerifiedEntry>, ValueTask<LedgerBreak?>>? alsoCheck)
{
    // Bounds the memory: pages are read whole, so that the host can use the connection between them.
    private const int PageSize = 500;

    private readonly Frontier frontier = new();
    private readonly CheckpointCheck checkpoints = new(dialect, connection, logId, evidence.Keys, evidence.Outside);
    private readonly TileCheck tiles = new(dialect, connection, logId);

    public long Verified => frontier.Size;

    public long Checkpoints => checkpoints.Found;

    public long Tiles => tiles.Found;

    public long Outside => checkpoints.OutsideFound;

    public string? Origin { get; private set; }

    public async Task<LedgerBreak?> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            var head = await HeadAsync(cancellationToken);
            Origin = head.Origin;
            await tiles.StartAsync(cancellationToken);
            while (true)
            {
                await checkpoints.StartAsync(head, cancellationToken);
                if (await EntriesAsync(head, cancellationToken) is { } broken)
                    return broken;
                if (await EndAsync(head, cancellationToken) is { } wrongEnd)
                    return wrongEnd;
                if (await BeyondAsync(head, cancellationToken) is not { } beyond)
                    return null;

                // An append that committed meanwhile has moved the head as well; then the check goes on from here.
                var later = await HeadAsync(cancellationToken);
                if (later.Size <= head.Size)
                    return beyond;
                head = later;
            }
        }
        catch (BrokenHeadException e)
        {
            return HeadBreak(e.Column, e.Message);
        }
    }

    private async Task<LedgerHead> HeadAsync(CancellationToken cancellationToken)
    {
        try
        {
            var head = await LedgerLog.ReadHeadAsync(dialect, connection, transaction: null, logId, cancellationToken)
                ?? throw new BrokenHeadException(nameof(LedgerHead.LogId), "the head row has gone");
            return LogOrigin.Fault(head.Origin, logId) is { } fault
                ? throw new BrokenHeadException(nameof(LedgerHead.Origin), fault) : head;
        }
        catch (LedgerFormatException e)
        {
            throw new BrokenHeadException(e.Where, e.Reason);
        }
    }

    private async Task<LedgerBreak?> EntriesAsync(LedgerHead head, CancellationToken cancellationToken)
    {
        while (frontier.Size < head.Size)
        {
            var page = await PageAsync(frontier.Size, Math.Min(head.Size, frontier.Size + PageSize), cancellationToken);
            if (await PageBreakAsync(head, page, cancellationToken) is { } broken)
                return broken;
            if (page.Count == 0)
                return Missing(head);
            progress?.Report(new LedgerProgress(logId, frontier.Size, head.Size));
        }

        return null;
    }

    private async Task<LedgerBreak?> PageBreakAsync(LedgerHead head, List<StoredRow> page, CancellationToken cancellationToken)
    {
        var good = new List<VerifiedEntry>(page.Count);
        LedgerBreak? broken = null;
        foreach (var row in page)
        {
            broken = EntryBreak(head, row, frontier.Size + good.Count + 1, out var verified);
            if (verified is null)
                break;
            good.Add(verified);
        }

        // The first break counts: what the host finds in the entries before comes before.
        var refused = alsoCheck is null || good.Count == 0 ? null : await alsoCheck(logId, good);
        foreach (var entry in good)
        {
            if (entry.Number == refused?.Number)
                return refused;
            frontier.Append(entry.LeafHash);
            if (await tiles.AtAsync(entry.LeafHash, frontier.Size, cancellationToken) is { } wrongTile)
                return wrongTile;
            if (await checkpoints.AtAsync(head, frontier, cancellationToken) is { } wrongCheckpoint)
                return wrongCheckpoint;
        }

        return broken;
    }

    /// <returns>The break, or nothing and the entry.</returns>
    private LedgerBreak? EntryBreak(LedgerHead head, StoredRow row, long expected, out VerifiedEntry? verified)
    {
        verified = null;
        if (row.LongOrNull(nameof(LedgerRow.Number)) is not { } number)
            return EntryBreak(expected, nameof(LedgerRow.Number), "is not a whole number");
        if (number < expected)
            return EntryBreak(number, nameof(LedgerRow.Number), "is there twice");
        if (number > expected)
            return EntryBreak(expected, nameof(LedgerRow.Number), $"missing: the next entry is {number}");

        try
        {
            var stored = LedgerRow.From(row);
            if (EntryComparison.Break(stored, head.Origin) is { } broken)
                return broken;
            verified = new VerifiedEntry(number, stored.Entry, stored.EntryBytes, stored.LeafHash);
            return null;
        }
        catch (LedgerFormatException e)
        {
            return EntryBreak(number, e.Where, e.Reason);
        }
    }

    private LedgerBreak Missing(LedgerHead head) =>
        IsEndOf(head)
            ? HeadBreak(nameof(LedgerHead.Size), $"is {head.Size}, but there are {frontier.Size} entries and the root is theirs")
            : EntryBreak(frontier.Size + 1, nameof(LedgerRow.Number), $"missing: the head counts {head.Size} entries");

    private async Task<LedgerBreak?> EndAsync(LedgerHead head, CancellationToken cancellationToken)
    {
        var sameFrontier = frontier.ToBytes().AsSpan().SequenceEqual(head.Frontier);
        var sameRoot = frontier.Root().AsSpan().SequenceEqual(head.Root);
        return (sameFrontier, sameRoot) switch
        {
            (true, true) => null,
            (false, true) => HeadBreak(nameof(LedgerHead.Frontier), "is not the frontier of the entries, but the root is theirs"),
            (true, false) => HeadBreak(nameof(LedgerHead.Root), "is not the root of the entries, but the frontier is theirs"),
            (false, false) => await WrongEndAsync(head, cancellationToken),
        };
    }

    private async Task<LedgerBreak> WrongEndAsync(LedgerHead head, CancellationToken cancellationToken)
    {
        if (await LaterEntriesEndInAsync(head, cancellationToken) is { } size)
            return HeadBreak(nameof(LedgerHead.Size), $"is {head.Size}, but the root is that of {size} entries");
        return frontier.FirstDifference(head.Frontier) is var (first, last)
            ? EntryBreak(first, nameof(LedgerRow.EntryBytes), $"entries {first} to {last} do not hash to what the head recorded: one was rewritten, or the head was")
            : HeadBreak(nameof(LedgerHead.Frontier), "is not the frontier of the entries, nor is the root theirs");
    }

    /// <summary>The size at which the head's root comes out, where its own size is too small.</summary>
    private async Task<long?> LaterEntriesEndInAsync(LedgerHead head, CancellationToken cancellationToken)
    {
        var longer = Frontier.Parse(frontier.ToBytes(), frontier.Size);
        while (true)
        {
            var page = await PageAsync(longer.Size, longer.Size + PageSize, cancellationToken);
            foreach (var row in page)
            {
                if (row.BytesOrNull(nameof(LedgerRow.EntryBytes)) is not { } bytes)
                    return null;
                longer.Append(Merkle.LeafHash(bytes));
                if (longer.Root().AsSpan().SequenceEqual(head.Root))
                    return longer.Size;
            }

            if (page.Count == 0)
                return null;
        }
    }

    private bool IsEndOf(LedgerHead head) =>
        frontier.ToBytes().AsSpan().SequenceEqual(head.Frontier) && frontier.Root().AsSpan().SequenceEqual(head.Root);

    private async Task<List<StoredRow>> PageAsync(long after, long upTo, CancellationToken cancellationToken)
    {
        await using var read = dialect.Command(connection, transaction: null, "read-entries");
        dialect.Bind(read, "@LogId", logId);
        dialect.Bind(read, "@After", after);
        dialect.Bind(read, "@UpTo", upTo);
        return await StoredRow.ReadAllAsync(read, dialect, cancellationToken);
    }

    /// <summary>Whatever lies beyond the end that the head names.</summary>
    private async Task<LedgerBreak?> BeyondAsync(LedgerHead head, CancellationToken cancellationToken)
    {
        if (await StrayAsync(head.Size, cancellationToken) is { } stray)
            return EntryBreak(stray.LongOrNull(nameof(LedgerRow.Number)) ?? 0, nameof(LedgerRow.Number), $"the log has entries 1 to {head.Size} only");
        return await checkpoints.EndAsync(head, cancellationToken) ?? await tiles.StrayAsync(head.Size, cancellationToken);
    }

    private async Task<StoredRow?> StrayAsync(long size, CancellationToken cancellationToken)
    {
        await using var find = dialect.Command(connection, transaction: null, "find-stray-entry");
        dialect.Bind(find, "@LogId", logId);
        dialect.Bind(find, "@Size", size);
        var rows = await StoredRow.ReadAllAsync(find, dialect, cancellationToken);
        return rows.Count > 0 ? rows[0] : null;
    }

    private LedgerBreak EntryBreak(long number, string column, string reason) => new(logId, number, LedgerRow.Table, column, reason);

    private LedgerBreak HeadBreak(string column, string reason) => new(logId, frontier.Size, LedgerHead.Table, column, reason);

    private sealed class BrokenHeadException(string column, string reason) : Exception(reason)
    {
        public string Column { get; } = column;
    }
}
