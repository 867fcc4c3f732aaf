using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;

namespace LtiMicroCred.DemoLms.Tests;

/// <summary>The LMS as a tool sends what a recorded Moodle sent.</summary>
public sealed class PublisherTests : IAsyncLifetime
{
    private static readonly JsonObject s_calls = Recorded.File("moodle-as-tool-enrol-lti")["calls"]!.AsObject();

    private DemoLmsServer _lms = null!;
    private StubPlatform _platform = null!;

    public async ValueTask InitializeAsync()
    {
        _lms = await DemoLmsServer.StartAsync(new DemoLmsOptions(), TestContext.Current.CancellationToken);
        _platform = await StubPlatform.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _lms.DisposeAsync();
        await _platform.DisposeAsync();
    }

    [Fact]
    public async Task It_registers_as_recorded_once()
    {
        var link = _lms.Publisher.NewRegistration();
        var page = QueryHelpers.AddQueryString(link, new Dictionary<string, string?>(StringComparer.Ordinal) { ["openid_configuration"] = _platform.Address + "/.well-known/openid-configuration", ["registration_token"] = "rt" });
        using var http = new HttpClient();

        (await http.GetAsync(page, TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.OK);

        var sent = _platform.Last("/register");
        sent.Authorization.ShouldBe("Bearer rt");
        var recorded = s_calls["002-POST-_register"]!["body"]!;
        Names(JsonNode.Parse(sent.Body)!).ShouldBe(Names(recorded));
        Names(JsonNode.Parse(sent.Body)!["https://purl.imsglobal.org/spec/lti-tool-configuration"]!).ShouldBe(Names(recorded["https://purl.imsglobal.org/spec/lti-tool-configuration"]!));
        JsonNode.Parse(sent.Body)!["scope"]!.GetValue<string>().ShouldBe(recorded["scope"]!.GetValue<string>());
        var known = _lms.Publisher.Platforms.ShouldHaveSingleItem();
        known.ClientId.ShouldBe("stub-client");
        known.DeploymentId.ShouldBe("dep1");
        (await http.GetAsync(page, TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.NotFound, "the link is spent");
    }

    [Fact]
    public async Task It_answers_a_login_with_the_recorded_authentication_request()
    {
        _lms.Publisher.Know(_platform.Known);
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });

        var answer = await http.PostAsync(new Uri(_lms.Publisher.LoginUrl), new FormUrlEncodedContent(
        [
            new("iss", _platform.Address), new("login_hint", "s1"), new("lti_message_hint", "Learner"), new("client_id", "stub-client"), new("target_link_uri", _lms.Publisher.LaunchUrl),
        ]), TestContext.Current.CancellationToken);

        answer.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        var sent = QueryHelpers.ParseQuery(answer.Headers.Location!.Query);
        var recorded = QueryHelpers.ParseQuery(s_calls["004-GET-_auth"]!["url"]!.GetValue<string>().Split('?')[1]);
        string.Join(' ', sent.Keys).ShouldBe(string.Join(' ', recorded.Keys));
        sent["nonce"].ToString().Length.ShouldBe(recorded["nonce"].ToString().Length);
        sent["lti_message_hint"].ToString().ShouldBe("Learner");
    }

    [Fact]
    public async Task It_asks_for_a_token_and_posts_a_score_as_recorded()
    {
        var quiz = _lms.School.QuizzesOf(_lms.School.Courses[0])[0];
        var visitor = new Visitor(_platform.Known, "s1", "", quiz.Id, "rl1", IsLearner: true, _platform.Address + "/ctx1/lineitems/1", null, null);
        var at = new DateTimeOffset(2026, 11, 22, 5, 5, 1, TimeSpan.Zero);

        (await _lms.Publisher.PostAsync(visitor, visitor.LineItem!, Publisher.ScoreBody("s1", 100, 100, at), TestContext.Current.CancellationToken)).Status.ShouldBe(200);

        var token = QueryHelpers.ParseQuery(_platform.Last("/token").Body);
        var recorded = s_calls["006-POST-_token"]!["body"]!.AsObject();
        string.Join(' ', token.Keys).ShouldBe(string.Join(' ', recorded.Select(field => field.Key)));
        var assertion = new JsonWebToken(token["client_assertion"].ToString());
        var claims = recorded["client_assertion"]!["payload"]!;
        assertion.GetPayloadValue<long>("exp").ShouldBe(assertion.GetPayloadValue<long>("iat") + claims["exp"]!.GetValue<long>() - claims["iat"]!.GetValue<long>());
        assertion.Id.Length.ShouldBe(claims["jti"]!.GetValue<string>().Length);

        var score = _platform.Last("/ctx1/lineitems/1/scores");
        var call = s_calls["007-POST-_ctx1_lineitems_1_scores"]!;
        score.Body.ShouldBe(call["body"]!.ToJsonString());
        score.ContentType.ShouldBe(call["headers"]!["content-type"]!.GetValue<string>());
        score.Accept.ShouldBe(call["headers"]!["accept"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_launch_that_answers_no_login_of_its_own_is_refused()
    {
        using var http = new HttpClient();

        var answer = await http.PostAsync(new Uri(_lms.Publisher.LaunchUrl), new FormUrlEncodedContent([new("id_token", "x.y.z"), new("state", "state-1")]), TestContext.Current.CancellationToken);

        answer.StatusCode.ShouldBe(HttpStatusCode.NotFound, "as every error page of Moodle");
        _lms.Publisher.Visitors.ShouldBeEmpty();
    }

    private static string Names(JsonNode json) => string.Join(' ', json.AsObject().Select(pair => pair.Key));

    private sealed record Heard(string Path, string Body, string? Authorization, string? ContentType, string? Accept);

    /// <summary>A platform that grants everything and remembers what it was sent.</summary>
    private sealed class StubPlatform(WebApplication app) : IAsyncDisposable
    {
        private readonly ConcurrentQueue<Heard> _heard = [];

        public string Address => app.Urls.Single();

        public KnownPlatform Known => new()
        {
            Issuer = Address, ClientId = "stub-client", DeploymentId = "dep1", AuthorizationEndpoint = Address + "/auth", TokenEndpoint = Address + "/token", JwksUri = Address + "/jwks",
        };

        public static async Task<StubPlatform> StartAsync()
        {
            var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
            builder.Services.AddRoutingCore();
            var app = builder.Build();
            var platform = new StubPlatform(app);
            app.Run(platform.AnswerAsync);
            await app.StartAsync();
            return platform;
        }

        public Heard Last(string path) => _heard.Last(heard => heard.Path == path);

        public ValueTask DisposeAsync() => app.DisposeAsync();

        private async Task AnswerAsync(HttpContext context)
        {
            using var reader = new StreamReader(context.Request.Body);
            var body = await reader.ReadToEndAsync();
            _heard.Enqueue(new Heard(context.Request.Path, body, context.Request.Headers.Authorization, context.Request.ContentType, context.Request.Headers.Accept));
            var answer = context.Request.Path.Value switch
            {
                "/.well-known/openid-configuration" => s_calls["001-GET-_well_known_openid_configuration"]!["response"]!["body"]!.ToJsonString().Replace("http://localhost:5200", Address, StringComparison.Ordinal),
                "/register" => s_calls["002-POST-_register"]!["response"]!["body"]!.ToJsonString(),
                "/token" => s_calls["006-POST-_token"]!["response"]!["body"]!.ToJsonString(),
                _ => "{}",
            };
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(answer);
        }
    }
}
