namespace LtiMicroCred.Lti;

/// <summary>Where to send the browser, and the cookie to give it along.</summary>
public sealed record LoginStart(Uri AuthenticationRequest, StateCookie Cookie);

/// <summary>Ties one login to one browser. To be written Secure, HttpOnly, SameSite=None, Partitioned, for the launch path only.</summary>
public sealed record StateCookie(string Name, string Value, TimeSpan Lifetime)
{
    /// <summary>How the name of each begins.</summary>
    public const string Prefix = "lti-state-";
}
