using System.Globalization;

namespace LtiMicroCred.Ledger;

/// <summary>
/// A piece of a log's hash tree, as C2SP tlog-tiles cuts it: up to 256 consecutive hashes, of leaves at level 0, of whole tiles one level below
/// at each further level. Once full it never changes; until then it only grows.
/// </summary>
/// <param name="Level">0 to <see cref="TopLevel"/>.</param>
/// <param name="Index">Its place in the level, from 0.</param>
/// <param name="Width">1 to 256 hashes; fewer than 256 in a partial tile.</param>
public sealed record Tile(int Level, long Index, int Width)
{
    public const int FullWidth = 256;
    public const int FullLength = FullWidth * Merkle.HashSize;

    /// <summary>Enough for every number that an entry can have.</summary>
    public const int TopLevel = 6;

    internal const int Height = 8;

    /// <summary>True if a tree of that size has all its hashes.</summary>
    public bool IsWithin(long size) => (Index * FullWidth) + Width <= HashesAt(Level, size);

    public bool IsFull => Width == FullWidth;

    /// <summary>C2SP tlog-tiles, Merkle Tree: <c>tile/{level}/{index}[.p/{width}]</c>.</summary>
    public string Path => string.Create(CultureInfo.InvariantCulture, $"tile/{Level}/{TilePath.Print(Index, Width)}");

    public static Tile? Parse(string path)
    {
        // A level is one digit, up to TopLevel.
        if (path is not ['t', 'i', 'l', 'e', '/', >= '0' and <= '6' and var level, '/', .. var rest])
            return null;
        return TilePath.Parse(rest) is var (index, width) ? new Tile(level - '0', index, width) : null;
    }

    /// <summary>All tiles of a tree of this size, level by level.</summary>
    public static IEnumerable<Tile> Of(long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, CanonicalJson.LargestExactNumber);
        for (var level = 0; level <= TopLevel; level++)
        {
            var has = HashesAt(level, size);
            for (var index = 0L; has > 0 && index <= (has - 1) / FullWidth; index++)
                yield return In(level, index, size);
        }
    }

    /// <summary>The tile as a tree of this size has it.</summary>
    internal static Tile In(int level, long index, long size) =>
        new(level, index, (int)Math.Min(FullWidth, HashesAt(level, size) - (index * FullWidth)));

    internal static long HashesAt(int level, long size) => size >> (Height * level);
}

/// <summary>C2SP tlog-tiles, Log entries: up to 256 consecutive entries, each after its length as a big-endian 16-bit number.</summary>
/// <param name="Index">That of the level 0 tile with the entries' hashes.</param>
/// <param name="Width">1 to 256 entries.</param>
public sealed record EntryBundle(long Index, int Width)
{
    /// <summary>The number of its first entry.</summary>
    public long First => (Index * Tile.FullWidth) + 1;

    /// <summary>True if a log of that size has all its entries.</summary>
    public bool IsWithin(long size) => First - 1 + Width <= size;

    /// <summary><c>tile/entries/{index}[.p/{width}]</c></summary>
    public string Path => $"tile/entries/{TilePath.Print(Index, Width)}";

    public static EntryBundle? Parse(string path)
    {
        const string start = "tile/entries/";
        return path.StartsWith(start, StringComparison.Ordinal) && TilePath.Parse(path[start.Length..]) is var (index, width)
            ? new EntryBundle(index, width) : null;
    }

    public static byte[] Pack(IReadOnlyList<byte[]> entries)
    {
        using var packed = new MemoryStream(entries.Sum(entry => 2 + entry.Length));
        foreach (var entry in entries)
        {
            if (entry.Length > EntryFormat.LongestEntry)
                throw new ArgumentException($"an entry of {entry.Length} bytes; at most {EntryFormat.LongestEntry} are allowed", nameof(entries));
            packed.WriteByte((byte)(entry.Length >> 8));
            packed.WriteByte((byte)entry.Length);
            packed.Write(entry);
        }

        return packed.ToArray();
    }

    /// <exception cref="LedgerFormatException">The bytes are not exactly as many entries as the bundle is wide.</exception>
    public IReadOnlyList<byte[]> Unpack(ReadOnlySpan<byte> packed)
    {
        var entries = new List<byte[]>(Width);
        while (packed.Length > 0)
        {
            if (packed.Length < 2 || packed.Length - 2 < ((packed[0] << 8) | packed[1]))
                throw new LedgerFormatException(Path, "ends in the middle of an entry");
            var length = (packed[0] << 8) | packed[1];
            entries.Add(packed.Slice(2, length).ToArray());
            packed = packed[(2 + length)..];
        }

        return entries.Count == Width ? entries : throw new LedgerFormatException(Path, $"holds {entries.Count} entries, not {Width}");
    }
}

/// <summary>C2SP tlog-tiles: the index in groups of three digits, each but the last after an x; a partial tile's width after <c>.p/</c>.</summary>
internal static class TilePath
{
    private const long LargestIndex = CanonicalJson.LargestExactNumber / Tile.FullWidth;

    public static string Print(long index, int width)
    {
        var groups = string.Create(CultureInfo.InvariantCulture, $"{index % 1000:d3}");
        while ((index /= 1000) > 0)
            groups = string.Create(CultureInfo.InvariantCulture, $"x{index % 1000:d3}/{groups}");
        return width == Tile.FullWidth ? groups : string.Create(CultureInfo.InvariantCulture, $"{groups}.p/{width}");
    }

    public static (long Index, int Width)? Parse(string text)
    {
        // The longest path that can be meant has five groups and a width.
        if (text.Length > 32)
            return null;
        var (number, width) = text.Split(".p/") switch
        {
            [var full] => (full, "256"),
            [var partial, var wide] => (partial, wide),
            _ => ("", ""),
        };
        var digits = number.Replace("/", "", StringComparison.Ordinal).Replace("x", "", StringComparison.Ordinal);
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var index) || index > LargestIndex)
            return null;
        if (!int.TryParse(width, NumberStyles.None, CultureInfo.InvariantCulture, out var wideness) || wideness is < 1 or > Tile.FullWidth)
            return null;

        // One way to write it: leading zeros, groups too many, marks out of place and a full tile's width are refused here.
        return Print(index, wideness) == text ? (index, wideness) : null;
    }
}
