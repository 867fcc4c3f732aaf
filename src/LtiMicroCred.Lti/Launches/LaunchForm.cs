using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

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

    /// <summary>What the host's own page got by <c>lti.get_data</c> and posts along as <c>storage</c>; empty where no answer came, null where nobody has asked yet.</summary>
    public string? Storage { get; init; }

    /// <summary>The request's Origin header, which a browser writes and no page can choose. A stored value counts only from a page of our own.</summary>
    public string? Origin { get; init; }

    /// <param name="form">As posted.</param>
    /// <param name="origin">The request's Origin header.</param>
    /// <exception cref="LtiException"><see cref="LtiError.InvalidLaunchParameter"/>.</exception>
    public static LaunchForm From(IFormCollection form, StringValues origin = default)
    {
        return new LaunchForm
        {
            IdToken = Read("id_token", 128 * 1024),
            State = Read("state", 32 * 1024),
            Error = Read("error", 1024),
            ErrorDescription = Read("error_description", 4096),
            Storage = Read("storage", 256),
            Origin = origin is [{ } only] ? only : null,
        };

        string? Read(string name, int maxBytes) => SingleParameter.Read(form[name], name, maxBytes, LtiError.InvalidLaunchParameter);
    }
}
