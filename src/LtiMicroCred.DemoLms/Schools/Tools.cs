namespace LtiMicroCred.DemoLms;

/// <summary>A tool as the administrator's list shows it.</summary>
public sealed record Tool
{
    /// <summary>The deployment_id of its launches and the type_id of its service addresses.</summary>
    public required string Id { get; init; }

    public required string ClientId { get; init; }

    public required string Name { get; init; }

    public required string Description { get; init; }

    public required string InitiateLoginUri { get; init; }

    public required IReadOnlyList<string> RedirectUris { get; init; }

    public required string JwksUri { get; init; }

    public required string TargetLinkUri { get; init; }

    /// <summary>Null when the tool asked for no deep linking; empty when it names no address of its own for it.</summary>
    public string? DeepLinkingUri { get; init; }

    /// <summary>Null when the tool asked for no submission review; empty when it names no address of its own for it.</summary>
    public string? SubmissionReviewUri { get; init; }

    public IReadOnlyList<KeyValuePair<string, string>> Custom { get; init; } = [];

    public bool ReceivesNames { get; init; }

    public bool ReceivesEmail { get; init; }

    public IReadOnlyList<string> Scopes { get; init; } = [];

    public bool Active { get; init; }

    /// <summary>The origins that pages of this tool may come from.</summary>
    internal IEnumerable<string> Origins =>
        RedirectUris.Append(TargetLinkUri).Append(InitiateLoginUri).Select(uri => new Uri(uri).GetLeftPart(UriPartial.Authority)).Distinct(StringComparer.Ordinal);
}
