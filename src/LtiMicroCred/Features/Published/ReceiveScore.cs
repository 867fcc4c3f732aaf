using Dapper;
using LtiMicroCred.Features.Results;
using LtiMicroCred.Lti;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Features.Published;

internal enum ScoreOutcome
{
    Taken,

    /// <summary>Nobody of that name came through our launch of this link.</summary>
    Nobody,

    /// <summary>A later score of the same learner is here already (AGS 3.4.2).</summary>
    Older,

    /// <summary>Its time is yet to come, and would keep out what comes until then.</summary>
    FromFuture,

    /// <summary>It holds a number that no gradebook has.</summary>
    Absurd,
}

/// <summary>A score that a tool posts becomes one observation, by the same door as every other.</summary>
internal sealed partial class ReceiveScore(Database database, IServiceScopeFactory scopes, AwaitedRosters rosters, TimeProvider clock, ILogger<ReceiveScore> log)
{
    /// <summary>Clocks differ; a score from later than that is a mistake.</summary>
    private static readonly TimeSpan s_leeway = TimeSpan.FromMinutes(10);

    private sealed record Graded
    {
        public required string Subject { get; init; }
        public required string Known { get; init; }
        public required Guid CourseId { get; init; }
        public DateTimeOffset? NewestAt { get; init; }
    }

    /// <param name="link">Of the tool that posts.</param>
    /// <param name="posted">As it was read.</param>
    /// <param name="ct">Ends it before anything is kept.</param>
    public async Task<ScoreOutcome> RunAsync(PublishedLink link, PostedScore posted, CancellationToken ct)
    {
        var score = posted.Score;
        if (await FindAsync(link, score.UserId, ct) is not { } graded || graded.Known != score.UserId)
            return Refuse(link, ScoreOutcome.Nobody);
        if (score.Timestamp > clock.GetUtcNow() + s_leeway)
            return Refuse(link, ScoreOutcome.FromFuture);
        if (graded.NewestAt > score.Timestamp.ToMicroseconds())
            return Refuse(link, ScoreOutcome.Older);

        await rosters.RefreshAsync(graded.CourseId, ct);
        // From here on the tool has posted it, whether it waits for our answer or not.
        var recorded = await scopes.SendAsync(new RecordResults(link.LineItemId, [ToResult(graded.Subject, posted)]), CancellationToken.None);
        Log.Received(log, link.PublishedLinkId, recorded.New, recorded.Awarded);
        return recorded.Refused > 0 ? ScoreOutcome.Absurd : ScoreOutcome.Taken;
    }

    private async Task<Graded?> FindAsync(PublishedLink link, string userId, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<Graded>(
            """
            SELECT l.Subject, p.Subject AS Known, a.CourseId,
                   (SELECT MAX(r.GradedAt) FROM Result r WHERE r.LineItemId = k.LineItemId AND r.LearnerId = l.LearnerId) AS NewestAt
            FROM PublishedLink k
            JOIN PublishedPerson p ON p.ToolId = k.ToolId AND p.Subject = @userId
            JOIN PublishedVisit v ON v.PublishedLinkId = k.PublishedLinkId AND v.LearnerId = p.LearnerId
            JOIN Learner l ON l.LearnerId = p.LearnerId AND l.TenantId = k.TenantId AND l.ErasedAt IS NULL
            JOIN Activity a ON a.ActivityId = k.ActivityId
            WHERE k.PublishedLinkId = @PublishedLinkId
            """,
            new { link.PublishedLinkId, userId });
    }

    private static NewResult ToResult(string subject, PostedScore posted) => new()
    {
        Subject = subject,
        Score = posted.Score.ScoreGiven,
        Maximum = posted.Score.ScoreMaximum ?? PublishedLink.Maximum,
        GradedAt = posted.Score.Timestamp,
        SubmittedAt = posted.Score.Submission?.SubmittedAt,
        Progress = posted.Score.GradingProgress,
        MessageHash = posted.MessageHash,
    };

    private ScoreOutcome Refuse(PublishedLink link, ScoreOutcome outcome)
    {
        Log.Refused(log, link.PublishedLinkId, outcome);
        return outcome;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Published activity {LinkId}: {New} new results, {Awarded} awards")]
        public static partial void Received(ILogger log, Guid linkId, int @new, int awarded);

        [LoggerMessage(2, LogLevel.Warning, "Published activity {LinkId}: a score was refused ({Outcome})")]
        public static partial void Refused(ILogger log, Guid linkId, ScoreOutcome outcome);
    }
}
