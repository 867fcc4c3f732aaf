namespace LtiMicroCred.Lti;

/// <summary>Why a platform refuses what a tool asks: one code per check.</summary>
public enum ToolRefusal
{
    // Registration

    /// <summary>The registration is no JSON object, or too long.</summary>
    MalformedRegistration,

    /// <summary>The tool has no name, or one that cannot be shown.</summary>
    MissingName,

    /// <summary>Its login address, key set or target is no usable https address (Dynamic Registration 3.6).</summary>
    WrongAddress,

    /// <summary>There is no redirect_uri, or one that is no usable https address (RFC 7591 5).</summary>
    WrongRegisteredRedirect,

    /// <summary>The tool would sign in another way than by private_key_jwt (Security Framework 4.1).</summary>
    WrongTokenMethod,

    // Authentication request

    /// <summary>A parameter was sent twice or is too long.</summary>
    InvalidParameter,

    /// <summary>client_id is not the tool's.</summary>
    WrongClient,

    /// <summary>redirect_uri is not, character for character, one that the tool registered.</summary>
    WrongRedirect,

    /// <summary>scope is not openid, or a token's scopes are none of the tool's.</summary>
    WrongScope,

    /// <summary>response_type is not id_token.</summary>
    WrongResponseType,

    /// <summary>response_mode is not form_post.</summary>
    WrongResponseMode,

    /// <summary>prompt is not none.</summary>
    WrongPrompt,

    /// <summary>There is no nonce, or too long a one.</summary>
    MissingNonce,

    /// <summary>There is no login_hint or no lti_message_hint: it answers no login that this platform began.</summary>
    MissingHint,

    // Token request

    /// <summary>grant_type is not client_credentials.</summary>
    WrongGrantType,

    /// <summary>client_assertion_type is not jwt-bearer.</summary>
    WrongAssertionType,

    /// <summary>The client assertion is no JWT, or its claims have other types than they must.</summary>
    MalformedAssertion,

    /// <summary>The client assertion is not signed by a key of the tool's own set.</summary>
    UntrustedAssertion,

    /// <summary>iss and sub are not both the client_id (RFC 7523 3).</summary>
    WrongAssertionIssuer,

    /// <summary>aud is not this token endpoint alone.</summary>
    WrongAssertionAudience,

    /// <summary>The client assertion has expired, is from the future, or has no times.</summary>
    WrongAssertionTime,

    /// <summary>The client assertion is good for more than five minutes.</summary>
    AssertionLivesTooLong,

    /// <summary>There is no jti: nothing would keep the assertion from coming again.</summary>
    MissingAssertionId,

    // Score

    /// <summary>The score is no JSON object.</summary>
    MalformedScore,

    /// <summary>The score has no userId of 1 to 255 characters.</summary>
    MissingScoreUser,

    /// <summary>The score's timestamp is no point in time.</summary>
    WrongScoreTime,

    /// <summary>activityProgress or gradingProgress is none of the words of AGS 3.4.7 and 3.4.8.</summary>
    WrongProgress,

    /// <summary>scoreGiven is negative, or no number that can be kept exactly.</summary>
    WrongScoreGiven,

    /// <summary>scoreMaximum is missing beside scoreGiven, or no positive number that can be kept exactly.</summary>
    WrongScoreMaximum,
}

/// <summary>A tool's request that this platform refuses. The message is one technical sentence for whoever runs the tool; it holds no secrets, tokens, names or scores.</summary>
public sealed class ToolRefusedException(ToolRefusal refusal, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Which check failed.</summary>
    public ToolRefusal Refusal { get; } = refusal;

    /// <summary>The parameter or member that the check is about, by its name in the specification; null where it is about the whole.</summary>
    public string? Parameter { get; init; }

    /// <summary>What the check wants.</summary>
    public string? Expected { get; init; }

    /// <summary>What came instead, cut to one short line without markup.</summary>
    public string? Got
    {
        get;
        init => field = PlainText.Of(value, 200);
    }

    /// <summary>The section of the specification that asks for the check.</summary>
    public string? Spec { get; init; }

    /// <summary>The error code to answer with (RFC 6749 4.1.2.1 and 5.2, RFC 7591 3.2.2).</summary>
    public string Code => Refusal switch
    {
        ToolRefusal.MalformedRegistration or ToolRefusal.MissingName or ToolRefusal.WrongAddress or ToolRefusal.WrongTokenMethod => "invalid_client_metadata",
        ToolRefusal.WrongRegisteredRedirect => "invalid_redirect_uri",
        ToolRefusal.WrongClient => "unauthorized_client",
        ToolRefusal.WrongScope => "invalid_scope",
        ToolRefusal.WrongResponseType => "unsupported_response_type",
        ToolRefusal.WrongGrantType => "unsupported_grant_type",
        ToolRefusal.MalformedAssertion or ToolRefusal.UntrustedAssertion or ToolRefusal.WrongAssertionIssuer or ToolRefusal.WrongAssertionAudience
            or ToolRefusal.WrongAssertionTime or ToolRefusal.AssertionLivesTooLong or ToolRefusal.MissingAssertionId => "invalid_client",
        _ => "invalid_request",
    };
}
