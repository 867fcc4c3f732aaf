using System.Collections.Frozen;

namespace LtiMicroCred.Lti;

/// <summary>The message that a signed token carries, checked for completeness and types (Core 5.3 and 5.4).</summary>
internal sealed record LaunchClaims
{
    private const int MaxIdLength = 255;

    public required LtiMessageType MessageType { get; init; }

    public required string DeploymentId { get; init; }

    public required string Subject { get; init; }

    public required Roles Roles { get; init; }

    public required Context? Context { get; init; }

    public required ResourceLink? ResourceLink { get; init; }

    public required Uri? TargetLinkUri { get; init; }

    public required AgsEndpoint? Ags { get; init; }

    public required NrpsEndpoint? Nrps { get; init; }

    public required DeepLinkingSettings? DeepLinking { get; init; }

    public required IReadOnlyDictionary<string, string> Custom { get; init; }

    public required Person Person { get; init; }

    public required LaunchPresentation? Presentation { get; init; }

    public required ToolPlatform? ToolPlatform { get; init; }

    public required DateTimeOffset IssuedAt { get; init; }

    public static LaunchClaims Read(Claims claims, DateTimeOffset issuedAt, LtiOptions options)
    {
        var messageType = ReadMessageType(claims);
        RequireVersion(claims);
        return new LaunchClaims
        {
            MessageType = messageType,
            DeploymentId = ReadDeploymentId(claims),
            TargetLinkUri = ReadTargetLink(claims, messageType, options),
            ResourceLink = ReadResourceLink(claims, messageType),
            Roles = ReadRoles(claims),
            Subject = ReadSubject(claims),
            DeepLinking = ReadDeepLinking(claims, messageType),
            Context = ReadContext(claims),
            Ags = ReadAgs(claims),
            Nrps = ReadNrps(claims),
            Custom = claims.TextByName(ClaimNames.Custom),
            Person = new Person(claims.Text("name"), claims.Text("given_name"), claims.Text("family_name"), claims.Text("email"), claims.Text("locale")),
            Presentation = ReadPresentation(claims),
            ToolPlatform = ReadToolPlatform(claims),
            IssuedAt = issuedAt,
        };
    }

    // Core 5.3.1: message_type is required and says which claims must follow.
    private static LtiMessageType ReadMessageType(Claims claims) => claims.Text(ClaimNames.MessageType) switch
    {
        "LtiResourceLinkRequest" => LtiMessageType.ResourceLink,
        "LtiDeepLinkingRequest" => LtiMessageType.DeepLinking,
        null or "" => throw Missing(claims, LtiError.MissingMessageType, "message_type", "Core 5.3.1"),
        var other => throw new LtiException(LtiError.UnsupportedMessageType, "this tool does not take messages of that type") { Expected = "LtiResourceLinkRequest or LtiDeepLinkingRequest", Got = other, Issuer = claims.Issuer, Spec = "Core 5.3.1" },
    };

    // Core 5.3.2: version must be 1.3.0.
    private static void RequireVersion(Claims claims)
    {
        var version = claims.Text(ClaimNames.Version);
        if (string.IsNullOrEmpty(version))
            throw Missing(claims, LtiError.MissingVersion, "version", "Core 5.3.2");
        if (version != "1.3.0")
            throw new LtiException(LtiError.UnsupportedVersion, "this tool does not speak that version of LTI") { Expected = "1.3.0", Got = version, Issuer = claims.Issuer, Spec = "Core 5.3.2" };
    }

    // Core 5.3.3: deployment_id is required, at most 255 characters.
    private static string ReadDeploymentId(Claims claims) => claims.Text(ClaimNames.DeploymentId, MaxIdLength) is { Length: > 0 } id
        ? id
        : throw Missing(claims, LtiError.MissingDeployment, "deployment_id", "Core 5.3.3");

    // Core 5.3.4: the signed target counts, not the login's, and only one of ours. Deep linking may do without (the certification suite does).
    private static Uri? ReadTargetLink(Claims claims, LtiMessageType messageType, LtiOptions options)
    {
        var text = claims.Text(ClaimNames.TargetLinkUri);
        if (string.IsNullOrEmpty(text))
            return messageType == LtiMessageType.DeepLinking ? null : throw Missing(claims, LtiError.MissingTargetLink, "target_link_uri", "Core 5.3.4");
        if (!options.IsOurs(text) || !WebAddress.TryRead(text, out var target))
            throw new LtiException(LtiError.ForeignTargetLink, "target_link_uri does not belong to this tool") { Expected = options.PublicUrl.AbsoluteUri, Got = text, Issuer = claims.Issuer, Spec = "Core 5.3.4" };

        return target;
    }

