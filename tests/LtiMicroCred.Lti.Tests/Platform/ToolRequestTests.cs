using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;
using LtiMicroCred.Lti.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace LtiMicroCred.Lti.Tests.PlatformSide;

/// <summary>What a recorded Moodle sent as a tool is accepted; each row breaks one thing of it, and every refusal has its row.</summary>
public sealed class ToolRequestTests(LoopbackServer server)
{
    private const string Calls = "moodle-as-tool-enrol-lti";
    private const string TokenEndpoint = "http://localhost:5200/token";

    private static readonly Dictionary<ToolRefusal, Func<TestTool, Task>> Rows = new()
    {
        [ToolRefusal.MalformedRegistration] = Register(ToolRefusal.MalformedRegistration, _ => "[]"),
        [ToolRefusal.MissingName] = Register(ToolRefusal.MissingName, json => Without(json, "client_name")),
        [ToolRefusal.WrongAddress] = Register(ToolRefusal.WrongAddress, json => With(json, "jwks_uri", "http://tool.example/jwks")),
        [ToolRefusal.WrongRegisteredRedirect] = Register(ToolRefusal.WrongRegisteredRedirect, json => With(json, "redirect_uris", new JsonArray("javascript:alert(1)"))),
        [ToolRefusal.WrongTokenMethod] = Register(ToolRefusal.WrongTokenMethod, json => With(json, "token_endpoint_auth_method", "client_secret_basic")),

        [ToolRefusal.InvalidParameter] = Ask(ToolRefusal.InvalidParameter, query => query["state"] = new(["a", "b"])),
        [ToolRefusal.WrongClient] = Ask(ToolRefusal.WrongClient, query => query["client_id"] = "another"),
        [ToolRefusal.WrongRedirect] = Ask(ToolRefusal.WrongRedirect, query => query["redirect_uri"] = "http://localhost:8090/enrol/lti/launch.php/"),
        [ToolRefusal.WrongScope] = Ask(ToolRefusal.WrongScope, query => query["scope"] = "openid profile"),
        [ToolRefusal.WrongResponseType] = Ask(ToolRefusal.WrongResponseType, query => query["response_type"] = "code"),
        [ToolRefusal.WrongResponseMode] = Ask(ToolRefusal.WrongResponseMode, query => query["response_mode"] = "fragment"),
        [ToolRefusal.WrongPrompt] = Ask(ToolRefusal.WrongPrompt, query => query.Remove("prompt")),
        [ToolRefusal.MissingNonce] = Ask(ToolRefusal.MissingNonce, query => query.Remove("nonce")),
        [ToolRefusal.MissingHint] = Ask(ToolRefusal.MissingHint, query => query.Remove("lti_message_hint")),

        [ToolRefusal.WrongGrantType] = Token(ToolRefusal.WrongGrantType, (form, _) => form["grant_type"] = "password"),
        [ToolRefusal.WrongAssertionType] = Token(ToolRefusal.WrongAssertionType, (form, _) => form.Remove("client_assertion_type")),
        [ToolRefusal.MalformedAssertion] = Token(ToolRefusal.MalformedAssertion, (form, _) => form["client_assertion"] = "x.y"),
        [ToolRefusal.UntrustedAssertion] = Token(ToolRefusal.UntrustedAssertion, (form, claims) => form["client_assertion"] = Sign(claims, TestKeys.Stranger.Sign)),
        [ToolRefusal.WrongAssertionIssuer] = Claim(ToolRefusal.WrongAssertionIssuer, (claims, _) => claims["sub"] = "another"),
        [ToolRefusal.WrongAssertionAudience] = Claim(ToolRefusal.WrongAssertionAudience, (claims, _) => claims["aud"] = new JsonArray(TokenEndpoint, "https://elsewhere.example/token")),
        [ToolRefusal.WrongAssertionTime] = Claim(ToolRefusal.WrongAssertionTime, (claims, now) => claims["exp"] = now.AddSeconds(-60).ToUnixTimeSeconds()),
        [ToolRefusal.AssertionLivesTooLong] = Claim(ToolRefusal.AssertionLivesTooLong, (claims, now) => claims["exp"] = now.AddSeconds(361).ToUnixTimeSeconds()),
        [ToolRefusal.MissingAssertionId] = Claim(ToolRefusal.MissingAssertionId, (claims, _) => claims.Remove("jti")),

        [ToolRefusal.MalformedScore] = Post(ToolRefusal.MalformedScore, _ => """{"userId":"s1","userId":"s2"}"""),
        [ToolRefusal.MissingScoreUser] = Post(ToolRefusal.MissingScoreUser, json => Without(json, "userId")),
        [ToolRefusal.WrongScoreTime] = Post(ToolRefusal.WrongScoreTime, json => With(json, "timestamp", "2026-11-22T06:05:01")),
        [ToolRefusal.WrongProgress] = Post(ToolRefusal.WrongProgress, json => With(json, "gradingProgress", "0")),
        [ToolRefusal.WrongScoreGiven] = Post(ToolRefusal.WrongScoreGiven, json => With(json, "scoreGiven", "-1")),
        [ToolRefusal.WrongScoreMaximum] = Post(ToolRefusal.WrongScoreMaximum, json => Without(json, "scoreMaximum")),
    };

