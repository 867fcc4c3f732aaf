using Dapper;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Features.Courses;

/// <summary>Where a learner is, in the order in which an instructor wants to see them.</summary>
internal enum Place
{
    NeedsAttention,
    Awarded,
    Passed,
    InProgress,
    NotStarted,
}

/// <summary>A column of the gradebook that we read, and how reading it goes.</summary>
internal sealed record ReadColumn
{
    public required Guid LineItemId { get; init; }

    /// <summary><c>own</c> or <c>formula</c>.</summary>
    public required string Way { get; init; }
    public required string Label { get; init; }
    public required bool InUse { get; init; }
    public required DateTimeOffset NextReadAt { get; init; }
    public DateTimeOffset? LeasedUntil { get; init; }
    public DateTimeOffset? ReadAt { get; init; }
    public DateTimeOffset? FailingSince { get; init; }
    public string? FailureKind { get; init; }
    public string? FailureReference { get; init; }

    public bool IsBeingRead(DateTimeOffset now) => InUse && FailingSince is null && (NextReadAt <= now || LeasedUntil > now);
}

internal sealed record HeldBy
{
    public required Guid LearnerId { get; init; }
    public required Guid AwardId { get; init; }
    public required DateTimeOffset IssuedAt { get; init; }
    public required Guid ActivityId { get; init; }
    public required int AchievementVersion { get; init; }
    public required string Code { get; init; }
    public DateTimeOffset? PublicSince { get; init; }
    public DateTimeOffset? CelebratedAt { get; init; }
    public long? LedgerNumber { get; init; }
}

/// <summary>One observation with the column that it was read from.</summary>
/// <param name="Way">How it reached us.</param>
/// <param name="ConfirmedBy">Who said that a condition counts which nobody saw being met; null where it was seen.</param>
internal sealed record SeenResult(Observation Observation, string Way, byte[] MessageHash, string? ConfirmedBy);

/// <summary>One learner of a course, as the instructor and the learner see it.</summary>
internal sealed record LearnerInCourse(
    Guid LearnerId, string? Name, string? Locale, bool IsActive, DateTimeOffset? FirstOpenedAt, Place Place, Decision Decision, HeldBy? Award, IReadOnlyList<SeenResult> Results)
{
    /// <summary>The newest result of each column, newest first.</summary>
    public IEnumerable<SeenResult> Current
    {
        get
        {
            var current = AwardPolicy.Current(Results.Select(r => r.Observation)).ToHashSet();
            return Results.Where(r => current.Contains(r.Observation)).OrderByDescending(r => r.Observation.GradedAt ?? r.Observation.ReceivedAt);
        }
    }
}

/// <summary>An activity with its course, its rule and its columns.</summary>
internal sealed record ActivityFacts
{
    public required Guid ActivityId { get; init; }
    public required Guid CourseId { get; init; }
    public required Guid PlatformId { get; init; }
    public string? CourseLabel { get; init; }
    public string? CourseTitle { get; init; }

    /// <summary>Label and title, where the title does not begin with the label anyway.</summary>
    public string CourseName => string.Join(' ', new[] { CourseTitle?.StartsWith(CourseLabel ?? "", StringComparison.OrdinalIgnoreCase) == true ? null : CourseLabel, CourseTitle }.Where(t => !string.IsNullOrWhiteSpace(t)));
    public string? LineItemsUrl { get; init; }

    /// <summary>Null where the course is no copy that we know of; empty where the LMS does not say of which.</summary>
    public string? CopiedFrom { get; init; }

    /// <summary>The course that it was copied from, where people have opened it here.</summary>
    public string? CopiedFromTitle { get; init; }
    public required Guid AchievementId { get; init; }
    public required int AchievementVersion { get; init; }
    public required decimal ThresholdPercent { get; init; }
}

internal sealed class CourseOverview(Database database)
{
    private sealed record MemberRow
    {
        public required Guid LearnerId { get; init; }
        public string? Name { get; init; }
        public string? Locale { get; init; }
        public required bool IsActive { get; init; }
        public DateTimeOffset? FirstOpenedAt { get; init; }
    }

    private sealed record ResultRow
    {
        public required Guid LearnerId { get; init; }
        public required Guid ResultId { get; init; }
        public required Guid LineItemId { get; init; }
        public required string Way { get; init; }
        public required bool InUse { get; init; }
        public decimal? Score { get; init; }
        public required decimal Maximum { get; init; }
        public DateTimeOffset? GradedAt { get; init; }
        public required DateTimeOffset ReceivedAt { get; init; }
        public required long Receipt { get; init; }
        public required byte[] MessageHash { get; init; }
        public string? ConfirmedBy { get; init; }
    }

    public async Task<ActivityFacts?> ActivityAsync(Guid tenantId, Guid activityId, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<ActivityFacts>(
            """
            SELECT a.ActivityId, a.CourseId, c.PlatformId, c.Label AS CourseLabel, c.Title AS CourseTitle, c.LineItemsUrl, c.CopiedFrom, COALESCE(o.Title, o.Label) AS CopiedFromTitle,
                   a.AchievementId, a.AchievementVersion, r.ThresholdPercent
            FROM Activity a JOIN Course c ON c.CourseId = a.CourseId
            LEFT JOIN Course o ON o.DeploymentKey = c.DeploymentKey AND o.ContextId = c.CopiedFrom
            JOIN PassRule r ON r.ActivityId = a.ActivityId AND r.Version = (SELECT MAX(Version) FROM PassRule WHERE ActivityId = a.ActivityId)
            WHERE a.ActivityId = @activityId AND a.TenantId = @tenantId
            """,
            new { activityId, tenantId });
    }

