namespace LtiMicroCred.Ledger.Tests;

/// <summary>Keeps of each tile the fullest version, and counts what is read.</summary>
internal sealed class TilesInMemory : ITileSource
{
    private readonly Dictionary<(int Level, long Index), byte[]> tiles = [];

    private readonly TileCutter cutter = new();

    public List<Tile> Read { get; } = [];

    public static TilesInMemory Of(IEnumerable<byte[]> leafHashes)
    {
        var made = new TilesInMemory();
        made.Grow(leafHashes);
        return made;
    }

    public void Grow(IEnumerable<byte[]> leafHashes)
    {
        foreach (var leaf in leafHashes)
        {
            foreach (var (tile, hashes) in cutter.Add(leaf))
                tiles[(tile.Level, tile.Index)] = hashes;
        }

        foreach (var (tile, hashes) in cutter.Rest())
            tiles[(tile.Level, tile.Index)] = hashes;
    }

    /// <summary>In the order of the specification: level by level.</summary>
    public IEnumerable<(Tile Tile, byte[] Hashes)> All =>
        tiles.OrderBy(t => t.Key.Level).ThenBy(t => t.Key.Index).Select(t => (new Tile(t.Key.Level, t.Key.Index, t.Value.Length / Merkle.HashSize), t.Value));

    public void Shorten(Tile tile) => tiles[(tile.Level, tile.Index)] = tiles[(tile.Level, tile.Index)][..^1];

    public ValueTask<byte[]> ReadAsync(Tile tile, CancellationToken cancellationToken)
    {
        Read.Add(tile);
        return ValueTask.FromResult(tiles[(tile.Level, tile.Index)]);
    }
}
