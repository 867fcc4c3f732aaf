namespace LtiMicroCred.Lti;

internal static class ClaimNames
{
    private const string Lti = "https://purl.imsglobal.org/spec/lti/claim/";
    private const string DeepLinkingPrefix = "https://purl.imsglobal.org/spec/lti-dl/claim/";

    public const string MessageType = Lti + "message_type";
    public const string Version = Lti + "version";
    public const string DeploymentId = Lti + "deployment_id";
    public const string TargetLinkUri = Lti + "target_link_uri";
    public const string ResourceLink = Lti + "resource_link";
    public const string Roles = Lti + "roles";
    public const string Context = Lti + "context";
    public const string ToolPlatform = Lti + "tool_platform";
    public const string LaunchPresentation = Lti + "launch_presentation";
    public const string Custom = Lti + "custom";
    public const string Lis = Lti + "lis";
    public const string RoleScopeMentor = Lti + "role_scope_mentor";
    public const string ForUser = Lti + "for_user";
    public const string NoticeService = Lti + "platformnotificationservice";
    public const string Notice = Lti + "notice";
    public const string OriginContexts = Lti + "origin_contexts";

    public const string Ags = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint";
    public const string Nrps = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice";

    public const string DeepLinkingSettings = DeepLinkingPrefix + "deep_linking_settings";
    public const string ContentItems = DeepLinkingPrefix + "content_items";
    public const string Data = DeepLinkingPrefix + "data";
    public const string Msg = DeepLinkingPrefix + "msg";
    public const string Log = DeepLinkingPrefix + "log";
    public const string ErrorMsg = DeepLinkingPrefix + "errormsg";
    public const string ErrorLog = DeepLinkingPrefix + "errorlog";
}
