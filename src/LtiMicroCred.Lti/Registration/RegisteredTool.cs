namespace LtiMicroCred.Lti;

/// <summary>What came of a registration.</summary>
/// <param name="ClientId">At most 255 characters.</param>
/// <param name="DeploymentId">Null where the platform tells the deployment only in the first launch.</param>
/// <param name="Platform">As it was when the tool registered.</param>
public sealed record RegisteredTool(string ClientId, string? DeploymentId, PlatformConfiguration Platform)
{
    /// <summary>Where the registration can be read and changed later, where the platform offers that.</summary>
    public Uri? RegistrationClientUri { get; init; }

    /// <summary>Scopes that were asked for and that the answer leaves out. For the admin's eyes: what counts is whether a token is granted (Moodle's answer is not always right).</summary>
    public IReadOnlyList<string> MissingScopes { get; init; } = [];

    /// <summary>Message types that were asked for and that the answer leaves out; resource links are never among them, for platforms take them without saying so.</summary>
    public IReadOnlyList<string> MissingMessages { get; init; } = [];
}
