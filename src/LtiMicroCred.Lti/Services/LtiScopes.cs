namespace LtiMicroCred.Lti;

/// <summary>The scopes of the LTI Advantage services.</summary>
public static class LtiScopes
{
    public const string LineItem = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem";
    public const string LineItemReadOnly = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly";
    public const string ResultReadOnly = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly";
    public const string Score = "https://purl.imsglobal.org/spec/lti-ags/scope/score";
    public const string Memberships = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly";

    /// <summary>To say which notices the tool wants (PNS 1.0).</summary>
    public const string NoticeHandlers = "https://purl.imsglobal.org/spec/lti/scope/noticehandlers";
}
