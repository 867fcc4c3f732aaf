namespace LtiMicroCred.Lti;

/// <summary>One registration of this tool with a platform: an issuer <em>and</em> a client_id, since cloud LMSs share one issuer among all their customers.</summary>
public sealed record Platform
{
    /// <summary>The host's own key; opaque here.</summary>
    public required Guid Id { get; init; }

    /// <summary>Compared character by character with iss.</summary>
    public required string Issuer { get; init; }

    /// <summary>As the platform named the tool; unique only within the issuer.</summary>
    public required string ClientId { get; init; }

    /// <summary>Where browsers are sent to log in.</summary>
    public required Uri AuthorizationEndpoint { get; init; }

    /// <summary>Where access tokens are had.</summary>
    public required Uri TokenEndpoint { get; init; }

    /// <summary>Where the platform's keys are.</summary>
    public required Uri JwksUri { get; init; }

    /// <summary>The audience of client assertions where the platform names one; else the token endpoint is.</summary>
    public string? AuthorizationServer { get; init; }

    /// <summary>Signature algorithms taken from this platform; anything but RS and ES is refused even if listed.</summary>
    public IReadOnlyList<string> Algorithms { get; init; } = ["RS256"];

    /// <summary>Whether launches without a <c>sub</c> are taken (Core 5.3.6.1): they name nobody, so nothing can be kept for whoever comes.</summary>
    public bool AllowsAnonymous { get; init; }

    internal Signer Signer => new("platform", Issuer, JwksUri, Algorithms);
}
