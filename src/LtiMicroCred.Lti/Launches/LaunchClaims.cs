using System.Collections.Frozen;

namespace LtiMicroCred.Lti;

/// <summary>The message that a signed token carries, checked for completeness and types (Core 5.3 and 5.4).</summary>
internal sealed record LaunchClaims
{
    private const int MaxIdLength = 255;

    public required LtiMessageType MessageType { get; init; }

    public required string DeploymentId { get; init; }

    public required string? Subject { get; init; }

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

    public required Lis? Lis { get; init; }

    public required IReadOnlyList<string> Mentees { get; init; }

    public required ForUser? ForUser { get; init; }

    public required NoticeEndpoint? Notices { get; init; }

    public required DateTimeOffset IssuedAt { get; init; }

    public static LaunchClaims Read(Claims claims, DateTimeOffset issuedAt, LtiOptions options, bool allowsAnonymous)
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
            Subject = ReadSubject(claims, allowsAnonymous),
            DeepLinking = ReadDeepLinking(claims, messageType),
            Context = ReadContext(claims),
            Ags = ReadAgs(claims, messageType),
            Nrps = ReadNrps(claims),
            Custom = claims.TextByName(ClaimNames.Custom),
            Person = new Person(claims.Text("name"), claims.Text("given_name"), claims.Text("family_name"), claims.Text("email"), claims.Text("locale")),
            Presentation = ReadPresentation(claims),
            ToolPlatform = ReadToolPlatform(claims),
            Lis = ReadLis(claims),
            Mentees = claims.Texts(ClaimNames.RoleScopeMentor) ?? [],
            ForUser = ReadForUser(claims, messageType),
            Notices = ReadNotices(claims),
            IssuedAt = issuedAt,
        };
    }

    // Core 5.3.1: message_type is required and says which claims must follow.
    private static LtiMessageType ReadMessageType(Claims claims) => claims.Text(ClaimNames.MessageType) switch
    {
        "LtiResourceLinkRequest" => LtiMessageType.ResourceLink,
        "LtiDeepLinkingRequest" => LtiMessageType.DeepLinking,
        "LtiSubmissionReviewRequest" => LtiMessageType.SubmissionReview,
        null or "" => throw Missing(claims, LtiError.MissingMessageType, "message_type", "Core 5.3.1"),
        var other => throw new LtiException(LtiError.UnsupportedMessageType, "this tool does not take messages of that type") { Expected = "LtiResourceLinkRequest, LtiDeepLinkingRequest or LtiSubmissionReviewRequest", Got = other, Issuer = claims.Issuer, Spec = "Core 5.3.1" },
    };

    // Core 5.3.2: version must be 1.3.0.
    internal static void RequireVersion(Claims claims)
    {
        var version = claims.Text(ClaimNames.Version);
        if (string.IsNullOrEmpty(version))
            throw Missing(claims, LtiError.MissingVersion, "version", "Core 5.3.2");
        if (version != "1.3.0")
            throw new LtiException(LtiError.UnsupportedVersion, "this tool does not speak that version of LTI") { Expected = "1.3.0", Got = version, Issuer = claims.Issuer, Spec = "Core 5.3.2" };
    }

    // Databases that pad with blanks take "7" and "7 " for the same; no LMS tells two of its ids apart by a blank at the end.
    private static string? Id(Claims claims, string name) => claims.Text(name, MaxIdLength) is { } id && id.EndsWith(' ')
        ? throw new LtiException(LtiError.InvalidClaim, $"the id {name} ends with a blank") { Expected = "an id without a blank at its end", Issuer = claims.Issuer, Spec = "Core 5.3" }
        : claims.Text(name, MaxIdLength);

    // Core 5.3.3: deployment_id is required, at most 255 characters.
    internal static string ReadDeploymentId(Claims claims) => Id(claims, ClaimNames.DeploymentId) is { Length: > 0 } id
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

    // Core 5.3.5: resource_link with its id is required on a resource link launch; a submission review is of such a link too.
    private static ResourceLink? ReadResourceLink(Claims claims, LtiMessageType messageType)
    {
        var link = claims.Object(ClaimNames.ResourceLink);
        if (link is { } resource && Id(resource, "id") is { Length: > 0 } id)
            return new ResourceLink(id, resource.Text("title"), resource.Text("description"));

        return messageType == LtiMessageType.DeepLinking ? null : throw Missing(claims, LtiError.MissingResourceLink, "resource_link › id", "Core 5.3.5");
    }

    // Core 5.3.7: roles must be there, and may be empty.
    private static Roles ReadRoles(Claims claims) => claims.Texts(ClaimNames.Roles) is { } roles
        ? new Roles(roles)
        : throw Missing(claims, LtiError.MissingRoles, "roles", "Core 5.3.7");

    // Core 5.3.6: sub is at most 255 characters. Absent, it makes the launch anonymous (5.3.6.1), which a registration has to allow; empty, it is neither.
    private static string? ReadSubject(Claims claims, bool allowsAnonymous)
    {
        var subject = Id(claims, "sub");
        var isAnonymous = subject is null && allowsAnonymous;
        return isAnonymous || subject is { Length: > 0 } ? subject : throw Missing(claims, LtiError.MissingSubject, "sub", "Core 5.3.6");
    }

    // Deep Linking 4.4.1: the settings with a return address are required on a deep linking launch.
    private static DeepLinkingSettings? ReadDeepLinking(Claims claims, LtiMessageType messageType)
    {
        if (messageType != LtiMessageType.DeepLinking)
            return null;
        if (claims.Object(ClaimNames.DeepLinkingSettings) is not { } settings)
            throw Missing(claims, LtiError.MissingDeepLinkingSettings, "deep_linking_settings", "Deep Linking 4.4.1");

        return new DeepLinkingSettings
        {
            ReturnUrl = settings.Address("deep_link_return_url") ?? throw Missing(claims, LtiError.MissingDeepLinkingSettings, "deep_linking_settings › deep_link_return_url", "Deep Linking 4.4.1"),
            AcceptTypes = settings.Texts("accept_types") ?? [],
            AcceptMediaTypes = settings.Text("accept_media_types")?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [],
            AcceptPresentationTargets = settings.Texts("accept_presentation_document_targets") ?? [],
            AcceptMultiple = settings.Flag("accept_multiple") ?? false,
            AcceptLineItem = settings.Flag("accept_lineitem"),
            AutoCreate = settings.Flag("auto_create") ?? false,
            Data = settings.Text("data"),
            Title = settings.Text("title"),
            Text = settings.Text("text"),
        };
    }

    // Core 5.4.1: a context has an id.
    internal static Context? ReadContext(Claims claims)
    {
        if (claims.Object(ClaimNames.Context) is not { } context)
            return null;

        return Id(context, "id") is { Length: > 0 } id
            ? new Context(id, context.Text("label"), context.Text("title"), context.Texts("type") ?? [])
            : throw Missing(claims, LtiError.InvalidClaim, "context › id", "Core 5.4.1");
    }

    // AGS 3.1: scopes say what may be asked, the addresses where. Submission Review 1.0: the review is of one line item, which must be named.
    private static AgsEndpoint? ReadAgs(Claims claims, LtiMessageType messageType)
    {
        var ags = claims.Object(ClaimNames.Ags) is { } json
            ? new AgsEndpoint((json.Texts("scope") ?? []).ToFrozenSet(StringComparer.Ordinal), json.Address("lineitems"), json.Address("lineitem"))
            : null;
        return messageType == LtiMessageType.SubmissionReview && ags?.LineItem is null
            ? throw Missing(claims, LtiError.MissingLineItem, "endpoint › lineitem", "Submission Review 1.0")
            : ags;
    }

    // NRPS 3.6.1.1: the claim without an address is of no use.
    private static NrpsEndpoint? ReadNrps(Claims claims) => claims.Object(ClaimNames.Nrps)?.Address("context_memberships_url") is { } memberships
        ? new NrpsEndpoint(memberships)
        : null;

    // PNS 1.0: the claim without an address is of no use.
    private static NoticeEndpoint? ReadNotices(Claims claims) => claims.Object(ClaimNames.NoticeService) is { } service && service.Address("platform_notification_service_url") is { } handlers
        ? new NoticeEndpoint(handlers, service.Texts("notice_types_supported") ?? [], service.Texts("service_versions") ?? [], (service.Texts("scope") ?? []).ToFrozenSet(StringComparer.Ordinal))
        : null;

    // Submission Review 1.0: for_user with its user_id is required on a submission review.
    private static ForUser? ReadForUser(Claims claims, LtiMessageType messageType)
    {
        if (claims.Object(ClaimNames.ForUser) is { } user && user.Text("user_id", MaxIdLength) is { Length: > 0 } id)
        {
            var person = new Person(user.Text("name"), user.Text("given_name"), user.Text("family_name"), user.Text("email"), Locale: null);
            return new ForUser(id, user.Resolved("person_sourcedid"), person, new Roles(user.Texts("roles") ?? []));
        }

        return messageType == LtiMessageType.SubmissionReview ? throw Missing(claims, LtiError.MissingForUser, "for_user › user_id", "Submission Review 1.0") : null;
    }

    // Core 5.4.4: how the platform shows the tool, and where it takes the person back.
    private static LaunchPresentation? ReadPresentation(Claims claims) => claims.Object(ClaimNames.LaunchPresentation) is { } presentation
        ? new LaunchPresentation(presentation.Text("document_target"), presentation.Address("return_url"), presentation.Text("locale")) { Height = presentation.Pixels("height"), Width = presentation.Pixels("width") }
        : null;

    // Core 5.4.2
    private static ToolPlatform? ReadToolPlatform(Claims claims) => claims.Object(ClaimNames.ToolPlatform) is { } platform
        ? new ToolPlatform(platform.Text("product_family_code"), platform.Text("version"), platform.Text("name"), platform.Text("guid"))
        {
            Description = platform.Text("description"),
            ContactEmail = platform.Text("contact_email"),
            Url = platform.Text("url"),
        }
        : null;

    // Core 5.4.5 and D: ids of the student information system.
    private static Lis? ReadLis(Claims claims) => claims.Object(ClaimNames.Lis) is { } lis
        ? new Lis(lis.Resolved("person_sourcedid"), lis.Resolved("course_offering_sourcedid"), lis.Resolved("course_section_sourcedid"))
        : null;

    private static LtiException Missing(Claims claims, LtiError error, string claim, string spec) =>
        new(error, $"the id_token has no {claim}") { Expected = claim, Issuer = claims.Issuer, Spec = spec };
}
