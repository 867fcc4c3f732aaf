using LtiMicroCred.Features.Tenants;
using LtiMicroCred.Storage;
using MediatR;

namespace LtiMicroCred.Features.Platforms;

/// <summary>Registers an LMS from the command line. False where its issuer and client_id are registered already.</summary>
internal sealed record AddPlatform(Guid PlatformId, string? TenantName, PlatformFacts Facts) : IWrite<bool>;

internal sealed class AddPlatformHandler(Work work, TenantDirectory tenants, TimeProvider clock) : IRequestHandler<AddPlatform, bool>
{
    public async Task<bool> Handle(AddPlatform request, CancellationToken cancellationToken)
    {
        var tenant = await tenants.FindOrCreateAsync(request.TenantName, work, cancellationToken);
        return await request.Facts.InsertAsync(work, request.PlatformId, tenant.TenantId, clock.GetUtcNow());
    }
}
