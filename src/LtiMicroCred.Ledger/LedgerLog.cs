using System.Data.Common;

namespace LtiMicroCred.Ledger;

/// <summary>What an append promises: entry <paramref name="Number"/> (from 1) is leaf <c>Number - 1</c> of the tree of
/// <paramref name="Size"/> entries with this <paramref name="Root"/>. Size and root are those of the whole append; they hold once its transaction commits.</summary>
public sealed record LedgerReceipt(long Number, byte[] LeafHash, long Size, byte[] Root);

/// <summary>Makes logs and appends to them. Safe for concurrent use, as long as connections are not shared.</summary>
public sealed class LedgerLog(LedgerEngine engine)
{
    private readonly Dialect dialect = Dialect.Of(engine);

    /// <param name="origin">The log's public name for ever, <c>{host and path}/logs/{logId}</c> without a scheme; part of every entry's bytes.</param>
    /// <exception cref="ArgumentException">The origin does not read so.</exception>
    public async Task CreateAsync(
        DbConnection connection, DbTransaction transaction, Guid logId, string origin, CancellationToken cancellationToken)
    {
        if (LogOrigin.Fault(origin, logId) is { } fault)
            throw new ArgumentException($"origin '{origin}': {fault}", nameof(origin));

        await using var insert = dialect.Command(connection, transaction, "create-log");
        dialect.Bind(insert, "@LogId", logId);
        dialect.BindAscii(insert, "@Origin", origin);
        dialect.Bind(insert, "@Size", 0L);
        dialect.Bind(insert, "@Frontier", Array.Empty<byte>());
        dialect.Bind(insert, "@Root", Merkle.EmptyRoot);
        await insert.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// Appends in the caller's transaction, and so together with whatever else it writes. Holds the log's head row until that ends: call it
    /// late. On SQLite the transaction must have begun as a writer (<c>BEGIN IMMEDIATE</c>). An error leaves the transaction to be rolled back.
    /// </summary>
    /// <exception cref="InvalidOperationException">There is no such log.</exception>
    /// <exception cref="LedgerFormatException">The head row is damaged; nothing is built on it.</exception>
    public async Task<IReadOnlyList<LedgerReceipt>> AppendAsync(
        DbConnection connection, DbTransaction transaction, Guid logId, IReadOnlyList<LedgerEntry> entries, CancellationToken cancellationToken)
    {
        if (entries.Count == 0)
            return [];

        var head = await LockHeadAsync(connection, transaction, logId, cancellationToken);
        var frontier = Trusted(head);
        var leaves = new List<(long Number, byte[] Hash)>(entries.Count);

        var insert = HeldCommands.Of(dialect, connection, transaction, "append-entry");
        foreach (var entry in entries)
        {
            var number = frontier.Size + 1;
            var bytes = EntryFormat.Encode(entry, head.Origin, number);
            var leaf = Merkle.LeafHash(bytes);
            Bind(insert, logId, number, entry, bytes, leaf);
            await insert.ExecuteNonQueryAsync(cancellationToken);
            frontier.Append(leaf);
            leaves.Add((number, leaf));
        }

        var root = frontier.Root();
        await WriteHeadAsync(connection, transaction, head, frontier, root, cancellationToken);
        return [.. leaves.Select(leaf => new LedgerReceipt(leaf.Number, leaf.Hash, frontier.Size, root))];
    }

    /// <summary>
    /// All that the ledger says of an award, in whichever log, in the order of their numbers: first the entry that issued it, or nothing.
    /// Not inside a transaction of this connection.
    /// </summary>
    /// <exception cref="LedgerFormatException">A row is damaged.</exception>
    public async Task<IReadOnlyList<LedgerRow>> EntriesOfAsync(DbConnection connection, Guid awardId, CancellationToken cancellationToken)
    {
        await using var find = dialect.Command(connection, transaction: null, "find-award-entries");
        dialect.Bind(find, "@AwardId", awardId);
        var rows = (await StoredRow.ReadAllAsync(find, dialect, cancellationToken)).ConvertAll(LedgerRow.From);
        return rows is [{ Entry: AwardIssued }, ..] ? rows : [];
    }

    /// <summary>The bytes of the entries after that number, up to the other, as they lie in the log. Not inside a transaction of this connection.</summary>
    /// <exception cref="LedgerFormatException">One is missing or damaged.</exception>
    public async Task<IReadOnlyList<byte[]>> BytesAsync(DbConnection connection, Guid logId, long after, long upTo, CancellationToken cancellationToken)
    {
        await using var read = dialect.Command(connection, transaction: null, "read-entries");
        dialect.Bind(read, "@LogId", logId);
        dialect.Bind(read, "@After", after);
        dialect.Bind(read, "@UpTo", upTo);
        var rows = await StoredRow.ReadAllAsync(read, dialect, cancellationToken);
        return rows.Count == upTo - after
            ? rows.ConvertAll(row => row.Bytes(nameof(LedgerRow.EntryBytes)))
            : throw new LedgerFormatException(nameof(LedgerRow.Number), $"of the entries {after + 1} to {upTo}, only {rows.Count} are there");
    }

    /// <summary>Not inside a transaction of this connection.</summary>
    /// <exception cref="LedgerFormatException">The row is damaged.</exception>
    public Task<LedgerHead?> HeadAsync(DbConnection connection, Guid logId, CancellationToken cancellationToken) =>
        ReadHeadAsync(dialect, connection, transaction: null, logId, cancellationToken);

    internal static async Task<LedgerHead?> ReadHeadAsync(
        Dialect dialect, DbConnection connection, DbTransaction? transaction, Guid logId, CancellationToken cancellationToken)
    {
        await using var read = dialect.Command(connection, transaction, "read-head");
        dialect.Bind(read, "@LogId", logId);
        var rows = await StoredRow.ReadAllAsync(read, dialect, cancellationToken);
        return rows.Count > 0 ? LedgerHead.From(rows[0]) : null;
    }

    private async Task<LedgerHead> LockHeadAsync(
        DbConnection connection, DbTransaction transaction, Guid logId, CancellationToken cancellationToken)
    {
        var take = HeldCommands.Of(dialect, connection, transaction, "take-head");
        dialect.Bind(take, "@LogId", logId);
        return await StoredRow.ReadAllAsync(take, dialect, cancellationToken) is [var row, ..] ? LedgerHead.From(row) : throw new InvalidOperationException($"there is no log {logId}");
    }

    private static Frontier Trusted(LedgerHead head)
    {
        var frontier = Frontier.Parse(head.Frontier, head.Size);
        return frontier.Root().AsSpan().SequenceEqual(head.Root)
            ? frontier : throw new LedgerFormatException(nameof(LedgerHead.Root), "is not the root of the head's frontier");
    }

    private void Bind(DbCommand insert, Guid logId, long number, LedgerEntry entry, byte[] bytes, byte[] leaf)
    {
        insert.Parameters.Clear();
        dialect.Bind(insert, "@LogId", logId);
        dialect.Bind(insert, "@Number", number);
        var facts = EntryFacts.Of(entry);
        dialect.BindAscii(insert, "@Kind", Texts.Of(facts.Kind));
        dialect.Bind(insert, "@OccurredAt", facts.At);
        dialect.Bind(insert, "@AwardId", facts.AwardId);
        dialect.Bind(insert, "@ReplacedBy", facts.ReplacedBy);
        dialect.BindAscii(insert, "@Reason", facts.Reason is { } reason ? Texts.Of(reason) : null);
        dialect.Bind(insert, "@AchievementId", facts.AchievementId);
        dialect.Bind(insert, "@AchievementVersion", facts.AchievementVersion);
        dialect.Bind(insert, "@AchievementHash", facts.AchievementHash);
        dialect.Bind(insert, "@Hours", facts.Hours);
        dialect.Bind(insert, "@Credits", facts.Credits);
        dialect.Bind(insert, "@CreditSystem", facts.CreditSystem);
        dialect.Bind(insert, "@Passed", facts.Passed);
        dialect.Bind(insert, "@SubjectRef", facts.SubjectRef);
        dialect.Bind(insert, "@EntryBytes", bytes);
        dialect.Bind(insert, "@LeafHash", leaf);
    }

    private async Task WriteHeadAsync(
        DbConnection connection, DbTransaction transaction, LedgerHead before, Frontier frontier, byte[] root, CancellationToken cancellationToken)
    {
        var write = HeldCommands.Of(dialect, connection, transaction, "write-head");
        dialect.Bind(write, "@LogId", before.LogId);
        dialect.Bind(write, "@SizeBefore", before.Size);
        dialect.Bind(write, "@Size", frontier.Size);
        dialect.Bind(write, "@Frontier", frontier.ToBytes());
        dialect.Bind(write, "@Root", root);
        if (await write.ExecuteNonQueryAsync(cancellationToken) != 1)
            throw new InvalidOperationException($"the head of log {before.LogId} moved although it was locked");
    }
}
