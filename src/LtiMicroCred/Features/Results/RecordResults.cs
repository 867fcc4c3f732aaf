using System.Data.Common;
using Dapper;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Features.Learners;
using LtiMicroCred.Lti;
using LtiMicroCred.Storage;
using MediatR;

namespace LtiMicroCred.Features.Results;

/// <summary>The one door for grades: a page of observations of one column, in one transaction with the awards that follow from them.</summary>
internal sealed record RecordResults(Guid LineItemId, IReadOnlyList<NewResult> Results) : IWrite<ResultsRecorded>
{
    /// <summary>How many a page holds at most.</summary>
    public const int Page = 200;

    public RecordResults(Guid lineItemId, IEnumerable<Result> results)
        : this(lineItemId, [.. results.Select(NewResult.Of)])
    {
    }
}

/// <summary>One observation, as a channel tells it. Which column it is of is known to whoever records it.</summary>
internal sealed record NewResult
{
    /// <summary>The learner's <c>sub</c>.</summary>
    public required string Subject { get; init; }

    /// <summary>Null where there is no grade, or no longer.</summary>
    public decimal? Score { get; init; }
    public required decimal Maximum { get; init; }
    public DateTimeOffset? GradedAt { get; init; }
    public DateTimeOffset? SubmittedAt { get; init; }

    /// <summary>AGS 2.0, 3.4.8 (<c>gradingProgress</c>); null where the channel does not tell.</summary>
    public GradingProgress? Progress { get; init; }

    public Supervision? Supervision { get; init; }

    /// <summary>Who entered it by hand; null for what an LMS sent.</summary>
    public Guid? EnteredBy { get; init; }

    /// <summary>With which file it was entered; null for what an LMS sent.</summary>
    public Guid? ImportBatchId { get; init; }

    /// <summary>SHA-256 over the raw message.</summary>
    public required byte[] MessageHash { get; init; }

    public static NewResult Of(Result result) => new()
    {
        Subject = result.UserId,
        Score = result.ResultScore,
        Maximum = result.ResultMaximum,
        GradedAt = result.Timestamp,
        MessageHash = result.MessageHash,
    };
}

/// <param name="New">Observations that said something new.</param>
/// <param name="Awarded">Awards issued because of them.</param>
/// <param name="Refused">Observations that no column can hold (an absurd number); the others were recorded.</param>
internal sealed record ResultsRecorded(int New, int Awarded, int Refused);

internal sealed class RecordResultsHandler(Work work, LearnerDirectory learners, JudgeActivity judge, TimeProvider clock) : IRequestHandler<RecordResults, ResultsRecorded>
{
    private const decimal LargestScore = 999_999_999;

    private const string Newest =
        """
        SELECT l.Subject, r.Score, r.Maximum, r.GradedAt, r.SubmittedAt, r.Progress, r.Supervision, r.WithdrawnAt FROM Result r JOIN Learner l ON l.LearnerId = r.LearnerId
        WHERE r.LineItemId = @lineItemId
          AND r.Receipt = (SELECT MAX(Receipt) FROM Result WHERE LineItemId = r.LineItemId AND LearnerId = r.LearnerId)
        """;

    private sealed record Column
    {
        public required Guid TenantId { get; init; }
        public required Guid ActivityId { get; init; }
        public required Guid PlatformId { get; init; }
        public required long Revision { get; init; }
    }

    public async Task<ResultsRecorded> Handle(RecordResults request, CancellationToken cancellationToken)
    {
        var column = await LockAsync(request.LineItemId);
        var usable = Usable(request.Results);
        var refused = request.Results.Count - usable.Count;
        var people = await learners.FindOrCreateAsync(work, column.TenantId, column.PlatformId, [.. usable.Select(r => r.Subject)], clock.GetUtcNow());
        var latest = Latest(await work.Connection.QueryAsync<LatestResult>(
            Newest + " AND r.LearnerId IN @Learners", new { lineItemId = request.LineItemId, Learners = people.Values.ForList(work.Connection) }, work.Transaction));
        var changed = usable.Where(r => people.ContainsKey(r.Subject) && SaysSomethingNew(latest, r)).ToList();
        if (changed.Count == 0)
            return new ResultsRecorded(0, 0, refused);

        var now = clock.GetUtcNow();
        await StoreAsync(column, request.LineItemId, changed.ConvertAll(r => (people[r.Subject], r)), now);
        await work.Connection.ExecuteAsync("UPDATE LineItem SET ActiveAt = @now WHERE LineItemId = @LineItemId", new { now, request.LineItemId }, work.Transaction);
        var judged = await judge.RunAsync(work, column.ActivityId, [.. changed.Select(r => people[r.Subject])], cancellationToken);
        return new ResultsRecorded(changed.Count, judged, refused);
    }

