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

internal sealed class RecordResultsHandler(Work work, JudgeActivity judge, TimeProvider clock) : IRequestHandler<RecordResults, ResultsRecorded>
{
    private const decimal LargestScore = 999_999_999;

    private sealed record Column
    {
        public required Guid TenantId { get; init; }
        public required Guid ActivityId { get; init; }
        public required Guid PlatformId { get; init; }
        public required long Revision { get; init; }
    }

    private sealed record Latest
    {
        public required string Subject { get; init; }
        public required byte[] MessageHash { get; init; }
    }

    public async Task<ResultsRecorded> Handle(RecordResults request, CancellationToken cancellationToken)
    {
        var column = await LockAsync(request.LineItemId);
        var latest = await LatestAsync(work.Connection, work.Transaction, request.LineItemId);
        var usable = request.Results.Where(IsUsable).ToList();
        var changed = usable.Where(r => !latest.TryGetValue(r.UserId, out var hash) || !hash.AsSpan().SequenceEqual(r.MessageHash)).ToList();
        var now = clock.GetUtcNow();
        var touched = new HashSet<Guid>();
        foreach (var result in changed.DistinctBy(r => r.UserId, StringComparer.Ordinal))
            touched.Add(await StoreAsync(column, request.LineItemId, result, now));
        if (touched.Count == 0)
            return new ResultsRecorded(0, 0, request.Results.Count - usable.Count);

        await work.Connection.ExecuteAsync("UPDATE LineItem SET ActiveAt = @now WHERE LineItemId = @LineItemId", new { now, request.LineItemId }, work.Transaction);
        var awarded = await judge.RunAsync(work, column.ActivityId, touched, cancellationToken);
        return new ResultsRecorded(touched.Count, awarded, request.Results.Count - usable.Count);
    }

    /// <summary>The newest observation's hash of each learner in a column: what comes again unchanged is not worth a write.</summary>
    public static async Task<Dictionary<string, byte[]>> LatestAsync(DbConnection connection, DbTransaction? transaction, Guid lineItemId) => (await connection.QueryAsync<Latest>(
        """
        SELECT l.Subject, r.MessageHash FROM Result r JOIN Learner l ON l.LearnerId = r.LearnerId
        WHERE r.LineItemId = @lineItemId
          AND r.Receipt = (SELECT MAX(Receipt) FROM Result WHERE LineItemId = r.LineItemId AND LearnerId = r.LearnerId)
        """,
        new { lineItemId },
        transaction)).ToDictionary(r => r.Subject, r => r.MessageHash, StringComparer.Ordinal);

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

    private async Task<Guid> StoreAsync(Column column, Guid lineItemId, Result result, DateTimeOffset now)
    {
        var learnerId = await LearnerDirectory.FindOrCreateAsync(work, column.TenantId, column.PlatformId, result.UserId, person: null, now);
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
                Score = result.ResultScore is { } score ? Exact(score) : (decimal?)null,
                Maximum = Exact(result.ResultMaximum),
                GradedAt = result.Timestamp,
                now,
                result.MessageHash,
            },
            work.Transaction);
        return learnerId;
    }

    private static bool IsUsable(Result result) =>
        result.UserId.Length is > 0 and <= 255 && result.ResultMaximum is > 0 and <= LargestScore && result.ResultScore is null or (>= 0 and <= LargestScore);

    // SQL Server keeps 18 decimals; what lies beyond is cut, never rounded up.
    private static decimal Exact(decimal number) => decimal.Round(number, 18, MidpointRounding.ToZero);
}
