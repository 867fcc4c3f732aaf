using System.Data.Common;

namespace LtiMicroCred.Ledger;

/// <summary>
/// A log's tiles in the database. Full ones are stored once they are full; what is not full yet follows from the hashes of the last entries and from
/// the roots of the tiles below.
/// </summary>
internal sealed class StoredTiles(Dialect dialect, DbConnection connection, DbTransaction? transaction, Guid logId) : ITileSource
{
    /// <exception cref="LedgerFormatException">The tile, or one below, is damaged or missing.</exception>
    public async ValueTask<byte[]> ReadAsync(Tile tile, CancellationToken cancellationToken) =>
        tile.IsFull && await FindAsync(tile, cancellationToken) is { } stored ? stored.Hashes : await DeriveAsync(tile, cancellationToken);

    /// <summary>Makes the next full tiles of a log of that many entries, lower levels first.</summary>
    /// <returns>How many were made; fewer than <paramref name="atMost"/> when none is left to make.</returns>
    /// <exception cref="LedgerFormatException">What they follow from is damaged or missing.</exception>
    public async Task<int> GrowAsync(long size, int atMost, CancellationToken cancellationToken)
    {
        var made = 0;
        for (var level = 0; level <= Tile.TopLevel && made < atMost; level++)
        {
            var full = FullTiles(level, size);
            for (var index = full == 0 ? 0 : await CountAsync(level, cancellationToken); index < full && made < atMost; index++, made++)
                await AppendAsync(level, index, await DeriveAsync(new Tile(level, index, Tile.FullWidth), cancellationToken), cancellationToken);
        }

        return made;
    }

    public async Task<TileRow?> FindAsync(Tile tile, CancellationToken cancellationToken)
    {
        await using var read = dialect.Command(connection, transaction, "read-tile");
        dialect.Bind(read, "@LogId", logId);
        dialect.Bind(read, "@Level", tile.Level);
        dialect.Bind(read, "@TileIndex", tile.Index);
        return await StoredRow.ReadAllAsync(read, dialect, cancellationToken) is [var row, ..] ? TileRow.From(row) : null;
    }

    internal static long FullTiles(int level, long size) => Tile.HashesAt(level, size) / Tile.FullWidth;

    private async Task<byte[]> DeriveAsync(Tile tile, CancellationToken cancellationToken)
    {
        var first = tile.Index * Tile.FullWidth;
        await using var read = dialect.Command(connection, transaction, tile.Level == 0 ? "read-leaf-hashes" : "read-tile-roots");
        dialect.Bind(read, "@LogId", logId);
        if (tile.Level == 0)
        {
            dialect.Bind(read, "@After", first);
            dialect.Bind(read, "@UpTo", first + tile.Width);
        }
        else
        {
            dialect.Bind(read, "@Level", tile.Level - 1);
            dialect.Bind(read, "@First", first);
            dialect.Bind(read, "@End", first + tile.Width);
        }

        var hashes = new byte[tile.Width * Merkle.HashSize];
        var found = await ReadHashesAsync(read, hashes, cancellationToken);
        return found == tile.Width ? hashes : throw new LedgerFormatException(tile.Path, $"follows from {tile.Width} hashes below, of which {found} are there");
    }

    /// <summary>One hash a row, one after the other. Hundreds of them stand behind one proof.</summary>
    private static async Task<int> ReadHashesAsync(DbCommand command, byte[] hashes, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var found = 0;
        for (; await reader.ReadAsync(cancellationToken); found++)
        {
            if (reader.GetValue(0) is not byte[] { Length: Merkle.HashSize } hash)
                throw new LedgerFormatException(reader.GetName(0), "is not a hash of 32 bytes");
            if (found < hashes.Length / Merkle.HashSize)
                hash.CopyTo(hashes, found * Merkle.HashSize);
        }

        return found;
    }

    private async Task<long> CountAsync(int level, CancellationToken cancellationToken)
    {
        await using var count = dialect.Command(connection, transaction, "count-tiles");
        dialect.Bind(count, "@LogId", logId);
        dialect.Bind(count, "@Level", level);
        return (await StoredRow.ReadAllAsync(count, dialect, cancellationToken))[0].Long("Tiles");
    }

    private async Task AppendAsync(int level, long index, byte[] hashes, CancellationToken cancellationToken)
    {
        await using var append = dialect.Command(connection, transaction, "append-tile");
        dialect.Bind(append, "@LogId", logId);
        dialect.Bind(append, "@Level", level);
        dialect.Bind(append, "@TileIndex", index);
        dialect.Bind(append, "@Root", Merkle.WholeTree(hashes));
        dialect.Bind(append, "@Hashes", hashes);
        await append.ExecuteNonQueryAsync(cancellationToken);
    }
}
