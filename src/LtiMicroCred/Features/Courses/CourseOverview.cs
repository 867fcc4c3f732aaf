using Dapper;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Features.Courses;

/// <summary>Where a learner is, in the order in which an instructor wants to see them.</summary>
internal enum Place
{
    NeedsAttention,
    Awarded,

    /// <summary>It counted, and does no more: its time is over.</summary>
    Expired,

    /// <summary>Somebody, or the policy, took it back; nothing earned it again.</summary>
    Revoked,
    Passed,
    InProgress,
    NotStarted,
}

/// <summary>A column of the gradebook that we read, and how reading it goes.</summary>
internal sealed record ReadColumn
{
    /// <summary>See <see cref="IsWritten"/>: a condition on a row <c>LineItem</c>.</summary>
    public const string WrittenBySql =
        """
        (LineItem.Way = 'own' AND EXISTS (SELECT 1 FROM ScoreBack s WHERE s.ActivityId = LineItem.ActivityId
          AND (s.IsOn = 1 OR EXISTS (SELECT 1 FROM FollowUp f WHERE f.ActivityId = s.ActivityId AND f.Kind = 'score' AND (f.TriedAt IS NOT NULL OR f.LeasedUntil IS NOT NULL)))))
        """;

    public required Guid LineItemId { get; init; }

    /// <summary>Which of the rule's assessments it feeds.</summary>
    public required int Assessment { get; init; }

    /// <summary>How its grades reach us: <c>own</c>, <c>formula</c>, <c>gate</c>, <c>published</c>, and so on.</summary>
    public required string Way { get; init; }
    public required string Label { get; init; }
    public required bool InUse { get; init; }
    public required DateTimeOffset NextReadAt { get; init; }
    public DateTimeOffset? LeasedUntil { get; init; }
    public DateTimeOffset? ReadAt { get; init; }
    public DateTimeOffset? FailingSince { get; init; }
    public string? FailureKind { get; init; }
    public string? FailureReference { get; init; }

    /// <summary>It shows who holds the credential, has done so, or is about to: what is there is ours, and no grade.</summary>
    public bool IsWritten { get; init; }

    /// <summary>True where we ask the LMS for it; other grades come by themselves.</summary>
    public bool IsRead => Way is not ("published" or "import");

    /// <summary>See <see cref="Results.ReadingLog"/>.</summary>
    public string? Readings { get; init; }

    public bool IsBeingRead(DateTimeOffset now) => IsRead && InUse && FailingSince is null && (NextReadAt <= now || LeasedUntil > now);
}

internal sealed record HeldBy
{
    public required Guid LearnerId { get; init; }
    public required Guid AwardId { get; init; }
    public required DateTimeOffset IssuedAt { get; init; }

    /// <summary>See <see cref="AwardState"/>: issued or suspended.</summary>
    public required string State { get; init; }

    /// <summary>Null: for ever.</summary>
    public int? ValidMonths { get; init; }

    /// <summary>Whether this activity earned it, or was one of those that did.</summary>
    public required bool IsFromHere { get; init; }

    /// <summary>The rule under which it was earned here; null where somebody decided, or another activity earned it.</summary>
    public string? Content { get; init; }
    public required int AchievementVersion { get; init; }
    public required string Code { get; init; }
    public DateTimeOffset? PublicSince { get; init; }
    public DateTimeOffset? CelebratedAt { get; init; }
    public long? LedgerNumber { get; init; }

    public bool IsSuspended => State == AwardState.Suspended;

    public DateTimeOffset? Until => Validity.Until(IssuedAt, ValidMonths);
}

/// <summary>What somebody decided about a learner's award, and why.</summary>
internal sealed record StaffWord
{
    public required Guid LearnerId { get; init; }
    public required string Kind { get; init; }
    public required string Reason { get; init; }
    public string? Assessor { get; init; }
    public string? Statement { get; init; }
    public Guid? PassRuleId { get; init; }
    public string? DecidedBy { get; init; }
    public required DateTimeOffset DecidedAt { get; init; }

    public RulingKind Said => Enum.Parse<RulingKind>(Kind);

    public Ruling ToRuling() => new(Said, DecidedAt, PassRuleId);
}

/// <summary>One stored observation, with what shows where it comes from.</summary>
internal sealed record SeenObservation : ObservationRow
{
    public required byte[] MessageHash { get; init; }
    public string? ConfirmedBy { get; init; }

    /// <summary>Null for what no person entered; empty where nobody knows any more who did.</summary>
    public string? EnteredBy { get; init; }
    public string? FileName { get; init; }
}

/// <summary>One observation with the column that it was read from.</summary>
/// <param name="Way">How it reached us.</param>
/// <param name="ConfirmedBy">Who said that a condition counts which nobody saw being met; null where it was seen.</param>
internal sealed record SeenResult(Observation Observation, string Way, byte[] MessageHash, string? ConfirmedBy)
{
    /// <summary>Who entered it by hand; null where nobody did, empty where nobody knows any more.</summary>
    public string? EnteredBy { get; init; }

