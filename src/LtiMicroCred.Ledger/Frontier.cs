using System.Numerics;

namespace LtiMicroCred.Ledger;

/// <summary>
/// The right edge of a Merkle tree: the roots of its complete subtrees, one for each set bit of the size, largest first.
/// It is all that an append needs to know about the entries before it.
/// </summary>
public sealed class Frontier
{
    private readonly List<byte[]> subtrees = [];

    public long Size { get; private set; }

    /// <summary>Amortised constant time: as many subtrees are joined as the size has trailing ones.</summary>
    public void Append(byte[] leafHash)
    {
        RequireHash(leafHash);
        var hash = leafHash;
        for (var joins = BitOperations.TrailingZeroCount(~Size); joins > 0; joins--)
        {
            hash = Merkle.NodeHash(subtrees[^1], hash);
            subtrees.RemoveAt(subtrees.Count - 1);
        }

        subtrees.Add(hash);
        Size++;
    }

    public byte[] Root()
    {
        if (subtrees.Count == 0)
            return Merkle.EmptyRoot;

        var root = subtrees[^1];
        for (var i = subtrees.Count - 2; i >= 0; i--)
            root = Merkle.NodeHash(subtrees[i], root);
        return root;
    }

    /// <summary>The hashes one after the other, without separators: 32 bytes for each set bit of <see cref="Size"/>.</summary>
    public byte[] ToBytes() => [.. subtrees.SelectMany(hash => hash)];

    /// <exception cref="LedgerFormatException">There are not exactly as many hashes as the size has set bits.</exception>
    public static Frontier Parse(ReadOnlySpan<byte> bytes, long size)
    {
        if (size < 0)
            throw new LedgerFormatException(nameof(Size), "a log cannot have fewer than no entries");
        if (bytes.Length != LengthFor(size))
            throw new LedgerFormatException(nameof(Frontier), $"{bytes.Length} bytes, but a log of {size} entries needs {LengthFor(size)}");

        var frontier = new Frontier { Size = size };
        for (; bytes.Length > 0; bytes = bytes[Merkle.HashSize..])
            frontier.subtrees.Add(bytes[..Merkle.HashSize].ToArray());
        return frontier;
    }

    /// <summary>The range of entries (from 1) under the first subtree whose hash is another one in <paramref name="other"/>, a frontier of the same size.</summary>
    internal (long First, long Last)? FirstDifference(ReadOnlySpan<byte> other)
    {
        if (other.Length != LengthFor(Size))
            return null;

        long covered = 0;
        foreach (var hash in subtrees)
        {
            var width = 1L << BitOperations.Log2((ulong)(Size - covered));
            if (!other[..Merkle.HashSize].SequenceEqual(hash))
                return (covered + 1, covered + width);
            covered += width;
            other = other[Merkle.HashSize..];
        }

        return null;
    }

    private static int LengthFor(long size) => BitOperations.PopCount((ulong)size) * Merkle.HashSize;

    private static void RequireHash(byte[] leafHash)
    {
        if (leafHash.Length != Merkle.HashSize)
            throw new ArgumentException($"a leaf hash has {Merkle.HashSize} bytes, not {leafHash.Length}", nameof(leafHash));
    }
}
