using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;

namespace LtiMicroCred.Lti;

/// <summary>Checks what a browser posted to the launch URL, in the order of the Security Framework (5.1.3), and stores nothing before the signature holds.</summary>
public sealed class LaunchValidator(IPlatforms platforms, INonces nonces, PlatformKeys keys, IDataProtectionProvider protection, LtiOptions options, TimeProvider time)
{
    internal static readonly TimeSpan Leeway = TimeSpan.FromSeconds(60);
    internal static readonly string[] KnownAlgorithms = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"];

    private readonly LoginStates _states = new(protection, time);

    /// <summary>The name of the cookie that belongs to a state, so that it can be expired after use.</summary>
    public static string StateCookieName(string state) => LoginStates.CookieName(state);

    /// <summary>The registration that a state was made for (<see cref="Platform.Id"/>), before anything else is looked at; null if it is none of ours, or too old.</summary>
    public Guid? PlatformOf(string? state) => _states.Find(state)?.PlatformId;

    /// <summary>Takes a launch once, or says why not.</summary>
    /// <param name="form">As posted.</param>
    /// <param name="cookie">The value of a cookie by its name; null if the browser sent none.</param>
    /// <param name="cancellationToken">Ends the validation.</param>
    /// <exception cref="LtiException">With the code of the first check that failed.</exception>
    public async Task<ValidLaunch> ValidateAsync(LaunchForm form, Func<string, string?> cookie, CancellationToken cancellationToken) =>
        await ValidateAsync(form, cookie, async (launch, nonce) => await nonces.TryUseAsync(nonce.Hash, nonce.Expires, cancellationToken) ? launch : null, cancellationToken);

    /// <summary>
    /// For hosts that keep each launch: <paramref name="receive"/> uses the nonce in the very statement with which it keeps the launch, so that a launch is kept once or not at all.
    /// <see cref="INonces"/> is not asked.
    /// </summary>
    /// <param name="form">As posted.</param>
    /// <param name="cookie">The value of a cookie by its name; null if the browser sent none.</param>
    /// <param name="receive">Everything holds but for the nonce's single use. Null means that the nonce was used before: then nothing may be kept.</param>
    /// <param name="cancellationToken">Ends the validation.</param>
    /// <exception cref="LtiException">With the code of the first check that failed.</exception>
    public async Task<T> ValidateAsync<T>(LaunchForm form, Func<string, string?> cookie, Func<ValidLaunch, NonceUse, Task<T?>> receive, CancellationToken cancellationToken)
        where T : class
    {
        RefuseErrorAnswer(form);
        var login = _states.Open(form.State);
        try
        {
            RequireSameBrowser(login, form, cookie);
            var launch = await ValidateAsync(form, login, cancellationToken);
            return await receive(launch, Nonce(login)) ?? throw Replayed(launch.Platform);
        }
        catch (LtiException refusal)
        {
            refusal.PlatformId = login.PlatformId;
            throw;
        }
    }

    /// <summary>
    /// What to ask the platform for before <see cref="ValidateAsync(LaunchForm, Func{string, string?}, CancellationToken)"/>: the browser sent no cookie, but the login's platform
    /// offered storage and nobody has asked yet. The host then answers with a page that asks, and posts the same form again with <see cref="LaunchForm.Storage"/>. Null where there is nothing to ask.
    /// </summary>
    /// <exception cref="LtiException"><see cref="LtiError.InvalidState"/> or <see cref="LtiError.ExpiredState"/>.</exception>
    public async Task<StateStorage?> AskStorageAsync(LaunchForm form, Func<string, string?> cookie, CancellationToken cancellationToken)
    {
        if (form is not { Error: null, Storage: null, State: { Length: > 0 } state } || !string.IsNullOrEmpty(cookie(LoginStates.CookieName(state))))
            return null;

        var login = _states.Open(state);
        return login.StorageHash is not null && await platforms.FindAsync(login.PlatformId, cancellationToken) is { } platform
            ? LoginStates.StorageOf(platform, login, state, secret: null)
            : null;
    }

    private async Task<ValidLaunch> ValidateAsync(LaunchForm form, LoginState login, CancellationToken cancellationToken)
    {
        var platform = await platforms.FindAsync(login.PlatformId, cancellationToken)
            ?? throw new LtiException(LtiError.UnknownPlatform, "the registration of this login is gone") { Got = login.Request.Issuer };

        var token = IdToken.Parse(form.IdToken, platform.Issuer);
        await RequireSignatureAsync(keys, token, platform, cancellationToken);

        var claims = new Claims(token.Payload, "", platform.Issuer);
        RequireIssuer(claims, platform);
        RequireAudience(claims, platform);
        RequireAuthorizedParty(claims, platform);
        var issuedAt = RequireAge(claims, time.GetUtcNow());
        RequireNonce(claims, login);

        var message = LaunchClaims.Read(claims, issuedAt, options, platform.AllowsAnonymous);
        await RequireDeploymentAsync(platform, message.DeploymentId, cancellationToken);
        return new ValidLaunch(platform, message);
    }