    public static TheoryData<ToolRefusal> Refusals => [.. Enum.GetValues<ToolRefusal>()];

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task One_broken_thing_is_refused_for_what_it_is(ToolRefusal refusal)
    {
        using var tool = new TestTool(server.NewSite());
        await Rows[refusal](tool);
    }

    [Fact]
    public void Every_refusal_has_a_row() => Enum.GetValues<ToolRefusal>().Except(Rows.Keys).ShouldBeEmpty();

    [Fact]
    public void Recorded_registration_is_read_and_answered_with_what_the_tool_needs()
    {
        var metadata = ToolMetadata.Read(Bytes(Registration()));

        metadata.Name.ShouldBe("Ref Moodle");
        metadata.LoginUri.AbsoluteUri.ShouldContain("/enrol/lti/login.php?id=");
        metadata.RedirectUris.ShouldBe(["http://localhost:8090/enrol/lti/launch.php", "http://localhost:8090/enrol/lti/launch_deeplink.php"]);
        metadata.JwksUri.AbsoluteUri.ShouldBe("http://localhost:8090/enrol/lti/jwks.php");
        metadata.Scopes.Count.ShouldBe(4);

        var answer = JsonNode.Parse(metadata.ToAnswer(Client("http://localhost:8090/enrol/lti/jwks.php"), "dep1"))!;
        answer["client_id"]!.GetValue<string>().ShouldBe("stub-client");
        answer["https://purl.imsglobal.org/spec/lti-tool-configuration"]!["deployment_id"]!.GetValue<string>().ShouldBe("dep1");
        answer["scope"]!.GetValue<string>().ShouldNotContain("scope/lineitem ");
    }

    [Theory]
    [InlineData("004-GET-_auth", "s1")]
    [InlineData("009-GET-_auth", "s2")]
    public void Recorded_authentication_request_is_accepted(string name, string hint)
    {
        var valid = AuthenticationRequest.From(new QueryCollection(Authentication(name))).Validate(Client("http://localhost:8090/jwks"));

        valid.LoginHint.ShouldBe(hint);
        valid.MessageHint.ShouldBe("Learner");
        valid.RedirectUri.ShouldBe("http://localhost:8090/enrol/lti/launch.php");
        valid.Nonce.ShouldStartWith("nonce-");
        valid.State.ShouldNotBeNull().ShouldStartWith("state-");
    }

    [Fact]
    public async Task Recorded_token_request_gets_what_the_tool_may_have_and_its_jti_serves_once()
    {
        using var tool = new TestTool(server.NewSite());
        var (form, claims) = Request(tool);
        form["client_assertion"] = Sign(claims, TestKeys.Platform.Sign);

        var valid = await ValidateAsync(tool, form);
        var again = await ValidateAsync(tool, form);

        // Moodle also asks for what it may not have here.
        form["scope"].ToString().ShouldContain("scope/lineitem ");
        valid.Scopes.ShouldBe([LtiScopes.ResultReadOnly, LtiScopes.Score]);
        again.Assertion.Hash.ShouldBe(valid.Assertion.Hash);
        valid.Assertion.Expires.ShouldBe(tool.Clock.Now.AddSeconds(65 + 60));
    }

    [Fact]
    public async Task Clocks_may_differ_by_a_minute()
    {
        using var tool = new TestTool(server.NewSite());
        var (form, claims) = Request(tool);
        claims["iat"] = tool.Clock.Now.AddSeconds(60).ToUnixTimeSeconds();
        claims["exp"] = tool.Clock.Now.AddSeconds(125).ToUnixTimeSeconds();
        form["client_assertion"] = Sign(claims, TestKeys.Platform.Sign);

        (await ValidateAsync(tool, form)).Tool.ClientId.ShouldBe("stub-client");
    }

