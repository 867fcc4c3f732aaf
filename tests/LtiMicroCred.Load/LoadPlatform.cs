using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace LtiMicroCred.Load;

/// <summary>Many registrations of one LMS in this process: it registers tools, serves keys and answers services with nothing; its launches are signed here.</summary>
internal sealed class LoadPlatform : IAsyncDisposable
{
    public const string Instructor = "instructor";

    private const string Lti = "https://purl.imsglobal.org/spec/lti/claim/";
    private readonly WebApplication _app;
    private readonly RSA _key = RSA.Create(2048);
    private readonly TaskCompletionSource _never = new();
    private int _keysAsked;

    private LoadPlatform(WebApplication app) => _app = app;

    public string Url => _app.Urls.First();

    public int KeysAsked => _keysAsked;

    /// <summary>Whom the course lists, and what each column holds; in this order, the first without anybody.</summary>
    public byte[] Members { get; set; } = ListOf([]);

    public ConcurrentDictionary<string, byte[]> Columns { get; } = new(StringComparer.Ordinal);

    private int _readings;

    public int Readings => _readings;

    /// <summary>The key server of this registration takes the question and never answers.</summary>
    public string? DeadKeys { get; set; }

    public static async Task<LoadPlatform> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://localhost:" + LtiMicroCred.Features.Demo.DemoWorld.FreePort().ToString(CultureInfo.InvariantCulture));
        var platform = new LoadPlatform(builder.Build());
        platform.Map();
        await platform._app.StartAsync();
        return platform;
    }

    public string Issuer(int number) => string.Create(CultureInfo.InvariantCulture, $"{Url}/p{number}");

    public static string ClientId(int number) => string.Create(CultureInfo.InvariantCulture, $"client-{number}");

    /// <summary>The id_token that answers one login.</summary>
    public string Sign(Launcher who, string nonce)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var claims = new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["iss"] = Issuer(who.Platform),
            ["aud"] = ClientId(who.Platform),
            ["sub"] = who.Subject,
            ["iat"] = now,
            ["exp"] = now + 60,
            ["nonce"] = nonce,
            ["name"] = "Person " + who.Subject,
            ["email"] = who.Subject + "@lms.example",
            ["locale"] = "en",
            [Lti + "message_type"] = "LtiResourceLinkRequest",
            [Lti + "version"] = "1.3.0",
            [Lti + "deployment_id"] = "1",
            [Lti + "target_link_uri"] = who.Tool + "/lti/launch",
            [Lti + "roles"] = new[] { "http://purl.imsglobal.org/vocab/lis/v2/membership#" + (who.Subject == Instructor ? "Instructor" : "Learner") },
            [Lti + "context"] = new { id = "course-1", label = "DE1", title = "Data Ethics", type = new[] { "http://purl.imsglobal.org/vocab/lis/v2/course#CourseSection" } },
            [Lti + "resource_link"] = new { id = "link-1", title = "Data Ethics in Practice" },
            [Lti + "tool_platform"] = new { product_family_code = "moodle", version = "4.5", guid = "load", name = "Load" },
            [Lti + "launch_presentation"] = new { document_target = "iframe", locale = "en", return_url = Issuer(who.Platform) + "/return" },
            [Lti + "custom"] = new { context_history = "$Context.id.history" },
            ["https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"] = new
            {
                scope = new[] { "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem", "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly", "https://purl.imsglobal.org/spec/lti-ags/scope/score" },
                lineitems = Issuer(who.Platform) + "/lineitems",
                lineitem = Issuer(who.Platform) + "/lineitems/1",
            },
            ["https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"] = new { context_memberships_url = Issuer(who.Platform) + "/members", service_versions = new[] { "2.0" } },
        };
        var signed = $"{Part(new { alg = "RS256", typ = "JWT", kid = "load-1" })}.{Part(claims)}";
        byte[] signature;
        lock (_key)
            signature = _key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return $"{signed}.{Base64Url.EncodeToString(signature)}";
    }

    public async ValueTask DisposeAsync()
    {
        _never.TrySetResult();
        await _app.DisposeAsync();
        _key.Dispose();
    }

    private void Map()
    {
        _app.MapGet("/p{number:int}/configuration", (int number) => Results.Json(new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["issuer"] = Issuer(number),
            ["authorization_endpoint"] = Issuer(number) + "/auth",
            ["token_endpoint"] = Issuer(number) + "/token",
            ["jwks_uri"] = Issuer(number) + "/keys",
            ["registration_endpoint"] = Issuer(number) + "/register",
            ["id_token_signing_alg_values_supported"] = new[] { "RS256" },
            ["https://purl.imsglobal.org/spec/lti-platform-configuration"] = new { product_family_code = "moodle", version = "4.5" },
        }));
        _app.MapPost("/p{number:int}/register", (int number) => Results.Json(new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["client_id"] = ClientId(number),
            ["https://purl.imsglobal.org/spec/lti-tool-configuration"] = new { deployment_id = "1" },
        }));
        _app.MapGet("/p{number:int}/keys", async (int number, HttpContext http) =>
        {
            Interlocked.Increment(ref _keysAsked);
            if (DeadKeys == Issuer(number))
                await _never.Task.WaitAsync(http.RequestAborted);
            http.Response.Headers.CacheControl = "max-age=3600";
            var key = _key.ExportParameters(includePrivateParameters: false);
            return Results.Json(new { keys = new[] { new { kty = "RSA", use = "sig", alg = "RS256", kid = "load-1", n = Base64Url.EncodeToString(key.Modulus), e = Base64Url.EncodeToString(key.Exponent) } } });
        });
        _app.MapGet("/p{number:int}/auth", (int number, HttpRequest request) =>
        {
            var asked = request.Query;
            var target = asked["redirect_uri"].ToString();
            var token = Sign(new Launcher(new Uri(target).GetLeftPart(UriPartial.Authority), number, asked["login_hint"].ToString()), asked["nonce"].ToString());
            return Results.Content($"""<form method="post" action="{target}"><input name="id_token" value="{token}"><input name="state" value="{asked["state"]}"></form>""", "text/html");
        });
        _app.MapPost("/p{number:int}/token", () => Results.Json(new { access_token = "load", token_type = "Bearer", expires_in = 3600, scope = "" }));
        _app.MapGet("/p{number:int}/lineitems/{column}/results", (string column) =>
        {
            Interlocked.Increment(ref _readings);
            return Results.Bytes(Columns.GetValueOrDefault(column) ?? "[]"u8.ToArray(), "application/vnd.ims.lis.v2.resultcontainer+json");
        });
        _app.MapGet("/p{number:int}/members", () => Results.Bytes(Members, "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"));
    }

    public static byte[] ListOf(IEnumerable<string> subjects) => JsonSerializer.SerializeToUtf8Bytes(new
    {
        id = "members",
        context = new { id = "course-1" },
        members = subjects.Select(s => new { user_id = s, status = "Active", name = "Person " + s, roles = new[] { "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner" } }),
    });

    public static byte[] ResultsOf(IEnumerable<string> subjects, decimal score) => JsonSerializer.SerializeToUtf8Bytes(
        subjects.Select(s => new { id = "results/" + s, scoreOf = "column", userId = s, resultScore = score, resultMaximum = 100, timestamp = "2026-11-23T08:00:00+01:00" }));

    private static string Part<T>(T value) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(value));
}

/// <summary>Someone's browser in front of one link of one registration.</summary>
internal sealed record Launcher(string Tool, int Platform, string Subject)
{
    /// <summary>The cookies that the tool has set, by name.</summary>
    public Dictionary<string, string> Cookies { get; init; } = new(StringComparer.Ordinal);
}