    // Security Framework 5.1.1.5: a platform may answer with an error instead of a token.
    private void RefuseErrorAnswer(LaunchForm form)
    {
        if (form.Error is not { } error)
            return;
        var login = _states.Find(form.State);
        throw new LtiException(LtiError.PlatformRefused, "the platform answered the authentication request with an error")
        {
            Got = $"{error} {form.ErrorDescription}".Trim(),
            Issuer = login?.Request.Issuer,
            PlatformId = login?.PlatformId,
            State = login is null ? null : form.State,
            Spec = "Security Framework 5.1.1.5",
        };
    }

    // Security Framework 5.1.1.2 (state): the launch must come from the browser that started the login.
    private void RequireSameBrowser(LoginState login, LaunchForm form, Func<string, string?> cookie)
    {
        var state = form.State!; // an opened state is not null
        var secret = cookie(LoginStates.CookieName(state));
        if (string.IsNullOrEmpty(secret) && login.StorageHash is not null && form.Storage is { Length: > 0 } stored)
        {
            RequireSameStorage(login, form, stored);
            return;
        }

        if (string.IsNullOrEmpty(secret))
            throw new LtiException(LtiError.StateCookieMissing, "the browser did not send the cookie of this login") { Issuer = login.Request.Issuer, State = state, Spec = "Security Framework 5.1.1.2" };
        if (!CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(secret)), login.CookieHash))
            throw new LtiException(LtiError.StateMismatch, "the state belongs to another browser") { Issuer = login.Request.Issuer, Spec = "Security Framework 5.1.1.2" };
    }

    private void RequireSameStorage(LoginState login, LaunchForm form, string stored)
    {
        // OIDC Login with LTI Client Side postMessages: the value must be the one kept in this browser. A form field by itself could be
        // anybody's: whoever began a login knows its value. Only our own page asks the platform for it, and only its posts bear our origin.
        if (form.Origin != WebAddress.OriginOf(options.LaunchUri))
            throw new LtiException(LtiError.StateMismatch, "the stored value was not posted by a page of this tool") { Expected = WebAddress.OriginOf(options.LaunchUri), Got = form.Origin, Issuer = login.Request.Issuer, Spec = "OIDC Login with LTI Client Side postMessages" };

        // The same: equal to what was put at the login.
        if (!CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(stored)), login.StorageHash))
            throw new LtiException(LtiError.StateMismatch, "the stored value is not the one of this login") { Issuer = login.Request.Issuer, Spec = "OIDC Login with LTI Client Side postMessages" };
    }

    internal static Task RequireSignatureAsync(PlatformKeys keys, IdToken token, Platform platform, CancellationToken cancellationToken) => RequireSignatureAsync(keys, token, platform.Signer, cancellationToken);

    internal static async Task RequireSignatureAsync(PlatformKeys keys, IdToken token, Signer signer, CancellationToken cancellationToken)
    {
        // Security Framework 5.1.2: the header names the key.
        if (string.IsNullOrEmpty(token.KeyId))
            throw new LtiException(LtiError.KeyIdMissing, "the id_token's header has no kid") { Expected = "kid", Issuer = signer.Name, Spec = "Security Framework 5.1.2" };

        // Security Framework 5.1.3 (6): an algorithm of the registration, and never none or a shared secret.
        if (token.Algorithm is null || !signer.Algorithms.Contains(token.Algorithm, StringComparer.Ordinal) || !KnownAlgorithms.Contains(token.Algorithm, StringComparer.Ordinal))
            throw WrongAlgorithm(token, signer, signer.Algorithms);

        var key = await keys.FindAsync(signer, token.KeyId, cancellationToken);

        // RFC 8725 3.1: a key is used for its own algorithms only.
        if (!key.Algorithms.Contains(token.Algorithm, StringComparer.Ordinal))
            throw WrongAlgorithm(token, signer, key.Algorithms);

        token.RequireSignature(key, token.Algorithm, signer.Name);
    }

    // Security Framework 5.1.3 (2): iss is exactly the registered issuer.
    internal static void RequireIssuer(Claims claims, Platform platform)
    {
        var issuer = claims.Text("iss");
        if (issuer != platform.Issuer)
            throw new LtiException(LtiError.WrongIssuer, "the id_token is from another issuer") { Expected = platform.Issuer, Got = issuer, Issuer = platform.Issuer, Spec = "Security Framework 5.1.3" };
    }

    // Security Framework 5.1.3 (3): aud holds our client_id and nobody whom we don't trust, which is everybody else.
    internal static void RequireAudience(Claims claims, Platform platform)
    {
        var audience = claims.OneOrMoreTexts("aud") ?? [];
        if (audience.Count == 0 || audience.Any(party => party != platform.ClientId))
            throw new LtiException(LtiError.WrongAudience, "the id_token is meant for another tool, or for others too") { Expected = platform.ClientId, Got = string.Join(' ', audience), Issuer = platform.Issuer, Spec = "Security Framework 5.1.3" };
    }

    // Security Framework 5.1.3 (4, 5): several audiences need azp, and azp is our client_id wherever it is sent.
    internal static void RequireAuthorizedParty(Claims claims, Platform platform)
    {
        var party = claims.Text("azp");
        var isNeeded = claims.OneOrMoreTexts("aud") is { Count: > 1 };
        if (party is null ? isNeeded : party != platform.ClientId)
            throw new LtiException(LtiError.WrongAuthorizedParty, "the id_token was issued to another party") { Expected = platform.ClientId, Got = party, Issuer = platform.Issuer, Spec = "Security Framework 5.1.3" };
    }

    // Security Framework 5.1.3 (7, 8): within its time, give or take what clocks differ.
    internal static DateTimeOffset RequireAge(Claims claims, DateTimeOffset now)
    {
        var expires = claims.Time("exp") ?? throw NoTime(claims, "exp");
        var issuedAt = claims.Time("iat") ?? throw NoTime(claims, "iat");
        if (now - Leeway >= expires)
            throw new LtiException(LtiError.TokenExpired, "the id_token has expired; if this persists, the clocks of platform and tool differ") { Expected = $"after {now:O}", Got = $"{expires:O}", Issuer = claims.Issuer, Spec = "Security Framework 5.1.3" };

        var validFrom = claims.Time("nbf") is { } notBefore && notBefore > issuedAt ? notBefore : issuedAt;
        if (validFrom > now + Leeway)
            throw new LtiException(LtiError.TokenFromFuture, "the id_token is from the future; the clocks of platform and tool differ") { Expected = $"not after {now:O}", Got = $"{validFrom:O}", Issuer = claims.Issuer, Spec = "Security Framework 5.1.3" };

        return issuedAt;
    }

    // Security Framework 5.1.3 (9): the nonce is the one of this login.
    private static void RequireNonce(Claims claims, LoginState login)
    {
        var nonce = claims.Text("nonce");
        if (string.IsNullOrEmpty(nonce))
            throw new LtiException(LtiError.NonceMissing, "the id_token has no nonce") { Expected = "nonce", Issuer = claims.Issuer, Spec = "Security Framework 5.1.3" };
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(nonce), Encoding.UTF8.GetBytes(login.Nonce)))
            throw new LtiException(LtiError.NonceMismatch, "the id_token's nonce is not the one of this login") { Issuer = claims.Issuer, Spec = "Security Framework 5.1.3" };
    }

    // Security Framework 5.1.3 (9): used once. Nothing can use it again when its state has expired, so it need not be remembered for longer.
    private static NonceUse Nonce(LoginState login) =>
        new(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(login.Nonce))), login.IssuedAt + LoginState.Lifetime + Leeway);

    private static LtiException Replayed(Platform platform) =>
        new(LtiError.NonceReplayed, "this launch was used before") { Issuer = platform.Issuer, Spec = "Security Framework 5.1.3" };

    // Core 5.3.3: the deployment is one that the host has approved for this issuer and client.
    private async Task RequireDeploymentAsync(Platform platform, string deploymentId, CancellationToken cancellationToken)
    {
        if (!await platforms.IsApprovedAsync(platform, deploymentId, cancellationToken))
            throw new LtiException(LtiError.UnknownDeployment, $"deployment '{deploymentId}' is not approved for {platform.Issuer}") { Got = deploymentId, Issuer = platform.Issuer, Spec = "Core 5.3.3" };
    }

    private static LtiException WrongAlgorithm(IdToken token, Signer signer, IReadOnlyList<string> allowed) =>
        new(LtiError.AlgorithmNotAllowed, $"the id_token is signed with an algorithm that is not allowed for this {signer.Role} and key") { Expected = string.Join(' ', allowed), Got = token.Algorithm, Issuer = signer.Name, Spec = "Security Framework 5.1.3" };

    private static LtiException NoTime(Claims claims, string name) =>
        new(LtiError.InvalidClaim, $"the id_token has no {name}") { Expected = name, Issuer = claims.Issuer, Spec = "Security Framework 5.1.2" };
}
