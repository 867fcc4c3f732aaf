using Dapper;
using LtiMicroCred.Lti;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Features.Published;

/// <summary>A tool that an institution has registered.</summary>
internal sealed record PublishedTool
{
    public required Guid ToolId { get; init; }
    public required string ClientId { get; init; }
    public required string Name { get; init; }
    public required string LoginUri { get; init; }
    public required string RedirectUris { get; init; }
    public required string JwksUri { get; init; }
    public required string TargetLinkUri { get; init; }
    public required string Scopes { get; init; }
    public required bool ByHand { get; init; }

    public ToolClient ToClient() => new()
    {
        Id = ToolId,
        ClientId = ClientId,
        LoginUri = new Uri(LoginUri),
        RedirectUris = RedirectUris.Split('\n'),
        JwksUri = new Uri(JwksUri),
        Scopes = Scopes.Split(' ', StringSplitOptions.RemoveEmptyEntries),
    };
}

/// <summary>The tools of an institution; another's are not there.</summary>
internal sealed class PublishedTools(Database database)
{
    public async Task<PublishedTool?> FindAsync(Guid tenantId, string? clientId, CancellationToken ct)
    {
        if (clientId is not { Length: > 0 and <= 64 })
            return null;
        await using var connection = await database.OpenAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<PublishedTool>(
            """
            SELECT ToolId, ClientId, Name, LoginUri, RedirectUris, JwksUri, TargetLinkUri, Scopes, ByHand
            FROM PublishedTool WHERE TenantId = @tenantId AND ClientId = @clientId
            """,
            new { tenantId, clientId });
    }

    public async Task<IReadOnlyList<PublishedTool>> AllAsync(Guid tenantId, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return (await connection.QueryAsync<PublishedTool>(
            """
            SELECT ToolId, ClientId, Name, LoginUri, RedirectUris, JwksUri, TargetLinkUri, Scopes, ByHand
            FROM PublishedTool WHERE TenantId = @tenantId ORDER BY Name, ToolId
            """,
            new { tenantId })).AsList();
    }

    /// <summary>The institution's name; null where there is no such institution.</summary>
    public async Task<string?> TenantNameAsync(Guid tenantId, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<string?>("SELECT Name FROM Tenant WHERE TenantId = @tenantId", new { tenantId });
    }
}
