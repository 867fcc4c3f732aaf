namespace LtiMicroCred.DemoLms.Lti;

/// <summary>Names from the specifications.</summary>
internal static class Claims
{
    public const string MessageType = "https://purl.imsglobal.org/spec/lti/claim/message_type";
    public const string Version = "https://purl.imsglobal.org/spec/lti/claim/version";
    public const string DeploymentId = "https://purl.imsglobal.org/spec/lti/claim/deployment_id";
    public const string TargetLinkUri = "https://purl.imsglobal.org/spec/lti/claim/target_link_uri";
    public const string Lis = "https://purl.imsglobal.org/spec/lti/claim/lis";
    public const string Roles = "https://purl.imsglobal.org/spec/lti/claim/roles";
    public const string Context = "https://purl.imsglobal.org/spec/lti/claim/context";
    public const string ResourceLink = "https://purl.imsglobal.org/spec/lti/claim/resource_link";
    public const string Ext = "https://purl.imsglobal.org/spec/lti/claim/ext";
    public const string LaunchPresentation = "https://purl.imsglobal.org/spec/lti/claim/launch_presentation";
    public const string ToolPlatform = "https://purl.imsglobal.org/spec/lti/claim/tool_platform";
    public const string Custom = "https://purl.imsglobal.org/spec/lti/claim/custom";
    public const string AgsEndpoint = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint";
    public const string NamesRoles = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice";
    public const string DeepLinkingSettings = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings";
    public const string ContentItems = "https://purl.imsglobal.org/spec/lti-dl/claim/content_items";
    public const string DeepLinkingData = "https://purl.imsglobal.org/spec/lti-dl/claim/data";
    public const string DeepLinkingMessage = "https://purl.imsglobal.org/spec/lti-dl/claim/msg";
    public const string DeepLinkingError = "https://purl.imsglobal.org/spec/lti-dl/claim/errormsg";
    public const string ForUser = "https://purl.imsglobal.org/spec/lti/claim/for_user";
    public const string NoticeService = "https://purl.imsglobal.org/spec/lti/claim/platformnotificationservice";
    public const string Notice = "https://purl.imsglobal.org/spec/lti/claim/notice";
    public const string OriginContexts = "https://purl.imsglobal.org/spec/lti/claim/origin_contexts";
    public const string ToolConfiguration = "https://purl.imsglobal.org/spec/lti-tool-configuration";
    public const string PlatformConfiguration = "https://purl.imsglobal.org/spec/lti-platform-configuration";
}

internal static class Messages
{
    public const string ResourceLink = "LtiResourceLinkRequest";
    public const string DeepLinking = "LtiDeepLinkingRequest";
    public const string DeepLinkingResponse = "LtiDeepLinkingResponse";
    public const string SubmissionReview = "LtiSubmissionReviewRequest";
}

internal static class Scopes
{
    public const string LineItem = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem";
    public const string LineItemRead = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly";
    public const string ResultRead = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly";
    public const string Score = "https://purl.imsglobal.org/spec/lti-ags/scope/score";
    public const string Memberships = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly";

    /// <summary>Platform Notification Service; Moodle does not have it.</summary>
    public const string NoticeHandlers = "https://purl.imsglobal.org/spec/lti/scope/noticehandlers";

    public static readonly string[] Grades = [LineItem, LineItemRead, ResultRead, Score];

    /// <summary>In the order of Moodle's registration answers.</summary>
    public static readonly string[] GradesAsAnswered = [Score, ResultRead, LineItemRead, LineItem];

    public static readonly string[] All = [LineItemRead, ResultRead, Score, LineItem, Memberships];

    /// <summary>What an administrator's registration grants for what was asked, as Moodle groups it.</summary>
    public static IReadOnlyList<string> Grant(IReadOnlyCollection<string> asked, bool likeMoodle)
    {
        var granted = new List<string>();
        if (asked.Contains(LineItem, StringComparer.Ordinal))
            granted.AddRange(Grades);
        else if (asked.Any(scope => Grades.Contains(scope, StringComparer.Ordinal)))
            granted.AddRange([LineItemRead, ResultRead, Score]);
        if (asked.Contains(Memberships, StringComparer.Ordinal))
            granted.Add(Memberships);
        if (!likeMoodle && asked.Contains(NoticeHandlers, StringComparer.Ordinal))
            granted.Add(NoticeHandlers);
        return granted;
    }
}

internal static class RoleNames
{
    private const string Membership = "http://purl.imsglobal.org/vocab/lis/v2/membership#";

    public static string Short(CourseRole role) => role == CourseRole.Instructor ? "Instructor" : "Learner";

    public static string Full(CourseRole role) => Membership + Short(role);

    public static IReadOnlyList<string> Of(Person person, CourseRole? role) =>
        person.IsAdministrator
            ? ["http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator", Full(CourseRole.Instructor), "http://purl.imsglobal.org/vocab/lis/v2/system/person#Administrator"]
            : role is { } known ? [Full(known)] : [];
}
