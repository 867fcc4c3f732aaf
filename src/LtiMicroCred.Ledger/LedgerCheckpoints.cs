using System.Data.Common;

namespace LtiMicroCred.Ledger;

/// <summary>
/// Keeps a log's tiles and signs its checkpoints, after the appends and apart from them: neither waits for the other. Safe for concurrent use, also
/// by several processes, as long as connections are not shared.
/// </summary>
public sealed class LedgerCheckpoints(LedgerEngine engine)
{
    private readonly Dialect dialect = Dialect.Of(engine);

    /// <summary>The tiles of the entries that are committed. Not inside a transaction of this connection.</summary>
    public ITileSource Tiles(DbConnection connection, Guid logId) => new StoredTiles(dialect, connection, transaction: null, logId);

    /// <summary>Makes the log's next full tiles. To be called again, in a transaction of its own, as long as it makes as many as it may.</summary>
    /// <returns>How many it made.</returns>
    /// <exception cref="LedgerFormatException">The log is damaged: entries or tiles are missing.</exception>
    public async Task<int> GrowTilesAsync(DbConnection connection, DbTransaction transaction, Guid logId, int atMost, CancellationToken cancellationToken)
    {
        var head = await LedgerLog.ReadHeadAsync(dialect, connection, transaction, logId, cancellationToken);
        return head is null ? 0 : await new StoredTiles(dialect, connection, transaction, logId).GrowAsync(head.Size, atMost, cancellationToken);
    }

    /// <summary>
    /// Signs what the log has now, unless it is signed already. Before, the root is derived anew from the tiles, and so is that of the newest checkpoint:
    /// a log that was rewritten is not signed.
    /// </summary>
    /// <param name="connection">With the transaction.</param>
    /// <param name="transaction">The caller's; to be committed.</param>
    /// <param name="logId">Its tiles must have grown, see <see cref="GrowTilesAsync"/>.</param>
    /// <param name="keys">Named as the log's origin. While a key is replaced by another, both sign.</param>
    /// <param name="known">A checkpoint that the caller remembers to have been signed: the log must begin with it.</param>
    /// <param name="cancellationToken">Leaves the transaction to be rolled back.</param>
    /// <returns>The new checkpoint; none where there is nothing to sign or another process was first.</returns>
    /// <exception cref="LedgerFormatException">The log contradicts its head or what was signed before; nothing is signed.</exception>
    public async Task<Checkpoint?> SignAsync(
        DbConnection connection, DbTransaction transaction, Guid logId, IReadOnlyList<SigningKey> keys, Checkpoint? known, CancellationToken cancellationToken)
    {
        var newest = await NewestAsync(connection, transaction, logId, cancellationToken);
        var head = await LedgerLog.ReadHeadAsync(dialect, connection, transaction, logId, cancellationToken);
        if (head is null || head.Size == 0 || head.Size == newest?.Size)
            return null;

        var tiles = new StoredTiles(dialect, connection, transaction, logId);
        await RequireAsync(tiles, head.Size, head.Root, "the root of the head", cancellationToken);
        if (newest is not null)
            await RequireBeginningAsync(tiles, head.Size, newest.Size, newest.Root, cancellationToken);
        if (known is not null)
            await RequireBeginningAsync(tiles, head.Size, known.Size, known.Root, cancellationToken);

        var checkpoint = new Checkpoint { Origin = head.Origin, Size = head.Size, Root = head.Root };
        await using var append = dialect.Command(connection, transaction, "append-checkpoint");
        dialect.Bind(append, "@LogId", logId);
        dialect.Bind(append, "@Size", checkpoint.Size);
        dialect.Bind(append, "@Root", checkpoint.Root);
        dialect.Bind(append, "@Note", checkpoint.Sign([.. keys]));
        return await append.ExecuteNonQueryAsync(cancellationToken) == 1 ? checkpoint : null;
    }

    /// <exception cref="LedgerFormatException">The row is damaged.</exception>
    public async Task<CheckpointRow?> NewestAsync(DbConnection connection, DbTransaction? transaction, Guid logId, CancellationToken cancellationToken)
    {
        await using var read = dialect.Command(connection, transaction, "read-newest-checkpoint");
        dialect.Bind(read, "@LogId", logId);
        return await StoredRow.ReadAllAsync(read, dialect, cancellationToken) is [var row] ? CheckpointRow.From(row) : null;
    }

    /// <summary>The checkpoints of more than <paramref name="after"/> entries, smallest first.</summary>
    /// <exception cref="LedgerFormatException">A row is damaged.</exception>
    public async Task<IReadOnlyList<CheckpointRow>> ReadAsync(DbConnection connection, Guid logId, long after, int atMost, CancellationToken cancellationToken)
    {
        await using var read = dialect.Command(connection, transaction: null, "read-checkpoints");
        dialect.Bind(read, "@LogId", logId);
        dialect.Bind(read, "@After", after);
        dialect.Bind(read, "@AtMost", atMost);
        return (await StoredRow.ReadAllAsync(read, dialect, cancellationToken)).ConvertAll(CheckpointRow.From);
    }

    /// <summary>
    /// The proof of an award by the log's newest checkpoint: the entry that issued it, and all that the log said of it since.
    /// None where no checkpoint counts the award yet. Not inside a transaction of this connection.
    /// </summary>
    /// <param name="connection">Reads alone.</param>
    /// <param name="logId">The award's log; in another one there is no proof of it.</param>
    /// <param name="awardId">The award.</param>
    /// <param name="keys">The verifier keys of the log, newest first.</param>
    /// <param name="cancellationToken">As ever.</param>
    /// <exception cref="LedgerFormatException">The log is damaged.</exception>
    public async Task<ProofBundle?> ProveAsync(
        DbConnection connection, Guid logId, Guid awardId, IReadOnlyList<VerifierKey> keys, CancellationToken cancellationToken)
    {
        var entries = await new LedgerLog(engine).EntriesOfAsync(connection, awardId, cancellationToken);
        if (entries.Count == 0 || entries[0].LogId != logId
            || await NewestAsync(connection, transaction: null, logId, cancellationToken) is not { } newest || newest.Size < entries[0].Number)
            return null;

        var tree = new HashTree(Tiles(connection, logId), newest.Size);
        var proven = new List<ProvenEntry>();
        foreach (var entry in entries.Where(entry => entry.Number <= newest.Size))
            proven.Add(new ProvenEntry(entry.EntryBytes, entry.Number, await tree.InclusionProofAsync(entry.Number - 1, cancellationToken)));
        return new ProofBundle { Checkpoint = newest.Note, Entries = proven, Keys = [.. keys.Take(ProofBundle.MostKeys)] };
    }

    private static Task RequireBeginningAsync(StoredTiles tiles, long size, long earlier, byte[] root, CancellationToken cancellationToken) => earlier <= size
        ? RequireAsync(tiles, earlier, root, $"what was signed for {earlier} entries", cancellationToken)
        : throw new LedgerFormatException(nameof(LedgerHead.Size), $"is {size}, but {earlier} entries were signed before");

    private static async Task RequireAsync(StoredTiles tiles, long size, byte[] root, string of, CancellationToken cancellationToken)
    {
        if (!(await new HashTree(tiles, size).RootAsync(cancellationToken)).AsSpan().SequenceEqual(root))
            throw new LedgerFormatException(nameof(LedgerHead.Root), $"the entries do not lead to {of}: nothing is signed until “ledger verify” has shown why");
    }
}
