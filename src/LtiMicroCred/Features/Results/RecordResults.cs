using System.Data.Common;
using Dapper;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Features.Learners;
using LtiMicroCred.Lti;
using LtiMicroCred.Storage;
using MediatR;

namespace LtiMicroCred.Features.Results;

/// <summary>The one door for grades: a page of observations of one column, in one transaction with the awards that follow from them.</summary>
internal sealed record RecordResults(Guid LineItemId, IReadOnlyList<Result> Results) : IWrite<ResultsRecorded>;

/// <param name="New">Observations that said something new.</param>
/// <param name="Awarded">Awards issued because of them.</param>
/// <param name="Refused">Observations that no column can hold (an absurd number); the others were recorded.</param>
internal sealed record ResultsRecorded(int New, int Awarded, int Refused);

internal sealed class RecordResultsHandler(Work work, LearnerDirectory learners, JudgeActivity judge, TimeProvider clock) : IRequestHandler<RecordResults, ResultsRecorded>
{
    private const decimal LargestScore = 999_999_999;

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
        var latest = await LatestAsync(work.Connection, work.Transaction, request.LineItemId);
        var usable = Usable(request.Results);
        var changed = usable.Where(r => SaysSomethingNew(latest, r));
        var now = clock.GetUtcNow();
        var touched = new HashSet<Guid>();
        foreach (var result in changed)
        {
            if (await StoreAsync(column, request.LineItemId, result, now) is { } learnerId)
                touched.Add(learnerId);
        }

        if (touched.Count == 0)
            return new ResultsRecorded(0, 0, request.Results.Count - usable.Count);

        await work.Connection.ExecuteAsync("UPDATE LineItem SET ActiveAt = @now WHERE LineItemId = @LineItemId", new { now, request.LineItemId }, work.Transaction);
        var awarded = await judge.RunAsync(work, column.ActivityId, touched, cancellationToken);
        return new ResultsRecorded(touched.Count, awarded, request.Results.Count - usable.Count);
    }

    /// <summary>What each learner's newest observation in a column said: what comes again unchanged is not worth a write.</summary>
    public static async Task<Dictionary<string, LatestResult>> LatestAsync(DbConnection connection, DbTransaction? transaction, Guid lineItemId) => (await connection.QueryAsync<LatestResult>(
        """
        SELECT l.Subject, r.Score, r.Maximum, r.GradedAt FROM Result r JOIN Learner l ON l.LearnerId = r.LearnerId
        WHERE r.LineItemId = @lineItemId
          AND r.Receipt = (SELECT MAX(Receipt) FROM Result WHERE LineItemId = r.LineItemId AND LearnerId = r.LearnerId)
        """,
        new { lineItemId },
        transaction)).ToDictionary(r => r.Subject, StringComparer.Ordinal);

    /// <summary>One observation a learner, without those whose numbers no gradebook has.</summary>
    public static IReadOnlyList<Result> Usable(IEnumerable<Result> results) => [.. results.Where(IsUsable).DistinctBy(r => r.UserId, StringComparer.Ordinal)];

    /// <summary>By score, maximum and time: another comment or another order of members is the same result.</summary>
    public static bool SaysSomethingNew(Dictionary<string, LatestResult> latest, Result result) =>
        !latest.TryGetValue(result.UserId, out var known)
        || known.Score != Exact(result.ResultScore) || known.Maximum != Exact(result.ResultMaximum) || known.GradedAt != result.Timestamp?.ToMicroseconds();

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

    private async Task<Guid?> StoreAsync(Column column, Guid lineItemId, Result result, DateTimeOffset now)
    {
        if (await learners.FindOrCreateAsync(work, column.TenantId, column.PlatformId, result.UserId, person: null, now) is not { } learnerId)
            return null;
        await work.Connection.ExecuteAsync(
            """
            INSERT INTO Result (ResultId, TenantId, ActivityId, LineItemId, LearnerId, Receipt, Score, Maximum, GradedAt, ReceivedAt, MessageHash)
            VALUES (@Id, @TenantId, @ActivityId, @lineItemId, @learnerId, @Revision, @Score, @Maximum, @GradedAt, @now, @MessageHash)
            """,
            new
            {
                Id = Guid.CreateVersion7(),
                column.TenantId,
                column.ActivityId,
                lineItemId,
                learnerId,
                column.Revision,
                Score = Exact(result.ResultScore),
                Maximum = Exact(result.ResultMaximum),
                GradedAt = result.Timestamp,
                now,
                result.MessageHash,
            },
            work.Transaction);
        return learnerId;
    }

    // A trailing space would be another learner on one engine and the same on the other.
    private static bool IsUsable(Result result) =>
        result.UserId.Length is > 0 and <= 255 && result.UserId[^1] != ' '
        && Exact(result.ResultMaximum) is > 0 and <= LargestScore && (result.ResultScore is null or (>= 0 and <= LargestScore));

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
}
