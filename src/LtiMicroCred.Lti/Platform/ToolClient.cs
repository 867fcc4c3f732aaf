namespace LtiMicroCred.Lti;

/// <summary>One tool registered with this platform.</summary>
public sealed record ToolClient
{
    /// <summary>The host's own key; opaque here.</summary>
    public required Guid Id { get; init; }

    /// <summary>As this platform named the tool.</summary>
    public required string ClientId { get; init; }

    /// <summary>Where a login begins (Security Framework 5.1.1.1).</summary>
    public required Uri LoginUri { get; init; }

    /// <summary>Compared character by character.</summary>
    public required IReadOnlyList<string> RedirectUris { get; init; }

    /// <summary>Where the tool's keys are.</summary>
    public required Uri JwksUri { get; init; }

    /// <summary>What the tool may be given a token for.</summary>
    public required IReadOnlyList<string> Scopes { get; init; }

    /// <summary>RS256 is what every tool must sign with (Security Framework 6.1).</summary>
    internal Signer Signer => new("tool", ClientId, JwksUri, ["RS256"]);

    /// <summary>True for an address on the host that the tool's logins begin at: no launch is sent anywhere else.</summary>
    public bool IsIts(Uri address) => WebAddress.IsAllowed(address) && WebAddress.SameOrigin(address, LoginUri);
}
