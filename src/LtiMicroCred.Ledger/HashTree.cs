using System.Numerics;

namespace LtiMicroCred.Ledger;

/// <summary>Where a log's tiles are kept. Nothing that comes from there is trusted: who uses a proof checks it against a checkpoint.</summary>
public interface ITileSource
{
    /// <returns>The hashes one after the other: at least as many as the tile is wide; those of a fuller version are as good.</returns>
    ValueTask<byte[]> ReadAsync(Tile tile, CancellationToken cancellationToken);
}

/// <summary>
/// The Merkle tree (RFC 6962, section 2.1) of a log's first <paramref name="size"/> entries, read from tiles: a root or a proof reads two or three
/// tiles for each level, that is, a number that grows with the logarithm of the size.
/// </summary>
public sealed class HashTree(ITileSource source, long size)
{
    private readonly Dictionary<(int Level, long Index), byte[]> tiles = [];

    public Task<byte[]> RootAsync(CancellationToken cancellationToken) =>
        size == 0 ? Task.FromResult(Merkle.EmptyRoot) : HashAsync(0, size, cancellationToken);

    /// <summary>RFC 6962, 2.1.1: the hashes that lead from a leaf to the root, nearest first. Leaf 0 is entry 1.</summary>
    public async Task<IReadOnlyList<byte[]>> InclusionProofAsync(long leaf, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(leaf);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(leaf, size);

        var path = new List<byte[]>();
        var (start, end) = (0L, size);
        while (end - start > 1)
        {
            var middle = start + LargestPowerOfTwoBelow(end - start);
            if (leaf < middle)
            {
                path.Add(await HashAsync(middle, end, cancellationToken));
                end = middle;
            }
            else
            {
                path.Add(await HashAsync(start, middle, cancellationToken));
                start = middle;
            }
        }

        path.Reverse();
        return path;
    }

    /// <summary>RFC 6962, 2.1.2: the hashes that show the tree of <paramref name="earlier"/> entries to be the beginning of this one.</summary>
    /// <param name="earlier">From 0 to the size; nothing is needed to show either of these two.</param>
    public async Task<IReadOnlyList<byte[]>> ConsistencyProofAsync(long earlier, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(earlier);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(earlier, size);
        if (earlier == 0)
            return [];

        var path = new List<byte[]>();
        var (start, end) = (0L, size);
        while (end > earlier)
        {
            var middle = start + LargestPowerOfTwoBelow(end - start);
            if (earlier <= middle)
            {
                path.Add(await HashAsync(middle, end, cancellationToken));
                end = middle;
            }
            else
            {
                path.Add(await HashAsync(start, middle, cancellationToken));
                start = middle;
            }
        }

        // What is left ends where the earlier tree ends; its hash is known to the asker only if it is the whole of that tree.
        if (start > 0)
            path.Add(await HashAsync(start, end, cancellationToken));
        path.Reverse();
        return path;
    }

    /// <summary>The hash over leaves from <paramref name="start"/> to before <paramref name="end"/>, a subtree of the definition.</summary>
    private async Task<byte[]> HashAsync(long start, long end, CancellationToken cancellationToken)
    {
        var count = end - start;
        if (BitOperations.IsPow2(count))
            return await WholeAsync(start, BitOperations.Log2((ulong)count), cancellationToken);

        var middle = start + LargestPowerOfTwoBelow(count);
        var left = await HashAsync(start, middle, cancellationToken);
        var right = await HashAsync(middle, end, cancellationToken);
        return Merkle.NodeHash(left, right);
    }

    /// <summary>A complete subtree lies within one tile: over 2^r neighbouring hashes of the tile's level.</summary>
    private async Task<byte[]> WholeAsync(long start, int height, CancellationToken cancellationToken)
    {
        var level = height / Tile.Height;
        var first = start >> (Tile.Height * level);
        var tile = await TileAsync(level, first / Tile.FullWidth, cancellationToken);
        var (offset, length) = ((int)(first % Tile.FullWidth) * Merkle.HashSize, Merkle.HashSize << (height % Tile.Height));
        return Merkle.WholeTree(tile.AsSpan(offset, length));
    }

    private async ValueTask<byte[]> TileAsync(int level, long index, CancellationToken cancellationToken)
    {
        if (tiles.TryGetValue((level, index), out var known))
            return known;

        var tile = Tile.In(level, index, size);
        var bytes = await source.ReadAsync(tile, cancellationToken);
        if (bytes.Length < tile.Width * Merkle.HashSize)
            throw new LedgerFormatException(tile.Path, $"has {bytes.Length} bytes, but {tile.Width} hashes are needed");
        return tiles[(level, index)] = bytes;
    }

    private static long LargestPowerOfTwoBelow(long count) => 1L << BitOperations.Log2((ulong)(count - 1));
}
