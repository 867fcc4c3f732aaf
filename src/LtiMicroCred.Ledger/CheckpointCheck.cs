using System.Data.Common;
using System.Globalization;

namespace LtiMicroCred.Ledger;

/// <summary>Holds a log's checkpoints, its own and those from outside, against its entries as they go by.</summary>
internal sealed class CheckpointCheck(Dialect dialect, DbConnection connection, Guid logId, IReadOnlyList<VerifierKey> keys, IReadOnlyList<byte[]> outside)
{
    private const int PageSize = 500;

    private readonly Queue<StoredRow> page = [];
    private Queue<OutsideCheckpoint>? expected;
    private StoredRow? next;
    private long read;

    /// <summary>The largest size at which entries and checkpoint agree.</summary>
    private long agreed;

    public long Found { get; private set; }

    public long OutsideFound { get; private set; }

    private sealed record OutsideCheckpoint(long Size, byte[] Root, bool IsSigned);

    /// <summary>Before the first entry, and whenever the log has grown meanwhile.</summary>
    public async Task StartAsync(LedgerHead head, CancellationToken cancellationToken)
    {
        expected ??= new(Outside(head).OrderBy(checkpoint => checkpoint.Size));
        next ??= await NextAsync(cancellationToken);
    }

    /// <summary>After each entry.</summary>
    public async ValueTask<LedgerBreak?> AtAsync(LedgerHead head, Frontier frontier, CancellationToken cancellationToken)
    {
        while (expected!.TryPeek(out var outsideOne) && outsideOne.Size == frontier.Size) // not null: started
        {
            expected.Dequeue();
            if (OutsideBreak(outsideOne, frontier) is { } differing)
                return differing;
            agreed = frontier.Size;
            OutsideFound++;
        }

        while (next is not null && (next.LongOrNull(nameof(CheckpointRow.Size)) is not { } size || size <= frontier.Size))
        {
            if (Break(next, head, frontier) is { } broken)
                return broken;
            agreed = frontier.Size;
            Found++;
            next = await NextAsync(cancellationToken);
        }

        return null;
    }

    /// <summary>At the end of a log: checkpoints of more entries than there are, or of none. Asked again where the log has grown.</summary>
    public async Task<LedgerBreak?> EndAsync(LedgerHead head, CancellationToken cancellationToken)
    {
        if (expected!.TryPeek(out var cut)) // not null: started
        {
            return cut.IsSigned
                ? Missing(head.Size + 1, string.Create(CultureInfo.InvariantCulture, $"missing: an outside checkpoint counts {cut.Size} entries"))
                : Note(cut.Size, $"an outside checkpoint of {cut.Size} entries is signed by none of the log's keys, and there are only {head.Size}");
        }

        await using var find = dialect.Command(connection, transaction: null, "find-stray-checkpoint");
        dialect.Bind(find, "@LogId", logId);
        dialect.Bind(find, "@Size", head.Size);
        if (await StoredRow.ReadAllAsync(find, dialect, cancellationToken) is not [var stray, ..])
            return null;
        var size = stray.LongOrNull(nameof(CheckpointRow.Size));
        var signed = Signed(stray);
        if (signed is not null && signed.Origin != head.Origin)
            return Stored(size ?? 0, nameof(CheckpointRow.LogId), $"the note is that of {signed.Origin}");
        return signed is not null && signed.Size == size
            ? Missing(head.Size + 1, string.Create(CultureInfo.InvariantCulture, $"missing: a checkpoint was signed for {size} entries"))
            : Stored(size ?? 0, nameof(CheckpointRow.Size), $"is not a size that this log has had: it has {head.Size} entries");
    }

    private LedgerBreak? OutsideBreak(OutsideCheckpoint outsideOne, Frontier frontier)
    {
        if (!outsideOne.Root.AsSpan().SequenceEqual(frontier.Root()))
        {
            return outsideOne.IsSigned
                ? Rewritten(frontier.Size, "an outside checkpoint")
                : Note(frontier.Size, "an outside checkpoint has another root, and is signed by none of the log's keys");
        }

        return outsideOne.IsSigned ? null : Note(frontier.Size, "an outside checkpoint is signed by none of the log's keys");
    }

    private LedgerBreak? Break(StoredRow row, LedgerHead head, Frontier frontier)
    {
        CheckpointRow stored;
        Checkpoint signed;
        try
        {
            stored = CheckpointRow.From(row);
            signed = Checkpoint.Open(stored.Note, keys);
        }
        catch (LedgerFormatException e)
        {
            return e.Where is nameof(CheckpointRow.Size) or nameof(CheckpointRow.Root)
                ? Stored(frontier.Size, e.Where, e.Reason) : Stored(frontier.Size, nameof(CheckpointRow.Note), $"{e.Where} {e.Reason}");
        }

        if (signed.Origin != head.Origin)
            return Stored(frontier.Size, nameof(CheckpointRow.LogId), $"the note is that of {signed.Origin}");
        if (signed.Size != stored.Size)
            return Stored(frontier.Size, nameof(CheckpointRow.Size), $"the note counts {signed.Size} entries");
        if (!signed.Root.AsSpan().SequenceEqual(stored.Root))
            return Stored(frontier.Size, nameof(CheckpointRow.Root), "is not the root in the note");
        return signed.Root.AsSpan().SequenceEqual(frontier.Root()) ? null : Rewritten(frontier.Size, "a checkpoint");
    }

    private IEnumerable<OutsideCheckpoint> Outside(LedgerHead head)
    {
        foreach (var note in outside)
        {
            var parsed = Checkpoint.Parse(SignedNote.Parse(note).Text);
            if (parsed.Origin == head.Origin && parsed.Size > 0)
                yield return new OutsideCheckpoint(parsed.Size, parsed.Root, IsSigned(note));
        }
    }

    private bool IsSigned(byte[] note)
    {
        try
        {
            Checkpoint.Open(note, keys);
            return true;
        }
        catch (LedgerFormatException)
        {
            return false;
        }
    }

    private Checkpoint? Signed(StoredRow row)
    {
        try
        {
            return Checkpoint.Open(row.Bytes(nameof(CheckpointRow.Note)), keys);
        }
        catch (LedgerFormatException)
        {
            return null;
        }
    }

    private async Task<StoredRow?> NextAsync(CancellationToken cancellationToken)
    {
        if (page.Count == 0)
        {
            await using var command = dialect.Command(connection, transaction: null, "read-checkpoints");
            dialect.Bind(command, "@LogId", logId);
            dialect.Bind(command, "@After", read);
            dialect.Bind(command, "@AtMost", PageSize);
            foreach (var row in await StoredRow.ReadAllAsync(command, dialect, cancellationToken))
                page.Enqueue(row);
        }

        if (!page.TryDequeue(out var found))
            return null;

        // One that is no number comes last and ends the check.
        read = found.LongOrNull(nameof(CheckpointRow.Size)) ?? long.MaxValue;
        return found;
    }

    private LedgerBreak Rewritten(long size, string by) => new(
        logId, agreed + 1, LedgerRow.Table, nameof(LedgerRow.EntryBytes),
        agreed + 1 == size ? $"is not the entry that {by} was signed for" : $"entries {agreed + 1} to {size} are not those that {by} was signed for");

    private LedgerBreak Missing(long number, string reason) => new(logId, number, LedgerRow.Table, nameof(LedgerRow.Number), reason);

    private LedgerBreak Note(long size, string reason) => Stored(size, nameof(CheckpointRow.Note), reason);

    private LedgerBreak Stored(long size, string column, string reason) => new(logId, size, CheckpointRow.Table, column, reason);
}
