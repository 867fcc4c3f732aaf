using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace LtiMicroCred.Lti;

/// <summary>Checks what a platform posted to the tool's notice handler (PNS 1.0). There is no session and no login: a notice is believed for its signature alone.</summary>
public sealed class NoticeValidator
{
    /// <summary>A longer body need not be read to its end.</summary>
    public const int MostBytes = 1024 * 1024;

    private const string UnknownIssuer = "";
    private const int MaxIssuerLength = 512;
    private const int MostNotices = 100;
    private const int MostContexts = 100;
    private static readonly TimeSpan s_longestLife = TimeSpan.FromDays(1);

    private readonly IPlatforms _platforms;
    private readonly INonces _nonces;
    private readonly PlatformKeys _keys;
    private readonly TimeProvider _time;

    internal NoticeValidator(IPlatforms platforms, INonces nonces, PlatformKeys keys, TimeProvider time)
    {
        _platforms = platforms;
        _nonces = nonces;
        _keys = keys;
        _time = time;
    }

    /// <summary>Reads a delivery; each notice in it is accepted or refused by itself.</summary>
    /// <param name="body">JSON: <c>{"notices":[{"jwt":"…"},…]}</c>, at most 100 of them, of one platform.</param>
    /// <param name="cancellationToken">Ends the validation; notices that were taken by then are not taken again.</param>
    /// <exception cref="LtiException"><see cref="LtiError.InvalidNotice"/> if the body is not that.</exception>
    public Task<NoticeBatch> ValidateAsync(ReadOnlyMemory<byte> body, CancellationToken cancellationToken) =>
        ValidateAsync(body, (_, nonce) => _nonces.TryUseAsync(nonce.Hash, nonce.Expires, cancellationToken), cancellationToken);

    /// <summary>
    /// For hosts that keep what a notice says: <paramref name="take"/> uses the nonce in the same transaction with it, so that a notice which could not be kept is taken when the
    /// platform sends it again. <see cref="INonces"/> is not asked.
    /// </summary>
    /// <param name="body">JSON: <c>{"notices":[{"jwt":"…"},…]}</c>, at most 100 of them, of one platform.</param>
    /// <param name="take">Everything holds but for the nonce's single use. False means that the nonce was used before: then nothing may be kept. What it throws ends the validation.</param>
    /// <param name="cancellationToken">Ends the validation; notices that were taken by then are not taken again.</param>
    /// <exception cref="LtiException"><see cref="LtiError.InvalidNotice"/> if the body is not that.</exception>
    public async Task<NoticeBatch> ValidateAsync(ReadOnlyMemory<byte> body, Func<Notice, NonceUse, Task<bool>> take, CancellationToken cancellationToken)
    {
        var tokens = ReadTokens(body);
        var accepted = new List<Notice>(tokens.Count);
        var refused = new List<LtiException>();
        Sender? sender = null;
        foreach (var jwt in tokens)
        {
            try
            {
                var token = IdToken.Parse(jwt, UnknownIssuer);
                sender ??= await FindSenderAsync(token, cancellationToken);
                var (notice, nonce) = await ValidateAsync(token, sender.Platform, cancellationToken);
                accepted.Add(await take(notice, nonce) ? notice : throw Replayed(sender.Platform));
            }
            catch (LtiException refusal)
            {
                refusal.PlatformId = sender?.Platform.Id;
                refused.Add(refusal);
                // One search for a platform per delivery, whatever strangers put into it.
                if (sender is null && refusal.Error == LtiError.UnknownPlatform)
                    break;
            }
        }

        return new NoticeBatch(accepted, refused);
    }

