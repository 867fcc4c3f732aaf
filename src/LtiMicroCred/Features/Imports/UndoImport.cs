using Dapper;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Features.Results;
using LtiMicroCred.Ledger;
using LtiMicroCred.Storage;
using MediatR;

namespace LtiMicroCred.Features.Imports;

/// <summary>
/// Takes back a file that was entered by mistake: its grades count no longer, and awards that rested on them are revoked as issued in error, unless the rule is met
/// without them. Whoever passes by the right file is awarded anew.
/// </summary>
internal sealed class UndoImport(Database database, IServiceScopeFactory scopes)
{
    /// <summary>Killed in between, what is left is taken back by asking again.</summary>
    /// <returns>How many grades count no longer, and how many awards were revoked.</returns>
    public async Task<(int Results, int Revoked)> RunAsync(Guid tenantId, Guid activityId, Guid batch, string reason, Guid decidedBy, CancellationToken ct)
    {
        var (results, revoked) = (0, 0);
        foreach (var part in (await LearnersAsync(tenantId, activityId, batch, ct)).Chunk(RecordResults.Page))
        {
            var undone = await scopes.SendAsync(new UndoImportPart(tenantId, activityId, batch, part, reason, decidedBy), ct);
            (results, revoked) = (results + undone.Results, revoked + undone.Revoked);
        }

        return (results, revoked);
    }

    private async Task<IReadOnlyList<Guid>> LearnersAsync(Guid tenantId, Guid activityId, Guid batch, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return (await connection.QueryAsync<Guid>(
            "SELECT DISTINCT LearnerId FROM Result WHERE ImportBatchId = @batch AND TenantId = @tenantId AND ActivityId = @activityId AND WithdrawnAt IS NULL", new { batch, tenantId, activityId })).AsList();
    }
}

internal sealed record UndoImportPart(Guid TenantId, Guid ActivityId, Guid Batch, IReadOnlyList<Guid> Learners, string Reason, Guid DecidedBy) : IWrite<ImportUndone>;

internal sealed record ImportUndone(int Results, int Revoked);

internal sealed class UndoImportPartHandler(Work work, Database database, AwardChanges changes, TimeProvider clock) : IRequestHandler<UndoImportPart, ImportUndone>
{
    private sealed record Resting
    {
        public required Guid AwardId { get; init; }
        public required Guid LearnerId { get; init; }
        public required string Content { get; init; }
    }

    public async Task<ImportUndone> Handle(UndoImportPart request, CancellationToken cancellationToken)
    {
        await work.Connection.ExecuteAsync("UPDATE Activity SET Revision = Revision WHERE ActivityId = @ActivityId AND TenantId = @TenantId", new { request.ActivityId, request.TenantId }, work.Transaction);
        var now = clock.GetUtcNow().ToMicroseconds();
        var facts = new { request.TenantId, request.ActivityId, request.Batch, now, learners = request.Learners.ForList(work.Connection) };
        var withdrawn = await work.Connection.ExecuteAsync(
            "UPDATE Result SET WithdrawnAt = @now WHERE ImportBatchId = @Batch AND TenantId = @TenantId AND ActivityId = @ActivityId AND LearnerId IN @learners AND WithdrawnAt IS NULL", facts, work.Transaction);
        var resting = (await work.Connection.QueryAsync<Resting>(
            """
            SELECT h.AwardId, h.LearnerId, r.Content FROM Evidence v
            JOIN HeldAward h ON h.AwardId = v.AwardId JOIN Award w ON w.AwardId = v.AwardId JOIN PassRule r ON r.PassRuleId = v.PassRuleId
            WHERE v.ActivityId = @ActivityId AND w.TenantId = @TenantId AND h.LearnerId IN @learners
              AND EXISTS (SELECT 1 FROM EvidenceResult x JOIN Result q ON q.ResultId = x.ResultId WHERE x.AwardId = v.AwardId AND x.ActivityId = v.ActivityId AND q.ImportBatchId = @Batch)
              AND NOT EXISTS (SELECT 1 FROM Evidence o WHERE o.AwardId = v.AwardId AND o.ActivityId <> v.ActivityId)
            """,
            facts,
            work.Transaction)).AsList();
        var observations = await ObservationRows.ReadAsync(work, request.ActivityId, resting.ConvertAll(a => a.LearnerId));
        var mistaken = resting.FindAll(a => AwardPolicy.Decide(PassRule.Parse(a.Content), observations[a.LearnerId]).Standing != Standing.Passed);
        // Without a rule: none is to blame, so none is barred.
        await StaffWords.WriteAsync(
            work, [.. mistaken.Select(a => new StaffWordRow(request.TenantId, request.ActivityId, a.LearnerId, a.AwardId, RulingKind.Undo, request.Reason, null, request.DecidedBy, now))]);
        var entries = mistaken.ConvertAll(a => new AwardRevoked { At = now, AwardId = a.AwardId, Reason = AwardChangeReason.IssuedInError });
        await changes.WriteAsync(work, entries);
        if (entries.Count > 0)
            await new LedgerLog(database.Engine).AppendAsync(work.Connection, work.Transaction, request.TenantId, entries, cancellationToken);
        return new ImportUndone(withdrawn, entries.Count);
    }
}
