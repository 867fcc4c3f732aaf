namespace LtiMicroCred.Lti;

/// <summary>Why a login, a launch or a notice is refused: one code per check, so that a host can word each for its people.</summary>
public enum LtiError
{
    // Third-party initiated login

    /// <summary>The login lacks iss, login_hint or target_link_uri (Security Framework 5.1.1.1).</summary>
    MissingLoginParameter,

    /// <summary>A parameter of the login was sent twice or is too long.</summary>
    InvalidLoginParameter,

    /// <summary>No registration fits the issuer and client_id, or several fit an issuer alone.</summary>
    UnknownPlatform,

    /// <summary>The login's target is none of the tool's addresses: an open redirect otherwise (Core 5.3.4).</summary>
    TargetNotOurs,

    // The form that comes back

    /// <summary>A parameter of the launch was sent twice or is too long.</summary>
    InvalidLaunchParameter,

    /// <summary>The platform answered with an error, such as login_required, instead of a token (Security Framework 5.1.1.5).</summary>
    PlatformRefused,

    /// <summary>The state is missing, or none that this tool sealed.</summary>
    InvalidState,

    /// <summary>The login was started more than ten minutes ago.</summary>
    ExpiredState,

    /// <summary>The browser sent no cookie for this login: it keeps none in frames, or another browser started the login.</summary>
    StateCookieMissing,

    /// <summary>The browser's cookie is of another login.</summary>
    StateMismatch,

    // The token's form and signature

    /// <summary>There is no id_token.</summary>
    MissingToken,

    /// <summary>The token is too long, or not three parts of base64url with JSON objects of distinct names.</summary>
    MalformedToken,

    /// <summary>The token's header brings a key along, or asks for an extension (RFC 8725 3.10).</summary>
    HeaderNotAllowed,

    /// <summary>The token's header has no kid (Security Framework 5.1.2).</summary>
    KeyIdMissing,

    /// <summary>The token is signed with an algorithm that the registration or the key does not allow.</summary>
    AlgorithmNotAllowed,

    /// <summary>The platform's key set lacks the key, also after it was read again.</summary>
    UnknownKey,

    /// <summary>The platform's key set cannot be read, and none is remembered.</summary>
    KeysUnavailable,

    /// <summary>The platform's RSA key is shorter than 2048 bits.</summary>
    WeakKey,

    /// <summary>The signature does not fit the platform's key.</summary>
    BadSignature,

    // Whom the token is from, for whom, and when

    /// <summary>iss is not the registered issuer (Security Framework 5.1.3).</summary>
    WrongIssuer,

    /// <summary>aud is not our client_id, or names others too (Security Framework 5.1.3).</summary>
    WrongAudience,

    /// <summary>azp is not our client_id, or is missing beside several audiences (Security Framework 5.1.3).</summary>
    WrongAuthorizedParty,

    /// <summary>exp is over by a minute or more.</summary>
    TokenExpired,

    /// <summary>iat or nbf is more than a minute ahead: the clocks differ.</summary>
    TokenFromFuture,

    /// <summary>There is no nonce.</summary>
    NonceMissing,

    /// <summary>The nonce is of another login.</summary>
    NonceMismatch,

    /// <summary>The nonce was used before.</summary>
    NonceReplayed,

    // The message

    /// <summary>There is no message_type (Core 5.3.1).</summary>
    MissingMessageType,

    /// <summary>The message is none of <see cref="LtiMessageType"/>.</summary>
    UnsupportedMessageType,

    /// <summary>There is no version (Core 5.3.2).</summary>
    MissingVersion,

    /// <summary>The version is not 1.3.0.</summary>
    UnsupportedVersion,

    /// <summary>There is no deployment_id (Core 5.3.3).</summary>
    MissingDeployment,

    /// <summary>The host has not approved this deployment.</summary>
    UnknownDeployment,

    /// <summary>There is no target_link_uri (Core 5.3.4); deep linking may do without.</summary>
    MissingTargetLink,

    /// <summary>The signed target is none of the tool's addresses.</summary>
    ForeignTargetLink,

    /// <summary>There is no resource_link with an id (Core 5.3.5).</summary>
    MissingResourceLink,

    /// <summary>There is no list of roles, not even an empty one (Core 5.3.7).</summary>
    MissingRoles,

    /// <summary>sub is empty, or is missing and the registration takes no anonymous launches (Core 5.3.6).</summary>
    MissingSubject,

    /// <summary>A deep linking launch lacks its settings or their return address (Deep Linking 4.4.1).</summary>
    MissingDeepLinkingSettings,

    /// <summary>A submission review does not say whose submission it is about.</summary>
    MissingForUser,

    /// <summary>A submission review does not say which line item it is about.</summary>
    MissingLineItem,

    /// <summary>A claim is of another type than the specification says, or too long; exp and iat also if they are missing.</summary>
    InvalidClaim,

    // Notices

    /// <summary>A delivery of notices, or the notice claim of one, is not what the specification says (PNS 1.0).</summary>
    InvalidNotice,
}