    [Theory]
    [InlineData("007-POST-_ctx1_lineitems_1_scores", "s1", "2026-11-22T05:05:01Z")]
    [InlineData("019-POST-_ctx1_lineitems_2_scores", "s2", "2026-11-22T05:06:20Z")]
    public void Recorded_score_is_read_with_its_number_in_text_and_its_zone_without_colon(string name, string user, string at)
    {
        var body = Bytes(Body(name));

        var posted = PostedScore.Read(body);

        posted.Score.UserId.ShouldBe(user);
        posted.Score.ScoreGiven.ShouldBe(100m);
        posted.Score.ScoreMaximum.ShouldBe(100m);
        posted.Score.Timestamp.ShouldBe(DateTimeOffset.Parse(at, System.Globalization.CultureInfo.InvariantCulture));
        posted.Score.GradingProgress.ShouldBe(GradingProgress.FullyGraded);
        posted.MessageHash.ShouldBe(System.Security.Cryptography.SHA256.HashData(body));
    }

    [Fact]
    public void Zero_is_a_score_and_a_missing_one_clears()
    {
        PostedScore.Read(Bytes(With(Body("007-POST-_ctx1_lineitems_1_scores"), "scoreGiven", 0))).Score.ScoreGiven.ShouldBe(0m);
        PostedScore.Read(Bytes(Without(Body("007-POST-_ctx1_lineitems_1_scores"), "scoreGiven"))).Score.ScoreGiven.ShouldBeNull();
    }

    [Fact]
    public void Launch_is_read_by_the_rules_that_we_read_launches_by()
    {
        var valid = AuthenticationRequest.From(new QueryCollection(Authentication("004-GET-_auth"))).Validate(Client("http://localhost:8090/jwks"));
        var now = new DateTimeOffset(2026, 11, 22, 5, 0, 0, TimeSpan.Zero);
        var token = new ResourceLinkMessage
        {
            Issuer = "https://credentials.example/platform/1",
            Subject = "pairwise-1",
            Roles = [PlatformAnswers.LearnerRole],
            DeploymentId = "dep1",
            TargetLinkUri = "http://localhost:8090/enrol/lti/launch.php",
            ResourceLinkId = "rl1",
            ContextId = "ctx1",
            Custom = new Dictionary<string, string>(StringComparer.Ordinal) { ["id"] = "e5a9" },
            ReturnUrl = new Uri("https://credentials.example/platform/1/return"),
            LineItemsUrl = new Uri("https://credentials.example/platform/1/links/rl1/lineitems"),
            LineItemUrl = new Uri("https://credentials.example/platform/1/links/rl1/lineitems/1"),
            MembershipsUrl = new Uri("https://credentials.example/platform/1/links/rl1/memberships"),
            PlatformName = "Lindhaven",
        }.ToIdToken(valid, TestKeys.Tool, now);

        var parsed = IdToken.Parse(token, "");
        var claims = new Claims(parsed.Payload, "", "");
        var launch = LaunchClaims.Read(claims, now, new LtiOptions { PublicUrl = new Uri("http://localhost:8090"), LaunchUri = new Uri("http://localhost:8090/enrol/lti/launch.php"), UserAgent = "x" }, allowsAnonymous: false);
        launch.Subject.ShouldBe("pairwise-1");
        launch.ResourceLink!.Id.ShouldBe("rl1");
        launch.Ags!.LineItem!.AbsoluteUri.ShouldEndWith("/lineitems/1");
        launch.Nrps.ShouldNotBeNull();
        claims.Text("nonce").ShouldBe(valid.Nonce);
        claims.Text("name").ShouldBeNull();
        claims.Time("exp").ShouldBe(now.AddMinutes(5));
    }

    private static Func<TestTool, Task> Register(ToolRefusal refusal, Func<JsonObject, string> broken) => _ =>
    {
        ShouldRefuse(refusal, () => ToolMetadata.Read(Encoding.UTF8.GetBytes(broken(Registration()))));
        return Task.CompletedTask;
    };

    private static Func<TestTool, Task> Ask(ToolRefusal refusal, Action<Dictionary<string, StringValues>> broken) => _ =>
    {
        var query = Authentication("004-GET-_auth");
        broken(query);
        ShouldRefuse(refusal, () => AuthenticationRequest.From(new QueryCollection(query)).Validate(Client("http://localhost:8090/jwks")));
        return Task.CompletedTask;
    };

