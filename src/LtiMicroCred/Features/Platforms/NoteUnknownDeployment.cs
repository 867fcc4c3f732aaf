using Dapper;
using LtiMicroCred.Storage;
using MediatR;

namespace LtiMicroCred.Features.Platforms;

/// <summary>A genuine launch came from a deployment that nobody has approved: counts it, and lists the deployment for an operator (at most 50 waiting per platform).</summary>
internal sealed record NoteUnknownDeployment(Guid PlatformId, string DeploymentId, int Times = 1) : IWrite<bool>;

internal sealed class NoteUnknownDeploymentHandler(Work work, TimeProvider clock) : IRequestHandler<NoteUnknownDeployment, bool>
{
    public async Task<bool> Handle(NoteUnknownDeployment request, CancellationToken cancellationToken)
    {
        var counted = await work.Connection.ExecuteAsync(
            "UPDATE Deployment SET TurnedAway = TurnedAway + @Times WHERE PlatformId = @PlatformId AND DeploymentId = @DeploymentId AND TurnedAway < 1000000",
            request,
            work.Transaction);
        if (counted > 0)
            return true;
        return await work.Connection.ExecuteAsync(
            """
            INSERT INTO Deployment (DeploymentKey, PlatformId, DeploymentId, TenantId, FirstSeenAt, TurnedAway)
            SELECT @Key, PlatformId, @DeploymentId, TenantId, @Now, @Times FROM Platform
            WHERE PlatformId = @PlatformId
              AND NOT EXISTS (SELECT 1 FROM Deployment WHERE PlatformId = @PlatformId AND DeploymentId = @DeploymentId)
              AND (SELECT COUNT(*) FROM Deployment WHERE PlatformId = @PlatformId AND ApprovedAt IS NULL) < 50
            """,
            new { Key = Guid.CreateVersion7(), request.PlatformId, request.DeploymentId, request.Times, Now = clock.GetUtcNow() },
            work.Transaction) > 0;
    }
}
