namespace LtiMicroCred.Lti;

/// <summary>Where a registration stopped.</summary>
public enum RegistrationFailure
{
    /// <summary>The address of the configuration is none that is called: not https, or not an address at all.</summary>
    AddressNotAllowed,

    /// <summary>The platform could not be reached, or took too long.</summary>
    Unreachable,

    /// <summary>The configuration lacks something or holds something that cannot be used.</summary>
    BadConfiguration,

    /// <summary>The issuer is not of the host that served the configuration.</summary>
    IssuerMismatch,

    /// <summary>The platform said no.</summary>
    Refused,

    /// <summary>The platform's answer to the registration cannot be used.</summary>
    BadAnswer,
}

/// <summary>A registration that failed; the message tells the LMS admin what to look at. It may hold the platform's own words: encode it before showing it.</summary>
public sealed class RegistrationException(RegistrationFailure failure, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Where it stopped.</summary>
    public RegistrationFailure Failure { get; } = failure;
}
