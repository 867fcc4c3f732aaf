namespace LtiMicroCred.Ledger;

/// <summary>Cuts a log's hash tree into tiles while its leaves pass by. Holds one unfinished tile a level.</summary>
internal sealed class TileCutter
{
    private readonly List<Edge> levels = [];

    /// <returns>The tiles that this leaf filled, lowest first: none but at every 256th.</returns>
    public IReadOnlyList<(Tile Tile, byte[] Hashes)> Add(byte[] leafHash)
    {
        var filled = new List<(Tile Tile, byte[] Hashes)>(0);
        var hash = leafHash;
        for (var level = 0; ; level++)
        {
            if (level == levels.Count)
                levels.Add(new Edge());
            if (levels[level].Add(hash) is not { } hashes)
                return filled;
            filled.Add((new Tile(level, levels[level].Index - 1, Tile.FullWidth), hashes));
            hash = Merkle.WholeTree(hashes);
        }
    }

    /// <summary>The partial tiles at the right edge, lowest first.</summary>
    public IReadOnlyList<(Tile Tile, byte[] Hashes)> Rest() =>
        [.. levels.Index().Where(level => level.Item.Width > 0).Select(level => (new Tile(level.Index, level.Item.Index, level.Item.Width), level.Item.ToBytes()))];

    private sealed class Edge
    {
        private readonly byte[] hashes = new byte[Tile.FullLength];

        public long Index { get; private set; }

        public int Width { get; private set; }

        public byte[] ToBytes() => hashes[..(Width * Merkle.HashSize)];

        /// <returns>The whole tile, where it is full now; the next one begins.</returns>
        public byte[]? Add(byte[] hash)
        {
            hash.CopyTo(hashes, Width * Merkle.HashSize);
            Width++;
            if (Width < Tile.FullWidth)
                return null;
            (Index, Width) = (Index + 1, 0);
            return [.. hashes];
        }
    }
}
