using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace LtiMicroCred.Lti;

/// <summary>A tool's wish to be told who comes (Security Framework 5.1.1.2), by GET or POST. It came through a browser: nothing in it is trusted yet.</summary>
public sealed record AuthenticationRequest
{
    /// <summary>At most 512 bytes; null where it is missing.</summary>
    public string? ClientId { get; init; }

    internal string? RedirectUri { get; init; }

    internal string? Scope { get; init; }

    internal string? ResponseType { get; init; }

    internal string? ResponseMode { get; init; }

    internal string? Prompt { get; init; }

    internal string? Nonce { get; init; }

    internal string? LoginHint { get; init; }

    internal string? MessageHint { get; init; }

    internal string? State { get; init; }

    /// <exception cref="ToolRefusedException"><see cref="ToolRefusal.InvalidParameter"/>.</exception>
    public static AuthenticationRequest From(IFormCollection form) => From(name => form[name]);

    /// <exception cref="ToolRefusedException"><see cref="ToolRefusal.InvalidParameter"/>.</exception>
    public static AuthenticationRequest From(IQueryCollection query) => From(name => query[name]);

    /// <summary>Holds the request against the registration of its client_id. What login it answers is for the host to find out, by the hints.</summary>
    /// <param name="tool">Found by <see cref="ClientId"/>; null if there is none.</param>
    /// <exception cref="ToolRefusedException">With the code of the first check that failed.</exception>
    public ValidAuthenticationRequest Validate(ToolClient? tool)
    {
        // RFC 6749 4.1.2.1: a tool that is not known is told nothing.
        if (tool is null || ClientId != tool.ClientId)
            throw new ToolRefusedException(ToolRefusal.WrongClient, "client_id is no tool of this platform") { Got = ClientId, Spec = "RFC 6749 4.1.2.1" };

        // Security Framework 5.1.1.2, RFC 6749 3.1.2.3: redirect_uri is one that was registered, by plain comparison.
        if (RedirectUri is null || !tool.RedirectUris.Contains(RedirectUri, StringComparer.Ordinal))
            throw new ToolRefusedException(ToolRefusal.WrongRedirect, "redirect_uri is not one that the tool registered") { Expected = string.Join(' ', tool.RedirectUris), Got = RedirectUri, Spec = "Security Framework 5.1.1.2" };

        Require(Scope, "openid", ToolRefusal.WrongScope, "scope");
        Require(ResponseType, "id_token", ToolRefusal.WrongResponseType, "response_type");
        Require(ResponseMode, "form_post", ToolRefusal.WrongResponseMode, "response_mode");
        Require(Prompt, "none", ToolRefusal.WrongPrompt, "prompt");

        // Security Framework 5.1.1.2: the nonce goes back inside the token.
        if (string.IsNullOrEmpty(Nonce))
            throw new ToolRefusedException(ToolRefusal.MissingNonce, "there is no nonce") { Expected = "nonce", Spec = "Security Framework 5.1.1.2" };

        // Security Framework 5.1.1.2, Core 4.1: both hints come back as they were sent.
        if (string.IsNullOrEmpty(LoginHint) || string.IsNullOrEmpty(MessageHint))
            throw new ToolRefusedException(ToolRefusal.MissingHint, "login_hint or lti_message_hint is missing") { Expected = "both, as they were sent", Spec = "Core 4.1" };

        return new ValidAuthenticationRequest(tool, RedirectUri, Nonce, LoginHint, MessageHint, State);
    }

    // Security Framework 5.1.1.2: these four have one value each.
    private static void Require(string? got, string expected, ToolRefusal refusal, string name)
    {
        if (got != expected)
            throw new ToolRefusedException(refusal, $"{name} is not {expected}") { Expected = expected, Got = got, Spec = "Security Framework 5.1.1.2" };
    }

    private static AuthenticationRequest From(Func<string, StringValues> values)
    {
        return new AuthenticationRequest
        {
            ClientId = Read("client_id", 512),
            RedirectUri = Read("redirect_uri", 4096),
            Scope = Read("scope", 512),
            ResponseType = Read("response_type", 64),
            ResponseMode = Read("response_mode", 64),
            Prompt = Read("prompt", 64),
            Nonce = Read("nonce", 512),
            LoginHint = Read("login_hint", 512),
            MessageHint = Read("lti_message_hint", 512),
            State = Read("state", 4096),
        };

        // RFC 6749 3.1: once at most.
        string? Read(string name, int maxBytes)
        {
            try
            {
                return SingleParameter.Read(values(name), name, maxBytes, LtiError.InvalidLoginParameter);
            }
            catch (LtiException invalid)
            {
                throw new ToolRefusedException(ToolRefusal.InvalidParameter, invalid.Message, invalid) { Expected = invalid.Expected, Spec = "RFC 6749 3.1" };
            }
        }
    }
}

/// <summary>An authentication request that fits the tool's registration; only <see cref="AuthenticationRequest.Validate"/> makes one.</summary>
public sealed class ValidAuthenticationRequest
{
    internal ValidAuthenticationRequest(ToolClient tool, string redirectUri, string nonce, string loginHint, string messageHint, string? state) =>
        (Tool, RedirectUri, Nonce, LoginHint, MessageHint, State) = (tool, redirectUri, nonce, loginHint, messageHint, state);

    /// <summary>Who asks.</summary>
    public ToolClient Tool { get; }

    /// <summary>Where the answer is posted to.</summary>
    public string RedirectUri { get; }

    /// <summary>Goes into the token.</summary>
    public string Nonce { get; }

    /// <summary>Claims to be what the login was begun with; to be compared by the host.</summary>
    public string LoginHint { get; }

    /// <summary>Claims to be what the login was begun with; to be compared by the host.</summary>
    public string MessageHint { get; }

    /// <summary>Goes back beside the token.</summary>
    public string? State { get; }
}
