namespace LtiMicroCred.Lti;

/// <summary>The scopes of the LTI Advantage services.</summary>
public static class LtiScopes
{
    /// <summary>Read, create, change and delete columns (AGS 3.2).</summary>
    public const string LineItem = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem";

    /// <summary>Read columns (AGS 3.2).</summary>
    public const string LineItemReadOnly = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly";

    /// <summary>Read results (AGS 3.3).</summary>
    public const string ResultReadOnly = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly";

    /// <summary>Post scores (AGS 3.4).</summary>
    public const string Score = "https://purl.imsglobal.org/spec/lti-ags/scope/score";

    /// <summary>Read who is in a course (NRPS 2.1).</summary>
    public const string Memberships = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly";

    /// <summary>To say which notices the tool wants (PNS 1.0).</summary>
    public const string NoticeHandlers = "https://purl.imsglobal.org/spec/lti/scope/noticehandlers";
}
