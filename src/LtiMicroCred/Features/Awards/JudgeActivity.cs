using System.Security.Cryptography;
using System.Text;
using Dapper;
using LtiMicroCred.Features.Achievements;
using LtiMicroCred.Ledger;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Features.Awards;

/// <summary>
/// Decides for learners of one activity and issues what is due: the award, the key that holds it, its page, and its ledger entry, all in the caller's transaction.
/// Idempotent by the key (learner, achievement): the same grade seen twice, in parallel, from two nodes or two columns gives one award.
/// </summary>
internal sealed class JudgeActivity(Database database, TimeProvider clock)
{
    private sealed record Terms
    {
        public required Guid TenantId { get; init; }
        public required Guid CourseId { get; init; }
        public required bool HasRoster { get; init; }
        public required Guid AchievementId { get; init; }
        public required int AchievementVersion { get; init; }
        public required byte[] Hash { get; init; }
        public required decimal Hours { get; init; }
        public decimal? Credits { get; init; }
        public required Guid PassRuleId { get; init; }
        public required decimal ThresholdPercent { get; init; }
    }

    private sealed record Row
    {
        public required Guid LearnerId { get; init; }
        public required Guid ResultId { get; init; }
        public required Guid LineItemId { get; init; }
        public decimal? Score { get; init; }
        public required decimal Maximum { get; init; }
        public DateTimeOffset? GradedAt { get; init; }
        public required DateTimeOffset ReceivedAt { get; init; }
        public required long Receipt { get; init; }

        public Observation ToObservation() => new(ResultId, LineItemId, Score, Maximum, GradedAt, ReceivedAt, Receipt);
    }

    /// <param name="learners">Whose standing may have changed.</param>
    /// <returns>How many awards were issued.</returns>
    public async Task<int> RunAsync(Work work, Guid activityId, IReadOnlyCollection<Guid> learners, CancellationToken ct)
    {
        // The activity's row lock: whoever brings a result and whoever brings a member see what the other has brought, also where reads are of a snapshot.
        await work.Connection.ExecuteAsync("UPDATE Activity SET Revision = Revision WHERE ActivityId = @activityId", new { activityId }, work.Transaction);
        var terms = await TermsAsync(work, activityId);
        var eligible = await EligibleAsync(work, terms, activityId);
        eligible.IntersectWith(learners);
        if (eligible.Count == 0)
            return 0;

        var observations = await ObservationsAsync(work, activityId, eligible.Count == 1 ? eligible.Single() : null);
        var entries = new List<LedgerEntry>();
        foreach (var (learnerId, rows) in observations.Where(o => eligible.Contains(o.Key)).Select(g => (g.Key, g)))
        {
            var decision = AwardPolicy.Decide(terms.ThresholdPercent, rows.Select(r => r.ToObservation()));
            if (decision is { Standing: Standing.Passed, By: { } passed } && await IssueAsync(work, terms, activityId, learnerId, passed) is { } entry)
                entries.Add(entry);
        }

        // Last in the transaction: the head row of the tenant's log is what other writers wait for.
        if (entries.Count > 0)
            await new LedgerLog(database.Engine).AppendAsync(work.Connection, work.Transaction, terms.TenantId, entries, ct);
        return entries.Count;
    }

    private static Task<Terms> TermsAsync(Work work, Guid activityId) => work.Connection.QuerySingleAsync<Terms>(
        """
        SELECT a.TenantId, a.CourseId, CASE WHEN c.MembershipsUrl IS NULL THEN 0 ELSE 1 END AS HasRoster,
               a.AchievementId, a.AchievementVersion, v.Hash, v.Hours, v.Credits, r.PassRuleId, r.ThresholdPercent
        FROM Activity a
        JOIN Course c ON c.CourseId = a.CourseId
        JOIN AchievementVersion v ON v.AchievementId = a.AchievementId AND v.Version = a.AchievementVersion
        JOIN PassRule r ON r.ActivityId = a.ActivityId AND r.Version = (SELECT MAX(Version) FROM PassRule WHERE ActivityId = a.ActivityId)
        WHERE a.ActivityId = @activityId
        """,
        new { activityId },
        work.Transaction);

    /// <summary>Who may earn and does not hold it yet: an active learner on the LMS's list; where the LMS has no list, whoever came as a learner.</summary>
    private static async Task<HashSet<Guid>> EligibleAsync(Work work, Terms terms, Guid activityId) => [.. await work.Connection.QueryAsync<Guid>(
        """
        SELECT DISTINCT m.LearnerId FROM CourseMember m
        JOIN Result r ON r.LearnerId = m.LearnerId AND r.ActivityId = @activityId
        WHERE m.CourseId = @CourseId AND m.IsLearner = 1 AND m.IsActive = 1 AND (m.Seen = 'roster' OR @HasRoster = 0)
          AND NOT EXISTS (SELECT 1 FROM HeldAward h WHERE h.LearnerId = m.LearnerId AND h.AchievementId = @AchievementId)
        """,
        new { activityId, terms.CourseId, terms.HasRoster, terms.AchievementId },
        work.Transaction)];

