namespace LtiMicroCred.Lti;

/// <summary>One registration of this tool with a platform: an issuer <em>and</em> a client_id, since cloud LMSs share one issuer among all their customers.</summary>
public sealed record Platform
{
    /// <summary>The host's own key; opaque here.</summary>
    public required Guid Id { get; init; }

    public required string Issuer { get; init; }

    public required string ClientId { get; init; }

    public required Uri AuthorizationEndpoint { get; init; }

    public required Uri TokenEndpoint { get; init; }

    public required Uri JwksUri { get; init; }

    /// <summary>The audience of client assertions where the platform names one; else the token endpoint is.</summary>
    public string? AuthorizationServer { get; init; }

    /// <summary>Signature algorithms taken from this platform; anything but RS and ES is refused even if listed.</summary>
    public IReadOnlyList<string> Algorithms { get; init; } = ["RS256"];

    /// <summary>Whether launches without a <c>sub</c> are taken (Core 5.3.6.1): they name nobody, so nothing can be kept for whoever comes.</summary>
    public bool AllowsAnonymous { get; init; }
}
