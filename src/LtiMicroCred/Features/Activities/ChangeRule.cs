using Dapper;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Storage;
using MediatR;

namespace LtiMicroCred.Features.Activities;

/// <summary>
/// A new version of what an activity asks. Who holds the award keeps it under the rule that they met; everybody else is judged by the new one at once.
/// </summary>
/// <param name="Replaces">The version that the instructor saw: of two who change a rule at once, one looks again.</param>
internal sealed record ChangeRule(Guid TenantId, Guid ActivityId, Guid Replaces, PassRule Rule, Guid ChangedBy) : IWrite<RuleChanged>;

/// <param name="IsChanged">False where somebody else was first.</param>
/// <param name="Awarded">How many the new rule awarded at once.</param>
internal sealed record RuleChanged(bool IsChanged, int Awarded);

internal sealed class ChangeRuleHandler(Work work, JudgeActivity judge, TimeProvider clock) : IRequestHandler<ChangeRule, RuleChanged>
{
    public async Task<RuleChanged> Handle(ChangeRule request, CancellationToken cancellationToken)
    {
        var facts = new { Id = Guid.CreateVersion7(), request.TenantId, request.ActivityId, request.Replaces, Content = request.Rule.ToJson(), request.ChangedBy, Now = clock.GetUtcNow() };
        var changed = await work.Connection.ExecuteAsync(
            """
            INSERT INTO PassRule (PassRuleId, TenantId, ActivityId, Version, Content, ChangedBy, CreatedAt)
            SELECT @Id, r.TenantId, r.ActivityId, r.Version + 1, @Content, @ChangedBy, @Now FROM PassRule r
            WHERE r.PassRuleId = @Replaces AND r.ActivityId = @ActivityId AND r.TenantId = @TenantId
              AND r.Version = (SELECT MAX(Version) FROM PassRule WHERE ActivityId = r.ActivityId)
            """,
            facts,
            work.Transaction);
        return changed == 0 ? new RuleChanged(false, 0) : new RuleChanged(true, await judge.AllAsync(work, request.ActivityId, cancellationToken));
    }
}