    /// <summary>What each learner's newest observation in a column said: what comes again unchanged is not worth a write.</summary>
    public static async Task<Dictionary<string, LatestResult>> LatestAsync(DbConnection connection, Guid lineItemId) =>
        Latest(await connection.QueryAsync<LatestResult>(Newest, new { lineItemId }));

    /// <summary>One observation a learner, without those whose numbers no gradebook has.</summary>
    public static IReadOnlyList<NewResult> Usable(IEnumerable<NewResult> results) => [.. results.Where(IsUsable).DistinctBy(r => r.Subject, StringComparer.Ordinal)];

    /// <summary>By score, maximum, progress, supervision and times: another comment or another order of members is the same result.</summary>
    public static bool SaysSomethingNew(Dictionary<string, LatestResult> latest, NewResult result) =>
        !latest.TryGetValue(result.Subject, out var known) || known.WithdrawnAt is not null
        || known.Score != Exact(result.Score) || known.Maximum != Exact(result.Maximum) || known.GradedAt != result.GradedAt?.ToMicroseconds()
        || known.SubmittedAt != result.SubmittedAt?.ToMicroseconds() || known.Progress != result.Progress?.ToString() || known.Supervision != (int?)result.Supervision;

    private static Dictionary<string, LatestResult> Latest(IEnumerable<LatestResult> rows) => rows.ToDictionary(r => r.Subject, StringComparer.Ordinal);

    // Raising the revision takes the activity's row lock: pages of one activity are recorded one after the other, on any engine.
    private async Task<Column> LockAsync(Guid lineItemId)
    {
        await work.Connection.ExecuteAsync(
            "UPDATE Activity SET Revision = Revision + 1 WHERE ActivityId = (SELECT ActivityId FROM LineItem WHERE LineItemId = @lineItemId)", new { lineItemId }, work.Transaction);
        return await work.Connection.QuerySingleAsync<Column>(
            """
            SELECT a.TenantId, a.ActivityId, c.PlatformId, a.Revision FROM LineItem i
            JOIN Activity a ON a.ActivityId = i.ActivityId JOIN Course c ON c.CourseId = a.CourseId
            WHERE i.LineItemId = @lineItemId
            """,
            new { lineItemId },
            work.Transaction);
    }

    private Task<int> StoreAsync(Column column, Guid lineItemId, IReadOnlyList<(Guid LearnerId, NewResult Result)> results, DateTimeOffset now) => work.Connection.ExecuteAsync(
        """
        INSERT INTO Result (ResultId, TenantId, ActivityId, LineItemId, LearnerId, Receipt, Score, Maximum, GradedAt, SubmittedAt, Progress, Supervision, EnteredBy, ImportBatchId, ReceivedAt, MessageHash)
        VALUES (@Id, @TenantId, @ActivityId, @lineItemId, @LearnerId, @Revision, @Score, @Maximum, @GradedAt, @SubmittedAt, @Progress, @Supervision, @EnteredBy, @ImportBatchId, @now, @MessageHash)
        """,
        results.Select(r => new
        {
            Id = Guid.CreateVersion7(),
            column.TenantId,
            column.ActivityId,
            lineItemId,
            r.LearnerId,
            column.Revision,
            Score = Exact(r.Result.Score),
            Maximum = Exact(r.Result.Maximum),
            r.Result.GradedAt,
            r.Result.SubmittedAt,
            Progress = r.Result.Progress?.ToString(),
            r.Result.Supervision,
            r.Result.EnteredBy,
            r.Result.ImportBatchId,
            now,
            r.Result.MessageHash,
        }),
        work.Transaction);

    // A trailing space would be another learner on one engine and the same on the other.
    private static bool IsUsable(NewResult result) =>
        result.Subject.Length is > 0 and <= 255 && result.Subject[^1] != ' '
        && Exact(result.Maximum) is > 0 and <= LargestScore && (result.Score is null or (>= 0 and <= LargestScore));

    // SQL Server keeps 18 decimals; what lies beyond is cut, never rounded up.
    private static decimal Exact(decimal number) => decimal.Round(number, 18, MidpointRounding.ToZero);

    private static decimal? Exact(decimal? number) => number is { } given ? Exact(given) : null;
}

/// <summary>What a learner's newest observation in a column said.</summary>
internal sealed record LatestResult
{
    public required string Subject { get; init; }
    public decimal? Score { get; init; }
    public required decimal Maximum { get; init; }
    public DateTimeOffset? GradedAt { get; init; }
    public DateTimeOffset? SubmittedAt { get; init; }
    public string? Progress { get; init; }
    public int? Supervision { get; init; }
    public DateTimeOffset? WithdrawnAt { get; init; }
}
