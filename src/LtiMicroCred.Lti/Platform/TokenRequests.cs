using System.Security.Cryptography;
using System.Text;

namespace LtiMicroCred.Lti;

/// <summary>Checks client assertions (RFC 7523 3, Security Framework 4.1.1) by the keys that the tool publishes.</summary>
public sealed class TokenRequests
{
    private static readonly TimeSpan LongestLife = TimeSpan.FromMinutes(5);
    private const int MaxIdLength = 255;

    private readonly PlatformKeys _keys;
    private readonly TimeProvider _time;

    internal TokenRequests(PlatformKeys keys, TimeProvider time) => (_keys, _time) = (keys, time);

    /// <param name="request">As posted.</param>
    /// <param name="tool">Found by <see cref="TokenRequest.ClientId"/>; null if there is none.</param>
    /// <param name="tokenEndpoint">This platform's own, as its configuration tells it.</param>
    /// <param name="cancellationToken">Ends the validation.</param>
    /// <exception cref="ToolRefusedException">With the code of the first check that failed.</exception>
    public async Task<ValidTokenRequest> ValidateAsync(TokenRequest request, ToolClient? tool, Uri tokenEndpoint, CancellationToken cancellationToken)
    {
        // RFC 7523 3 (1): the issuer is a tool that is known.
        if (tool is null || request.ClientId != tool.ClientId)
            throw new ToolRefusedException(ToolRefusal.WrongAssertionIssuer, "the client assertion is from no tool of this platform") { Got = request.ClientId, Spec = "RFC 7523 3" };

        await RequireSignatureAsync(request, tool, cancellationToken);

        // Nothing above this line is believed; from here on the tool is speaking.
        var now = _time.GetUtcNow();
        try
        {
            var claims = new Claims(request.Assertion.Payload, "", tool.ClientId);
            RequireSubject(claims, tool);
            RequireAudience(claims, tokenEndpoint);
            var expires = RequireTimes(claims, now);
            return new ValidTokenRequest(tool, RequireScopes(request, tool), RequireId(claims, tool, expires));
        }
        catch (LtiException malformed)
        {
            throw new ToolRefusedException(ToolRefusal.MalformedAssertion, malformed.Message, malformed) { Expected = malformed.Expected, Got = malformed.Got, Spec = "RFC 7523 3" };
        }
    }

    // RFC 7523 3 (9): signed by the tool, with a key that it published.
    private async Task RequireSignatureAsync(TokenRequest request, ToolClient tool, CancellationToken cancellationToken)
    {
        try
        {
            await LaunchValidator.RequireSignatureAsync(_keys, request.Assertion, tool.Signer, cancellationToken);
        }
        catch (LtiException untrusted)
        {
            throw new ToolRefusedException(ToolRefusal.UntrustedAssertion, "the client assertion is not signed by a key that the tool publishes", untrusted) { Expected = tool.JwksUri.AbsoluteUri, Got = untrusted.Error.ToString(), Spec = "RFC 7523 3" };
        }
    }

    // Security Framework 4.1.1: iss and sub are both the client_id.
    private static void RequireSubject(Claims claims, ToolClient tool)
    {
        if (claims.Text("iss") != tool.ClientId || claims.Text("sub") != tool.ClientId)
            throw new ToolRefusedException(ToolRefusal.WrongAssertionIssuer, "iss and sub of the client assertion are not both the client_id") { Expected = tool.ClientId, Got = claims.Text("sub"), Spec = "Security Framework 4.1.1" };
    }

    // RFC 7523 3 (3): meant for this token endpoint, and for nobody who could send it here.
    private static void RequireAudience(Claims claims, Uri tokenEndpoint)
    {
        var audience = claims.OneOrMoreTexts("aud") ?? [];
        if (audience.Count == 0 || audience.Any(party => party != tokenEndpoint.AbsoluteUri))
            throw new ToolRefusedException(ToolRefusal.WrongAssertionAudience, "the client assertion is meant for another server, or for others too") { Expected = tokenEndpoint.AbsoluteUri, Got = string.Join(' ', audience), Spec = "RFC 7523 3" };
    }

    // RFC 7523 3 (4, 5, 6): within its time, give or take what clocks differ, and that time is short.
    private static DateTimeOffset RequireTimes(Claims claims, DateTimeOffset now)
    {
        if (claims.Time("exp") is not { } expires || claims.Time("iat") is not { } issuedAt || now - LaunchValidator.Leeway >= expires || issuedAt > now + LaunchValidator.Leeway
            || claims.Time("nbf") > now + LaunchValidator.Leeway)
            throw new ToolRefusedException(ToolRefusal.WrongAssertionTime, "the client assertion has expired, is from the future, or does not say when it was made") { Expected = $"exp after and iat before {now:O}", Got = $"{claims.Time("iat"):O} to {claims.Time("exp"):O}", Spec = "RFC 7523 3" };
        if (expires > now + LongestLife + LaunchValidator.Leeway)
            throw new ToolRefusedException(ToolRefusal.AssertionLivesTooLong, "the client assertion is good for more than five minutes") { Expected = $"exp before {now + LongestLife:O}", Got = $"{expires:O}", Spec = "RFC 7523 3" };
        return expires;
    }

    // RFC 7523 3 (7): remembered for as long as the assertion could come again.
    private static NonceUse RequireId(Claims claims, ToolClient tool, DateTimeOffset expires)
    {
        if (claims.Text("jti", MaxIdLength) is not { Length: > 0 } id)
            throw new ToolRefusedException(ToolRefusal.MissingAssertionId, "the client assertion has no jti") { Expected = "jti", Spec = "Security Framework 4.1.1" };
        return new NonceUse(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{tool.Id:N} {id}"))), expires + LaunchValidator.Leeway);
    }

    // RFC 6749 3.3: no more than the tool's registration allows; less is told in the answer.
    private static IReadOnlyList<string> RequireScopes(TokenRequest request, ToolClient tool)
    {
        var granted = request.Scopes.Intersect(tool.Scopes, StringComparer.Ordinal).ToList();
        return granted.Count > 0
            ? granted
            : throw new ToolRefusedException(ToolRefusal.WrongScope, "the tool may have none of these scopes") { Expected = string.Join(' ', tool.Scopes), Got = string.Join(' ', request.Scopes), Spec = "RFC 6749 3.3" };
    }
}
