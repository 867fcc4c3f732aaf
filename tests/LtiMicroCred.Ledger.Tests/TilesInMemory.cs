namespace LtiMicroCred.Ledger.Tests;

/// <summary>Keeps of each tile the fullest version, and counts what is read.</summary>
internal sealed class TilesInMemory : ITileSource
{
    private readonly Dictionary<(int Level, long Index), byte[]> tiles = [];

    public long Size { get; private set; }

    public List<Tile> Read { get; } = [];

    public static async Task<TilesInMemory> OfAsync(IReadOnlyList<byte[]> leafHashes)
    {
        var made = new TilesInMemory();
        await made.GrowAsync(leafHashes);
        return made;
    }

    public async Task<IReadOnlyList<(Tile Tile, byte[] Hashes)>> GrowAsync(IReadOnlyList<byte[]> leafHashes)
    {
        var grown = await TileGrowth.MakeAsync(this, Size, leafHashes, CancellationToken.None);
        foreach (var (tile, hashes) in grown)
            tiles[(tile.Level, tile.Index)] = hashes;
        Size += leafHashes.Count;
        return grown;
    }

    public void Shorten(Tile tile) => tiles[(tile.Level, tile.Index)] = tiles[(tile.Level, tile.Index)][..^1];

    public ValueTask<byte[]> ReadAsync(Tile tile, CancellationToken cancellationToken)
    {
        Read.Add(tile);
        return ValueTask.FromResult(tiles[(tile.Level, tile.Index)]);
    }
}