    // PNS 1.0: the platform posts an object with a list of signed notices.
    private static List<string> ReadTokens(ReadOnlyMemory<byte> body)
    {
        if (body.Length > MostBytes || !StrictJson.TryParse(body, out var document))
            throw new LtiException(LtiError.InvalidNotice, "the delivery is not JSON") { Expected = $"JSON of at most {MostBytes} bytes", Got = $"{body.Length} bytes", Spec = "PNS 1.0" };

        using (document)
        {
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("notices", out var notices)
                || notices.ValueKind != JsonValueKind.Array
                || notices.GetArrayLength() is 0 or > MostNotices)
            {
                throw new LtiException(LtiError.InvalidNotice, "the delivery holds no list of notices, or too long a one") { Expected = $"1 to {MostNotices} notices", Spec = "PNS 1.0" };
            }

            return [.. notices.EnumerateArray().Select(notice => notice.Text("jwt") ?? "")];
        }
    }

    // Nothing of the token is trusted yet: it only says whose keys to ask.
    private async Task<Sender> FindSenderAsync(IdToken token, CancellationToken cancellationToken)
    {
        var claims = new Claims(token.Payload, "", UnknownIssuer);
        var issuer = claims.Text("iss", MaxIssuerLength);
        var client = claims.Text("azp", MaxIssuerLength) ?? claims.OneOrMoreTexts("aud")?.FirstOrDefault();
        if (string.IsNullOrEmpty(issuer) || string.IsNullOrEmpty(client) || client.Length > MaxIssuerLength || await _platforms.FindAsync(issuer, client, cancellationToken) is not { } platform)
            throw new LtiException(LtiError.UnknownPlatform, "no registration fits the issuer and audience of this notice") { Got = $"{issuer} {client}".Trim(), Spec = "PNS 1.0" };

        return new Sender(platform);
    }

    private async Task<(Notice Notice, NonceUse Nonce)> ValidateAsync(IdToken token, Platform platform, CancellationToken cancellationToken)
    {
        await LaunchValidator.RequireSignatureAsync(_keys, token, platform, cancellationToken);

        // Nothing above this line is believed; from here on the platform is speaking.
        var claims = new Claims(token.Payload, "", platform.Issuer);
        LaunchValidator.RequireIssuer(claims, platform);
        LaunchValidator.RequireAudience(claims, platform);
        LaunchValidator.RequireAuthorizedParty(claims, platform);
        LaunchValidator.RequireAge(claims, _time.GetUtcNow());
        LaunchClaims.RequireVersion(claims);
        var notice = Read(claims, platform);
        await RequireDeploymentAsync(platform, notice.DeploymentId, cancellationToken);
        return (notice, ReadNonce(claims, platform, _time.GetUtcNow()));
    }

    // PNS 1.0: the notice claim says what happened, and when; the type says which claims go with it.
    private static Notice Read(Claims claims, Platform platform)
    {
        if (claims.Object(ClaimNames.Notice) is not { } notice || notice.Text("id", 255) is not { Length: > 0 } id || notice.Text("type", 255) is not { Length: > 0 } type)
            throw Invalid(claims, "notice › id, type");

        var happenedAt = Timestamp.Read(notice.Text("timestamp")) ?? throw Invalid(claims, "notice › timestamp");
        var head = new NoticeHead(platform, LaunchClaims.ReadDeploymentId(claims), id, happenedAt);
        return type switch
        {
            HelloWorldNotice.Type => new HelloWorldNotice(head),
            ContextCopyNotice.Type => new ContextCopyNotice(head, LaunchClaims.ReadContext(claims) ?? throw Invalid(claims, "context"), ReadOrigins(claims)),
            _ => new UnknownNotice(head, type),
        };
    }

    // PNS 1.0: the ids of the courses that were copied; Canvas leaves the claim out where it does not know them.
    private static IReadOnlyList<string> ReadOrigins(Claims claims)
    {
        var origins = claims.Texts(ClaimNames.OriginContexts) ?? [];
        return origins.Count <= MostContexts && origins.All(origin => origin.Length is > 0 and <= 255) ? origins : throw Invalid(claims, "origin_contexts");
    }

    // Core 5.3.3: the deployment is one that the host has approved for this issuer and client.
    private async Task RequireDeploymentAsync(Platform platform, string deploymentId, CancellationToken cancellationToken)
    {
        if (!await _platforms.IsApprovedAsync(platform, deploymentId, cancellationToken))
            throw new LtiException(LtiError.UnknownDeployment, $"deployment '{deploymentId}' is not approved for {platform.Issuer}") { Got = deploymentId, Issuer = platform.Issuer, Spec = "Core 5.3.3" };
    }

    // Security Framework 5.1.3 (9): a nonce serves once, until the token itself has expired.
    private static NonceUse ReadNonce(Claims claims, Platform platform, DateTimeOffset now)
    {
        if (claims.Text("nonce", 512) is not { Length: > 0 } nonce)
            throw new LtiException(LtiError.NonceMissing, "the notice has no nonce") { Expected = "nonce", Issuer = platform.Issuer, Spec = "Security Framework 5.1.3" };

        // Its nonce has to be remembered for as long as it could come again.
        var expires = claims.Time("exp")!.Value; // its age was checked
        if (expires > now + s_longestLife)
            throw new LtiException(LtiError.InvalidNotice, "the notice is good for longer than a day") { Expected = "exp within a day", Got = $"{expires:O}", Issuer = platform.Issuer, Spec = "Security Framework 5.1.3" };

        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{platform.Id:N} {nonce}")));
        return new NonceUse(hash, expires + LaunchValidator.Leeway);
    }

    private static LtiException Replayed(Platform platform) =>
        new(LtiError.NonceReplayed, "this notice was taken before") { Issuer = platform.Issuer, Spec = "Security Framework 5.1.3" };

    private static LtiException Invalid(Claims claims, string expected) =>
        new(LtiError.InvalidNotice, $"the notice has no usable {expected}") { Expected = expected, Issuer = claims.Issuer, Spec = "PNS 1.0" };

    private sealed record Sender(Platform Platform);
}
