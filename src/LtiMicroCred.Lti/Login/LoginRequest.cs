using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace LtiMicroCred.Lti;

/// <summary>A platform's wish to log someone in (Security Framework 5.1.1.1), by GET or POST. Nothing in it is trusted yet.</summary>
public sealed record LoginRequest
{
    public required string Issuer { get; init; }

    public required string LoginHint { get; init; }

    public required string TargetLinkUri { get; init; }

    public string? MessageHint { get; init; }

    public string? DeploymentId { get; init; }

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
