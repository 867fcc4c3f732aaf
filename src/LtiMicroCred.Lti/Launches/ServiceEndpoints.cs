namespace LtiMicroCred.Lti;

/// <summary>What the platform lets the tool do in its gradebook (AGS 3.1).</summary>
public sealed record AgsEndpoint(IReadOnlySet<string> Scopes, Uri? LineItems, Uri? LineItem)
{
    /// <summary>Whether line items may be made, changed and deleted.</summary>
    public bool CanManageLineItems => LineItems is not null && Scopes.Contains(LtiScopes.LineItem);

    /// <summary>Whether the tool's line items may be listed.</summary>
    public bool CanReadLineItems => LineItems is not null && (Scopes.Contains(LtiScopes.LineItem) || Scopes.Contains(LtiScopes.LineItemReadOnly));

    /// <summary>Whether the results of its line items may be read.</summary>
    public bool CanReadResults => Scopes.Contains(LtiScopes.ResultReadOnly);

    /// <summary>Whether scores may be posted to its line items.</summary>
    public bool CanPostScores => Scopes.Contains(LtiScopes.Score);
}

/// <summary>Where the members of the course are listed (NRPS 3.6.1).</summary>
public sealed record NrpsEndpoint(Uri MembershipsUrl);

/// <summary>Where the tool says which notices it wants, and what there is (PNS 1.0); see <see cref="NoticeHandlers"/>.</summary>
/// <param name="HandlersUrl">For this deployment only.</param>
/// <param name="Types">Such as <c>LtiContextCopyNotice</c>.</param>
/// <param name="Versions">Of the service; empty where the platform does not say.</param>
/// <param name="Scopes">Empty where the platform does not say.</param>
public sealed record NoticeEndpoint(Uri HandlersUrl, IReadOnlyList<string> Types, IReadOnlyList<string> Versions, IReadOnlySet<string> Scopes)
{
    /// <summary>Whether the platform sends such notices, in the version that is spoken here.</summary>
    public bool Sends(string type) => Types.Contains(type, StringComparer.Ordinal) && (Versions.Count == 0 || Versions.Contains("1.0", StringComparer.Ordinal));
}
