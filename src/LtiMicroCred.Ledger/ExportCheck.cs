using System.Globalization;
using System.Text;

namespace LtiMicroCred.Ledger;

/// <summary>What was found in a folder that an export left.</summary>
/// <param name="Newest">The checkpoint that the folder goes up to; none where that itself is missing or broken.</param>
/// <param name="Entries">Entries found right before the end or the first break.</param>
/// <param name="Compared">Checkpoints from outside that are the log's.</param>
/// <param name="Break">The first thing found wrong; its table is the file, its column what in it.</param>
/// <param name="Unfinished">What shows that the export was not finished, or what it wrote last was taken away.</param>
/// <param name="Warnings">What was passed over.</param>
public sealed record ExportFindings(
    Guid LogId, Checkpoint? Newest, long Entries, int Compared, LedgerBreak? Break, string? Unfinished, IReadOnlyList<string> Warnings)
{
    public bool Intact => Break is null && Unfinished is null;
}

/// <summary>
/// Verifies a folder that <see cref="LogExport"/> wrote, once: every entry's bytes, number and hash, every tile, every checkpoint. Memory does not grow with the
/// log. Hostile files give a break, never an exception. Whoever rewrites all of a folder can sign it anew with keys of their own: only keys or a checkpoint that
/// came another way show that.
/// </summary>
/// <param name="logId">The log that the folder should hold.</param>
/// <param name="folder">As <see cref="LogExport"/> left it.</param>
/// <param name="evidence">Where it has no keys, those in the folder are taken. Checkpoints of other logs are passed over.</param>
/// <param name="progress">Told after every few hundred entries.</param>
public sealed class ExportCheck(Guid logId, string folder, LedgerEvidence evidence, IProgress<LedgerProgress>? progress)
{
    private const int LongestKeys = 64 * 1024;
    private const long LongestCheckpoints = 8L * 1024 * 1024 * 1024;
    private const string OutsideName = "outside";

    private readonly ExportedLog log = new(folder);
    private readonly Frontier frontier = new();
    private readonly TileCutter tiles = new();
    private readonly Queue<Checkpoint> kept = new();
    private readonly List<string> warnings = [];

    // What is looked at: whatever is found wrong is wrong there.
    private (long Number, string File) at = (0, LogExport.CheckpointName);

    private Checkpoint? newest;
    private int compared;
    private string? unfinished;
    private long agreed;

    /// <exception cref="IOException">A file cannot be read; nothing is said about the log.</exception>
    public async Task<ExportFindings> RunAsync(CancellationToken cancellationToken)
    {
        LedgerBreak? found = null;
        try
        {
            await CheckAsync(cancellationToken);
        }
        catch (LedgerFormatException e)
        {
            found = new LedgerBreak(logId, at.Number, at.File, e.Where == at.File ? "file" : e.Where, e.Reason);
        }

        return new ExportFindings(logId, newest, frontier.Size, compared, found, unfinished, warnings);
    }

    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        if (await log.ReadAsync(LogExport.CheckpointName, SignedNote.LongestNote, cancellationToken) is not { } note)
        {
            unfinished = $"{LogExport.CheckpointName}, which an export writes last, is missing";
            return;
        }

        var published = await KeysAsync(cancellationToken);
        var keys = evidence.Keys.Count > 0 ? evidence.Keys : published;
        at = (0, LogExport.CheckpointName);
        newest = Checkpoint.Open(note, keys);
        SortOutside(newest, keys);

        at = (0, LogExport.CheckpointsName);
        await using var file = log.Open(LogExport.CheckpointsName, LongestCheckpoints) ?? throw Missing();
        await using var notes = CheckpointFile.NotesAsync(file, warnings, cancellationToken).GetAsyncEnumerator(cancellationToken);
        var next = await NextAsync(notes, keys, before: null);

        // Also before the first entry: a checkpoint may be that of an empty log.
        next = await AgreeAsync(next, notes, keys);
        while (frontier.Size < newest.Size)
            next = await BundleAsync(newest, next, notes, keys, cancellationToken);
        foreach (var (tile, hashes) in tiles.Rest())
            await TileAsync(tile, hashes, cancellationToken);

