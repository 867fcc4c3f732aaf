using Dapper;
using LtiMicroCred.Storage;
using MediatR;

namespace LtiMicroCred.Features.Platforms;

internal enum Approval
{
    Approved,
    AlreadyApproved,
    Unknown,
    NothingToApprove,
}

/// <summary>Lets a waiting deployment in, for the tenant that its platform was registered for or another one.</summary>
internal sealed record ApproveDeployment(Guid DeploymentKey, Guid? TenantId = null) : IWrite<Approval>;

internal sealed class ApproveDeploymentHandler(Work work, TimeProvider clock) : IRequestHandler<ApproveDeployment, Approval>
{
    public async Task<Approval> Handle(ApproveDeployment request, CancellationToken cancellationToken)
    {
        var approved = await work.Connection.ExecuteAsync(
            """
            UPDATE Deployment SET ApprovedAt = @Now, TenantId = COALESCE((SELECT TenantId FROM Tenant WHERE TenantId = @TenantId), TenantId)
            WHERE DeploymentKey = @DeploymentKey AND ApprovedAt IS NULL
            """,
            new { Now = clock.GetUtcNow(), request.TenantId, request.DeploymentKey },
            work.Transaction);
        if (approved > 0)
            return Approval.Approved;
        if (await ExistsAsync("SELECT COUNT(*) FROM Deployment WHERE DeploymentKey = @DeploymentKey"))
            return Approval.AlreadyApproved;
        return await ExistsAsync("SELECT COUNT(*) FROM Platform WHERE PlatformId = @DeploymentKey") ? Approval.NothingToApprove : Approval.Unknown;

        async Task<bool> ExistsAsync(string sql) => await work.Connection.ExecuteScalarAsync<int>(sql, new { request.DeploymentKey }, work.Transaction) > 0;
    }
}

/// <summary>Forgets a waiting deployment. Its next launch lists it again.</summary>
internal sealed record RefuseDeployment(Guid DeploymentKey) : IWrite<bool>;

internal sealed class RefuseDeploymentHandler(Work work) : IRequestHandler<RefuseDeployment, bool>
{
    public async Task<bool> Handle(RefuseDeployment request, CancellationToken cancellationToken) =>
        await work.Connection.ExecuteAsync("DELETE FROM Deployment WHERE DeploymentKey = @DeploymentKey AND ApprovedAt IS NULL", request, work.Transaction) > 0;
}
