namespace LtiMicroCred.Ledger.Tests;

public sealed class TileTests
{
    private static readonly byte[][] Leaves = [.. Enumerable.Range(0, 1400).Select(i => Merkle.LeafHash(BitConverter.GetBytes(i)))];

    [Fact]
    public void Seventy_thousand_entries_have_the_tiles_of_the_specification()
    {
        // C2SP tlog-tiles, Partial Tiles.
        var tiles = Tile.Of(70_000).ToList();

        tiles.Count(t => t is { Level: 0, IsFull: true }).ShouldBe(273);
        tiles.Where(t => t is { Level: 0, IsFull: false }).ShouldBe([new Tile(0, 273, 112)]);
        tiles.Where(t => t.Level == 1).ShouldBe([new Tile(1, 0, 256), new Tile(1, 1, 17)]);
        tiles.Where(t => t.Level >= 2).ShouldBe([new Tile(2, 0, 1)]);
        Tile.Of(256).ShouldBe([new Tile(0, 0, 256), new Tile(1, 0, 1)]);
    }

    [Fact]
    public void Seventy_thousand_entries_make_the_tiles_of_the_specification()
    {
        var leaves = Enumerable.Range(0, 70_000).Select(i => Merkle.LeafHash(BitConverter.GetBytes(i))).ToList();

        var grown = TilesInMemory.Of(leaves).All.ToList();

        grown.Select(g => g.Tile).ShouldBe(Tile.Of(70_000));
        grown.ShouldAllBe(g => g.Hashes.Length == g.Tile.Width * 32);
        grown.Single(g => g.Tile.Level == 2).Hashes.ShouldBe(Merkle.Root(leaves[..65_536]));
        grown.Single(g => g.Tile is { Level: 1, Index: 1 }).Hashes[^32..].ShouldBe(Merkle.Root(leaves[(272 * 256)..(273 * 256)]));
        grown.Single(g => g.Tile is { Level: 0, Index: 273 }).Hashes[..32].ShouldBe(leaves[273 * 256]);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 255)]
    [InlineData(255, 256)]
    [InlineData(256, 257)]
    [InlineData(300, 300)]
    [InlineData(300, 1400)]
    [InlineData(511, 513)]
    public async Task A_log_that_grows_has_exactly_the_tiles_of_its_size(int from, int to)
    {
        var tiles = TilesInMemory.Of(Leaves[..from]);
        tiles.All.Select(g => g.Tile).ShouldBe(Tile.Of(from));

        tiles.Grow(Leaves[from..to]);

        tiles.All.Select(g => g.Tile).ShouldBe(Tile.Of(to));
        (await new HashTree(tiles, to).RootAsync(TestContext.Current.CancellationToken)).ShouldBe(Merkle.Root(Leaves[..to]));
    }

    [Fact]
    public void Paths_are_printed_and_read_as_another_implementation_does()
    {
        var vectors = Vectors.Json("tiles", "paths.json");
        foreach (var v in vectors.GetProperty("valid").EnumerateArray())
        {
            var tile = new Tile(v.GetProperty("level").GetInt32(), v.GetProperty("index").GetInt64(), v.GetProperty("width").GetInt32());
            tile.Path.ShouldBe(v.Text("path"));
            Tile.Parse(v.Text("path")).ShouldBe(tile);
        }

        foreach (var size in vectors.GetProperty("partials").EnumerateObject())
        {
            var expected = size.Value.EnumerateArray().Select(path => path.GetString()!);
            Tile.Of(long.Parse(size.Name, System.Globalization.CultureInfo.InvariantCulture)).Where(t => t.Level > 0 || !t.IsFull)
                .Select(t => t.Path).ShouldBe(expected);
        }
    }

    [Fact]
    public void Every_other_path_is_refused()
    {
        var refused = Vectors.Json("tiles", "paths.json").Texts("refused");

        refused.Length.ShouldBe(27);
        foreach (var path in refused)
        {
            Tile.Parse(path).ShouldBeNull(path);
            if (path != "tile/entries/000")
                EntryBundle.Parse(path.Replace("tile/0/", "tile/entries/", StringComparison.Ordinal)).ShouldBeNull(path);
        }
    }

    [Fact]
    public void Entries_go_into_bundles_after_their_length()
    {
        byte[][] entries = [[1, 2, 3], new byte[EntryFormat.LongestEntry], [9]];
        var bundle = new EntryBundle(1_234_067, 3);

        var packed = EntryBundle.Pack(entries);

        bundle.Path.ShouldBe("tile/entries/x001/x234/067.p/3");
        EntryBundle.Parse(bundle.Path).ShouldBe(bundle);
        packed[..7].ShouldBe([0, 3, 1, 2, 3, 0xff, 0xff]);
        packed[^3..].ShouldBe([0, 1, 9]);
        bundle.Unpack(packed).ShouldBe(entries);
        Should.Throw<LedgerFormatException>(() => bundle.Unpack(packed.AsSpan(0, packed.Length - 1)));
        Should.Throw<LedgerFormatException>(() => bundle.Unpack([.. packed, 0]));
        Should.Throw<LedgerFormatException>(() => bundle.Unpack([.. packed, 0, 0]));
        Should.Throw<LedgerFormatException>(() => (bundle with { Width = 4 }).Unpack(packed));
        Should.Throw<ArgumentException>(() => EntryBundle.Pack([new byte[EntryFormat.LongestEntry + 1]]));
    }
}
