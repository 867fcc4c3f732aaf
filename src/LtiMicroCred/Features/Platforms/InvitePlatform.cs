using Dapper;
using LtiMicroCred.Features.Tenants;
using LtiMicroCred.Storage;
using MediatR;

namespace LtiMicroCred.Features.Platforms;

/// <summary>Makes a registration link for one LMS. The outcome is the whole URL, shown this once: only the hash of its secret is kept.</summary>
internal sealed record InvitePlatform(string? TenantName, TimeSpan Lifetime) : IWrite<PlatformInvitation>;

internal sealed record PlatformInvitation(Uri Url, string TenantName, DateTimeOffset ExpiresAt);

internal sealed class InvitePlatformHandler(Work work, TenantDirectory tenants, Settings settings, TimeProvider clock) : IRequestHandler<InvitePlatform, PlatformInvitation>
{
    public async Task<PlatformInvitation> Handle(InvitePlatform request, CancellationToken cancellationToken)
    {
        var tenant = await tenants.FindOrCreateAsync(request.TenantName, work, cancellationToken);
        var token = Secrets.New();
        var now = clock.GetUtcNow();
        await work.Connection.ExecuteAsync(
            """
            INSERT INTO PlatformInvite (PlatformInviteId, PlatformId, TenantId, TokenHash, CreatedAt, ExpiresAt)
            VALUES (@Id, @PlatformId, @TenantId, @TokenHash, @Now, @ExpiresAt)
            """,
            new { Id = Guid.CreateVersion7(), PlatformId = Guid.CreateVersion7(), tenant.TenantId, TokenHash = Secrets.Hash(token), Now = now, ExpiresAt = now + request.Lifetime },
            work.Transaction);
        return new PlatformInvitation(new Uri($"{settings.PublicBase}/register/{token}"), tenant.Name, now + request.Lifetime);
    }
}
