using Dapper;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Storage;
using MediatR;

namespace LtiMicroCred.Features.Achievements;

/// <summary>From now on this happens to awards of an achievement when a grade falls below the rule. What fell before stays as it is.</summary>
internal sealed record SetPolicy(Guid TenantId, Guid AchievementId, WhenBelow WhenBelow, Guid ChangedBy) : IWrite<bool>;

internal sealed class SetPolicyHandler(Work work, TimeProvider clock) : IRequestHandler<SetPolicy, bool>
{
    public async Task<bool> Handle(SetPolicy request, CancellationToken cancellationToken)
    {
        // Stored in lower case, as design and pages name it.
#pragma warning disable CA1308
        var facts = new { request.TenantId, request.AchievementId, WhenBelow = request.WhenBelow.ToString().ToLowerInvariant(), request.ChangedBy, Now = clock.GetUtcNow() };
#pragma warning restore CA1308
        var changed = await work.Connection.ExecuteAsync(
            """
            UPDATE AchievementPolicy SET WhenBelow = @WhenBelow, ChangedBy = @ChangedBy, ChangedAt = @Now
            WHERE AchievementId = @AchievementId AND AchievementId IN (SELECT AchievementId FROM Achievement WHERE TenantId = @TenantId)
            """,
            facts,
            work.Transaction);
        return changed == 1 || await work.Connection.ExecuteAsync(
            """
            INSERT INTO AchievementPolicy (AchievementId, WhenBelow, ChangedBy, ChangedAt)
            SELECT AchievementId, @WhenBelow, @ChangedBy, @Now FROM Achievement WHERE AchievementId = @AchievementId AND TenantId = @TenantId
            """,
            facts,
            work.Transaction) == 1;
    }
}