    // Core 5.3.5: resource_link with its id is required on a resource link launch.
    private static ResourceLink? ReadResourceLink(Claims claims, LtiMessageType messageType)
    {
        var link = claims.Object(ClaimNames.ResourceLink);
        if (link?.Text("id", MaxIdLength) is { Length: > 0 } id)
            return new ResourceLink(id, link?.Text("title"), link?.Text("description"));

        return messageType == LtiMessageType.DeepLinking ? null : throw Missing(claims, LtiError.MissingResourceLink, "resource_link › id", "Core 5.3.5");
    }

    // Core 5.3.7: roles must be there, and may be empty.
    private static Roles ReadRoles(Claims claims) => claims.Texts(ClaimNames.Roles) is { } roles
        ? new Roles(roles)
        : throw Missing(claims, LtiError.MissingRoles, "roles", "Core 5.3.7");

    // Core 5.3.6: sub is at most 255 characters. The anonymous launch, without sub, is not taken: it names nobody.
    private static string ReadSubject(Claims claims) => claims.Text("sub", MaxIdLength) is { Length: > 0 } subject
        ? subject
        : throw Missing(claims, LtiError.MissingSubject, "sub", "Core 5.3.6");

    // Deep Linking 4.4.1: the settings with a return address are required on a deep linking launch.
    private static DeepLinkingSettings? ReadDeepLinking(Claims claims, LtiMessageType messageType)
    {
        if (messageType != LtiMessageType.DeepLinking)
            return null;
        if (claims.Object(ClaimNames.DeepLinkingSettings) is not { } settings)
            throw Missing(claims, LtiError.MissingDeepLinkingSettings, "deep_linking_settings", "Deep Linking 4.4.1");

        return new DeepLinkingSettings(
            settings.Address("deep_link_return_url") ?? throw Missing(claims, LtiError.MissingDeepLinkingSettings, "deep_linking_settings › deep_link_return_url", "Deep Linking 4.4.1"),
            settings.Texts("accept_types") ?? [],
            settings.Flag("accept_multiple") ?? false,
            settings.Flag("accept_lineitem"),
            settings.Text("data"),
            settings.Text("title"),
            settings.Text("text"));
    }

    // Core 5.4.1: a context has an id.
    private static Context? ReadContext(Claims claims)
    {
        if (claims.Object(ClaimNames.Context) is not { } context)
            return null;

        return context.Text("id", MaxIdLength) is { Length: > 0 } id
            ? new Context(id, context.Text("label"), context.Text("title"), context.Texts("type") ?? [])
            : throw Missing(claims, LtiError.InvalidClaim, "context › id", "Core 5.4.1");
    }

    // AGS 3.1: scopes say what may be asked, the addresses where.
    private static AgsEndpoint? ReadAgs(Claims claims) => claims.Object(ClaimNames.Ags) is { } ags
        ? new AgsEndpoint((ags.Texts("scope") ?? []).ToFrozenSet(StringComparer.Ordinal), ags.Address("lineitems"), ags.Address("lineitem"))
        : null;

    // NRPS 3.6.1.1: the claim without an address is of no use.
    private static NrpsEndpoint? ReadNrps(Claims claims) => claims.Object(ClaimNames.Nrps)?.Address("context_memberships_url") is { } memberships
        ? new NrpsEndpoint(memberships)
        : null;

    private static LaunchPresentation? ReadPresentation(Claims claims) => claims.Object(ClaimNames.LaunchPresentation) is { } presentation
        ? new LaunchPresentation(presentation.Text("document_target"), presentation.Address("return_url"), presentation.Text("locale"))
        : null;

    private static ToolPlatform? ReadToolPlatform(Claims claims) => claims.Object(ClaimNames.ToolPlatform) is { } platform
        ? new ToolPlatform(platform.Text("product_family_code"), platform.Text("version"), platform.Text("name"), platform.Text("guid"))
        : null;

    private static LtiException Missing(Claims claims, LtiError error, string claim, string spec) =>
        new(error, $"the id_token has no {claim}") { Expected = claim, Issuer = claims.Issuer, Spec = spec };
}
