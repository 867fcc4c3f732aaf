using Dapper;
using LtiMicroCred.Features.Achievements;
using LtiMicroCred.Ledger;
using LtiMicroCred.Storage;
using MediatR;

namespace LtiMicroCred.Features.Awards;

/// <summary>
/// An instructor awards without a grade that the rule asks for: with a reason, or for what was learnt elsewhere, with who assessed it and on what evidence. Nobody
/// awards themselves, and only somebody who learns in the course can be awarded.
/// </summary>
/// <param name="Kind">Award or Recognise.</param>
/// <param name="Assessor">Who assessed what was learnt elsewhere; null for an award with a reason.</param>
/// <param name="Statement">The evidence of it.</param>
internal sealed record AwardByHand(
    Guid TenantId, Guid ActivityId, Guid LearnerId, RulingKind Kind, string Reason, string? Assessor, string? Statement, Guid DecidedBy) : IWrite<AwardedByHand>;

internal enum AwardedByHand
{
    Awarded,

    /// <summary>The learner holds it already.</summary>
    Held,

    /// <summary>No active learner of this course, or the one who decides.</summary>
    Nobody,
}

internal sealed class AwardByHandHandler(Work work, Database database, NewAwards awards, AwardChanges changes, TimeProvider clock) : IRequestHandler<AwardByHand, AwardedByHand>
{
    private sealed record Terms : AwardTerms
    {
        public required byte[] SubjectKey { get; init; }
        public required string Issuer { get; init; }
        public required string ClientId { get; init; }
        public required string Subject { get; init; }
        public Guid? HeldId { get; init; }
        public DateTimeOffset? HeldSince { get; init; }
        public int? HeldMonths { get; init; }
    }

    public async Task<AwardedByHand> Handle(AwardByHand request, CancellationToken cancellationToken)
    {
        await work.Connection.ExecuteAsync("UPDATE Activity SET Revision = Revision WHERE ActivityId = @ActivityId AND TenantId = @TenantId", request, work.Transaction);
        if (request.LearnerId == request.DecidedBy || await TermsAsync(request) is not { } terms)
            return AwardedByHand.Nobody;
        var now = clock.GetUtcNow().ToMicroseconds();
        List<LedgerEntry> entries = [];
        var awardId = Secrets.NewId();
        if (terms is { HeldId: { } held, HeldSince: { } since })
        {
            if (Validity.Until(since, terms.HeldMonths) is not { } until || until > now)
                return AwardedByHand.Held;
            // Its time is over: the new one stands in its place.
            var superseded = new AwardSuperseded { At = now, AwardId = held, ReplacedBy = awardId };
            await changes.WriteAsync(work, [superseded]);
            entries.Add(superseded);
        }

        var word = new StaffWordRow(request.TenantId, request.ActivityId, request.LearnerId, null, request.Kind, request.Reason, null, request.DecidedBy, now)
        {
            Assessor = request.Assessor,
            Statement = request.Statement,
        };
        await StaffWords.WriteAsync(work, word);
        var award = new NewAward(request.TenantId, request.LearnerId, request.ActivityId, null, word.StaffDecisionId, [], terms.ToEntry(awardId, now, new LedgerSubject { SubjectKey = terms.SubjectKey, Issuer = terms.Issuer, ClientId = terms.ClientId, Subject = terms.Subject }));
        await awards.WriteAsync(work, [award]);
        await work.Connection.ExecuteAsync("UPDATE StaffDecision SET AwardId = @awardId WHERE StaffDecisionId = @StaffDecisionId", new { awardId, word.StaffDecisionId }, work.Transaction);
        await new LedgerLog(database.Engine).AppendAsync(work.Connection, work.Transaction, request.TenantId, [award.Entry, .. entries], cancellationToken);
        return AwardedByHand.Awarded;
    }

    private Task<Terms?> TermsAsync(AwardByHand request) => work.Connection.QuerySingleOrDefaultAsync<Terms>(
        """
        SELECT a.AchievementId, a.AchievementVersion, v.Hash, v.Hours, v.Credits, f.SubjectKey, p.Issuer, p.ClientId, l.Subject,
               h.AwardId AS HeldId, w.IssuedAt AS HeldSince, e.ValidMonths AS HeldMonths
        FROM Activity a
        JOIN AchievementVersion v ON v.AchievementId = a.AchievementId AND v.Version = a.AchievementVersion
        JOIN CourseMember m ON m.CourseId = a.CourseId AND m.LearnerId = @LearnerId AND m.IsLearner = 1 AND m.IsActive = 1
        JOIN Learner l ON l.LearnerId = m.LearnerId AND l.TenantId = a.TenantId JOIN LearnerProfile f ON f.LearnerId = l.LearnerId JOIN Platform p ON p.PlatformId = l.PlatformId
        LEFT JOIN HeldAward h ON h.LearnerId = l.LearnerId AND h.AchievementId = a.AchievementId
        LEFT JOIN Award w ON w.AwardId = h.AwardId LEFT JOIN AchievementVersion e ON e.AchievementId = w.AchievementId AND e.Version = w.AchievementVersion
        WHERE a.ActivityId = @ActivityId AND a.TenantId = @TenantId
        """,
        new { request.ActivityId, request.TenantId, request.LearnerId },
        work.Transaction);
}
