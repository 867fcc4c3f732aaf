namespace LtiMicroCred.Ledger;

/// <summary>Makes the tiles that appended entries add: <see cref="Tile.Grown"/> with what they hold.</summary>
public static class TileGrowth
{
    /// <param name="source">Asked only for the partial tiles at the right edge of the tree before.</param>
    /// <param name="leafHashes">Of the entries after the first <paramref name="from"/>.</param>
    public static async Task<IReadOnlyList<(Tile Tile, byte[] Hashes)>> MakeAsync(
        ITileSource source, long from, IReadOnlyList<byte[]> leafHashes, CancellationToken cancellationToken)
    {
        var made = new List<(Tile Tile, byte[] Hashes)>();
        var to = from + leafHashes.Count;
        var added = leafHashes;
        for (var level = 0; added.Count > 0; level++)
        {
            var had = Tile.HashesAt(level, from);
            IReadOnlyList<byte[]> edge = had % Tile.FullWidth == 0 ? [] : await EdgeAsync(source, Tile.In(level, had / Tile.FullWidth, from), cancellationToken);
            var whole = new List<byte[]>();
            var index = had / Tile.FullWidth;
            foreach (var hashes in edge.Concat(added).Chunk(Tile.FullWidth))
            {
                byte[] bytes = [.. hashes.SelectMany(hash => hash)];
                made.Add((Tile.In(level, index++, to), bytes));
                if (hashes.Length == Tile.FullWidth)
                    whole.Add(Merkle.WholeTree(bytes));
            }

            added = whole;
        }

        return made;
    }

    private static async Task<IReadOnlyList<byte[]>> EdgeAsync(ITileSource source, Tile tile, CancellationToken cancellationToken)
    {
        var bytes = await source.ReadAsync(tile, cancellationToken);
        return bytes.Length >= tile.Width * Merkle.HashSize
            ? [.. bytes.Chunk(Merkle.HashSize).Take(tile.Width)]
            : throw new LedgerFormatException(tile.Path, $"has {bytes.Length} bytes, but {tile.Width} hashes are needed");
    }
}
