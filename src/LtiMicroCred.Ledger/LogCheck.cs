using System.Data.Common;

namespace LtiMicroCred.Ledger;

/// <summary>Verifies one log, once.</summary>
internal sealed class LogCheck(
    Dialect dialect,
    DbConnection connection,
    Guid logId,
    IProgress<LedgerProgress>? progress,
    Func<Guid, VerifiedEntry, ValueTask<LedgerBreak?>>? alsoCheck)
{
    // Bounds the memory: pages are read whole, so that the host can use the connection between them.
    private const int PageSize = 500;

    private readonly Frontier frontier = new();

    public long Verified => frontier.Size;

    public async Task<LedgerBreak?> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            var head = await HeadAsync(cancellationToken);
            while (true)
            {
                if (await EntriesAsync(head, cancellationToken) is { } broken)
                    return broken;
                if (await EndAsync(head, cancellationToken) is { } wrongEnd)
                    return wrongEnd;

                var stray = await StrayAsync(head.Size, cancellationToken);
                if (stray is null)
                    return null;

                // An append that committed meanwhile has moved the head as well; then the check goes on from here.
                var later = await HeadAsync(cancellationToken);
                if (later.Size <= head.Size)
                    return EntryBreak(stray.LongOrNull(nameof(LedgerRow.Number)) ?? 0, nameof(LedgerRow.Number), $"the log has entries 1 to {head.Size} only");
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
            foreach (var row in page)
            {
                if (await EntryAsync(head, row) is { } broken)
                    return broken;
            }

            if (page.Count == 0)
                return Missing(head);
            progress?.Report(new LedgerProgress(logId, frontier.Size, head.Size));
        }

        return null;
    }

    private async ValueTask<LedgerBreak?> EntryAsync(LedgerHead head, StoredRow row)
    {
        var expected = frontier.Size + 1;
        if (row.LongOrNull(nameof(LedgerRow.Number)) is not { } number)
            return EntryBreak(expected, nameof(LedgerRow.Number), "is not a whole number");
        if (number < expected)
            return EntryBreak(number, nameof(LedgerRow.Number), "is there twice");
        if (number > expected)
            return EntryBreak(expected, nameof(LedgerRow.Number), $"missing: the next entry is {number}");

        LedgerRow stored;
        try
        {
            stored = LedgerRow.From(row);
        }
        catch (LedgerFormatException e)
        {
            return EntryBreak(number, e.Where, e.Reason);
        }

        if (EntryComparison.Break(stored, head.Origin) is { } broken)
            return broken;

        if (alsoCheck is not null && await alsoCheck(logId, new VerifiedEntry(number, stored.Entry, stored.EntryBytes, stored.LeafHash)) is { } refused)
            return refused;
        frontier.Append(stored.LeafHash);
        return null;
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
