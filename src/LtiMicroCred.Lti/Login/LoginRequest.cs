using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace LtiMicroCred.Lti;

/// <summary>A platform's wish to log someone in (Security Framework 5.1.1.1), by GET or POST. Nothing in it is trusted yet.</summary>
public sealed record LoginRequest
{
    /// <summary><c>iss</c>, at most 512 bytes. Several registrations may share it.</summary>
    public required string Issuer { get; init; }

    /// <summary><c>login_hint</c>, at most 2048 bytes; opaque, goes back to the platform as it came.</summary>
    public required string LoginHint { get; init; }

    /// <summary><c>target_link_uri</c>, at most 2048 bytes. Has to be one of the tool's own, but where the launch ends is said by the token.</summary>
    public required string TargetLinkUri { get; init; }

    /// <summary><c>lti_message_hint</c> (Core 4.1), at most 4096 bytes; opaque, goes back to the platform as it came.</summary>
    public string? MessageHint { get; init; }

    /// <summary><c>lti_deployment_id</c> (Core 4.1), at most 255 bytes. The deployment that counts is the token's.</summary>
    public string? DeploymentId { get; init; }

    /// <summary><c>client_id</c> (Core 4.1), at most 512 bytes. Without it the issuer must have one registration only.</summary>
    public string? ClientId { get; init; }

    /// <summary>Where the platform offers to keep the state for tools without cookies.</summary>
    public string? StorageTarget { get; init; }

    /// <exception cref="LtiException"><see cref="LtiError.MissingLoginParameter"/> or <see cref="LtiError.InvalidLoginParameter"/>.</exception>
    public static LoginRequest From(IFormCollection form) => From(name => form[name]);

    /// <exception cref="LtiException"><see cref="LtiError.MissingLoginParameter"/> or <see cref="LtiError.InvalidLoginParameter"/>.</exception>
    public static LoginRequest From(IQueryCollection query) => From(name => query[name]);

    private static LoginRequest From(Func<string, StringValues> values)
    {
        return new LoginRequest
        {
            Issuer = Required("iss", 512),
            LoginHint = Required("login_hint", 2048),
            TargetLinkUri = Required("target_link_uri", 2048),
            MessageHint = Optional("lti_message_hint", 4096),
            DeploymentId = Optional("lti_deployment_id", 255),
            ClientId = Optional("client_id", 512),
            StorageTarget = Optional("lti_storage_target", 255),
        };

        string? Optional(string name, int maxBytes) => SingleParameter.Read(values(name), name, maxBytes, LtiError.InvalidLoginParameter);

        // Security Framework 5.1.1.1: iss, login_hint and target_link_uri are required.
        string Required(string name, int maxBytes) => Optional(name, maxBytes) is { Length: > 0 } value
            ? value
            : throw new LtiException(LtiError.MissingLoginParameter, $"the login has no {name}") { Expected = name, Spec = "Security Framework 5.1.1.1" };
    }
}
