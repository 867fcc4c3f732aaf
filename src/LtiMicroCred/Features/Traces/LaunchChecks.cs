using LtiMicroCred.Lti;

namespace LtiMicroCred.Features.Traces;

/// <summary>
/// The checks of a login and its launch, in the order in which they are made, each with the codes that it refuses with. A refusal at one of them says that
/// those before it passed and those after it were not reached. What the steps are called, and what to do, is in Words.resx under the same names.
/// </summary>
internal static class LaunchChecks
{
    public static IReadOnlyList<LaunchCheck> InOrder { get; } =
    [
        new("LoginForm", LtiError.MissingLoginParameter, LtiError.InvalidLoginParameter),
        new("Target", LtiError.TargetNotOurs),
        new("Registration", LtiError.UnknownPlatform),
        new("Answer", LtiError.InvalidLaunchParameter, LtiError.PlatformRefused),
        new("State", LtiError.InvalidState, LtiError.ExpiredState),
        new("Browser", LtiError.StateCookieMissing, LtiError.StateMismatch),
        new("Token", LtiError.MissingToken, LtiError.MalformedToken, LtiError.HeaderNotAllowed),
        new("Algorithm", LtiError.KeyIdMissing, LtiError.AlgorithmNotAllowed),
        new("Key", LtiError.UnknownKey, LtiError.KeysUnavailable, LtiError.WeakKey),
        new("Signature", LtiError.BadSignature),
        new("Parties", LtiError.WrongIssuer, LtiError.WrongAudience, LtiError.WrongAuthorizedParty),
        new("Age", LtiError.TokenExpired, LtiError.TokenFromFuture),
        new("Nonce", LtiError.NonceMissing, LtiError.NonceMismatch),
        new("Message", LtiError.MissingMessageType, LtiError.UnsupportedMessageType, LtiError.MissingVersion, LtiError.UnsupportedVersion, LtiError.MissingDeployment,
            LtiError.MissingTargetLink, LtiError.ForeignTargetLink, LtiError.MissingResourceLink, LtiError.MissingRoles, LtiError.MissingSubject,
            LtiError.MissingDeepLinkingSettings, LtiError.MissingForUser, LtiError.MissingLineItem, LtiError.InvalidNotice, LtiError.InvalidClaim),
        new("Deployment", LtiError.UnknownDeployment),
        new("Once", LtiError.NonceReplayed),
    ];

    public static LaunchCheck? Of(string error) => InOrder.FirstOrDefault(check => check.Errors.Any(e => e.ToString() == error));

    /// <returns>Empty for what is no refused login or launch.</returns>
    public static IEnumerable<(LaunchCheck Check, CheckState State)> UpTo(string error)
    {
        if (Of(error) is not { } failed)
            return [];
        var at = InOrder.ToList().IndexOf(failed);
        return InOrder.Select((check, i) => (check, i < at ? CheckState.Passed : i == at ? CheckState.Failed : CheckState.NotReached));
    }
}

internal sealed record LaunchCheck(string Name, params IReadOnlyList<LtiError> Errors);

internal enum CheckState
{
    Passed,
    Failed,
    NotReached,
}
