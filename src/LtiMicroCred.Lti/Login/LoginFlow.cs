using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.WebUtilities;

namespace LtiMicroCred.Lti;

/// <summary>Answers a platform's login with an authentication request (Security Framework 5.1.1.1 and 5.1.1.2).</summary>
public sealed class LoginFlow(IPlatforms platforms, IDataProtectionProvider protection, LtiOptions options, TimeProvider time)
{
    private const int SecretBytes = 32;

    private readonly LoginStates _states = new(protection, time);

    /// <exception cref="LtiException"><see cref="LtiError.TargetNotOurs"/> or <see cref="LtiError.UnknownPlatform"/>.</exception>
    public async Task<LoginStart> StartAsync(LoginRequest request, CancellationToken cancellationToken)
    {
        // Core 5.3.4: the target is where the launch ends; a foreign one would make us an open redirect.
        if (!options.IsOurs(request.TargetLinkUri))
            throw new LtiException(LtiError.TargetNotOurs, "target_link_uri does not belong to this tool") { Expected = options.PublicUrl.AbsoluteUri, Got = request.TargetLinkUri, Spec = "Core 5.3.4" };

        // Security Framework 5.1.1.1: the issuer, with client_id where one was sent, names the registration.
        var platform = await platforms.FindAsync(request.Issuer, request.ClientId, cancellationToken)
            ?? throw new LtiException(LtiError.UnknownPlatform, "no registration fits this issuer and client_id") { Got = $"{request.Issuer} {request.ClientId}".TrimEnd(), Spec = "Security Framework 5.1.1.1" };

        return Start(platform, request);
    }

    /// <summary>The same login again, from what is sealed in the state of a launch that lacked its cookie; to be opened in a window of its own.</summary>
    /// <exception cref="LtiException"><see cref="LtiError.InvalidState"/>, <see cref="LtiError.ExpiredState"/> or <see cref="LtiError.UnknownPlatform"/>.</exception>
    public async Task<LoginStart> RestartAsync(string state, CancellationToken cancellationToken)
    {
        var login = _states.Open(state);
        var platform = await platforms.FindAsync(login.PlatformId, cancellationToken)
            ?? throw new LtiException(LtiError.UnknownPlatform, "the registration of this login is gone") { Got = login.Request.Issuer };

        // A new window has nobody around it who could store anything, and a cookie holds in it.
        return Start(platform, login.Request with { StorageTarget = null });
    }

    private LoginStart Start(Platform platform, LoginRequest request)
    {
        var (secret, nonce) = (NewSecret(), NewSecret());
        // A secret of its own: what scripts and the platform's page see must not be what the cookie keeps from them.
        var stored = request.StorageTarget is { Length: > 0 } ? NewSecret() : null;
        var login = new LoginState
        {
            PlatformId = platform.Id,
            Nonce = nonce,
            CookieHash = SHA256.HashData(Encoding.ASCII.GetBytes(secret)),
            StorageHash = stored is null ? null : SHA256.HashData(Encoding.ASCII.GetBytes(stored)),
            IssuedAt = time.GetUtcNow(),
            Request = request,
        };
        var state = _states.Seal(login);

        var cookie = new StateCookie(LoginStates.CookieName(state), secret, LoginState.Lifetime);
        return new LoginStart(AuthenticationRequest(platform, request, state, nonce), cookie)
        {
            Storage = stored is null ? null : LoginStates.StorageOf(platform, login, state, stored),
        };
    }

    private static string NewSecret() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));

    // Security Framework 5.1.1.2: exactly these parameters; both hints go back as they came.
    private Uri AuthenticationRequest(Platform platform, LoginRequest request, string state, string nonce)
    {
        var parameters = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["scope"] = "openid",
            ["response_type"] = "id_token",
            ["response_mode"] = "form_post",
            ["prompt"] = "none",
            ["client_id"] = platform.ClientId,
            ["redirect_uri"] = options.LaunchUri.OriginalString,
            ["login_hint"] = request.LoginHint,
            ["state"] = state,
            ["nonce"] = nonce,
        };
        if (request.MessageHint is not null)
            parameters["lti_message_hint"] = request.MessageHint;

        return new Uri(QueryHelpers.AddQueryString(platform.AuthorizationEndpoint.OriginalString, parameters));
    }
}
