using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;

namespace LtiMicroCred.Lti;

/// <summary>Access tokens for a platform's services (Security Framework 4.1): asked for with a signed assertion, kept until shortly before they expire, one request at a time.</summary>
public sealed class ServiceTokens
{
    private static readonly TimeSpan AssertionLifetime = TimeSpan.FromMinutes(3);

    /// <summary>Some platforms refuse what was issued in their future by any measure (Moodle), and clocks are off by a minute and more. Five minutes in all are never exceeded.</summary>
    private static readonly TimeSpan Backdating = TimeSpan.FromSeconds(100);
    private static readonly TimeSpan LongestLifetime = TimeSpan.FromHours(24);

    private readonly ResilientHttp _http;
    private readonly AccessTokenCache _cache;
    private readonly IToolKeys _keys;
    private readonly TimeProvider _time;

    internal ServiceTokens(ResilientHttp http, AccessTokenCache cache, IToolKeys keys, TimeProvider time)
    {
        _http = http;
        _cache = cache;
        _keys = keys;
        _time = time;
    }

    /// <summary>A token for exactly these scopes, in any order; from memory while it lasts.</summary>
    /// <exception cref="LtiServiceException"><see cref="ServiceFailure.TokenRefused"/> where the platform grants none of it.</exception>
    public async Task<string> GetAsync(Platform platform, IReadOnlyCollection<string> scopes, CancellationToken cancellationToken)
    {
        var wanted = Join(scopes);
        var slot = _cache.For(platform, wanted);
        if (Usable(slot) is { } kept)
            return kept;

        await slot.OneAtATime.WaitAsync(cancellationToken);
        try
        {
            if (Usable(slot) is { } gotByAnother)
                return gotByAnother;

            var token = await RequestAsync(platform, wanted, cancellationToken);
            slot.Token = token;
            return token.Value;
        }
        finally
        {
            slot.OneAtATime.Release();
        }
    }

    /// <summary>Forgets <paramref name="token"/> if it is still the one kept: the platform refused it.</summary>
    public void Drop(Platform platform, IReadOnlyCollection<string> scopes, string token)
    {
        var slot = _cache.For(platform, Join(scopes));
        if (slot.Token?.Value == token)
            slot.Token = null;
    }

    private static string Join(IReadOnlyCollection<string> scopes) => string.Join(' ', scopes.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));

    private string? Usable(AccessTokenCache.Slot slot) => slot.Token is { } token && _time.GetUtcNow() < token.UsableUntil ? token.Value : null;

    // Safe to repeat: each attempt has an assertion of its own, and a token more does no harm.
    private async Task<AccessToken> RequestAsync(Platform platform, string scopes, CancellationToken cancellationToken)
    {
        var answer = await _http.SendAsync(platform, platform.TokenEndpoint, repeatable: true, attempt => AskForAsync(platform, scopes, attempt), cancellationToken);
        return answer.IsSuccess ? Read(answer, platform.TokenEndpoint) : throw Refused(answer, platform.TokenEndpoint);
    }

    private async ValueTask<HttpRequestMessage> AskForAsync(Platform platform, string scopes, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, platform.TokenEndpoint)
        {
            Content = new FormUrlEncodedContent(
            [
                new("grant_type", "client_credentials"),
                new("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                new("client_assertion", await AssertAsync(platform, cancellationToken)),
                new("scope", scopes),
            ]),
        };
        request.Headers.Accept.ParseAdd("application/json");
        return request;
    }

    // Security Framework 4.1.1: iss and sub are the client, aud is the authorization server, a jti serves once.
    private async Task<string> AssertAsync(Platform platform, CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        var payload = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(payload))
        {
            json.WriteStartObject();
            json.WriteString("iss", platform.ClientId);
            json.WriteString("sub", platform.ClientId);
            json.WriteString("aud", platform.AuthorizationServer ?? platform.TokenEndpoint.OriginalString);
            json.WriteNumber("iat", (now - Backdating).ToUnixTimeSeconds());
            json.WriteNumber("exp", (now + AssertionLifetime).ToUnixTimeSeconds());
            json.WriteString("jti", Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)));
            json.WriteEndObject();
        }

        return JwtSigner.Sign(payload.WrittenMemory, await _keys.CurrentAsync(platform, cancellationToken));
    }

    // The body counts, not its Content-Type: Moodle calls it text/html.
    private AccessToken Read(PlatformAnswer answer, Uri endpoint)
    {
        if (!StrictJson.TryParse(answer.Body, out var document))
            throw LtiServiceException.BadAnswer(endpoint, "the token answer is not JSON");

        using (document)
        {
            var root = document.RootElement;
            if (root.Text("access_token") is not { Length: > 0 and <= 16384 } token || token.AsSpan().ContainsAnyExceptInRange('!', '~'))
                throw LtiServiceException.BadAnswer(endpoint, "the token answer has no usable access_token");
            if (root.Text("token_type") is { } type && !type.Equals("bearer", StringComparison.OrdinalIgnoreCase))
                throw LtiServiceException.BadAnswer(endpoint, "the access token is not a bearer token");

            return new AccessToken(token, _time.GetUtcNow() + UsableFor(root));
        }
    }

    // Without expires_in (RFC 6749 5.1 only recommends it) a token is trusted for a minute.
    private static TimeSpan UsableFor(JsonElement root)
    {
        if (!root.TryGetProperty("expires_in", out var expiresIn) || !ExactDecimal.TryRead(expiresIn, out var seconds))
            return TimeSpan.FromMinutes(1);

        var lifetime = TimeSpan.FromSeconds((double)Math.Clamp(seconds, 0, (decimal)LongestLifetime.TotalSeconds));
        var margin = TimeSpan.FromTicks(Math.Min(TimeSpan.FromMinutes(1).Ticks, lifetime.Ticks / 4));
        return lifetime - margin;
    }

    // RFC 6749 5.2: 400 or 401 with an error code. Moodle's code isn't always valid JSON; the status says enough.
    private static LtiServiceException Refused(PlatformAnswer answer, Uri endpoint)
    {
        if (answer.Status is not (400 or 401 or 403))
            return LtiServiceException.From(answer, endpoint);

        var code = PlainText.Of(ErrorCode(answer.Body), 100);
        return new LtiServiceException(ServiceFailure.TokenRefused, $"{PlatformHttp.Place(endpoint)} granted no access token: {code ?? "no reason given"}") { Status = answer.Status };
    }

    private static string? ErrorCode(byte[] body)
    {
        if (!StrictJson.TryParse(body, out var document))
            return null;

        using (document)
            return document.RootElement.Text("error");
    }
}
