using System.Numerics;

namespace LtiMicroCred.Ledger;

/// <summary>Checks the proofs of RFC 6962 by the algorithms of RFC 9162. Hostile input gives no, never an exception.</summary>
public static class MerkleProof
{
    /// <summary>RFC 9162, 2.1.3.2: whether the entry with this hash is leaf <paramref name="leaf"/> (from 0) of the tree.</summary>
    public static bool Includes(byte[] root, long size, long leaf, byte[] leafHash, IReadOnlyList<byte[]> proof)
    {
        // Step 1, and hashes of any other length.
        if (leaf < 0 || leaf >= size || !AreHashes([root, leafHash, .. proof]))
            return false;

        // Steps 2 and 3.
        var (fn, sn, r) = (leaf, size - 1, leafHash);

        // Step 4.
        foreach (var p in proof)
        {
            if (sn == 0)
                return false;
            if (long.IsOddInteger(fn) || fn == sn)
            {
                r = Merkle.NodeHash(p, r);
                ShiftUntilOdd(ref fn, ref sn);
            }
            else
            {
                r = Merkle.NodeHash(r, p);
            }

            fn >>= 1;
            sn >>= 1;
        }

        // Step 5.
        return sn == 0 && r.AsSpan().SequenceEqual(root);
    }

    /// <summary>
    /// RFC 9162, 2.1.4.2: whether the tree of <paramref name="earlier"/> entries is the beginning of the other. The RFC leaves open the tree without
    /// entries, which every tree begins with, and the same size twice: for both the proof is empty.
    /// </summary>
    public static bool IsConsistent(byte[] earlierRoot, long earlier, byte[] root, long size, IReadOnlyList<byte[]> proof)
    {
        if (earlier < 0 || earlier > size || !AreHashes([earlierRoot, root, .. proof]))
            return false;
        if (earlier == 0)
            return proof.Count == 0 && earlierRoot.AsSpan().SequenceEqual(Merkle.EmptyRoot) && (size > 0 || root.AsSpan().SequenceEqual(earlierRoot));
        if (earlier == size)
            return proof.Count == 0 && earlierRoot.AsSpan().SequenceEqual(root);

        // Step 1.
        if (proof.Count == 0)
            return false;

        // Step 2: the earlier root stands for itself where it is one complete subtree.
        IReadOnlyList<byte[]> path = BitOperations.IsPow2(earlier) ? [earlierRoot, .. proof] : proof;

        // Steps 3 and 4.
        var (fn, sn) = (earlier - 1, size - 1);
        var joined = BitOperations.TrailingZeroCount(~fn);
        (fn, sn) = (fn >> joined, sn >> joined);

        // Steps 5 and 6.
        var (fr, sr) = (path[0], path[0]);
        foreach (var c in path.Skip(1))
        {
            if (sn == 0)
                return false;
            if (long.IsOddInteger(fn) || fn == sn)
            {
                fr = Merkle.NodeHash(c, fr);
                sr = Merkle.NodeHash(c, sr);
                ShiftUntilOdd(ref fn, ref sn);
            }
            else
            {
                sr = Merkle.NodeHash(sr, c);
            }

            fn >>= 1;
            sn >>= 1;
        }

        // Step 7.
        return sn == 0 && fr.AsSpan().SequenceEqual(earlierRoot) && sr.AsSpan().SequenceEqual(root);
    }

    // "If LSB(fn) is not set, then right-shift both fn and sn equally until either LSB(fn) is set or fn is 0."
    private static void ShiftUntilOdd(ref long fn, ref long sn)
    {
        while (long.IsEvenInteger(fn) && fn != 0)
        {
            fn >>= 1;
            sn >>= 1;
        }
    }

    private static bool AreHashes(ReadOnlySpan<byte[]> hashes)
    {
        foreach (var hash in hashes)
        {
            if (hash.Length != Merkle.HashSize)
                return false;
        }

        return true;
    }
}
