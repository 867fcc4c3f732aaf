using System.Globalization;
using System.Text;

namespace LtiMicroCred.Ledger;

/// <summary>Where the content of one log comes from. What is given is checked while it is written.</summary>
public interface ILogSource
{
    Guid LogId { get; }

    /// <summary>Those that sign now first, then every older one.</summary>
    Task<IReadOnlyList<VerifierKey>> KeysAsync(CancellationToken cancellationToken);

    /// <summary>All signed notes of the log, oldest first.</summary>
    IAsyncEnumerable<byte[]> CheckpointsAsync(CancellationToken cancellationToken);

    /// <summary>The bytes of the entries with numbers above <paramref name="after"/> up to <paramref name="upTo"/>, in their order.</summary>
    Task<IReadOnlyList<byte[]>> EntriesAsync(long after, long upTo, CancellationToken cancellationToken);
}

/// <summary>
/// Writes a log as files, in the layout of C2SP tlog-tiles, so that any web server can serve the folder: <c>tile/entries/…</c> and <c>tile/{level}/…</c> up to the
/// newest checkpoint, <c>keys</c>, <c>checkpoints</c> (see <see cref="CheckpointFile"/>), and at the very end <c>checkpoint</c>, the newest note. A folder without that
/// is not whole; one that was whole stays so while it is brought up to date. To go on after a kill, write again: what is there already is not written twice.
/// Memory does not grow with the log.
/// </summary>
public sealed class LogExport(ILogSource source, string folder, IProgress<LedgerProgress>? progress)
{
    internal const string CheckpointName = "checkpoint";
    internal const string CheckpointsName = "checkpoints";
    internal const string KeysName = "keys";

    private const string Unfinished = ".new";

    private readonly ExportedLog there = new(folder);
    private readonly Frontier frontier = new();
    private readonly TileCutter tiles = new();

    /// <summary>Not twice at once into the same folder.</summary>
    /// <returns>The checkpoint that the folder holds now; none where the log has none yet, and then nothing was written.</returns>
    /// <exception cref="LedgerFormatException">
    /// The source contradicts itself, or what the folder already holds: it is not the log that was exported there. Nothing that was whole is damaged.
    /// </exception>
    public async Task<Checkpoint?> RunAsync(CancellationToken cancellationToken)
    {
        var keys = await source.KeysAsync(cancellationToken);
        if (await CheckpointsAsync(keys, cancellationToken) is not var (newest, note))
            return null;

        var earlier = await EarlierAsync(newest, cancellationToken);
        while (frontier.Size < newest.Size)
            await BundleAsync(newest.Size, earlier, cancellationToken);
        foreach (var (tile, hashes) in tiles.Rest())
            await PutAsync(tile.Path, hashes, cancellationToken);
        if (!frontier.Root().AsSpan().SequenceEqual(newest.Root))
            throw new LedgerFormatException("Root", string.Create(CultureInfo.InvariantCulture, $"the first {newest.Size} entries do not hash to what the newest checkpoint says"));

        await PutAsync(KeysName, Encoding.UTF8.GetBytes(string.Concat(keys.Select(key => $"{key}\n"))), cancellationToken);
        File.Move(PathOf(CheckpointsName + Unfinished), PathOf(CheckpointsName), overwrite: true);
        await PutAsync(CheckpointName, note, cancellationToken);
        if (earlier is not null)
            RemoveOutgrown(earlier.Size, newest.Size);
        return newest;
    }

    private string PathOf(string name) => Path.Combine(folder, name);

    /// <summary>Writes all of them aside; the last is what this export goes up to, whatever is signed meanwhile.</summary>
    private async Task<(Checkpoint Newest, byte[] Note)?> CheckpointsAsync(IReadOnlyList<VerifierKey> keys, CancellationToken cancellationToken)
    {
        await using var notes = source.CheckpointsAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        if (!await notes.MoveNextAsync())
            return null;

        Directory.CreateDirectory(folder);
        await using var file = new FileStream(PathOf(CheckpointsName + Unfinished), FileMode.Create, FileAccess.Write);
        byte[] last;
        do
        {
            last = notes.Current;
            await file.WriteAsync((byte[])[.. last, (byte)'\n'], cancellationToken);
        }
        while (await notes.MoveNextAsync());

        file.Flush(flushToDisk: true);
        return (Checkpoint.Open(last, keys), last);
    }

