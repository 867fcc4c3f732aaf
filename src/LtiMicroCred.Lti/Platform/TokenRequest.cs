using Microsoft.AspNetCore.Http;

namespace LtiMicroCred.Lti;

/// <summary>A tool's wish for an access token (Security Framework 4.1.1, RFC 7523). Nothing in it is trusted before <see cref="TokenRequests.ValidateAsync"/>.</summary>
public sealed class TokenRequest
{
    internal const string Method = "private_key_jwt";
    private const string AssertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    private const int MaxIdLength = 255;

    private TokenRequest(IdToken assertion, string clientId, IReadOnlyList<string> scopes) => (Assertion, ClientId, Scopes) = (assertion, clientId, scopes);

    /// <summary>Whom the assertion claims to be of.</summary>
    public string ClientId { get; }

    /// <summary>What is asked for; at least one.</summary>
    public IReadOnlyList<string> Scopes { get; }

    internal IdToken Assertion { get; }

    /// <exception cref="ToolRefusedException">With the code of the first check that failed.</exception>
    public static TokenRequest From(IFormCollection form)
    {
        // Security Framework 4.1.1: client_credentials and nothing else.
        if (Read(form, "grant_type", 64) is var grant && grant != "client_credentials")
            throw new ToolRefusedException(ToolRefusal.WrongGrantType, "grant_type is not client_credentials") { Expected = "client_credentials", Got = grant, Spec = "Security Framework 4.1.1" };

        // RFC 7523 2.2: the tool proves itself by a signed assertion.
        if (Read(form, "client_assertion_type", 128) is var type && type != AssertionType)
            throw new ToolRefusedException(ToolRefusal.WrongAssertionType, "client_assertion_type is not jwt-bearer") { Expected = AssertionType, Got = type, Spec = "RFC 7523 2.2" };

        // RFC 6749 3.3: what for, parted by spaces.
        var scopes = (Read(form, "scope", 4096) ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (scopes.Length == 0)
            throw new ToolRefusedException(ToolRefusal.WrongScope, "the token request has no scope") { Expected = "scope", Spec = "RFC 6749 3.3" };

        try
        {
            var assertion = IdToken.Parse(Read(form, "client_assertion", 64 * 1024), "");
            var clientId = new Claims(assertion.Payload, "", "").Text("iss", MaxIdLength);
            return new TokenRequest(assertion, clientId ?? "", scopes);
        }
        catch (LtiException malformed)
        {
            throw new ToolRefusedException(ToolRefusal.MalformedAssertion, "the client assertion cannot be read", malformed) { Spec = "RFC 7523 3" };
        }
    }

    // RFC 6749 3.2: once at most.
    private static string? Read(IFormCollection form, string name, int maxBytes)
    {
        try
        {
            return SingleParameter.Read(form[name], name, maxBytes, LtiError.InvalidLoginParameter);
        }
        catch (LtiException invalid)
        {
            throw new ToolRefusedException(ToolRefusal.InvalidParameter, invalid.Message, invalid) { Expected = invalid.Expected, Spec = "RFC 6749 3.2" };
        }
    }
}

/// <summary>A token request of a tool that has proved itself; only <see cref="TokenRequests"/> makes one.</summary>
public sealed class ValidTokenRequest
{
    internal ValidTokenRequest(ToolClient tool, IReadOnlyList<string> scopes, NonceUse assertion) => (Tool, Scopes, Assertion) = (tool, scopes, assertion);

    /// <summary>Who asks.</summary>
    public ToolClient Tool { get; }

    /// <summary>What of it the tool may have (RFC 6749 3.3); at least one.</summary>
    public IReadOnlyList<string> Scopes { get; }

    /// <summary>The host uses it once, in the statement or transaction that keeps the token: an assertion that comes again gets none (RFC 7523 3, jti).</summary>
    public NonceUse Assertion { get; }
}
