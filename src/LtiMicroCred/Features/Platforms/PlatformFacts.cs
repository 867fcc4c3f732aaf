using Dapper;
using LtiMicroCred.Lti;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Features.Platforms;

/// <summary>What makes a registration, whether the LMS told it or a person typed it.</summary>
internal sealed record PlatformFacts
{
    public required string Issuer { get; init; }
    public required string ClientId { get; init; }
    public required Uri AuthorizationEndpoint { get; init; }
    public required Uri TokenEndpoint { get; init; }
    public required Uri JwksUri { get; init; }
    public string? AuthorizationServer { get; init; }
    public required IReadOnlyList<string> Algorithms { get; init; }
    public string? Name { get; init; }
    public string? ProductFamily { get; init; }
    public string? ProductVersion { get; init; }
    public required bool ByHand { get; init; }

    /// <summary>Those that are known before the first launch.</summary>
    public IReadOnlyList<string> DeploymentIds { get; init; } = [];

    public static PlatformFacts Of(RegisteredTool tool) => new()
    {
        Issuer = tool.Platform.Issuer,
        ClientId = tool.ClientId,
        AuthorizationEndpoint = tool.Platform.AuthorizationEndpoint,
        TokenEndpoint = tool.Platform.TokenEndpoint,
        JwksUri = tool.Platform.JwksUri,
        AuthorizationServer = tool.Platform.AuthorizationServer,
        Algorithms = SignatureAlgorithms.Among(tool.Platform.Algorithms),
        ProductFamily = tool.Platform.ProductFamilyCode,
        ProductVersion = tool.Platform.Version,
        ByHand = false,
        DeploymentIds = tool.DeploymentId is { } deployment ? [deployment] : [],
    };

    /// <param name="work">The transaction.</param>
    /// <param name="platformId">As it was told to the LMS.</param>
    /// <param name="tenantId">Whose registration it is.</param>
    /// <param name="now">When it is made.</param>
    /// <param name="approve">Whether the deployments are let in at once, or wait for an operator.</param>
    /// <returns>False where this issuer and client_id are registered already: a registration that is here is never changed by another.</returns>
    public async Task<bool> InsertAsync(Work work, Guid platformId, Guid tenantId, DateTimeOffset now, bool approve = true)
    {
        var stored = await work.Connection.ExecuteAsync(
            """
            INSERT INTO Platform (PlatformId, TenantId, Issuer, ClientId, AuthorizationEndpoint, TokenEndpoint, JwksUri, AuthorizationServer,
                                  Algorithms, Name, ByHand, Anonymous, ProductFamily, ProductVersion, CreatedAt)
            SELECT @platformId, @tenantId, @Issuer, @ClientId, @Authorization, @Token, @Jwks, @AuthorizationServer,
                   @Algorithms, @Name, @ByHand, 0, @Family, @Version, @now
            WHERE NOT EXISTS (SELECT 1 FROM Platform WHERE Issuer = @Issuer AND ClientId = @ClientId)
            """,
            new
            {
                platformId,
                tenantId,
                Issuer,
                ClientId,
                Authorization = AuthorizationEndpoint.AbsoluteUri,
                Token = TokenEndpoint.AbsoluteUri,
                Jwks = JwksUri.AbsoluteUri,
                AuthorizationServer,
                Algorithms = SignatureAlgorithms.ToText(Algorithms),
                Name,
                ByHand,
                Family = Bound(ProductFamily),
                Version = Bound(ProductVersion),
                now,
            },
            work.Transaction);
        if (stored == 0)
            return false;
        foreach (var deploymentId in DeploymentIds)
        {
            await work.Connection.ExecuteAsync(
                """
                INSERT INTO Deployment (DeploymentKey, PlatformId, DeploymentId, TenantId, ApprovedAt, FirstSeenAt, TurnedAway)
                VALUES (@Key, @platformId, @deploymentId, @tenantId, @ApprovedAt, @now, 0)
                """,
                new { Key = Guid.CreateVersion7(), platformId, deploymentId, tenantId, ApprovedAt = approve ? now : (DateTimeOffset?)null, now },
                work.Transaction);
        }

        return true;
    }

    private static string? Bound(string? text) => text is { Length: > 100 } ? text[..100] : text;
}
