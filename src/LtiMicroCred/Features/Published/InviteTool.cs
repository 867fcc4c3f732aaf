using Dapper;
using LtiMicroCred.Storage;
using MediatR;

namespace LtiMicroCred.Features.Published;

/// <summary>Makes a link by which an LMS registers once as a tool of an institution. The outcome is the whole URL, shown this once: only the hash of its secret is kept.</summary>
internal sealed record InviteTool(Guid TenantId, TimeSpan Lifetime) : IWrite<ToolInvitation>;

internal sealed record ToolInvitation(Uri Url, DateTimeOffset ExpiresAt);

internal sealed class InviteToolHandler(Work work, Settings settings, TimeProvider clock) : IRequestHandler<InviteTool, ToolInvitation>
{
    public async Task<ToolInvitation> Handle(InviteTool request, CancellationToken cancellationToken)
    {
        var token = Secrets.New();
        var now = clock.GetUtcNow();
        await work.Connection.ExecuteAsync(
            "INSERT INTO PublishedInvite (TokenHash, TenantId, CreatedAt, ExpiresAt) VALUES (@Hash, @TenantId, @now, @ExpiresAt)",
            new { Hash = Secrets.Hash(token), request.TenantId, now, ExpiresAt = now + request.Lifetime },
            work.Transaction);
        return new ToolInvitation(new Uri($"{settings.PublicBase}/published/{token}"), now + request.Lifetime);
    }
}

/// <summary>What stands behind a link; null where it was never made, or is over.</summary>
internal sealed record ToolInvite
{
    public required Guid TenantId { get; init; }
    public required string TenantName { get; init; }
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>What came of it; null while the link is good.</summary>
    public Guid? ToolId { get; init; }
}

internal sealed class ToolInvites(Database database, TimeProvider clock)
{
    public async Task<ToolInvite?> FindAsync(string token, CancellationToken ct)
    {
        if (token.Length != 43)
            return null;
        await using var connection = await database.OpenAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<ToolInvite>(
            """
            SELECT i.TenantId, t.Name AS TenantName, i.ExpiresAt, i.ToolId
            FROM PublishedInvite i JOIN Tenant t ON t.TenantId = i.TenantId
            WHERE i.TokenHash = @Hash AND i.ExpiresAt > @Now
            """,
            new { Hash = Secrets.Hash(token), Now = clock.GetUtcNow() });
    }
}
