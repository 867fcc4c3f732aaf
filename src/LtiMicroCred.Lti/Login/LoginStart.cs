namespace LtiMicroCred.Lti;

/// <summary>Where to send the browser, and the cookie to give it along.</summary>
public sealed record LoginStart(Uri AuthenticationRequest, StateCookie Cookie)
{
    /// <summary>
    /// Only where the platform sent <c>lti_storage_target</c>: the host then answers with a page that stores this before it goes on to
    /// <see cref="AuthenticationRequest"/>, whether or not the platform takes it. The cookie is set as well.
    /// </summary>
    public StateStorage? Storage { get; init; }
}

/// <summary>What a page of the host keeps with the platform by <c>lti.put_data</c>, or asks for by <c>lti.get_data</c> (LTI postMessage Storage 0.1).</summary>
/// <param name="Target">The frame to send to, as the platform named it: <c>_parent</c> is the window that opened us, anything else a frame in it.</param>
/// <param name="Origin">The only origin to send to, and the only one whose answer counts: that of the platform's OIDC authorisation endpoint.</param>
/// <param name="Key">Differs for each login.</param>
/// <param name="Value">The secret to put; null when asking for it.</param>
public sealed record StateStorage(string Target, string Origin, string Key, string? Value);

/// <summary>Ties one login to one browser. To be written Secure, HttpOnly, SameSite=None, Partitioned, for the launch path only.</summary>
public sealed record StateCookie(string Name, string Value, TimeSpan Lifetime)
{
    /// <summary>How the name of each begins.</summary>
    public const string Prefix = "lti-state-";
}
