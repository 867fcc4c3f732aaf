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

    /// <summary>The registration that the token was checked against.</summary>
    public Platform Platform { get; }

    /// <summary>Approved by the host; unique only within the registration.</summary>
    public string DeploymentId => _claims.DeploymentId;

    /// <summary>Which of the claims below are present follows from it.</summary>
    public LtiMessageType MessageType => _claims.MessageType;

    /// <summary>Who it is, unique only within the issuer; never empty. Null on an anonymous launch, which only a registration with <see cref="Platform.AllowsAnonymous"/> takes.</summary>
    public string? Subject => _claims.Subject;

    /// <summary>True where the platform does not say who it is (Core 5.3.6.1).</summary>
    public bool IsAnonymous => Subject is null;

    /// <summary>May be empty.</summary>
    public Roles Roles => _claims.Roles;

    /// <summary>The users whom a mentor may act for (Core 5.4.9), by their <c>sub</c>; empty for everybody else.</summary>
    public IReadOnlyList<string> Mentees => _claims.Mentees;

    /// <summary>Null outside of courses.</summary>
    public Context? Context => _claims.Context;

    /// <summary>Present on every resource link launch and submission review.</summary>
    public ResourceLink? ResourceLink => _claims.ResourceLink;

    /// <summary>One of the tool's own addresses; present on every launch but deep linking, where some platforms leave it out.</summary>
    public Uri? TargetLinkUri => _claims.TargetLinkUri;

    /// <summary>Null where the platform offers no gradebook; present, with its line item, on every submission review.</summary>
    public AgsEndpoint? Ags => _claims.Ags;

    /// <summary>Null where the platform offers no list of members.</summary>
    public NrpsEndpoint? Nrps => _claims.Nrps;

    /// <summary>Null where the platform sends no notices.</summary>
    public NoticeEndpoint? Notices => _claims.Notices;

    /// <summary>Present on every deep linking launch.</summary>
    public DeepLinkingSettings? DeepLinking => _claims.DeepLinking;

    /// <summary>Whose submission is reviewed; present on every submission review.</summary>
    public ForUser? ForUser => _claims.ForUser;

    /// <summary>As sent: variables that the platform does not know come back as they were asked for, such as <c>$Person.name.full</c>. <see cref="CustomValue"/> leaves them out.</summary>
    public IReadOnlyDictionary<string, string> Custom => _claims.Custom;

    /// <summary>Any part may be missing, and none of it identifies anybody: that is what <see cref="Subject"/> is for.</summary>
    public Person Person => _claims.Person;

    /// <summary>Ids of the student information system, where the platform has one.</summary>
    public Lis? Lis => _claims.Lis;

    /// <summary>How the platform shows the tool, and where it takes the person back.</summary>
    public LaunchPresentation? Presentation => _claims.Presentation;

    /// <summary>Which product the platform is, in its own words.</summary>
    public ToolPlatform? ToolPlatform => _claims.ToolPlatform;

    /// <summary>By the platform's clock.</summary>
    public DateTimeOffset IssuedAt => _claims.IssuedAt;

    /// <summary>The value of one custom parameter; null where it was not sent, or where it is a variable that the platform did not resolve.</summary>
    public string? CustomValue(string name) => Custom.TryGetValue(name, out var value) && !SubstitutionVariable.IsOne(value) ? value : null;
}
