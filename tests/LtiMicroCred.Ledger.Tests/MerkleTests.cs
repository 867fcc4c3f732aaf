namespace LtiMicroCred.Ledger.Tests;

public sealed class MerkleTests
{
    // The inputs and roots of the reference tree that Certificate Transparency implementations share.
    private static readonly string[] Inputs =
        ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

    private static readonly string[] Roots =
    [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    public static TheoryData<int> Sizes => [.. Enumerable.Range(0, Roots.Length)];

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Known_trees_have_their_known_roots(int size)
    {
        byte[][] leaves = [.. Inputs.Take(size).Select(input => Merkle.LeafHash(Convert.FromHexString(input)))];
        var frontier = new Frontier();
        foreach (var leaf in leaves)
            frontier.Append(leaf);

        Convert.ToHexStringLower(Merkle.Root(leaves)).ShouldBe(Roots[size]);
        Convert.ToHexStringLower(frontier.Root()).ShouldBe(Roots[size]);
    }

    [Fact]
    public void A_leaf_never_hashes_like_a_node()
    {
        byte[] left = Merkle.LeafHash([1]), right = Merkle.LeafHash([2]);

        Merkle.LeafHash([.. left, .. right]).ShouldNotBe(Merkle.NodeHash(left, right));
        Merkle.NodeHash(left, right).ShouldNotBe(Merkle.NodeHash(right, left));
    }

    [Fact]
    public void The_frontier_has_the_recursive_root_at_every_size_and_survives_its_bytes()
    {
        var leaves = new List<byte[]>();
        var frontier = new Frontier();
        for (var size = 0; size <= 257; size++)
        {
            frontier.Size.ShouldBe(size);
            frontier.Root().ShouldBe(Merkle.Root(leaves));
            frontier.ToBytes().Length.ShouldBe(32 * int.PopCount(size));
            frontier = Frontier.Parse(frontier.ToBytes(), frontier.Size);

            leaves.Add(Merkle.LeafHash(BitConverter.GetBytes(size)));
            frontier.Append(leaves[^1]);
        }
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(32, 0)]
    [InlineData(32, 3)]
    [InlineData(63, 3)]
    [InlineData(64, 4)]
    [InlineData(32, -1)]
    public void A_frontier_of_the_wrong_length_is_refused(int length, long size) =>
        Should.Throw<LedgerFormatException>(() => Frontier.Parse(new byte[length], size));

    [Fact]
    public void A_leaf_of_the_wrong_length_is_refused() =>
        Should.Throw<ArgumentException>(() => new Frontier().Append(new byte[31]));
}
