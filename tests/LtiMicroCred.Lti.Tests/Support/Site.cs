using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace LtiMicroCred.Lti.Tests.Support;

/// <summary>A platform that a test can watch and change: it publishes keys, grants tokens to assertions whose signature holds, and answers as told.</summary>
public sealed class Site
{
    private readonly ConcurrentDictionary<string, Func<HttpContext, Task>> _answers = new(StringComparer.Ordinal);
    private int _tokens;

    public Site(string address)
    {
        Address = address;
        On("/jwks", context => context.Response.WriteAsync(new JsonObject { ["keys"] = Keys.DeepClone() }.ToJsonString()));
        On("/token", GrantAsync);
    }

    public string Address { get; }

    public ConcurrentQueue<Seen> Requests { get; } = [];

    public JsonArray Keys { get; set; } = [TestKeys.Platform.Jwk];

    /// <summary>Scopes that get no token.</summary>
    public HashSet<string> RefusedScopes { get; } = [];

    public int TokenLifetime { get; set; } = 3600;

    public Platform Registration => new()
    {
        Id = new Guid("11111111-1111-1111-1111-111111111111"),
        Issuer = Address,
        ClientId = "tool-1",
        AuthorizationEndpoint = Uri("/auth"),
        TokenEndpoint = Uri("/token"),
        JwksUri = Uri("/jwks"),
    };

    public Uri Uri(string path) => new(Address + path);

    public int Count(string path) => Requests.Count(seen => seen.Path == path);

    public Seen Last(string path) => Requests.Last(seen => seen.Path == path);

    public void On(string path, Func<HttpContext, Task> answer) => _answers[path] = answer;

    public void On(string path, int status, string body = "", params (string Name, string Value)[] headers) => On(path, async context =>
    {
        context.Response.StatusCode = status;
        foreach (var (name, value) in headers)
            context.Response.Headers[name] = value;
        await context.Response.WriteAsync(body);
    });

    public async Task AnswerAsync(HttpContext context, string path)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        var headers = context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        var seen = new Seen(context.Request.Method, path, context.Request.QueryString.Value ?? "", headers, await reader.ReadToEndAsync());
        Requests.Enqueue(seen);
        context.Items[typeof(Seen)] = seen;
        if (_answers.TryGetValue(path + seen.Query, out var answer) || _answers.TryGetValue(path, out answer))
            await answer(context);
        else
            context.Response.StatusCode = 404;
    }

    private async Task GrantAsync(HttpContext context)
    {
        var form = QueryHelpers.ParseQuery(((Seen)context.Items[typeof(Seen)]!).Body);
        var assertion = await new JsonWebTokenHandler { MapInboundClaims = false }.ValidateTokenAsync(form["client_assertion"], new TokenValidationParameters
        {
            IssuerSigningKey = new RsaSecurityKey(TestKeys.Tool.Key),
            ValidIssuer = "tool-1",
            ValidAudience = Address + "/token",
            ValidateLifetime = false,
        });
        var scope = form["scope"].ToString();
        if (!assertion.IsValid || RefusedScopes.Contains(scope))
        {
            context.Response.StatusCode = 400;
            await context.Response.WriteAsync(assertion.IsValid ? """{"error":"invalid_scope"}""" : """{"error":"invalid_client"}""");
            return;
        }

        // As Moodle does it: JSON under another name.
        context.Response.ContentType = "text/html; charset=utf-8";
        await context.Response.WriteAsync($$"""{"access_token":"token-{{Interlocked.Increment(ref _tokens)}}","token_type":"Bearer","expires_in":{{TokenLifetime}},"scope":"{{scope}}"}""");
    }
}

public sealed record Seen(string Method, string Path, string Query, IReadOnlyDictionary<string, string> Headers, string Body);
