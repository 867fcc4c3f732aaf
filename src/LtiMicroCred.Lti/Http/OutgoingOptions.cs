namespace LtiMicroCred.Lti;

/// <summary>Where requests may go, how long they may take and how much may come back.</summary>
public sealed record OutgoingOptions
{
    /// <summary>Networks in CIDR notation that may be reached although they are not public, such as a campus network.</summary>
    public IReadOnlyList<string> AllowedNetworks { get; init; } = [];

    /// <summary>Host names that may resolve to addresses that are not public.</summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <summary>Opens every private network and loopback; link-local and metadata addresses stay closed.</summary>
    public bool AllowPrivateNetworks { get; init; }

    /// <summary>For one request as a whole, its body included.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Of one answer's body; more makes the request fail. Headers have a bound of their own, 64 KB.</summary>
    public long MaxResponseBytes { get; init; } = 8 * 1024 * 1024;
}
