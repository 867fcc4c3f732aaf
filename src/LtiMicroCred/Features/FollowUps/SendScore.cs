using Dapper;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Lti;
using LtiMicroCred.Storage;
using LtiMicroCred.Texts;
using Microsoft.Extensions.Localization;

namespace LtiMicroCred.Features.FollowUps;

/// <summary>
/// Posts whether somebody holds the credential into the activity's own column (AGS 2.0, 3.4): all of it, or nothing. Never into a column that we read: looked at again
/// at the moment of sending.
/// </summary>
internal sealed class SendScore(Database database, IPlatforms platforms, AssignmentAndGradeServices grades, Settings settings, IStringLocalizer<Words> words, TimeProvider clock)
{
    private const decimal All = 100;

    private sealed record Facts
    {
        public required string Subject { get; init; }
        public required string Title { get; init; }
        public string? State { get; init; }
        public DateTimeOffset? IssuedAt { get; init; }
        public int? ValidMonths { get; init; }
        public string? PublicCode { get; init; }
        public string? Url { get; init; }
        public required bool IsRead { get; init; }
        public required bool IsOn { get; init; }
        public DateTimeOffset? Until => IssuedAt is { } issuedAt ? Validity.Until(issuedAt, ValidMonths) : null;
    }

    /// <returns>When to look again: the credential ends by itself. Null where it does not.</returns>
    /// <exception cref="FollowUpException"/>
    public async Task<DateTimeOffset?> RunAsync(DueFollowUp followUp, CancellationToken ct)
    {
        if (await FactsAsync(followUp, ct) is not { IsOn: true } facts)
            return null; // nobody to post for any more, or nobody wants it
        if (facts.IsRead)
            throw new FollowUpException("ColumnIsRead", isFinal: true);
        if (facts.Url is not { } url)
            throw new FollowUpException("NoColumn", isFinal: true);
        var platform = await platforms.FindAsync(followUp.PlatformId, ct) ?? throw new FollowUpException("Own", isFinal: true);
        // Also for what follows: it may end while the score is on its way.
        var now = clock.GetUtcNow();
        try
        {
            await grades.PostScoreAsync(platform, new Uri(url), ToScore(facts, followUp.TriedAt, now), ct);
        }
        catch (LtiServiceException failure)
        {
            throw ToFailure(failure);
        }

        return facts.Until > now ? facts.Until : null;
    }

    private Score ToScore(Facts facts, DateTimeOffset? last, DateTimeOffset now)
    {
        var holds = facts.State == AwardState.Issued && !(facts.Until <= now);
        return new Score
        {
            UserId = facts.Subject,
            Timestamp = new ScoreTimestamps(clock).After(last),
            ActivityProgress = ActivityProgress.Completed,
            GradingProgress = GradingProgress.FullyGraded,
            ScoreGiven = holds ? All : 0,
            ScoreMaximum = All,
            Comment = Comment(facts, holds),
        };
    }

    // For the learner, in the LMS's gradebook; an address only where the holder made the page public.
    private string Comment(Facts facts, bool holds) => (holds, facts.State) switch
    {
        (true, _) when facts.PublicCode is { } code => words["Cell.Public", facts.Title, $"{settings.PublicBase}/c/{code}"],
        (true, _) => words["Cell.Holds", facts.Title],
        (_, AwardState.Issued) => words["Cell.Expired", facts.Title],
        (_, AwardState.Suspended) => words["Cell.Suspended", facts.Title],
        _ => words["Cell.Over", facts.Title],
    };

    private static FollowUpException ToFailure(LtiServiceException failure) => failure.Failure switch
    {
        ServiceFailure.TokenRefused or ServiceFailure.Unauthorized or ServiceFailure.Forbidden => new FollowUpException("Refused", isFinal: true, inner: failure),
        ServiceFailure.NotFound => new FollowUpException("Gone", isFinal: true, inner: failure),
        ServiceFailure.Rejected => new FollowUpException("Rejected", isFinal: true, inner: failure),
        ServiceFailure.AddressRefused => new FollowUpException("Address", isFinal: true, inner: failure),
        ServiceFailure.OlderScore => new FollowUpException("Older", isFinal: false, failure.RetryAfter, failure),
        _ => new FollowUpException("NoAnswer", isFinal: false, failure.RetryAfter, failure),
    };

    private async Task<Facts?> FactsAsync(DueFollowUp followUp, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<Facts>(
            """
            SELECT l.Subject, v.Title, w.State, w.IssuedAt, e.ValidMonths, CASE WHEN p.PublicSince IS NULL THEN NULL ELSE p.Code END AS PublicCode,
                   (SELECT i.Url FROM LineItem i WHERE i.ActivityId = a.ActivityId AND i.Way = 'own') AS Url,
                   CASE WHEN EXISTS (SELECT 1 FROM LineItem i JOIN LineItem o ON o.Url = i.Url WHERE i.ActivityId = a.ActivityId AND i.Way = 'own' AND o.InUse = 1) THEN 1 ELSE 0 END AS IsRead,
                   COALESCE((SELECT s.IsOn FROM ScoreBack s WHERE s.ActivityId = a.ActivityId), 0) AS IsOn
            FROM Activity a
            JOIN Learner l ON l.LearnerId = @LearnerId AND l.TenantId = a.TenantId AND l.ErasedAt IS NULL
            JOIN AchievementVersion v ON v.AchievementId = a.AchievementId AND v.Version = a.AchievementVersion
            LEFT JOIN HeldAward h ON h.LearnerId = l.LearnerId AND h.AchievementId = a.AchievementId
            LEFT JOIN Award w ON w.AwardId = h.AwardId LEFT JOIN CredentialPage p ON p.AwardId = w.AwardId
            LEFT JOIN AchievementVersion e ON e.AchievementId = w.AchievementId AND e.Version = w.AchievementVersion
            WHERE a.ActivityId = @ActivityId AND a.TenantId = @TenantId
            """,
            new { followUp.LearnerId, followUp.ActivityId, followUp.TenantId });
    }
}