        at = (newest.Size, LogExport.CheckpointName);
        RequireRoot(newest);
        if (next is not null)
            unfinished = string.Create(CultureInfo.InvariantCulture, $"{LogExport.CheckpointsName} goes on to size {next.Size}, {LogExport.CheckpointName}, which an export writes last, only to {newest.Size}");
    }

    private async Task<IReadOnlyList<VerifierKey>> KeysAsync(CancellationToken cancellationToken)
    {
        at = (0, LogExport.KeysName);
        var text = await log.ReadAsync(LogExport.KeysName, LongestKeys, cancellationToken) ?? throw Missing();
        if (Encoding.UTF8.GetString(text).Split('\n') is not [.. var lines, ""])
            throw new LedgerFormatException(at.File, "does not end with a line");

        VerifierKey[] keys = [.. lines.Select(VerifierKey.Parse)];
        foreach (var key in keys)
        {
            if (LogOrigin.Fault(key.Name, logId) is not null || key.Name != keys[0].Name)
                throw new LedgerFormatException("key", "is not named as this log");
        }

        return keys;
    }

    /// <summary>Those of this log must be signed by its keys, and wait for their size to come by.</summary>
    private void SortOutside(Checkpoint last, IReadOnlyList<VerifierKey> keys)
    {
        var ours = new List<Checkpoint>();
        foreach (var note in evidence.Outside)
        {
            if (OriginOf(note) != last.Origin)
                continue;
            at = (0, OutsideName);
            var checkpoint = Checkpoint.Open(note, keys);
            if (checkpoint.Size > last.Size)
            {
                at = (last.Size + 1, OutsideName);
                throw new LedgerFormatException("size", string.Create(CultureInfo.InvariantCulture, $"is {checkpoint.Size}, but the folder ends at {last.Size}: its end was cut off, or it is older than that checkpoint"));
            }

            ours.Add(checkpoint);
        }

        foreach (var checkpoint in ours.OrderBy(checkpoint => checkpoint.Size))
            kept.Enqueue(checkpoint);
    }

    private string? OriginOf(byte[] note)
    {
        try
        {
            return Checkpoint.Parse(SignedNote.Parse(note).Text).Origin;
        }
        catch (LedgerFormatException e)
        {
            CheckpointFile.Warn(warnings, $"a checkpoint from outside is passed over: {e.Message}");
            return null;
        }
    }

    private async Task<Checkpoint?> NextAsync(IAsyncEnumerator<byte[]> notes, IReadOnlyList<VerifierKey> keys, Checkpoint? before)
    {
        at = (frontier.Size, LogExport.CheckpointsName);
        if (!await notes.MoveNextAsync())
            return before?.Size >= newest!.Size ? null : throw new LedgerFormatException("checkpoint", "the newest one is not among them");

        var next = Checkpoint.Open(notes.Current, keys);
        return next.Size >= (before?.Size ?? 0) ? next : throw new LedgerFormatException("size", string.Create(CultureInfo.InvariantCulture, $"{next.Size} follows {before?.Size}: the oldest come first"));
    }

    /// <summary>Every checkpoint of the size reached so far must have its root.</summary>
    /// <returns>The one after those.</returns>
    private async Task<Checkpoint?> AgreeAsync(Checkpoint? next, IAsyncEnumerator<byte[]> notes, IReadOnlyList<VerifierKey> keys)
    {
        while (next?.Size == frontier.Size)
        {
            at = (agreed + 1, LogExport.CheckpointsName);
            RequireRoot(next);
            next = await NextAsync(notes, keys, next);
        }

        while (kept.TryPeek(out var checkpoint) && checkpoint.Size == frontier.Size)
        {
            at = (agreed + 1, OutsideName);
            RequireRoot(checkpoint);
            compared++;
            kept.Dequeue();
        }

        return next;
    }

    private void RequireRoot(Checkpoint checkpoint)
    {
        if (!frontier.Root().AsSpan().SequenceEqual(checkpoint.Root))
            throw new LedgerFormatException("root", string.Create(CultureInfo.InvariantCulture, $"entries {agreed + 1} to {checkpoint.Size} do not hash to it: one was rewritten, or the checkpoint is another log's"));
        agreed = checkpoint.Size;
    }

    private async Task<Checkpoint?> BundleAsync(
        Checkpoint last, Checkpoint? next, IAsyncEnumerator<byte[]> notes, IReadOnlyList<VerifierKey> keys, CancellationToken cancellationToken)
    {
        var tile = Tile.In(0, frontier.Size / Tile.FullWidth, last.Size);
        var bundle = new EntryBundle(tile.Index, tile.Width);
        at = (frontier.Size + 1, bundle.Path);
        var packed = await log.ReadAsync(bundle.Path, ExportedLog.LongestBundle, cancellationToken) ?? throw Missing();
        var entries = bundle.Unpack(packed);
        at = (frontier.Size + 1, tile.Path);
        var hashes = await log.TileAsync(tile, cancellationToken);

        foreach (var (place, entry) in entries.Index())
        {
            at = (frontier.Size + 1, bundle.Path);
            var leaf = LeafOf(entry, last.Origin);
            if (!leaf.AsSpan().SequenceEqual(hashes.AsSpan(place * Merkle.HashSize, Merkle.HashSize)))
                throw await DifferenceAsync(tile, hashes.AsSpan(place * Merkle.HashSize, Merkle.HashSize).ToArray(), last, cancellationToken);

            frontier.Append(leaf);
            foreach (var (filled, made) in tiles.Add(leaf))
                await TileAsync(filled, made, cancellationToken);
            if (next?.Size == frontier.Size || (kept.TryPeek(out var checkpoint) && checkpoint.Size == frontier.Size))
                next = await AgreeAsync(next, notes, keys);
        }

        progress?.Report(new LedgerProgress(logId, frontier.Size, last.Size));
        return next;
    }

    private byte[] LeafOf(byte[] entry, string origin)
    {
        var decoded = EntryFormat.Decode(entry);
        if (decoded.Number != at.Number)
            throw new LedgerFormatException("number", string.Create(CultureInfo.InvariantCulture, $"the bytes are those of entry {decoded.Number}"));
        return decoded.Origin == origin ? Merkle.LeafHash(entry) : throw new LedgerFormatException("log", "the bytes are those of another log");
    }

    /// <summary>An entry and its hash in the tile differ: the checkpoint tells which of them is right.</summary>
    private async Task<LedgerFormatException> DifferenceAsync(Tile tile, byte[] kept, Checkpoint last, CancellationToken cancellationToken)
    {
        try
        {
            var proof = await new HashTree(log, last.Size).InclusionProofAsync(frontier.Size, cancellationToken);
            if (MerkleProof.Includes(last.Root, last.Size, frontier.Size, kept, proof))
                return new LedgerFormatException("entry", "was rewritten: it does not hash to what the newest checkpoint covers");
        }
        catch (LedgerFormatException)
        {
            // More is broken than this tile.
        }

        at = at with { File = tile.Path };
        return new LedgerFormatException("hash", "is not the hash of the entry");
    }

    private async Task TileAsync(Tile tile, byte[] made, CancellationToken cancellationToken)
    {
        // Its hashes were compared one by one.
        if (tile.Level == 0)
            return;

        at = (FirstUnder(tile, 0), tile.Path);
        var stored = await log.TileAsync(tile, cancellationToken);
        var differing = stored.AsSpan().CommonPrefixLength(made);
        if (differing == made.Length)
            return;
        at = at with { Number = FirstUnder(tile, differing / Merkle.HashSize) };
        throw new LedgerFormatException("hash", "is not that of the tile below");
    }

    private static long FirstUnder(Tile tile, int place) => (((tile.Index * Tile.FullWidth) + place) << (Tile.Height * tile.Level)) + 1;

    private LedgerFormatException Missing() => new(at.File, "is missing");
}
