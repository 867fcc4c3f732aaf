namespace LtiMicroCred.Lti;

/// <summary>What a platform says of itself (Dynamic Registration, platform configuration).</summary>
public sealed record PlatformConfiguration
{
    /// <summary>Of the same host as the configuration itself.</summary>
    public required string Issuer { get; init; }

    /// <summary>Where browsers are sent to log in.</summary>
    public required Uri AuthorizationEndpoint { get; init; }

    /// <summary>Where access tokens are had.</summary>
    public required Uri TokenEndpoint { get; init; }

    /// <summary>Where the platform's keys are.</summary>
    public required Uri JwksUri { get; init; }

    /// <summary>Where tools register.</summary>
    public required Uri RegistrationEndpoint { get; init; }

    /// <summary>The audience of client assertions, where the platform names one.</summary>
    public string? AuthorizationServer { get; init; }

    /// <summary>Empty where the platform does not say.</summary>
    public IReadOnlyList<string> ScopesSupported { get; init; } = [];

    /// <summary>Empty where the platform does not say.</summary>
    public IReadOnlyList<string> ClaimsSupported { get; init; } = [];

    /// <summary>Of the id_tokens' signatures, as far as they are taken here: what a registration should keep as <see cref="Platform.Algorithms"/>. RS256 where the platform does not say.</summary>
    public IReadOnlyList<string> Algorithms { get; init; } = ["RS256"];

    /// <summary>Such as <c>moodle</c> or <c>canvas</c>.</summary>
    public string? ProductFamilyCode { get; init; }

    /// <summary>As the vendor writes it.</summary>
    public string? Version { get; init; }

    /// <summary>Empty where the platform does not say.</summary>
    public IReadOnlyList<SupportedMessage> Messages { get; init; } = [];

    /// <summary>Substitution variables, without the <c>$</c>; platforms often know more than they list.</summary>
    public IReadOnlyList<string> Variables { get; init; } = [];

    /// <summary>Types of notices (PNS 1.0); empty where there are none.</summary>
    public IReadOnlyList<string> NoticeTypes { get; init; } = [];
}

/// <summary>A message that the platform sends.</summary>
/// <param name="Type">Such as <c>LtiDeepLinkingRequest</c>.</param>
/// <param name="Placements">Where it can be offered; may be empty.</param>
public sealed record SupportedMessage(string Type, IReadOnlyList<string> Placements);
