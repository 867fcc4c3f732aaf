namespace LtiMicroCred.Lti;

/// <summary>What a platform says of itself (Dynamic Registration, platform configuration).</summary>
public sealed record PlatformConfiguration
{
    public required string Issuer { get; init; }

    public required Uri AuthorizationEndpoint { get; init; }

    public required Uri TokenEndpoint { get; init; }

    public required Uri JwksUri { get; init; }

    public required Uri RegistrationEndpoint { get; init; }

    /// <summary>The audience of client assertions, where the platform names one.</summary>
    public string? AuthorizationServer { get; init; }

    /// <summary>Empty where the platform does not say.</summary>
    public IReadOnlyList<string> ScopesSupported { get; init; } = [];

    /// <summary>Of the id_tokens' signatures; RS256 where the platform does not say.</summary>
    public IReadOnlyList<string> Algorithms { get; init; } = ["RS256"];

    public string? ProductFamilyCode { get; init; }

    public string? Version { get; init; }

    public IReadOnlyList<SupportedMessage> Messages { get; init; } = [];
}

public sealed record SupportedMessage(string Type, IReadOnlyList<string> Placements);
