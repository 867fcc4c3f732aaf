using Dapper;
using LtiMicroCred.Lti;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Features.Awards;

/// <summary>One stored observation of a column that counts.</summary>
internal record ObservationRow
{
    /// <summary>Of result <c>r</c> in column <c>i</c>: the column counts, or it did when it earned what the learner still holds.</summary>
    public const string Counts =
        "(i.InUse = 1 OR EXISTS (SELECT 1 FROM EvidenceResult x JOIN HeldAward h ON h.AwardId = x.AwardId WHERE x.ResultId = r.ResultId AND h.LearnerId = r.LearnerId))";

    public required Guid LearnerId { get; init; }
    public required Guid ResultId { get; init; }
    public required Guid LineItemId { get; init; }
    public required int Assessment { get; init; }
    public required string Way { get; init; }
    public decimal? Score { get; init; }
    public required decimal Maximum { get; init; }
    public DateTimeOffset? GradedAt { get; init; }
    public DateTimeOffset? SubmittedAt { get; init; }
    public string? Progress { get; init; }
    public int? Supervision { get; init; }
    public required DateTimeOffset ReceivedAt { get; init; }
    public required long Receipt { get; init; }

    public Observation ToObservation() => new(ResultId, LineItemId, Score, Maximum, GradedAt, ReceivedAt, Receipt)
    {
        Assessment = Assessment,
        IsCondition = Way == "gate",
        IsFinal = Progress is null or nameof(GradingProgress.FullyGraded),
        SubmittedAt = SubmittedAt,
        Supervision = (Supervision?)Supervision,
    };
}

internal static class ObservationRows
{
    public static async Task<ILookup<Guid, Observation>> ReadAsync(Work work, Guid activityId, IReadOnlyList<Guid> learners) => (await work.Connection.QueryAsync<ObservationRow>(
        $"""
        SELECT r.LearnerId, r.ResultId, r.LineItemId, i.Assessment, i.Way, r.Score, r.Maximum, r.GradedAt, r.SubmittedAt, r.Progress, r.Supervision, r.ReceivedAt, r.Receipt
        FROM Result r JOIN LineItem i ON i.LineItemId = r.LineItemId
        WHERE r.ActivityId = @activityId AND r.LearnerId IN @learners AND r.WithdrawnAt IS NULL AND {ObservationRow.Counts}
        """,
        new { activityId, learners = learners.ForList(work.Connection) },
        work.Transaction)).ToLookup(r => r.LearnerId, r => r.ToObservation());
}
