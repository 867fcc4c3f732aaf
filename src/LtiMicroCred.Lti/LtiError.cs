namespace LtiMicroCred.Lti;

/// <summary>Why a login or a launch is refused: one code per check, so that a host can word each for its people.</summary>
public enum LtiError
{
    // Third-party initiated login
    MissingLoginParameter,
    InvalidLoginParameter,
    UnknownPlatform,
    TargetNotOurs,

    // The form that comes back
    InvalidLaunchParameter,
    PlatformRefused,
    InvalidState,
    ExpiredState,
    StateCookieMissing,
    StateMismatch,

    // The token's form and signature
    MissingToken,
    MalformedToken,
    HeaderNotAllowed,
    KeyIdMissing,
    AlgorithmNotAllowed,
    UnknownKey,
    KeysUnavailable,
    WeakKey,
    BadSignature,

    // Whom the token is from, for whom, and when
    WrongIssuer,
    WrongAudience,
    WrongAuthorizedParty,
    TokenExpired,
    TokenFromFuture,
    NonceMissing,
    NonceMismatch,
    NonceReplayed,

    // The message
    MissingMessageType,
    UnsupportedMessageType,
    MissingVersion,
    UnsupportedVersion,
    MissingDeployment,
    UnknownDeployment,
    MissingTargetLink,
    ForeignTargetLink,
    MissingResourceLink,
    MissingRoles,
    MissingSubject,
    MissingDeepLinkingSettings,
    MissingForUser,
    MissingLineItem,
    InvalidClaim,

    // Notices
    InvalidNotice,
}
