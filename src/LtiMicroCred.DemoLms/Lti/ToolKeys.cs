using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace LtiMicroCred.DemoLms.Lti;

internal enum ToolJwtProblem
{
    Malformed,
    NoKeys,
    UnknownKey,
    BadSignature,
}

internal sealed class ToolJwtException(ToolJwtProblem problem) : Exception(problem.ToString())
{
    public ToolJwtProblem Problem => problem;
}

/// <summary>Reads what a tool signed, with the keys that it publishes now.</summary>
internal sealed class ToolKeys : IDisposable
{
    private readonly HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
    {
        Timeout = TimeSpan.FromSeconds(10),
        MaxResponseContentBufferSize = 64 * 1024,
        DefaultRequestHeaders = { { "User-Agent", "LindhavenDemoLms/1.0" } },
    };

    /// <returns>Null when it is no JWT at all. Nothing in it may be trusted before <see cref="VerifyAsync"/>.</returns>
    public static JsonWebToken? Peek(string token)
    {
        try
        {
            return new JsonWebToken(token);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <exception cref="ToolJwtException">The tool did not sign it.</exception>
    public async Task VerifyAsync(JsonWebToken token, Tool tool, CancellationToken ct)
    {
        var keys = await FetchAsync(tool, ct);
        if (!token.TryGetHeaderValue<string>("kid", out var kid) || keys.Keys.FirstOrDefault(key => key.KeyId == kid) is not { } key)
            throw new ToolJwtException(ToolJwtProblem.UnknownKey);
        if (await SignatureCheck.ReadAsync(token.EncodedToken, key) is null)
            throw new ToolJwtException(ToolJwtProblem.BadSignature);
    }

    public void Dispose() => http.Dispose();

    private async Task<JsonWebKeySet> FetchAsync(Tool tool, CancellationToken ct)
    {
        try
        {
            return new JsonWebKeySet(await http.GetStringAsync(new Uri(tool.JwksUri), ct));
        }
        catch (Exception failed) when (failed is HttpRequestException or JsonException or ArgumentException
            || (failed is TaskCanceledException && !ct.IsCancellationRequested))
        {
            throw new ToolJwtException(ToolJwtProblem.NoKeys);
        }
    }
}
