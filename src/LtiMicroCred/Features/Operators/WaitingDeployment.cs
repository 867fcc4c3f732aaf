using LtiMicroCred.Features.Tenants;

namespace LtiMicroCred.Features.Operators;

/// <summary>A deployment that waits for an operator, with what the operator decides by.</summary>
internal sealed record WaitingDeployment(Guid DeploymentKey, string DeploymentId, string Host, DateTimeOffset FirstSeenAt, int TurnedAway, Guid TenantId, IReadOnlyList<Tenant> Tenants);