    public async Task<IReadOnlyList<ReadColumn>> ColumnsAsync(Guid tenantId, Guid activityId, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return (await connection.QueryAsync<ReadColumn>(
            """
            SELECT LineItemId, Way, Label, InUse, NextReadAt, LeasedUntil, ReadAt, FailingSince, FailureKind, FailureReference
            FROM LineItem WHERE ActivityId = @activityId AND TenantId = @tenantId ORDER BY Way
            """,
            new { activityId, tenantId })).AsList();
    }

    /// <summary>Everybody who learns here or once did, those who need attention first, then by name. With <paramref name="only"/>, that learner alone.</summary>
    public async Task<IReadOnlyList<LearnerInCourse>> LearnersAsync(Guid tenantId, ActivityFacts activity, Guid? only, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        var facts = new { tenantId, activity.ActivityId, activity.CourseId, activity.AchievementId, only };
        var members = await connection.QueryAsync<MemberRow>(
            """
            SELECT l.LearnerId, p.Name, p.Locale, m.IsActive, m.FirstOpenedAt
            FROM CourseMember m JOIN Learner l ON l.LearnerId = m.LearnerId LEFT JOIN LearnerProfile p ON p.LearnerId = l.LearnerId
            WHERE m.CourseId = @CourseId AND l.TenantId = @tenantId AND (@only IS NULL OR l.LearnerId = @only)
              AND ((m.IsLearner = 1 AND m.IsActive = 1) OR EXISTS (SELECT 1 FROM Result r WHERE r.ActivityId = @ActivityId AND r.LearnerId = l.LearnerId))
            """,
            facts);
        var results = (await connection.QueryAsync<ResultRow>(
            """
            SELECT r.LearnerId, r.ResultId, r.LineItemId, i.Way, i.InUse, r.Score, r.Maximum, r.GradedAt, r.ReceivedAt, r.Receipt, r.MessageHash,
                   CASE WHEN b.Counts = 1 THEN COALESCE(t.Name, '') END AS ConfirmedBy
            FROM Result r JOIN LineItem i ON i.LineItemId = r.LineItemId
            LEFT JOIN GateMember g ON g.LineItemId = r.LineItemId AND g.LearnerId = r.LearnerId AND r.Score > 0
            LEFT JOIN GateBatch b ON b.GateBatchId = g.GateBatchId LEFT JOIN LearnerProfile t ON t.LearnerId = b.DecidedBy
            WHERE r.ActivityId = @ActivityId AND r.TenantId = @tenantId AND i.InUse = 1 AND (@only IS NULL OR r.LearnerId = @only)
            """,
            facts)).ToLookup(r => r.LearnerId, r => new SeenResult(
                new Observation(r.ResultId, r.LineItemId, r.Score, r.Maximum, r.GradedAt, r.ReceivedAt, r.Receipt) { IsCondition = r.Way == "gate" }, r.Way, r.MessageHash, r.ConfirmedBy));
        var held = (await connection.QueryAsync<HeldBy>(
            """
            SELECT h.LearnerId, w.AwardId, w.IssuedAt, v.ActivityId, w.AchievementVersion, p.Code, p.PublicSince, p.CelebratedAt, e.Number AS LedgerNumber
            FROM HeldAward h JOIN Award w ON w.AwardId = h.AwardId JOIN Evidence v ON v.AwardId = h.AwardId JOIN CredentialPage p ON p.AwardId = h.AwardId
            JOIN CourseMember m ON m.LearnerId = h.LearnerId AND m.CourseId = @CourseId
            LEFT JOIN LedgerEntry e ON e.AwardId = h.AwardId AND e.Kind = 'award.issued'
            WHERE h.AchievementId = @AchievementId AND w.TenantId = @tenantId AND (@only IS NULL OR h.LearnerId = @only)
            """,
            facts)).ToDictionary(h => h.LearnerId);

        return [.. members
            .Select(m => ToLearner(m, activity, [.. results[m.LearnerId]], held.GetValueOrDefault(m.LearnerId)))
            .OrderBy(l => l.Place != Place.NeedsAttention)
            .ThenBy(l => l.Name, StringComparer.CurrentCultureIgnoreCase)
            .ThenBy(l => l.LearnerId)];
    }

    private static LearnerInCourse ToLearner(MemberRow member, ActivityFacts activity, IReadOnlyList<SeenResult> results, HeldBy? award)
    {
        var decision = AwardPolicy.Decide(activity.ThresholdPercent, results.Select(r => r.Observation));
        var place = (award, decision.Standing) switch
        {
            // Earned here, and the rule is no longer met here: the instructor decides. Earned elsewhere: this course has nothing to say.
            ({ } held, not Standing.Passed) when held.ActivityId == activity.ActivityId => Place.NeedsAttention,
            ({ }, _) => Place.Awarded,
            (null, Standing.Passed) => Place.Passed,
            (null, Standing.Below) => Place.InProgress,
            _ => Place.NotStarted,
        };
        return new LearnerInCourse(member.LearnerId, member.Name, member.Locale, member.IsActive, member.FirstOpenedAt, place, decision, award, results);
    }
}
