using System.Net.Sockets;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using AngleSharp.Html.Parser;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;

namespace LtiMicroCred.DemoLms.Tests;

/// <summary>A tool that knows only HTTP and JSON: it signs with a key of its own and serves it over real HTTP.</summary>
public sealed class ProbeTool : IAsyncDisposable
{
    public const string AllGradeScopes =
        "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly https://purl.imsglobal.org/spec/lti-ags/scope/score";
    public const string MembershipScope = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly";
    public const string NoticeScope = "https://purl.imsglobal.org/spec/lti/scope/noticehandlers";
    public const string Kid = "probe-1";

    // One key for all probes: making keys is most of the time these tests would take.
    private static readonly RSA Rsa = RSA.Create(2048);

    private readonly WebApplication app;
    private int connections;

    private ProbeTool(WebApplication app)
    {
        this.app = app;
        Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, ConnectCallback = ConnectAsync });
    }

    public HttpClient Http { get; }

    /// <summary>How often it had to connect to somebody.</summary>
    public int Connections => connections;

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        Interlocked.Increment(ref connections);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(context.DnsEndPoint, ct);
        return new NetworkStream(socket, ownsSocket: true);
    }

    public string Origin { get; private set; } = "";

    /// <summary>What was posted to /notices.</summary>
    public ConcurrentBag<JsonObject> Notices { get; } = [];

    public string ClientId { get; set; } = "";

    public string TypeId { get; set; } = "";

    public static async Task<ProbeTool> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddRoutingCore();
        var web = builder.Build();
        var tool = new ProbeTool(web);
        web.MapGet("/jwks", (HttpContext context) => context.Response.WriteAsync(KeySet().ToJsonString()));
        web.MapPost("/notices", async (HttpContext context) => tool.Notices.Add((await context.Request.ReadFromJsonAsync<JsonObject>())!));
        await web.StartAsync();
        tool.Origin = $"http://localhost:{new Uri(web.Urls.First()).Port}";
        return tool;
    }

    /// <summary>The registration request of the recorded sample, with this tool's addresses.</summary>
    public JsonObject Metadata() => new()
    {
        ["application_type"] = "web",
        ["response_types"] = new JsonArray("id_token"),
        ["grant_types"] = new JsonArray("implicit", "client_credentials"),
        ["initiate_login_uri"] = Origin + "/login",
        ["redirect_uris"] = new JsonArray(Origin + "/launch", Origin + "/dl"),
        ["client_name"] = "Probe Ü",
        ["jwks_uri"] = Origin + "/jwks",
        ["token_endpoint_auth_method"] = "private_key_jwt",
        ["scope"] = AllGradeScopes + " " + MembershipScope,
        ["https://purl.imsglobal.org/spec/lti-tool-configuration"] = new JsonObject
        {
            ["domain"] = new Uri(Origin).Authority,
            ["description"] = "d",
            ["target_link_uri"] = Origin + "/launch",
            ["custom_parameters"] = new JsonObject { ["a"] = "x=y", ["user_id"] = "$User.id", ["result"] = "$Result.url", ["history"] = "$Context.id.history" },
            ["claims"] = new JsonArray("iss", "sub", "name", "email"),
            ["messages"] = new JsonArray(
                new JsonObject { ["type"] = "LtiResourceLinkRequest" },
                new JsonObject { ["type"] = "LtiDeepLinkingRequest", ["target_link_uri"] = Origin + "/dl" }),
        },
    };

    /// <summary>Asks also for what Moodle does not have.</summary>
    public JsonObject FullMetadata()
    {
        var metadata = Metadata();
        metadata["scope"] = $"{AllGradeScopes} {MembershipScope} {NoticeScope}";
        metadata["https://purl.imsglobal.org/spec/lti-tool-configuration"]!["messages"]!.AsArray().Add(
            (JsonNode)new JsonObject { ["type"] = "LtiSubmissionReviewRequest", ["target_link_uri"] = Origin + "/review" });
        return metadata;
    }

    public async Task RegisterAsync(DemoLmsServer lms, JsonObject? metadata = null)
    {
        var answer = await PostRegistrationAsync(lms, metadata ?? Metadata(), RegistrationToken(lms));
        answer.IsSuccessStatusCode.ShouldBeTrue();
        var body = (await answer.Content.ReadFromJsonAsync<JsonObject>())!;
        ClientId = body["client_id"]!.GetValue<string>();
        TypeId = body["https://purl.imsglobal.org/spec/lti-tool-configuration"]!["deployment_id"]!.GetValue<string>();
        lms.Activate(TypeId);
    }

    public string RegistrationToken(DemoLmsServer lms)
    {
        var link = new Uri(lms.NewRegistration(Origin + "/register"));
        return QueryHelpers.ParseQuery(link.Query)["registration_token"].ToString();
    }

    public async Task<HttpResponseMessage> PostRegistrationAsync(DemoLmsServer lms, JsonObject metadata, string? token, string scheme = "Bearer")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(lms.BaseUrl, "/mod/lti/openid-registration.php"));
        request.Content = new StringContent(metadata.ToJsonString(), Encoding.UTF8, "application/json");
        if (token is not null)
            request.Headers.TryAddWithoutValidation("Authorization", $"{scheme} {token}");
        return await Http.SendAsync(request);
    }

    public JsonObject Assertion(DemoLmsServer lms)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        return new JsonObject
        {
            ["iss"] = ClientId,
            ["sub"] = ClientId,
            ["aud"] = new Uri(lms.BaseUrl, "/mod/lti/token.php").AbsoluteUri,
            ["iat"] = now - 5,
            ["exp"] = now + 60,
            ["jti"] = Guid.NewGuid().ToString(),
        };
    }

    public async Task<HttpResponseMessage> PostTokenAsync(DemoLmsServer lms, string assertion, string scope, string grant = "client_credentials") =>
        await Http.PostAsync(new Uri(lms.BaseUrl, "/mod/lti/token.php"), new FormUrlEncodedContent(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["grant_type"] = grant,
            ["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ["client_assertion"] = assertion,
            ["scope"] = scope,
        }));

    public async Task<string> TokenAsync(DemoLmsServer lms, string scope = AllGradeScopes + " " + MembershipScope)
    {
        var answer = await PostTokenAsync(lms, Sign(Assertion(lms)), scope);
        var body = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        return body["access_token"]!.GetValue<string>();
    }

    /// <param name="accept">Sent as it is; null sends none.</param>
    public async Task<HttpResponseMessage> CallAsync(
        DemoLmsServer lms, HttpMethod method, string address, string? token, string? accept = null, string? body = null, string? contentType = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(lms.BaseUrl, address));
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (accept is not null)
            request.Headers.TryAddWithoutValidation("Accept", accept);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }
        return await Http.SendAsync(request);
    }

    public static string Sign(JsonObject claims, string kid = Kid, RSA? other = null)
    {
        var header = Encode(new JsonObject { ["alg"] = "RS256", ["typ"] = "JWT", ["kid"] = kid }.ToJsonString());
        var signed = $"{header}.{Encode(claims.ToJsonString())}";
        lock (Rsa)
        {
            var signature = (other ?? Rsa).SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            return $"{signed}.{WebEncoders.Base64UrlEncode(signature)}";
        }
    }

    /// <summary>Opens a page of the LMS and reads the form that sends itself: address and fields.</summary>
    public async Task<(string Address, Dictionary<string, string> Fields)> FormAsync(string page)
    {
        var answer = await Http.GetAsync(new Uri(page));
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return ReadForm(await answer.Content.ReadAsStringAsync());
    }

    public static (string Address, Dictionary<string, string> Fields) ReadForm(string html)
    {
        var form = new HtmlParser().ParseDocument(html).QuerySelector("form[data-auto-submit]").ShouldNotBeNull();
        return (form.GetAttribute("action")!, form.QuerySelectorAll("input").ToDictionary(input => input.GetAttribute("name")!, input => input.GetAttribute("value")!, StringComparer.Ordinal));
    }

    /// <summary>The authentication request that follows a login, complete and right.</summary>
    public Dictionary<string, string?> Authentication(Dictionary<string, string> login, string redirect = "/launch") => new(StringComparer.Ordinal)
    {
        ["scope"] = "openid",
        ["response_type"] = "id_token",
        ["response_mode"] = "form_post",
        ["prompt"] = "none",
        ["client_id"] = ClientId,
        ["redirect_uri"] = Origin + redirect,
        ["login_hint"] = login["login_hint"],
        ["lti_message_hint"] = login["lti_message_hint"],
        ["state"] = "s1",
        ["nonce"] = "n1",
    };

    public async Task<HttpResponseMessage> AuthenticateAsync(DemoLmsServer lms, Dictionary<string, string?> request) =>
        await Http.GetAsync(new Uri(QueryHelpers.AddQueryString(new Uri(lms.BaseUrl, "/mod/lti/auth.php").AbsoluteUri, request)));

    /// <summary>A whole launch: page, login, authentication, id_token with a checked signature.</summary>
    public async Task<JsonObject> LaunchAsync(DemoLmsServer lms, string page, string redirect = "/launch")
    {
        var (_, login) = await FormAsync(page);
        var answer = await AuthenticateAsync(lms, Authentication(login, redirect));
        var (address, fields) = ReadForm(await answer.Content.ReadAsStringAsync());
        address.ShouldBe(Origin + redirect);
        fields["state"].ShouldBe("s1");
        return await VerifyAsync(lms, fields["id_token"]);
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        Http.Dispose();
    }

    /// <returns>The claims of what the LMS signed.</returns>
    public async Task<JsonObject> VerifyAsync(DemoLmsServer lms, string token)
    {
        var keys = (await Http.GetFromJsonAsync<JsonObject>(new Uri(lms.BaseUrl, "/mod/lti/certs.php")))!;
        var parts = token.Split('.');
        var header = JsonNode.Parse(WebEncoders.Base64UrlDecode(parts[0]))!;
        header["alg"]!.GetValue<string>().ShouldBe("RS256");
        var key = keys["keys"]!.AsArray().Single(key => key!["kid"]!.GetValue<string>() == header["kid"]!.GetValue<string>())!;
        using var verifier = RSA.Create(new RSAParameters
        {
            Modulus = WebEncoders.Base64UrlDecode(key["n"]!.GetValue<string>()),
            Exponent = WebEncoders.Base64UrlDecode(key["e"]!.GetValue<string>()),
        });
        verifier.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), WebEncoders.Base64UrlDecode(parts[2]), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).ShouldBeTrue();
        return JsonNode.Parse(WebEncoders.Base64UrlDecode(parts[1]))!.AsObject();
    }

    private static JsonObject KeySet()
    {
        var numbers = Rsa.ExportParameters(false);
        return new JsonObject
        {
            ["keys"] = new JsonArray(new JsonObject
            {
                ["kty"] = "RSA",
                ["alg"] = "RS256",
                ["use"] = "sig",
                ["kid"] = Kid,
                ["n"] = WebEncoders.Base64UrlEncode(numbers.Modulus!),
                ["e"] = WebEncoders.Base64UrlEncode(numbers.Exponent!),
            }),
        };
    }

    private static string Encode(string text) => WebEncoders.Base64UrlEncode(Encoding.UTF8.GetBytes(text));
}
