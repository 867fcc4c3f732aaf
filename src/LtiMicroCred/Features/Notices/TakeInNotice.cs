using Dapper;
using LtiMicroCred.Features.Activities;
using LtiMicroCred.Lti;
using LtiMicroCred.Storage;
using MediatR;

namespace LtiMicroCred.Features.Notices;

/// <summary>Uses the nonce of a notice and keeps what it says. False, and nothing kept, if the nonce was used before.</summary>
internal sealed record TakeInNotice(Notice Notice, NonceUse Nonce) : IWrite<bool>;

internal sealed class TakeInNoticeHandler(Work work, TimeProvider clock) : IRequestHandler<TakeInNotice, bool>
{
    private sealed record Place
    {
        public required Guid DeploymentKey { get; init; }
        public required Guid TenantId { get; init; }
    }

    public async Task<bool> Handle(TakeInNotice request, CancellationToken cancellationToken)
    {
        // A lost race for the nonce runs again from here.
        if (await work.Connection.ExecuteScalarAsync<int>("SELECT COUNT(*) FROM UsedNonce WHERE NonceHash = @Hash", new { request.Nonce.Hash }, work.Transaction) > 0)
            return false;
        await work.Connection.ExecuteAsync("INSERT INTO UsedNonce (NonceHash, ExpiresAt) VALUES (@Hash, @Expires)", new { request.Nonce.Hash, request.Nonce.Expires }, work.Transaction);
        if (request.Notice is ContextCopyNotice copy)
            await NoteCopyAsync(copy);
        return true;
    }

    private async Task NoteCopyAsync(ContextCopyNotice copy)
    {
        var place = await work.Connection.QuerySingleOrDefaultAsync<Place>(
            "SELECT DeploymentKey, TenantId FROM Deployment WHERE PlatformId = @Id AND DeploymentId = @DeploymentId AND ApprovedAt IS NOT NULL",
            new { copy.Platform.Id, copy.DeploymentId },
            work.Transaction);
        if (place is not null)
            await ActivityDirectory.NoteCopiedCourseAsync(work, place.TenantId, place.DeploymentKey, copy, clock.GetUtcNow());
    }
}
