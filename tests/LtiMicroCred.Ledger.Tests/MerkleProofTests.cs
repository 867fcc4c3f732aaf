using System.Globalization;
using System.Text;
using System.Text.Json;

namespace LtiMicroCred.Ledger.Tests;

public sealed class MerkleProofTests
{
    private static readonly byte[][] Leaves = [.. Enumerable.Range(0, 1100).Select(i => Merkle.LeafHash(Encoding.ASCII.GetBytes(i.ToString(CultureInfo.InvariantCulture))))];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_leaf_is_proven_at_sizes_1_to_257_and_at_no_other_place()
    {
        for (var size = 1; size <= 257; size++)
        {
            var tree = new HashTree(TilesInMemory.Of(Leaves[..size]), size);
            var root = Merkle.Root(Leaves[..size]);
            (await tree.RootAsync(Cancel)).ShouldBe(root);
            for (var leaf = 0; leaf < size; leaf++)
            {
                var proof = await tree.InclusionProofAsync(leaf, Cancel);

                MerkleProof.Includes(root, size, leaf, Leaves[leaf], proof).ShouldBeTrue($"leaf {leaf} of {size}");
                MerkleProof.Includes(root, size, leaf, Leaves[leaf + 1], proof).ShouldBeFalse();
                MerkleProof.Includes(root, size, (leaf + 1) % size, Leaves[leaf], proof).ShouldBe(size == 1);
                MerkleProof.Includes(Leaves[size], size, leaf, Leaves[leaf], proof).ShouldBeFalse();
            }
        }
    }

    [Fact]
    public async Task Every_pair_of_sizes_up_to_64_is_proven_consistent_and_with_no_other_root()
    {
        var tiles = TilesInMemory.Of(Leaves[..64]);
        for (var size = 0; size <= 64; size++)
        {
            var root = Merkle.Root(Leaves[..size]);
            for (var earlier = 0; earlier <= size; earlier++)
            {
                var earlierRoot = Merkle.Root(Leaves[..earlier]);
                var proof = await new HashTree(tiles, size).ConsistencyProofAsync(earlier, Cancel);

                MerkleProof.IsConsistent(earlierRoot, earlier, root, size, proof).ShouldBeTrue($"{earlier} to {size}");
                MerkleProof.IsConsistent(Leaves[99], earlier, root, size, proof).ShouldBeFalse();
                if (earlier > 0)
                    MerkleProof.IsConsistent(earlierRoot, earlier, Leaves[99], size, proof).ShouldBeFalse();
                MerkleProof.IsConsistent(earlierRoot, earlier, root, size, [.. proof, Leaves[99]]).ShouldBeFalse();
            }
        }
    }

    [Theory]
    [InlineData(13, 5)]
    [InlineData(257, 255)]
    public async Task Every_flipped_bit_of_a_proof_is_refused(int size, int at)
    {
        var tree = new HashTree(TilesInMemory.Of(Leaves[..size]), size);
        var (root, earlierRoot) = (Merkle.Root(Leaves[..size]), Merkle.Root(Leaves[..at]));
        var inclusion = await tree.InclusionProofAsync(at, Cancel);
        var consistency = await tree.ConsistencyProofAsync(at, Cancel);

        foreach (var flipped in Flipped(inclusion))
            MerkleProof.Includes(root, size, at, Leaves[at], flipped).ShouldBeFalse();
        foreach (var flipped in Flipped(consistency))
            MerkleProof.IsConsistent(earlierRoot, at, root, size, flipped).ShouldBeFalse();
    }

    [Fact]
    public void Inclusion_proofs_of_another_implementation_are_judged_alike()
    {
        var vectors = Vectors.Json("proofs", "inclusion.json").GetProperty("cases").EnumerateArray().ToList();

        vectors.Count(v => v.GetProperty("valid").GetBoolean()).ShouldBe(12);
        vectors.Count.ShouldBe(21);
        foreach (var v in vectors)
        {
            MerkleProof.Includes(v.Hex("root"), v.GetProperty("size").GetInt64(), v.GetProperty("leaf").GetInt64(), v.Hex("leafHash"), v.Hashes("proof"))
                .ShouldBe(v.GetProperty("valid").GetBoolean(), v.GetRawText());
        }
    }

