using System.Data.Common;

namespace LtiMicroCred.Ledger;

/// <summary>
/// Checks every log of a database against itself, entry by entry in the order of their numbers, with memory that does not grow with the log.
/// Needs no keys and writes nothing. Appends may go on meanwhile. What it cannot see alone is a log that was rewritten as a whole,
/// head row included: for that, compare the head with a checkpoint that others hold.
/// </summary>
public sealed class LedgerVerifier(LedgerEngine engine)
{
    private readonly Dialect dialect = Dialect.Of(engine);

    /// <summary>Ends at the first break. Values that cannot be read are breaks; only a failing database throws. Not inside a transaction of this connection.</summary>
    /// <param name="alsoCheck">Compares the host's own rows with each verified entry. No reader is open on the connection while it runs.</param>
    public async Task<LedgerVerification> VerifyAsync(
        DbConnection connection,
        IProgress<LedgerProgress>? progress,
        Func<Guid, VerifiedEntry, ValueTask<LedgerBreak?>>? alsoCheck,
        CancellationToken cancellationToken)
    {
        var (ids, broken) = await LogIdsAsync(connection, cancellationToken);
        broken ??= await OrphanAsync(connection, cancellationToken);
        if (broken is not null)
            return new LedgerVerification(0, 0, broken);

        long logs = 0, entries = 0;
        foreach (var id in ids)
        {
            var check = new LogCheck(dialect, connection, id, progress, alsoCheck);
            broken = await check.RunAsync(cancellationToken);
            entries += check.Verified;
            if (broken is not null)
                return new LedgerVerification(logs, entries, broken);
            logs++;
        }

        return new LedgerVerification(logs, entries, Break: null);
    }

    private async Task<(List<Guid> Ids, LedgerBreak? Broken)> LogIdsAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        await using var list = dialect.Command(connection, transaction: null, "list-logs");
        var ids = new List<Guid>();
        foreach (var row in await StoredRow.ReadAllAsync(list, dialect, cancellationToken))
        {
            if (row.IdOrNull(nameof(LedgerHead.LogId)) is not { } id)
                return (ids, new LedgerBreak(Guid.Empty, 0, LedgerHead.Table, nameof(LedgerHead.LogId), "is not an id as this ledger stores it"));
            if (ids.Count > 0 && ids[^1] == id)
                return (ids, new LedgerBreak(id, 0, LedgerHead.Table, nameof(LedgerHead.LogId), "is there twice"));
            ids.Add(id);
        }

        return (ids, null);
    }

    private async Task<LedgerBreak?> OrphanAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        await using var find = dialect.Command(connection, transaction: null, "find-orphan-entry");
        var rows = await StoredRow.ReadAllAsync(find, dialect, cancellationToken);
        if (rows.Count == 0)
            return null;

        var log = rows[0].IdOrNull(nameof(LedgerRow.LogId)) ?? Guid.Empty;
        var number = rows[0].LongOrNull(nameof(LedgerRow.Number)) ?? 0;
        return new LedgerBreak(log, number, LedgerRow.Table, nameof(LedgerRow.LogId), "no log with this id has a head row");
    }
}