    private static Func<TestTool, Task> Token(ToolRefusal refusal, Action<Dictionary<string, StringValues>, JsonObject> broken) => async tool =>
    {
        var (form, claims) = Request(tool);
        form["client_assertion"] = Sign(claims, TestKeys.Platform.Sign);
        broken(form, claims);
        (await Should.ThrowAsync<ToolRefusedException>(() => ValidateAsync(tool, form))).Refusal.ShouldBe(refusal);
    };

    private static Func<TestTool, Task> Claim(ToolRefusal refusal, Action<JsonObject, DateTimeOffset> broken) => async tool =>
    {
        var (form, claims) = Request(tool);
        broken(claims, tool.Clock.Now);
        form["client_assertion"] = Sign(claims, TestKeys.Platform.Sign);
        var refused = await Should.ThrowAsync<ToolRefusedException>(() => ValidateAsync(tool, form));
        refused.Refusal.ShouldBe(refusal);
        refused.Code.ShouldBe("invalid_client");
    };

    private static Func<TestTool, Task> Post(ToolRefusal refusal, Func<JsonObject, string> broken) => _ =>
    {
        ShouldRefuse(refusal, () => PostedScore.Read(Encoding.UTF8.GetBytes(broken(Body("007-POST-_ctx1_lineitems_1_scores")))));
        return Task.CompletedTask;
    };

    private static void ShouldRefuse(ToolRefusal refusal, Action act)
    {
        var refused = Should.Throw<ToolRefusedException>(act);
        refused.Refusal.ShouldBe(refusal);
        refused.Code.ShouldNotBeEmpty();
    }

    private static async Task<ValidTokenRequest> ValidateAsync(TestTool tool, Dictionary<string, StringValues> form) =>
        await tool.Get<TokenRequests>().ValidateAsync(TokenRequest.From(new FormCollection(form)), Client(tool.Site.Address + "/jwks"), new Uri(TokenEndpoint), CancellationToken.None);

    /// <summary>The recorded request, its times moved to the test's.</summary>
    private static (Dictionary<string, StringValues> Form, JsonObject Claims) Request(TestTool tool)
    {
        var recorded = Body("006-POST-_token");
        var claims = recorded["client_assertion"]!["payload"]!.DeepClone().AsObject();
        claims["iat"] = tool.Clock.Now.ToUnixTimeSeconds();
        claims["exp"] = tool.Clock.Now.AddSeconds(65).ToUnixTimeSeconds();
        return (recorded.Where(field => field.Key != "client_assertion").ToDictionary(field => field.Key, field => new StringValues(field.Value!.GetValue<string>()), StringComparer.Ordinal), claims);
    }

    private static string Sign(JsonObject claims, Func<byte[], byte[]> sign)
    {
        var header = new JsonObject { ["typ"] = "JWT", ["alg"] = "RS256", ["kid"] = TestKeys.Platform.KeyId };
        var signed = $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header.ToJsonString()))}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims.ToJsonString()))}";
        return $"{signed}.{Base64Url.EncodeToString(sign(Encoding.ASCII.GetBytes(signed)))}";
    }

    private static ToolClient Client(string jwks) => new()
    {
        Id = new Guid("22222222-2222-2222-2222-222222222222"),
        ClientId = "stub-client",
        LoginUri = new Uri("http://localhost:8090/enrol/lti/login.php?id=a2"),
        RedirectUris = ["http://localhost:8090/enrol/lti/launch.php", "http://localhost:8090/enrol/lti/launch_deeplink.php"],
        JwksUri = new Uri(jwks),
        Scopes = OwnPlatform.Scopes,
    };

    private static Dictionary<string, StringValues> Authentication(string name) =>
        QueryHelpers.ParseQuery(new Uri("http://localhost:5200" + Recorded.Read(Calls, "calls", name, "url").GetString()).Query);

    private static JsonObject Registration() => Body("002-POST-_register");

    private static JsonObject Body(string name) => JsonNode.Parse(Recorded.Read(Calls, "calls", name, "body").GetRawText())!.AsObject();

    private static string With(JsonObject json, string name, JsonNode value)
    {
        json[name] = value;
        return json.ToJsonString();
    }

    private static string Without(JsonObject json, string name)
    {
        json.Remove(name).ShouldBeTrue();
        return json.ToJsonString();
    }

    private static byte[] Bytes(JsonObject json) => Encoding.UTF8.GetBytes(json.ToJsonString());

    private static byte[] Bytes(string json) => Encoding.UTF8.GetBytes(json);
}
