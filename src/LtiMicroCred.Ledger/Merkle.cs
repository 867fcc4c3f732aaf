using System.Security.Cryptography;

namespace LtiMicroCred.Ledger;

/// <summary>The hashes of RFC 6962, section 2.1. Leaves and nodes are told apart by their first byte, so that none can pose as the other.</summary>
public static class Merkle
{
    public const int HashSize = SHA256.HashSizeInBytes;

    private const int NodeSize = 1 + (2 * HashSize);
    private const byte NodePrefix = 0x01;

    /// <summary>The root of a log without entries: SHA-256 of nothing.</summary>
    public static byte[] EmptyRoot => SHA256.HashData([]);

    public static byte[] LeafHash(ReadOnlySpan<byte> entry) => SHA256.HashData([0x00, .. entry]);

    public static byte[] NodeHash(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        Span<byte> node = stackalloc byte[NodeSize];
        node[0] = NodePrefix;
        left.CopyTo(node[1..]);
        right.CopyTo(node[(1 + HashSize)..]);
        return SHA256.HashData(node);
    }

    /// <summary>The root by its recursive definition, over hashes of leaves. For checking: a log keeps a <see cref="Frontier"/> instead.</summary>
    public static byte[] Root(IReadOnlyList<byte[]> leafHashes) =>
        leafHashes.Count == 0 ? EmptyRoot : Root(leafHashes, 0, leafHashes.Count);

    /// <summary>The root over hashes that lie one after the other, as in a tile; a power of two of them.</summary>
    public static byte[] WholeTree(ReadOnlySpan<byte> hashes)
    {
        if (hashes.Length < HashSize || !int.IsPow2(hashes.Length))
            throw new ArgumentException($"{hashes.Length} bytes are not a power of two of hashes", nameof(hashes));

        // Each level takes the place of the one below.
        var level = hashes.ToArray();
        if (level.Length == HashSize)
            return level;
        Span<byte> node = stackalloc byte[NodeSize];
        node[0] = NodePrefix;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var width = level.Length; width > HashSize; width /= 2)
        {
            for (var at = 0; at < width; at += 2 * HashSize)
            {
                level.AsSpan(at, 2 * HashSize).CopyTo(node[1..]);
                hash.AppendData(node);
                hash.GetHashAndReset(level.AsSpan(at / 2, HashSize));
            }
        }

        return level[..HashSize];
    }

    private static byte[] Root(IReadOnlyList<byte[]> leafHashes, int start, int count)
    {
        if (count == 1)
            return leafHashes[start];

        var left = LargestPowerOfTwoBelow(count);
        return NodeHash(Root(leafHashes, start, left), Root(leafHashes, start + left, count - left));
    }

    private static int LargestPowerOfTwoBelow(int count) => 1 << (31 - int.LeadingZeroCount(count - 1));
}