    /// <summary>In which file it was entered.</summary>
    public string? FileName { get; init; }
}

/// <summary>One learner of a course, as the instructor and the learner see it.</summary>
internal sealed record LearnerInCourse(
    Guid LearnerId, string? Name, string? Locale, bool IsActive, DateTimeOffset? FirstOpenedAt, Place Place, Decision Decision, HeldBy? Award, IReadOnlyList<SeenResult> Results, IReadOnlyList<StaffWord> Words)
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
    public required Guid PassRuleId { get; init; }
    public required string Content { get; init; }

    /// <summary>What is asked now; who holds the award earned it under the rule of its time.</summary>
    public PassRule Rule => _rule ??= PassRule.Parse(Content);

    private PassRule? _rule;
}

internal sealed class CourseOverview(Database database, TimeProvider clock)
{
    private sealed record MemberRow
    {
        public required Guid LearnerId { get; init; }
        public string? Name { get; init; }
        public string? Locale { get; init; }
        public required bool IsActive { get; init; }
        public DateTimeOffset? FirstOpenedAt { get; init; }
    }

    public async Task<ActivityFacts?> ActivityAsync(Guid tenantId, Guid activityId, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<ActivityFacts>(
            """
            SELECT a.ActivityId, a.CourseId, c.PlatformId, c.Label AS CourseLabel, c.Title AS CourseTitle, c.LineItemsUrl, c.CopiedFrom, COALESCE(o.Title, o.Label) AS CopiedFromTitle,
                   a.AchievementId, a.AchievementVersion, r.PassRuleId, r.Content
            FROM Activity a JOIN Course c ON c.CourseId = a.CourseId
            LEFT JOIN Course o ON o.DeploymentKey = c.DeploymentKey AND o.ContextId = c.CopiedFrom
            JOIN PassRule r ON r.ActivityId = a.ActivityId AND r.Version = (SELECT MAX(Version) FROM PassRule WHERE ActivityId = a.ActivityId)
            WHERE a.ActivityId = @activityId AND a.TenantId = @tenantId
            """,
            new { activityId, tenantId });
    }

    /// <summary>What happens to awards of an achievement when a grade falls afterwards.</summary>
    public async Task<WhenBelow> PolicyAsync(Guid tenantId, Guid achievementId, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        var stored = await connection.QuerySingleOrDefaultAsync<string?>(
            "SELECT p.WhenBelow FROM AchievementPolicy p JOIN Achievement a ON a.AchievementId = p.AchievementId WHERE a.AchievementId = @achievementId AND a.TenantId = @tenantId", new { achievementId, tenantId });
        return stored is null ? WhenBelow.Flag : Enum.Parse<WhenBelow>(stored, ignoreCase: true);
    }

    /// <summary>All versions of what an activity asks, the first first.</summary>
    public async Task<IReadOnlyList<PassRule>> RulesAsync(Guid tenantId, Guid activityId, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return [.. (await connection.QueryAsync<string>("SELECT Content FROM PassRule WHERE ActivityId = @activityId AND TenantId = @tenantId ORDER BY Version", new { activityId, tenantId })).Select(PassRule.Parse)];
    }

