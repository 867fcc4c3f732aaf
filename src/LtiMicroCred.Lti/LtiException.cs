namespace LtiMicroCred.Lti;

/// <summary>A login or launch that is refused. The message is one technical sentence for the LMS admin; people are shown the host's own words for <see cref="Error"/>.</summary>
/// <remarks><see cref="Got"/> may hold text that the sender chose: encode it before showing it. Tokens, secrets, names and scores never get in here.</remarks>
public sealed class LtiException(LtiError error, string message) : Exception(message)
{
    /// <summary>Which check failed.</summary>
    public LtiError Error { get; } = error;

    /// <summary>What the check wants; the host may show it to admins.</summary>
    public string? Expected { get; init; }

    /// <summary>What came instead, cut to one short line without markup.</summary>
    public string? Got
    {
        get;
        init => field = PlainText.Of(value, 200);
    }

    /// <summary>The platform's issuer, as soon as the registration is known.</summary>
    public string? Issuer { get; init; }

    /// <summary>The registration, as soon as it is known: <see cref="Platform.Id"/>.</summary>
    public Guid? PlatformId { get; internal set; }

    /// <summary>The section of the specification that asks for the check.</summary>
    public string? Spec { get; init; }

    /// <summary>The sealed state to hand to <see cref="LoginFlow.RestartAsync"/>; only with <see cref="LtiError.StateCookieMissing"/>.</summary>
    public string? State { get; init; }
}