    /// <summary>What the folder is whole up to. The log must be a continuation of that.</summary>
    private async Task<Checkpoint?> EarlierAsync(Checkpoint newest, CancellationToken cancellationToken)
    {
        if (await there.ReadAsync(CheckpointName, SignedNote.LongestNote, cancellationToken) is not { } note)
            return null;

        var earlier = Checkpoint.Parse(SignedNote.Parse(note).Text);
        if (earlier.Origin != newest.Origin)
            throw new LedgerFormatException(CheckpointName, $"the folder holds the log {earlier.Origin}");
        return earlier.Size <= newest.Size ? earlier : throw new LedgerFormatException(
            CheckpointName, string.Create(CultureInfo.InvariantCulture, $"the folder holds {earlier.Size} entries, the newest checkpoint of the log counts {newest.Size} only"));
    }

    private async Task BundleAsync(long size, Checkpoint? earlier, CancellationToken cancellationToken)
    {
        var after = frontier.Size;
        var upTo = Math.Min(size, after + Tile.FullWidth);
        var entries = await source.EntriesAsync(after, upTo, cancellationToken);
        if (entries.Count != upTo - after)
            throw new LedgerFormatException("Number", string.Create(CultureInfo.InvariantCulture, $"of the entries {after + 1} to {upTo} there are {entries.Count}"));

        await PutAsync(new EntryBundle(after / Tile.FullWidth, entries.Count).Path, EntryBundle.Pack(entries), cancellationToken);
        foreach (var entry in entries)
        {
            var leaf = Merkle.LeafHash(entry);
            frontier.Append(leaf);
            if (frontier.Size == earlier?.Size && !frontier.Root().AsSpan().SequenceEqual(earlier.Root))
                throw new LedgerFormatException(CheckpointName, string.Create(CultureInfo.InvariantCulture, $"the first {earlier.Size} entries are not those that the folder holds: one of the two was rewritten"));
            foreach (var (tile, hashes) in tiles.Add(leaf))
                await PutAsync(tile.Path, hashes, cancellationToken);
        }

        progress?.Report(new LedgerProgress(source.LogId, frontier.Size, size));
    }

    /// <summary>A file is there whole or not at all, also after a power cut.</summary>
    private async Task PutAsync(string name, byte[] content, CancellationToken cancellationToken)
    {
        var path = PathOf(name);
        if (await HoldsAsync(path, content, cancellationToken))
            return;

        Directory.CreateDirectory(Path.GetDirectoryName(path)!); // a name within the folder has one
        await using (var file = new FileStream(path + Unfinished, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
        {
            await file.WriteAsync(content, cancellationToken);
            file.Flush(flushToDisk: true);
        }

        File.Move(path + Unfinished, path, overwrite: true);
    }

    private static async Task<bool> HoldsAsync(string path, byte[] content, CancellationToken cancellationToken)
    {
        var file = new FileInfo(path);
        return file.Exists && file.Length == content.Length && (await File.ReadAllBytesAsync(path, cancellationToken)).AsSpan().SequenceEqual(content);
    }

    /// <summary>C2SP tlog-tiles, Partial Tiles: they may go when there are fuller ones.</summary>
    private void RemoveOutgrown(long from, long to)
    {
        var left = Tile.Of(from).Where(tile => !tile.IsFull).Except(Tile.Of(to)).Select(tile => tile.Path).ToList();
        if (from % Tile.FullWidth > 0 && from < to)
            left.Add(new EntryBundle(from / Tile.FullWidth, (int)(from % Tile.FullWidth)).Path);
        foreach (var path in left.Select(PathOf))
        {
            File.Delete(path);
            if (Path.GetDirectoryName(path) is { } widths && !Directory.EnumerateFileSystemEntries(widths).Any())
                Directory.Delete(widths);
        }
    }
}
