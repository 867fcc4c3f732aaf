using System.Data.Common;

namespace LtiMicroCred.Ledger;

/// <summary>
/// Checks every log of a database against itself, entry by entry in the order of their numbers, with memory that does not grow with the log.
/// Needs public keys only and writes nothing. Appends may go on meanwhile. What it cannot see alone is a log that was rewritten as a whole, or cut,
/// with its head, its tiles and its checkpoints: for that it takes checkpoints that were kept elsewhere.
/// </summary>
public sealed class LedgerVerifier(LedgerEngine engine)
{
    private readonly Dialect dialect = Dialect.Of(engine);

    /// <summary>Ends at the first break. Values that cannot be read are breaks; only a failing database throws. Not inside a transaction of this connection.</summary>
    /// <param name="connection">Reads alone.</param>
    /// <param name="evidence">With keys and outside checkpoints more is found: see there.</param>
    /// <param name="progress">Told after every few hundred entries.</param>
    /// <param name="alsoCheck">Compares the host's own rows with the next verified entries of a log. No reader is open on the connection while it runs.</param>
    /// <param name="cancellationToken">Ends it without a result.</param>
    /// <exception cref="LedgerFormatException">An outside checkpoint cannot be read.</exception>
    public async Task<LedgerVerification> VerifyAsync(
        DbConnection connection,
        LedgerEvidence evidence,
        IProgress<LedgerProgress>? progress,
        Func<Guid, IReadOnlyList<VerifiedEntry>, ValueTask<LedgerBreak?>>? alsoCheck,
        CancellationToken cancellationToken)
    {
        var (ids, broken) = await LogIdsAsync(connection, cancellationToken);
        broken ??= await OrphanAsync(connection, cancellationToken);
        var verification = new LedgerVerification(0, 0, broken);
        var origins = new HashSet<string?>(StringComparer.Ordinal);
        foreach (var id in verification.Intact ? ids : [])
        {
            var check = new LogCheck(dialect, connection, id, evidence, progress, alsoCheck);
            broken = await check.RunAsync(cancellationToken);
            origins.Add(check.Origin);
            verification = verification with
            {
                Logs = verification.Logs + (broken is null ? 1 : 0),
                Entries = verification.Entries + check.Verified,
                Checkpoints = verification.Checkpoints + check.Checkpoints,
                Tiles = verification.Tiles + check.Tiles,
                Outside = verification.Outside + check.Outside,
                Break = broken,
            };
            if (broken is not null)
                return verification;
        }

        return verification.Intact ? verification with { Break = MissingLog(evidence, origins) } : verification;
    }

    // A log that has gone altogether, with all that was about it.
    private static LedgerBreak? MissingLog(LedgerEvidence evidence, HashSet<string?> origins) => evidence.Outside
        .Select(note => Checkpoint.Parse(SignedNote.Parse(note).Text).Origin).FirstOrDefault(origin => !origins.Contains(origin)) is { } gone
        ? new LedgerBreak(Guid.Empty, 0, LedgerHead.Table, nameof(LedgerHead.Origin), $"an outside checkpoint is that of {gone}, which is not a log of this database")
        : null;

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

    private async Task<LedgerBreak?> OrphanAsync(DbConnection connection, CancellationToken cancellationToken) =>
        await OrphanAsync(connection, "find-orphan-entry", LedgerRow.Table, nameof(LedgerRow.Number), cancellationToken)
        ?? await OrphanAsync(connection, "find-orphan-checkpoint", CheckpointRow.Table, nameof(CheckpointRow.Size), cancellationToken)
        ?? await OrphanAsync(connection, "find-orphan-tile", TileRow.Table, TileRow.TileIndex, cancellationToken);

    private async Task<LedgerBreak?> OrphanAsync(DbConnection connection, string statement, string table, string number, CancellationToken cancellationToken)
    {
        await using var find = dialect.Command(connection, transaction: null, statement);
        if (await StoredRow.ReadAllAsync(find, dialect, cancellationToken) is not [var row, ..])
            return null;

        var log = row.IdOrNull(nameof(LedgerRow.LogId)) ?? Guid.Empty;
        return new LedgerBreak(log, row.LongOrNull(number) ?? 0, table, nameof(LedgerRow.LogId), "no log with this id has a head row");
    }
}
