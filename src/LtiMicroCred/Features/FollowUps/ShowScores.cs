using Dapper;
using LtiMicroCred.Storage;
using MediatR;

namespace LtiMicroCred.Features.FollowUps;

/// <summary>From now on the activity's own column shows who holds the credential, also those who did before; or nothing is written there any more.</summary>
internal sealed record ShowScores(Guid TenantId, Guid ActivityId, bool On) : IWrite<bool>;

/// <summary>False where there is no such activity, or its column is read.</summary>
internal sealed class ShowScoresHandler(Work work, WriteFollowUps followUps, TimeProvider clock) : IRequestHandler<ShowScores, bool>
{
    public async Task<bool> Handle(ShowScores request, CancellationToken cancellationToken)
    {
        var facts = new { request.TenantId, request.ActivityId, request.On, Now = clock.GetUtcNow() };
        if (request.On && await work.Connection.ExecuteScalarAsync<long>(
            "SELECT COUNT(*) FROM LineItem WHERE ActivityId = @ActivityId AND TenantId = @TenantId AND Way = 'own' AND InUse = 0", facts, work.Transaction) == 0)
            return false;
        var changed = await work.Connection.ExecuteAsync(
            "UPDATE ScoreBack SET IsOn = @On, ChangedAt = @Now WHERE ActivityId = (SELECT ActivityId FROM Activity WHERE ActivityId = @ActivityId AND TenantId = @TenantId)", facts, work.Transaction);
        if (changed == 0)
        {
            changed = await work.Connection.ExecuteAsync(
                "INSERT INTO ScoreBack (ActivityId, IsOn, ChangedAt) SELECT ActivityId, @On, @Now FROM Activity WHERE ActivityId = @ActivityId AND TenantId = @TenantId", facts, work.Transaction);
        }

        if (changed == 1 && request.On)
            await followUps.HoldersAsync(work, request.ActivityId);
        return changed == 1;
    }
}

/// <summary>What finally failed is tried again: one follow-up, or all of the activity.</summary>
internal sealed record RetryFollowUps(Guid TenantId, Guid ActivityId, Guid? FollowUpId) : IWrite<int>;

internal sealed class RetryFollowUpsHandler(Work work, TimeProvider clock) : IRequestHandler<RetryFollowUps, int>
{
    // Created anew, as it were: three days of patience begin again.
    public Task<int> Handle(RetryFollowUps request, CancellationToken cancellationToken) => work.Connection.ExecuteAsync(
        """
        UPDATE FollowUp SET State = 'waiting', DueAt = @Now, CreatedAt = @Now, Attempts = 0, Cause = NULL, Reference = NULL
        WHERE TenantId = @TenantId AND ActivityId = @ActivityId AND State = 'failed' AND (@FollowUpId IS NULL OR FollowUpId = @FollowUpId)
        """,
        new { Now = clock.GetUtcNow(), request.TenantId, request.ActivityId, request.FollowUpId },
        work.Transaction);
}

/// <summary>A follow-up as its instructor sees it.</summary>
internal sealed record ShownFollowUp
{
    public required Guid FollowUpId { get; init; }
    public string? Name { get; init; }
    public required string Kind { get; init; }
    public required string State { get; init; }
    public required int Attempts { get; init; }
    public string? Cause { get; init; }
    public string? Reference { get; init; }
    public DateTimeOffset? TriedAt { get; init; }
    public required DateTimeOffset DueAt { get; init; }
}

internal sealed class FollowUpList(Database database)
{
    /// <summary>What failed, and what waits after it failed before; what failed first.</summary>
    public async Task<IReadOnlyList<ShownFollowUp>> TroubledAsync(Guid tenantId, Guid activityId, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return (await connection.QueryAsync<ShownFollowUp>(
            """
            SELECT f.FollowUpId, p.Name, f.Kind, f.State, f.Attempts, f.Cause, f.Reference, f.TriedAt, f.DueAt
            FROM FollowUp f LEFT JOIN LearnerProfile p ON p.LearnerId = f.LearnerId
            WHERE f.TenantId = @tenantId AND f.ActivityId = @activityId AND (f.State = 'failed' OR (f.State = 'waiting' AND f.Attempts > 0))
            ORDER BY f.State, f.TriedAt
            """,
            new { tenantId, activityId })).AsList();
    }

    public async Task<bool> IsOnAsync(Guid activityId, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return await connection.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM ScoreBack WHERE ActivityId = @activityId AND IsOn = 1", new { activityId }) > 0;
    }
}
