using Dapper;
using LtiMicroCred.Ledger;
using LtiMicroCred.Storage;
using MediatR;

namespace LtiMicroCred.Features.Awards;

/// <summary>
/// What an instructor decides about an award that an activity of theirs earned: it is kept, suspended, reinstated or revoked. The reason stays outside the ledger, which
/// says only that the institution decided. Nobody decides about their own.
/// </summary>
/// <param name="Kind">Keep, Suspend, Reinstate or Revoke.</param>
internal sealed record DecideAward(Guid TenantId, Guid ActivityId, Guid LearnerId, RulingKind Kind, string Reason, Guid DecidedBy) : IWrite<bool>;

/// <summary>False where there is no such award (any more), it is so already, or it is of whoever decides.</summary>
internal sealed class DecideAwardHandler(Work work, Database database, AwardChanges changes, TimeProvider clock) : IRequestHandler<DecideAward, bool>
{
    private sealed record Held
    {
        public required Guid AwardId { get; init; }
        public required string State { get; init; }
        public Guid? PassRuleId { get; init; }
    }

    public async Task<bool> Handle(DecideAward request, CancellationToken cancellationToken)
    {
        // The activity's row lock: no grade is judged in between.
        await work.Connection.ExecuteAsync("UPDATE Activity SET Revision = Revision WHERE ActivityId = @ActivityId AND TenantId = @TenantId", request, work.Transaction);
        var held = await work.Connection.QuerySingleOrDefaultAsync<Held>(
            """
            SELECT w.AwardId, w.State, v.PassRuleId FROM HeldAward h
            JOIN Award w ON w.AwardId = h.AwardId JOIN Evidence v ON v.AwardId = w.AwardId AND v.ActivityId = @ActivityId
            JOIN Activity a ON a.ActivityId = v.ActivityId AND a.AchievementId = w.AchievementId AND a.TenantId = @TenantId
            WHERE h.LearnerId = @LearnerId AND w.TenantId = @TenantId
            """,
            new { request.ActivityId, request.TenantId, request.LearnerId },
            work.Transaction);
        if (held is null || request.LearnerId == request.DecidedBy)
            return false;
        var now = clock.GetUtcNow().ToMicroseconds();
        AwardChange? entry = (request.Kind, held.State) switch
        {
            (RulingKind.Keep or RulingKind.Reinstate, AwardState.Suspended) => new AwardReinstated { At = now, AwardId = held.AwardId, Reason = AwardChangeReason.ReviewClosed },
            (RulingKind.Suspend, AwardState.Issued) => new AwardSuspended { At = now, AwardId = held.AwardId, Reason = AwardChangeReason.UnderReview },
            (RulingKind.Revoke, _) => new AwardRevoked { At = now, AwardId = held.AwardId, Reason = AwardChangeReason.InstitutionDecision },
            _ => null,
        };
        if (entry is null && request.Kind != RulingKind.Keep)
            return false;
        await StaffWords.WriteAsync(work, new StaffWordRow(request.TenantId, request.ActivityId, request.LearnerId, held.AwardId, request.Kind, request.Reason, held.PassRuleId, request.DecidedBy, now));
        if (entry is not null)
        {
            await changes.WriteAsync(work, [entry]);
            await new LedgerLog(database.Engine).AppendAsync(work.Connection, work.Transaction, request.TenantId, [entry], cancellationToken);
        }

        return true;
    }
}

/// <summary>A decision as it is stored.</summary>
internal sealed record StaffWordRow(
    Guid TenantId, Guid ActivityId, Guid LearnerId, Guid? AwardId, RulingKind Kind, string Reason, Guid? PassRuleId, Guid DecidedBy, DateTimeOffset DecidedAt)
{
    public Guid StaffDecisionId { get; } = Secrets.NewId();
    public string? Assessor { get; init; }
    public string? Statement { get; init; }
}

internal static class StaffWords
{
    public static Task WriteAsync(Work work, params IReadOnlyList<StaffWordRow> rows) => work.Connection.ExecuteAsync(
        """
        INSERT INTO StaffDecision (StaffDecisionId, TenantId, ActivityId, LearnerId, AwardId, Kind, Reason, Assessor, Statement, PassRuleId, DecidedBy, DecidedAt)
        VALUES (@StaffDecisionId, @TenantId, @ActivityId, @LearnerId, @AwardId, @Kind, @Reason, @Assessor, @Statement, @PassRuleId, @DecidedBy, @DecidedAt)
        """,
        rows.Select(r => new { r.StaffDecisionId, r.TenantId, r.ActivityId, r.LearnerId, r.AwardId, Kind = r.Kind.ToString(), r.Reason, r.Assessor, r.Statement, r.PassRuleId, r.DecidedBy, r.DecidedAt }),
        work.Transaction);
}
