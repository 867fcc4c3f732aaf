using Microsoft.AspNetCore.Http;

namespace LtiMicroCred.Lti;

/// <summary>What a platform has the browser post to the launch URL (Security Framework 5.1.1.3, errors 5.1.1.5). Nothing in it is trusted yet.</summary>
public sealed record LaunchForm
{
    /// <summary>A signed token (RFC 7519), or null with an error.</summary>
    public string? IdToken { get; init; }

    /// <summary>As this tool sealed it.</summary>
    public string? State { get; init; }

    /// <summary>A code such as <c>login_required</c>, in the sender's words.</summary>
    public string? Error { get; init; }

    /// <summary>In the sender's words: encode it before showing it.</summary>
    public string? ErrorDescription { get; init; }

    /// <exception cref="LtiException"><see cref="LtiError.InvalidLaunchParameter"/>.</exception>
    public static LaunchForm From(IFormCollection form)
    {
        return new LaunchForm
        {
            IdToken = Read("id_token", 128 * 1024),
            State = Read("state", 32 * 1024),
            Error = Read("error", 1024),
            ErrorDescription = Read("error_description", 4096),
        };

        string? Read(string name, int maxBytes) => SingleParameter.Read(form[name], name, maxBytes, LtiError.InvalidLaunchParameter);
    }
}
