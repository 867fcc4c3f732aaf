using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using LtiMicroCred.Features.Keys;
using LtiMicroCred.Features.Platforms;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;

namespace LtiMicroCred.Tests.Hostile;

/// <summary>A registered platform that signs whatever it is told to, with the key that it publishes.</summary>
internal sealed class HostilePlatform : IAsyncDisposable
{
    private const string Lti = "https://purl.imsglobal.org/spec/lti/claim/";

    private readonly RSA _key = RSA.Create(2048);
    private readonly WebApplication _keys;
    private readonly ProductDatabase _product;

    private HostilePlatform(WebApplication keys, ProductDatabase product) => (_keys, _product) = (keys, product);

    public Guid PlatformId { get; } = Guid.CreateVersion7();
    public string Issuer { get; private init; } = "";
    public string ClientId { get; private init; } = "";
    public string KeyId { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));

    /// <summary>Registered for an institution of its own, deployment 1 approved.</summary>
    public static async Task<HostilePlatform> RegisterAsync(ProductDatabase product, string issuer = "https://hostile.example", string clientId = "hostile", string tenant = "Hostile College")
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddRoutingCore();
        var keys = builder.Build();
        var platform = new HostilePlatform(keys, product) { Issuer = issuer, ClientId = clientId };
        keys.MapGet("/jwks", (HttpContext context) => context.Response.WriteAsync(new JsonObject { ["keys"] = new JsonArray(platform.Jwk()) }.ToJsonString()));
        await keys.StartAsync();
        await product.SendAsync(new InvitePlatform(tenant, TimeSpan.FromHours(1)));
        await product.ExecuteAsync(
            """
            INSERT INTO Platform (PlatformId, TenantId, Issuer, ClientId, AuthorizationEndpoint, TokenEndpoint, JwksUri, CreatedAt)
              SELECT @PlatformId, TenantId, @Issuer, @ClientId, @Issuer || '/auth', @Issuer || '/token', @Jwks, @Now FROM Tenant WHERE Name = @tenant;
            INSERT INTO Deployment (DeploymentKey, PlatformId, DeploymentId, TenantId, ApprovedAt, FirstSeenAt, TurnedAway)
              SELECT @Deployment, @PlatformId, '1', TenantId, @Now, @Now, 0 FROM Tenant WHERE Name = @tenant;
            """,
            new { platform.PlatformId, Issuer = issuer, ClientId = clientId, Jwks = $"http://localhost:{new Uri(keys.Urls.Single()).Port}/jwks", Now = DateTimeOffset.UtcNow, tenant, Deployment = Guid.CreateVersion7() });
        await product.Services.GetRequiredService<ToolKeys>().EnsureAsync(platform.PlatformId, CancellationToken.None);
        return platform;
    }

    /// <summary>Logs in with this browser; the launch that follows is valid as it is.</summary>
    public async Task<HostileLaunch> BeginAsync(Wire wire, string tool)
    {
        var login = await wire.GetAsync(QueryHelpers.AddQueryString(tool + "/lti/login", new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["iss"] = Issuer, ["client_id"] = ClientId, ["login_hint"] = "7", ["target_link_uri"] = _product.PublicUrl + "/lti/launch",
        }));
        login.Status.ShouldBe(302, login.Text);
        var request = QueryHelpers.ParseQuery(login.Location.Query);
        return new HostileLaunch(this, tool, request["state"].ToString(), request["nonce"].ToString()) { Header = Header(), Claims = Claims(request["nonce"].ToString()) };
    }

    public string Sign(string header, string payload)
    {
        var signed = $"{Encode(Utf8(header))}.{Encode(Utf8(payload))}";
        lock (_key)
            return $"{signed}.{Encode(_key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }

    public JsonObject Header() => new() { ["typ"] = "JWT", ["alg"] = "RS256", ["kid"] = KeyId };

    public JsonObject Jwk(RSA? other = null)
    {
        var numbers = (other ?? _key).ExportParameters(includePrivateParameters: false);
        return new JsonObject { ["kty"] = "RSA", ["alg"] = "RS256", ["use"] = "sig", ["kid"] = KeyId, ["n"] = Encode(numbers.Modulus!), ["e"] = Encode(numbers.Exponent!) };
    }

    public string PublicKeyPem() => _key.ExportSubjectPublicKeyInfoPem();

    private JsonObject Claims(string nonce) => new()
    {
        ["iss"] = Issuer,
        ["aud"] = new JsonArray(ClientId),
        ["azp"] = ClientId,
        ["sub"] = "7",
        ["nonce"] = nonce,
        ["iat"] = DateTimeOffset.UtcNow.ToUnixTimeSeconds(),
        ["exp"] = DateTimeOffset.UtcNow.AddMinutes(5).ToUnixTimeSeconds(),
        ["name"] = "Mallory",
        ["given_name"] = "Mallory",
        ["email"] = "mallory@hostile.example",
        ["locale"] = "en",
        [Lti + "message_type"] = "LtiResourceLinkRequest",
        [Lti + "version"] = "1.3.0",
        [Lti + "deployment_id"] = "1",
        [Lti + "target_link_uri"] = _product.PublicUrl + "/lti/launch",
        [Lti + "resource_link"] = new JsonObject { ["id"] = "link-1", ["title"] = "Quiz", ["description"] = "A quiz" },
        [Lti + "roles"] = new JsonArray("http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"),
        [Lti + "context"] = new JsonObject { ["id"] = "course-1", ["label"] = "DS", ["title"] = "Data", ["type"] = new JsonArray("CourseSection") },
        [Lti + "custom"] = new JsonObject { ["credential"] = "x" },
        [Lti + "launch_presentation"] = new JsonObject { ["document_target"] = "iframe", ["return_url"] = Issuer + "/back", ["locale"] = "en" },
        [Lti + "tool_platform"] = new JsonObject { ["guid"] = "g", ["name"] = "LMS", ["version"] = "1", ["product_family_code"] = "moodle" },
        ["https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"] = new JsonObject
        {
            ["scope"] = new JsonArray("https://purl.imsglobal.org/spec/lti-ags/scope/lineitem", "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly"),
            ["lineitems"] = Issuer + "/items",
            ["lineitem"] = Issuer + "/items/1",
        },
        ["https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"] = new JsonObject { ["context_memberships_url"] = Issuer + "/members" },
    };

    /// <summary>Lone surrogates become bytes that are no UTF-8.</summary>
    private static byte[] Utf8(string text) => [.. text.EnumerateRunes().Any(rune => rune == Rune.ReplacementChar) ? [0xC3, .. Encoding.UTF8.GetBytes(text)] : Encoding.UTF8.GetBytes(text)];

    private static string Encode(byte[] bytes) => Base64Url.EncodeToString(bytes);

    public async ValueTask DisposeAsync()
    {
        await _keys.DisposeAsync();
        _key.Dispose();
    }
}

