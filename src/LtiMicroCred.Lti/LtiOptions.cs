namespace LtiMicroCred.Lti;

/// <summary>Where the tool lives and how it calls itself towards platforms.</summary>
public sealed record LtiOptions
{
    /// <summary>The redirect_uri of every authentication request, character for character as registered.</summary>
    public required Uri LaunchUri { get; init; }

    /// <summary>The root of the tool; only target links at or below it are ours. May have a path.</summary>
    public required Uri PublicUrl { get; init; }

    /// <summary>Sent with every request to a platform; some refuse requests without one.</summary>
    public required string UserAgent { get; init; }

    /// <summary>True for a web address at or below <see cref="PublicUrl"/>: same scheme, host and port, path compared by whole segments.</summary>
    public bool IsOurs(string? url) => WebAddress.TryRead(url, out var address) && IsOurs(address);

    private bool IsOurs(Uri address)
    {
        if (!WebAddress.SameOrigin(address, PublicUrl))
            return false;

        var root = PublicUrl.AbsolutePath.TrimEnd('/');
        return address.AbsolutePath == root || address.AbsolutePath.StartsWith(root + "/", StringComparison.Ordinal);
    }
}