    private static async Task<ILookup<Guid, Row>> ObservationsAsync(Work work, Guid activityId, Guid? onlyLearner) => (await work.Connection.QueryAsync<Row>(
        """
        SELECT r.LearnerId, r.ResultId, r.LineItemId, r.Score, r.Maximum, r.GradedAt, r.ReceivedAt, r.Receipt
        FROM Result r JOIN LineItem i ON i.LineItemId = r.LineItemId
        WHERE r.ActivityId = @activityId AND i.InUse = 1 AND (@onlyLearner IS NULL OR r.LearnerId = @onlyLearner)
        """,
        new { activityId, onlyLearner },
        work.Transaction)).ToLookup(r => r.LearnerId);

    private async Task<LedgerEntry?> IssueAsync(Work work, Terms terms, Guid activityId, Guid learnerId, Observation passed)
    {
        // Someone whose profile was erased can't be named by an entry any more.
        if (await SubjectAsync(work, learnerId) is not { } subject)
            return null;
        var facts = new
        {
            AwardId = Secrets.NewId(),
            terms.TenantId,
            learnerId,
            terms.AchievementId,
            terms.AchievementVersion,
            activityId,
            terms.PassRuleId,
            passed.ResultId,
            IssuedAt = clock.GetUtcNow().ToMicroseconds(),
            Code = Secrets.NewCode(),
        };
        var held = await work.Connection.ExecuteAsync(
            """
            INSERT INTO HeldAward (LearnerId, AchievementId, AwardId)
            SELECT @learnerId, @AchievementId, @AwardId
            WHERE NOT EXISTS (SELECT 1 FROM HeldAward WHERE LearnerId = @learnerId AND AchievementId = @AchievementId)
            """,
            facts,
            work.Transaction);
        if (held == 0)
            return null;
        await work.Connection.ExecuteAsync(
            """
            INSERT INTO Award (AwardId, TenantId, LearnerId, AchievementId, AchievementVersion, State, IssuedAt)
            VALUES (@AwardId, @TenantId, @learnerId, @AchievementId, @AchievementVersion, 'issued', @IssuedAt)
            """,
            facts,
            work.Transaction);
        await work.Connection.ExecuteAsync(
            "INSERT INTO Evidence (AwardId, ActivityId, PassRuleId, ResultId) VALUES (@AwardId, @activityId, @PassRuleId, @ResultId)", facts, work.Transaction);
        await work.Connection.ExecuteAsync("INSERT INTO CredentialPage (AwardId, Code) VALUES (@AwardId, @Code)", facts, work.Transaction);

        return new AwardIssued
        {
            At = facts.IssuedAt,
            AwardId = facts.AwardId,
            AchievementId = terms.AchievementId,
            AchievementVersion = terms.AchievementVersion,
            AchievementHash = terms.Hash,
            Hours = terms.Hours,
            Credits = terms.Credits,
            CreditSystem = terms.Credits is null ? null : AchievementContent.CreditSystem,
            Passed = true,
            SubjectRef = subject.RefFor(facts.AwardId),
        };
    }

    private static Task<LedgerSubject?> SubjectAsync(Work work, Guid learnerId) => work.Connection.QuerySingleOrDefaultAsync<LedgerSubject>(
        """
        SELECT f.SubjectKey, p.Issuer, p.ClientId, l.Subject FROM LearnerProfile f
        JOIN Learner l ON l.LearnerId = f.LearnerId JOIN Platform p ON p.PlatformId = l.PlatformId
        WHERE f.LearnerId = @learnerId
        """,
        new { learnerId },
        work.Transaction);
}

/// <summary>Whom an entry is about, for those who have the learner's own key; for everybody else 32 bytes that tell nothing.</summary>
internal sealed record LedgerSubject
{
    public required byte[] SubjectKey { get; init; }
    public required string Issuer { get; init; }
    public required string ClientId { get; init; }
    public required string Subject { get; init; }

    /// <summary>
    /// HMAC-SHA-256 under the learner's random key, over the award's id (16 bytes, network order) and the UTF-8 of issuer, client_id and sub, each
    /// after a zero byte: two awards of one learner can't be linked, nobody can be named once the key is destroyed, and until then nobody can be swapped.
    /// </summary>
    public byte[] RefFor(Guid awardId) => HMACSHA256.HashData(
        SubjectKey, (byte[])[.. awardId.ToByteArray(bigEndian: true), .. Encoding.UTF8.GetBytes($"\0{Issuer}\0{ClientId}\0{Subject}")]);
}
