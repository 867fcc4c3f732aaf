namespace LtiMicroCred.Lti;

/// <summary>A launch that passed every check. Only <see cref="LaunchValidator"/> makes one.</summary>
public sealed class ValidLaunch
{
    private readonly LaunchClaims _claims;

    internal ValidLaunch(Platform platform, LaunchClaims claims)
    {
        Platform = platform;
        _claims = claims;
    }

    public Platform Platform { get; }

    public string DeploymentId => _claims.DeploymentId;

    public LtiMessageType MessageType => _claims.MessageType;

    /// <summary>Who it is, unique only within the issuer; never empty.</summary>
    public string Subject => _claims.Subject;

    public Roles Roles => _claims.Roles;

    public Context? Context => _claims.Context;

    /// <summary>Present on every resource link launch.</summary>
    public ResourceLink? ResourceLink => _claims.ResourceLink;

    /// <summary>One of the tool's own addresses; present on every resource link launch.</summary>
    public Uri? TargetLinkUri => _claims.TargetLinkUri;

    public AgsEndpoint? Ags => _claims.Ags;

    public NrpsEndpoint? Nrps => _claims.Nrps;

    /// <summary>Present on every deep linking launch.</summary>
    public DeepLinkingSettings? DeepLinking => _claims.DeepLinking;

    /// <summary>Variables that the platform does not know come back as they were asked for, such as <c>$Person.name.full</c>.</summary>
    public IReadOnlyDictionary<string, string> Custom => _claims.Custom;

    public Person Person => _claims.Person;

    public LaunchPresentation? Presentation => _claims.Presentation;

    public ToolPlatform? ToolPlatform => _claims.ToolPlatform;

    /// <summary>By the platform's clock.</summary>
    public DateTimeOffset IssuedAt => _claims.IssuedAt;
}

/// <summary>The course or other place of the launch (Core 5.4.1).</summary>
public sealed record Context(string Id, string? Label, string? Title, IReadOnlyList<string> Types);

public sealed record ResourceLink(string Id, string? Title, string? Description);

/// <summary>What the platform tells of the person; any of it may be missing.</summary>
public sealed record Person(string? Name, string? GivenName, string? FamilyName, string? Email, string? Locale);

public sealed record LaunchPresentation(string? DocumentTarget, Uri? ReturnUrl, string? Locale);

#pragma warning disable CA1720 // guid is the specification's word (Core 5.4.2)
public sealed record ToolPlatform(string? ProductFamilyCode, string? Version, string? Name, string? Guid);
#pragma warning restore CA1720

/// <summary>What the platform lets the tool do in its gradebook (AGS 3.1).</summary>
public sealed record AgsEndpoint(IReadOnlySet<string> Scopes, Uri? LineItems, Uri? LineItem)
{
    public bool CanManageLineItems => LineItems is not null && Scopes.Contains(LtiScopes.LineItem);

    public bool CanReadLineItems => LineItems is not null && (Scopes.Contains(LtiScopes.LineItem) || Scopes.Contains(LtiScopes.LineItemReadOnly));

    public bool CanReadResults => Scopes.Contains(LtiScopes.ResultReadOnly);
}

public sealed record NrpsEndpoint(Uri MembershipsUrl);

/// <summary>What the platform takes as an answer (Deep Linking 4.4.1).</summary>
/// <param name="AcceptLineItem">Null where the platform does not say.</param>
/// <param name="Data">To be returned unchanged.</param>
public sealed record DeepLinkingSettings(
    Uri ReturnUrl,
    IReadOnlyList<string> AcceptTypes,
    bool AcceptMultiple,
    bool? AcceptLineItem,
    string? Data,
    string? Title,
    string? Text);
