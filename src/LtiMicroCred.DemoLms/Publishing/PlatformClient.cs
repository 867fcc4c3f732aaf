using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using LtiMicroCred.DemoLms.Lti;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace LtiMicroCred.DemoLms;

/// <summary>What this LMS, as a tool, asks of a platform; headers and bodies as a recorded Moodle sends them.</summary>
internal sealed class PlatformClient(Platform lms, PlatformKey key) : IDisposable
{
    private readonly HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { Timeout = TimeSpan.FromSeconds(20), MaxResponseContentBufferSize = 1024 * 1024 };

    public void Dispose() => http.Dispose();

    public async Task<JsonObject?> ReadAsync(string address, CancellationToken ct)
    {
        using var request = Request(HttpMethod.Get, address, "*/*");
        return await SendAsync(request, ct) is (200, var body) ? Parse(body) as JsonObject : null;
    }

    public async Task<JsonObject?> RegisterAsync(string endpoint, string token, JsonObject metadata, CancellationToken ct)
    {
        using var request = Request(HttpMethod.Post, endpoint, "*/*");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        request.Content = new StringContent(metadata.ToJsonString(), Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        return await SendAsync(request, ct) is (200 or 201, var body) ? Parse(body) as JsonObject : null;
    }

    /// <returns>Null when the platform did not sign it.</returns>
    public async Task<JsonWebToken?> VerifyAsync(string idToken, KnownPlatform platform, CancellationToken ct)
    {
        if (ToolKeys.Peek(idToken) is not { } peeked || !peeked.TryGetHeaderValue<string>("kid", out var kid) || await ReadAsync(platform.JwksUri, ct) is not { } set)
            return null;
        return new JsonWebKeySet(set.ToJsonString()).Keys.FirstOrDefault(candidate => candidate.KeyId == kid) is { } signing ? await SignatureCheck.ReadAsync(idToken, signing) : null;
    }

    public async Task<SentScore> PostScoreAsync(Visitor visitor, string lineItem, string body, CancellationToken ct)
    {
        if (await TokenAsync(visitor.Platform, [Scopes.LineItemRead, Scopes.ResultRead, Scopes.Score], ct) is not { } token)
            return new SentScore(lineItem, body, 0, "no token");
        // The path gets longer; a query stays.
        var address = new UriBuilder(lineItem);
        address.Path += "/scores";
        using var request = Request(HttpMethod.Post, address.Uri.AbsoluteUri, "application/json");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        request.Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/vnd.ims.lis.v1.score+json"));
        var (status, answer) = await SendAsync(request, ct);
        return new SentScore(lineItem, body, status, answer);
    }

    public async Task<IReadOnlyList<JsonObject>> MembersAsync(Visitor visitor, CancellationToken ct)
    {
        if (await TokenAsync(visitor.Platform, [Scopes.Memberships], ct) is not { } token)
            return [];
        using var request = Request(HttpMethod.Get, $"{visitor.Memberships}?rlid={Uri.EscapeDataString(visitor.ResourceLinkId)}", "application/vnd.ims.lti-nrps.v2.membershipcontainer+json");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await SendAsync(request, ct) is (200, var body) && Parse(body)?["members"] is JsonArray members ? [.. members.OfType<JsonObject>()] : [];
    }

    /// <summary>Security Framework 4.1: an assertion in the recorded shape.</summary>
    public async Task<string?> TokenAsync(KnownPlatform platform, IEnumerable<string> scopes, CancellationToken ct)
    {
        using var request = Request(HttpMethod.Post, platform.TokenEndpoint, null);
        request.Content = new FormUrlEncodedContent(
        [
            new("grant_type", "client_credentials"),
            new("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            new("client_assertion", Assertion(platform)),
            new("scope", string.Join(' ', scopes)),
        ]);
        return await SendAsync(request, ct) is (200, var body) ? (string?)Parse(body)?["access_token"] : null;
    }

    public string Assertion(KnownPlatform platform)
    {
        var now = lms.Now.ToUnixTimeSeconds();
        return key.Sign(new JsonObject
        {
            ["iss"] = platform.ClientId,
            ["sub"] = platform.ClientId,
            ["aud"] = platform.TokenEndpoint,
            ["iat"] = now - 5,
            ["exp"] = now + 60,
            ["jti"] = "lti-service-token" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)),
        });
    }

    private HttpRequestMessage Request(HttpMethod method, string address, string? accept)
    {
        var request = new HttpRequestMessage(method, address);
        request.Headers.TryAddWithoutValidation("User-Agent", $"MoodleBot/4.5 (+{lms.Issuer})");
        if (accept is not null)
            request.Headers.TryAddWithoutValidation("Accept", accept);
        return request;
    }

    private async Task<(int Status, string Body)> SendAsync(HttpRequestMessage request, CancellationToken ct)
    {
        try
        {
            using var answer = await http.SendAsync(request, ct);
            return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(ct));
        }
        catch (Exception failed) when (failed is HttpRequestException || (failed is TaskCanceledException && !ct.IsCancellationRequested))
        {
            return (0, failed.Message);
        }
    }

    private static JsonNode? Parse(string body)
    {
        try
        {
            return JsonNode.Parse(body);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
