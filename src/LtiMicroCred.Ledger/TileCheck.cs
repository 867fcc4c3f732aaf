using System.Data.Common;

namespace LtiMicroCred.Ledger;

/// <summary>Makes a log's full tiles anew from its entries as they go by, and compares those that are stored.</summary>
internal sealed class TileCheck(Dialect dialect, DbConnection connection, Guid logId)
{
    private readonly StoredTiles stored = new(dialect, connection, transaction: null, logId);
    private readonly Level[] levels = [.. Enumerable.Range(0, Tile.TopLevel + 1).Select(_ => new Level())];
    private long required;

    public long Found { get; private set; }

    private sealed class Level
    {
        public byte[] Hashes { get; } = new byte[Tile.FullLength];

        public int Width { get; set; }

        public long Done { get; set; }
    }

    /// <summary>Tiles are made before a checkpoint is signed: those of the entries that one counts must be there.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await using var newest = dialect.Command(connection, transaction: null, "read-newest-checkpoint");
        dialect.Bind(newest, "@LogId", logId);
        required = await StoredRow.ReadAllAsync(newest, dialect, cancellationToken) is [var row, ..] ? row.LongOrNull(nameof(CheckpointRow.Size)) ?? 0 : 0;
    }

    /// <summary>After each entry.</summary>
    public async ValueTask<LedgerBreak?> AtAsync(byte[] leafHash, long size, CancellationToken cancellationToken)
    {
        var hash = leafHash;
        for (var level = 0; level < levels.Length; level++)
        {
            var at = levels[level];
            hash.CopyTo(at.Hashes, at.Width++ * Merkle.HashSize);
            if (at.Width < Tile.FullWidth)
                return null;

            hash = Merkle.WholeTree(at.Hashes);
            if (await BreakAsync(new Tile(level, at.Done++, Tile.FullWidth), at.Hashes, hash, size, cancellationToken) is { } broken)
                return broken;
            at.Width = 0;
        }

        return null;
    }

    /// <summary>Tiles where the tree has none. A tile of a growth meanwhile is not one of them, if asked with the newest head.</summary>
    public async Task<LedgerBreak?> StrayAsync(long size, CancellationToken cancellationToken)
    {
        for (var level = -1; level <= Tile.TopLevel; level++)
        {
            await using var find = dialect.Command(connection, transaction: null, "find-stray-tile");
            dialect.Bind(find, "@LogId", logId);
            dialect.Bind(find, "@Level", level);
            dialect.Bind(find, "@End", level < 0 ? 0 : StoredTiles.FullTiles(level, size));
            if ((await StoredRow.ReadAllAsync(find, dialect, cancellationToken)).Count > 0)
            {
                return level < 0
                    ? Broken(size, TileRow.Level, "is not a level of the tree")
                    : Broken(size, TileRow.TileIndex, $"of level {level} is not that of a full tile of {size} entries");
            }
        }

        return null;
    }

    private async ValueTask<LedgerBreak?> BreakAsync(Tile tile, byte[] hashes, byte[] root, long size, CancellationToken cancellationToken)
    {
        try
        {
            if (await stored.FindAsync(tile, cancellationToken) is not { } row)
                return size <= required ? Broken(size, TileRow.TileIndex, $"{tile.Path} is missing") : null;
            if (!row.Hashes.AsSpan().SequenceEqual(hashes))
                return Broken(size, nameof(TileRow.Hashes), $"of {tile.Path} are not those of the entries");
            if (!row.Root.AsSpan().SequenceEqual(root))
                return Broken(size, nameof(TileRow.Root), $"of {tile.Path} is not that of its hashes");
            Found++;
            return null;
        }
        catch (LedgerFormatException e)
        {
            return Broken(size, e.Where, e.Reason);
        }
    }

    private LedgerBreak Broken(long size, string column, string reason) => new(logId, size, TileRow.Table, column, reason);
}