    public async Task<IReadOnlyList<ReadColumn>> ColumnsAsync(Guid tenantId, Guid activityId, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return (await connection.QueryAsync<ReadColumn>(
            $"""
            SELECT LineItemId, Assessment, Way, Label, InUse, NextReadAt, LeasedUntil, ReadAt, FailingSince, FailureKind, FailureReference, Readings,
                   CASE WHEN {ReadColumn.WrittenBySql} THEN 1 ELSE 0 END AS IsWritten
            FROM LineItem WHERE ActivityId = @activityId AND TenantId = @tenantId ORDER BY Assessment, Way
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
        var results = (await connection.QueryAsync<SeenObservation>(
            $"""
            SELECT r.LearnerId, r.ResultId, r.LineItemId, i.Assessment, i.Way, r.Score, r.Maximum, r.GradedAt, r.SubmittedAt, r.Progress, r.Supervision, r.ReceivedAt, r.Receipt, r.MessageHash,
                   CASE WHEN b.Counts = 1 THEN COALESCE(t.Name, '') END AS ConfirmedBy, CASE WHEN f.ImportBatchId IS NOT NULL THEN COALESCE(e.Name, '') END AS EnteredBy, f.FileName
            FROM Result r JOIN LineItem i ON i.LineItemId = r.LineItemId
            LEFT JOIN GateMember g ON g.LineItemId = r.LineItemId AND g.LearnerId = r.LearnerId AND r.Score > 0
            LEFT JOIN GateBatch b ON b.GateBatchId = g.GateBatchId LEFT JOIN LearnerProfile t ON t.LearnerId = b.DecidedBy
            LEFT JOIN ImportBatch f ON f.ImportBatchId = r.ImportBatchId LEFT JOIN LearnerProfile e ON e.LearnerId = r.EnteredBy
            WHERE r.ActivityId = @ActivityId AND r.TenantId = @tenantId AND r.WithdrawnAt IS NULL
              AND {ObservationRow.Counts} AND (@only IS NULL OR r.LearnerId = @only)
            """,
            facts)).ToLookup(r => r.LearnerId, r => new SeenResult(r.ToObservation(), r.Way, r.MessageHash, r.ConfirmedBy) { EnteredBy = r.EnteredBy, FileName = r.FileName });
        var held = (await connection.QueryAsync<HeldBy>(
            """
            SELECT h.LearnerId, w.AwardId, w.IssuedAt, w.State, w.AchievementVersion, a.ValidMonths, r.Content, CASE WHEN v.AwardId IS NULL THEN 0 ELSE 1 END AS IsFromHere,
                   p.Code, p.PublicSince, p.CelebratedAt, e.Number AS LedgerNumber
            FROM HeldAward h JOIN Award w ON w.AwardId = h.AwardId JOIN CredentialPage p ON p.AwardId = h.AwardId
            JOIN CourseMember m ON m.LearnerId = h.LearnerId AND m.CourseId = @CourseId
            JOIN AchievementVersion a ON a.AchievementId = w.AchievementId AND a.Version = w.AchievementVersion
            LEFT JOIN Evidence v ON v.AwardId = h.AwardId AND v.ActivityId = @ActivityId LEFT JOIN PassRule r ON r.PassRuleId = v.PassRuleId
            LEFT JOIN LedgerEntry e ON e.AwardId = h.AwardId AND e.Kind = 'award.issued'
            WHERE h.AchievementId = @AchievementId AND w.TenantId = @tenantId AND (@only IS NULL OR h.LearnerId = @only)
            """,
            facts)).ToDictionary(h => h.LearnerId);
        var revoked = (await connection.QueryAsync<Guid>(
            """
            SELECT DISTINCT w.LearnerId FROM Award w JOIN Evidence v ON v.AwardId = w.AwardId
            WHERE v.ActivityId = @ActivityId AND w.TenantId = @tenantId AND w.State = 'revoked' AND w.LearnerId IS NOT NULL AND (@only IS NULL OR w.LearnerId = @only)
            """,
            facts)).ToHashSet();
        var words = (await connection.QueryAsync<StaffWord>(
            """
            SELECT d.LearnerId, d.Kind, d.Reason, d.Assessor, d.Statement, d.PassRuleId, d.DecidedAt, p.Name AS DecidedBy
            FROM StaffDecision d LEFT JOIN LearnerProfile p ON p.LearnerId = d.DecidedBy
            WHERE d.ActivityId = @ActivityId AND d.TenantId = @tenantId AND (@only IS NULL OR d.LearnerId = @only) ORDER BY d.DecidedAt
            """,
            facts)).ToLookup(d => d.LearnerId);

        return [.. members
            .Select(m => ToLearner(m, activity, [.. results[m.LearnerId]], held.GetValueOrDefault(m.LearnerId), revoked.Contains(m.LearnerId), [.. words[m.LearnerId]]))
            .OrderBy(l => l.Place != Place.NeedsAttention)
            .ThenBy(l => l.Name, StringComparer.CurrentCultureIgnoreCase)
            .ThenBy(l => l.LearnerId)];
    }

    private LearnerInCourse ToLearner(MemberRow member, ActivityFacts activity, IReadOnlyList<SeenResult> results, HeldBy? award, bool wasRevoked, IReadOnlyList<StaffWord> words)
    {
        var last = words.Count > 0 ? words[^1].ToRuling() : null;
        // Whoever holds it keeps it under the rule of its time.
        var decision = AwardPolicy.Decide(award?.Content is { } earned ? PassRule.Parse(earned) : activity.Rule, results.Select(r => r.Observation));
        var seenAt = results.Count > 0 ? results.Max(r => r.Observation.ReceivedAt) : DateTimeOffset.MinValue;
        var place = (award, decision.Standing) switch
        {
            ({ Until: { } until }, _) when until <= clock.GetUtcNow() => Place.Expired,
            ({ IsSuspended: true }, _) => Place.NeedsAttention,
            // Earned here, and its rule is no longer met here: the instructor decides. Earned elsewhere, or by somebody's word: grades here have nothing to say.
            ({ Content: not null }, not Standing.Passed) when !Regrading.IsSettled(last, seenAt) => Place.NeedsAttention,
            ({ }, _) => Place.Awarded,
            (null, Standing.Passed) when !Regrading.IsBarred(last, activity.PassRuleId) => Place.Passed,
            (null, _) when wasRevoked => Place.Revoked,
            (null, Standing.Below or Standing.Passed) => Place.InProgress,
            _ => Place.NotStarted,
        };
        return new LearnerInCourse(member.LearnerId, member.Name, member.Locale, member.IsActive, member.FirstOpenedAt, place, decision, award, results, words);
    }
}