    [Fact]
    public void Consistency_proofs_of_another_implementation_are_judged_alike()
    {
        var vectors = Vectors.Json("proofs", "consistency.json").GetProperty("cases").EnumerateArray().ToList();

        vectors.Count(v => v.GetProperty("valid").GetBoolean()).ShouldBe(12);
        vectors.Count.ShouldBe(22);
        foreach (var v in vectors)
        {
            MerkleProof.IsConsistent(v.Hex("earlierRoot"), v.GetProperty("earlier").GetInt64(), v.Hex("root"), v.GetProperty("size").GetInt64(), v.Hashes("proof"))
                .ShouldBe(v.GetProperty("valid").GetBoolean(), v.GetRawText());
        }
    }

    [Fact]
    public async Task Proofs_are_those_of_another_implementation()
    {
        byte[][] reference = [.. Vectors.Json("proofs", "inclusion.json").Hashes("inputs").Select(input => Merkle.LeafHash(input))];
        foreach (var v in Valid("inclusion.json"))
            (await (await TreeAsync(v)).InclusionProofAsync(v.GetProperty("leaf").GetInt64(), Cancel)).ShouldBe(v.Hashes("proof"));
        foreach (var v in Valid("consistency.json"))
            (await (await TreeAsync(v)).ConsistencyProofAsync(v.GetProperty("earlier").GetInt64(), Cancel)).ShouldBe(v.Hashes("proof"));

        async Task<HashTree> TreeAsync(JsonElement vector)
        {
            // From tiles that have grown beyond the size.
            var leaves = vector.Text("tree") == "reference" ? reference : Leaves;
            return new HashTree(TilesInMemory.Of(leaves), vector.GetProperty("size").GetInt64());
        }

        static IEnumerable<JsonElement> Valid(string file) =>
            Vectors.Json("proofs", file).GetProperty("cases").EnumerateArray().Where(v => v.GetProperty("valid").GetBoolean());
    }

    [Fact]
    public async Task A_proof_reads_few_tiles_and_each_only_once()
    {
        var leaves = Enumerable.Range(0, 70_000).Select(i => Merkle.LeafHash(BitConverter.GetBytes(i))).ToList();
        var tiles = TilesInMemory.Of(leaves);
        tiles.Read.Clear();
        var tree = new HashTree(tiles, 70_000);

        var inclusion = await tree.InclusionProofAsync(12_345, Cancel);
        tiles.Read.Count.ShouldBeLessThanOrEqualTo(5);
        var consistency = await tree.ConsistencyProofAsync(65_000, Cancel);

        tiles.Read.Count.ShouldBeLessThanOrEqualTo(8);
        tiles.Read.ShouldBeUnique();
        var root = Merkle.Root(leaves);
        (await tree.RootAsync(Cancel)).ShouldBe(root);
        MerkleProof.Includes(root, 70_000, 12_345, leaves[12_345], inclusion).ShouldBeTrue();
        MerkleProof.IsConsistent(Merkle.Root(leaves[..65_000]), 65_000, root, 70_000, consistency).ShouldBeTrue();
    }

    [Fact]
    public async Task A_tile_that_is_too_short_is_named()
    {
        var tiles = TilesInMemory.Of(Leaves[..300]);
        tiles.Shorten(new Tile(0, 1, 44));

        (await Should.ThrowAsync<LedgerFormatException>(() => new HashTree(tiles, 300).RootAsync(Cancel))).Where.ShouldBe("tile/0/001.p/44");
    }

    [Fact]
    public async Task Nothing_is_proven_beyond_the_size()
    {
        var tree = new HashTree(TilesInMemory.Of(Leaves[..5]), 5);

        await Should.ThrowAsync<ArgumentException>(() => tree.InclusionProofAsync(5, Cancel));
        await Should.ThrowAsync<ArgumentException>(() => tree.InclusionProofAsync(-1, Cancel));
        await Should.ThrowAsync<ArgumentException>(() => tree.ConsistencyProofAsync(6, Cancel));
        (await new HashTree(new TilesInMemory(), 0).RootAsync(Cancel)).ShouldBe(Merkle.EmptyRoot);
    }

    private static IEnumerable<byte[][]> Flipped(IReadOnlyList<byte[]> proof)
    {
        for (var bit = 0; bit < proof.Count * 256; bit++)
        {
            byte[][] flipped = [.. proof.Select(hash => hash.ToArray())];
            flipped[bit / 256][bit % 256 / 8] ^= (byte)(1 << (bit % 8));
            yield return flipped;
        }
    }
}