/// <summary>One launch under way, open to be changed before it is signed.</summary>
internal sealed record HostileLaunch(HostilePlatform Platform, string Tool, string State, string Nonce)
{
    private const string Lti = "https://purl.imsglobal.org/spec/lti/claim/";

    public required JsonObject Header { get; init; }
    public required JsonObject Claims { get; init; }

    public JsonNode? this[string claim]
    {
        set => Claims[Lti + claim] = value;
    }

    public string Token() => Platform.Sign(Header.ToJsonString(), Claims.ToJsonString());

    public Task<Answer> PostAsync(Wire wire) => PostAsync(wire, Token());

    public Task<Answer> PostAsync(Wire wire, string token) =>
        wire.PostAsync(Tool + "/lti/launch", new Dictionary<string, string>(StringComparer.Ordinal) { ["id_token"] = token, ["state"] = State });

    public HostileLaunch AsStaff()
    {
        this["roles"] = new JsonArray("http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor");
        Claims["sub"] = "3";
        return this;
    }

    public HostileLaunch AsDeepLinking()
    {
        AsStaff();
        this["message_type"] = "LtiDeepLinkingRequest";
        Claims.Remove(Lti + "resource_link");
        Claims["https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"] = new JsonObject
        {
            ["deep_link_return_url"] = Platform.Issuer + "/return",
            ["accept_types"] = new JsonArray("ltiResourceLink"),
            ["accept_presentation_document_targets"] = new JsonArray("iframe"),
            ["data"] = "d",
        };
        return this;
    }
}
