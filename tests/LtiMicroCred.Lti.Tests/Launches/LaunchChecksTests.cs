using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;
using LtiMicroCred.Lti.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace LtiMicroCred.Lti.Tests.Launches;

/// <summary>One valid launch; each row breaks one thing, and every error has its row.</summary>
public sealed class LaunchChecksTests(LoopbackServer server)
{
    private static readonly Dictionary<LtiError, Func<TestTool, Task>> Rows = new()
    {
        [LtiError.MissingLoginParameter] = Form(LtiError.MissingLoginParameter, () => LoginRequest.From(new FormCollection(new Dictionary<string, StringValues>(StringComparer.Ordinal) { ["iss"] = "https://lms.example", ["target_link_uri"] = "https://tool.example/app" }))),
        [LtiError.InvalidLoginParameter] = Form(LtiError.InvalidLoginParameter, () => LoginRequest.From(new QueryCollection(new Dictionary<string, StringValues>(StringComparer.Ordinal) { ["iss"] = new(["https://lms.example", "https://lms.example"]) }))),
        [LtiError.UnknownPlatform] = Login(LtiError.UnknownPlatform, login => login with { ClientId = "another" }),
        [LtiError.TargetNotOurs] = Login(LtiError.TargetNotOurs, login => login with { TargetLinkUri = "https://evil.example/app" }),
        [LtiError.InvalidLaunchParameter] = Form(LtiError.InvalidLaunchParameter, () => LaunchForm.From(new FormCollection(new Dictionary<string, StringValues>(StringComparer.Ordinal) { ["state"] = new(["a", "b"]) }))),
        [LtiError.PlatformRefused] = Launch(LtiError.PlatformRefused, launch => launch.Error = "login_required"),
        [LtiError.InvalidState] = Launch(LtiError.InvalidState, launch => launch.State = null),
        [LtiError.ExpiredState] = Late(LtiError.ExpiredState, TimeSpan.FromMinutes(11)),
        [LtiError.StateCookieMissing] = Launch(LtiError.StateCookieMissing, launch => launch.Cookie = null),
        [LtiError.StateMismatch] = Launch(LtiError.StateMismatch, launch => launch.Cookie = launch.Cookie! with { Value = "guessed" }),
        [LtiError.MissingToken] = Launch(LtiError.MissingToken, launch => launch.Token = _ => null),
        [LtiError.MalformedToken] = Launch(LtiError.MalformedToken, launch => launch.Token = token => token.Replace('.', '!')),
        [LtiError.HeaderNotAllowed] = Launch(LtiError.HeaderNotAllowed, launch => launch.Header["jku"] = "https://evil.example/jwks"),
        [LtiError.KeyIdMissing] = Launch(LtiError.KeyIdMissing, launch => launch.Header.Remove("kid")),
        [LtiError.AlgorithmNotAllowed] = Launch(LtiError.AlgorithmNotAllowed, launch => launch.Header["alg"] = "RS384"),
        [LtiError.UnknownKey] = Launch(LtiError.UnknownKey, launch => launch.Header["kid"] = "another"),
        [LtiError.KeysUnavailable] = tool =>
        {
            tool.Site.On("/jwks", 500);
            return Launch(LtiError.KeysUnavailable, _ => { })(tool);
        },
        [LtiError.WeakKey] = tool =>
        {
            tool.Site.Keys = [TestKeys.Weak.Jwk];
            return Launch(LtiError.WeakKey, launch =>
            {
                launch.Header["kid"] = TestKeys.Weak.KeyId;
                launch.Sign = TestKeys.Weak.Sign;
            })(tool);
        },
        [LtiError.BadSignature] = Launch(LtiError.BadSignature, launch => launch.Sign = TestKeys.Stranger.Sign),
        [LtiError.WrongIssuer] = Launch(LtiError.WrongIssuer, launch => launch.Claims["iss"] = "https://another.example"),
        [LtiError.WrongAudience] = Launch(LtiError.WrongAudience, launch => launch.Claims["aud"] = "another-tool"),
        [LtiError.WrongAuthorizedParty] = Launch(LtiError.WrongAuthorizedParty, launch => launch.Claims["azp"] = "another-tool"),
        [LtiError.TokenExpired] = Launch(LtiError.TokenExpired, (launch, tool) => launch.Claims["exp"] = tool.Clock.Now.AddSeconds(-60).ToUnixTimeSeconds()),
        [LtiError.TokenFromFuture] = Launch(LtiError.TokenFromFuture, (launch, tool) => launch.Claims["iat"] = tool.Clock.Now.AddSeconds(61).ToUnixTimeSeconds()),
        [LtiError.NonceMissing] = Launch(LtiError.NonceMissing, launch => launch.Remove("nonce")),
        [LtiError.NonceMismatch] = Launch(LtiError.NonceMismatch, launch => launch.Claims["nonce"] = "of another login"),
        [LtiError.NonceReplayed] = async tool =>
        {
            var launch = await tool.PrepareAsync();
            await launch.SendAsync();
            await launch.RefusedAsync(LtiError.NonceReplayed);
        },
        [LtiError.MissingMessageType] = Launch(LtiError.MissingMessageType, launch => launch.Remove("message_type")),
        [LtiError.UnsupportedMessageType] = Launch(LtiError.UnsupportedMessageType, launch => launch["message_type"] = "LtiDataPrivacyLaunchRequest"),
        [LtiError.MissingVersion] = Launch(LtiError.MissingVersion, launch => launch.Remove("version")),
        [LtiError.UnsupportedVersion] = Launch(LtiError.UnsupportedVersion, launch => launch["version"] = "1.3"),
        [LtiError.MissingDeployment] = Launch(LtiError.MissingDeployment, launch => launch.Remove("deployment_id")),
        [LtiError.UnknownDeployment] = Launch(LtiError.UnknownDeployment, launch => launch["deployment_id"] = "another"),
        [LtiError.MissingTargetLink] = Launch(LtiError.MissingTargetLink, launch => launch.Remove("target_link_uri")),
        [LtiError.ForeignTargetLink] = Launch(LtiError.ForeignTargetLink, launch => launch["target_link_uri"] = "https://tool.example/other"),
        [LtiError.MissingResourceLink] = Launch(LtiError.MissingResourceLink, launch => launch.Remove("resource_link")),
        [LtiError.MissingRoles] = Launch(LtiError.MissingRoles, launch => launch.Remove("roles")),
        [LtiError.MissingSubject] = Launch(LtiError.MissingSubject, launch => launch.Remove("sub")),
        [LtiError.MissingDeepLinkingSettings] = Launch(LtiError.MissingDeepLinkingSettings, launch => launch.AsDeepLinking().Claims.Remove("https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings")),
        [LtiError.MissingForUser] = Launch(LtiError.MissingForUser, launch => launch.AsSubmissionReview()["for_user"]!.AsObject().Remove("user_id")),
        [LtiError.MissingLineItem] = Launch(LtiError.MissingLineItem, launch => launch.AsSubmissionReview().Claims["https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"]!.AsObject().Remove("lineitem")),
        [LtiError.InvalidNotice] = async tool => (await Should.ThrowAsync<LtiException>(() => tool.Get<NoticeValidator>().ValidateAsync("[]"u8.ToArray(), CancellationToken.None))).Error.ShouldBe(LtiError.InvalidNotice),
        [LtiError.InvalidClaim] = Launch(LtiError.InvalidClaim, launch => launch["context"] = "a course"),
    };

    public static TheoryData<LtiError> Errors => [.. Rows.Keys];

    [Fact]
    public async Task Valid_launch_is_taken()
    {
        using var tool = new TestTool(server.NewSite());

        var launch = await (await tool.PrepareAsync()).SendAsync();

        launch.Platform.ShouldBe(tool.Platform);
        launch.DeploymentId.ShouldBe("1");
        launch.MessageType.ShouldBe(LtiMessageType.ResourceLink);
        launch.Subject.ShouldBe("7");
        launch.ResourceLink!.Id.ShouldBe("link-1");
        launch.TargetLinkUri.ShouldBe(new Uri("https://tool.example/app"));
        launch.Roles.IsLearner.ShouldBeTrue();
        launch.IssuedAt.ShouldBe(tool.Clock.Now);
        launch.DeepLinking.ShouldBeNull();
    }

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task One_broken_thing_is_refused_with_its_own_error(LtiError error)
    {
        using var tool = new TestTool(server.NewSite());

        await Rows[error](tool);
    }

    [Fact]
    public void Every_error_has_a_row() => Enum.GetValues<LtiError>().Except(Rows.Keys).ShouldBeEmpty();

    [Theory]
    [InlineData("""{"a":1,"a":2}""")]
    [InlineData("""["a list"]""")]
    [InlineData("""{"name":"\ud800"}""")]
    [InlineData("""{"\udc00":"name"}""")]
    [InlineData("no json")]
    public async Task Payload_that_parsers_could_read_differently_is_refused(string payload)
    {
        using var tool = new TestTool(server.NewSite());
        var launch = await tool.PrepareAsync();
        launch.Payload = _ => payload;

        await launch.RefusedAsync(LtiError.MalformedToken);
    }

    [Fact]
    public async Task Payload_that_is_no_utf8_is_refused()
    {
        using var tool = new TestTool(server.NewSite());
        var launch = await tool.PrepareAsync();
        var payload = Base64Url.EncodeToString([.. "{\"name\":\""u8, 0xC3, 0x28, .. "\"}"u8]);
        launch.Token = token => $"{token.Split('.')[0]}.{payload}.{token.Split('.')[2]}";

        await launch.RefusedAsync(LtiError.MalformedToken);
    }

    [Fact]
    public async Task Oversized_token_is_refused()
    {
        using var tool = new TestTool(server.NewSite());
        var launch = await tool.PrepareAsync();
        launch.Claims["padding"] = new string('x', 64 * 1024);

        await launch.RefusedAsync(LtiError.MalformedToken);
    }

    [Theory]
    [InlineData(59)]
    [InlineData(-59)]
    public async Task Clocks_may_differ_by_less_than_a_minute(int seconds)
    {
        using var tool = new TestTool(server.NewSite());
        var launch = await tool.PrepareAsync();
        launch.Claims["iat"] = tool.Clock.Now.AddSeconds(seconds).ToUnixTimeSeconds();
        launch.Claims["exp"] = tool.Clock.Now.AddSeconds(seconds).ToUnixTimeSeconds();

        (await launch.SendAsync()).Subject.ShouldBe("7");
    }

    [Theory]
    [InlineData("iat", "\"1795323180\"")]
    [InlineData("exp", "1e300")]
    [InlineData("exp", "-5")]
    [InlineData("exp", "null")]
    [InlineData("nbf", "\"soon\"")]
    [InlineData("aud", "[1]")]
    [InlineData("azp", "{}")]
    [InlineData("sub", "7")]
    [InlineData("name", "[]")]
    [InlineData("https://purl.imsglobal.org/spec/lti/claim/roles", "\"Learner\"")]
    [InlineData("https://purl.imsglobal.org/spec/lti/claim/roles", "[{}]")]
    [InlineData("https://purl.imsglobal.org/spec/lti/claim/version", "1.3")]
    [InlineData("https://purl.imsglobal.org/spec/lti/claim/deployment_id", "1")]
    [InlineData("https://purl.imsglobal.org/spec/lti/claim/resource_link", "[]")]
    [InlineData("https://purl.imsglobal.org/spec/lti/claim/context", "{}")]
    [InlineData("https://purl.imsglobal.org/spec/lti/claim/custom", "{\"a\":{}}")]
    [InlineData("https://purl.imsglobal.org/spec/lti/claim/launch_presentation", "{\"return_url\":\"javascript:alert(1)\"}")]
    [InlineData("https://purl.imsglobal.org/spec/lti-ags/claim/endpoint", "{\"scope\":\"all\"}")]
    [InlineData("https://purl.imsglobal.org/spec/lti-ags/claim/endpoint", "{\"lineitems\":\"http://lms.example/items\"}")]
    [InlineData("https://purl.imsglobal.org/spec/lti-ags/claim/endpoint", "{\"lineitem\":\"file:///etc/passwd\"}")]
    [InlineData("https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice", "{\"context_memberships_url\":\"https://user:pass@lms.example/\"}")]
    public async Task Claim_of_the_wrong_kind_is_refused(string claim, string value)
    {
        using var tool = new TestTool(server.NewSite());
        var launch = await tool.PrepareAsync();
        launch.Claims[claim] = JsonNode.Parse(value);

        await launch.RefusedAsync(LtiError.InvalidClaim);
    }

    [Fact]
    public async Task Ids_longer_than_the_specification_allows_are_refused()
    {
        using var tool = new TestTool(server.NewSite());
        var launch = await tool.PrepareAsync();
        launch.Claims["sub"] = new string('x', 256);

        await launch.RefusedAsync(LtiError.InvalidClaim);
    }

    [Theory]
    [InlineData("sub", "\"7 \"")]
    [InlineData("https://purl.imsglobal.org/spec/lti/claim/deployment_id", "\"1 \"")]
    [InlineData("https://purl.imsglobal.org/spec/lti/claim/resource_link", "{\"id\":\"7 \"}")]
    [InlineData("https://purl.imsglobal.org/spec/lti/claim/context", "{\"id\":\"7 \"}")]
    public async Task Ids_that_some_databases_take_for_another_are_refused(string claim, string value)
    {
        using var tool = new TestTool(server.NewSite());
        var launch = await tool.PrepareAsync();
        launch.Claims[claim] = JsonNode.Parse(value);

        await launch.RefusedAsync(LtiError.InvalidClaim);
    }

    [Fact]
    public async Task Optional_claims_are_read()
    {
        using var tool = new TestTool(server.NewSite());
        var attempt = await tool.PrepareAsync();
        attempt.Claims["aud"] = new JsonArray("tool-1", "tool-1");
        attempt.Claims["azp"] = "tool-1";
        attempt["custom"] = new JsonObject { ["a"] = "text", ["b"] = 5, ["c"] = true, ["d"] = null, ["name"] = "$Person.name.full" };
        attempt["launch_presentation"] = new JsonObject { ["return_url"] = "", ["locale"] = "de" };
        attempt["unknown"] = new JsonObject();

        var launch = await attempt.SendAsync();

        launch.Custom.ShouldBe(new Dictionary<string, string>(StringComparer.Ordinal) { ["a"] = "text", ["b"] = "5", ["c"] = "true", ["d"] = "", ["name"] = "$Person.name.full" }, ignoreOrder: true);
        launch.Presentation.ShouldBe(new LaunchPresentation(null, null, "de"));
    }

    [Fact]
    public async Task Deep_linking_settings_are_read()
    {
        using var tool = new TestTool(server.NewSite());
        var settings = (await (await tool.PrepareAsync()).AsDeepLinking().SendAsync()).DeepLinking!;

        settings.ReturnUrl.ShouldBe(new Uri("https://lms.example/return"));
        settings.AcceptTypes.ShouldBe(["ltiResourceLink"]);
        settings.AcceptMultiple.ShouldBeFalse();
        settings.AcceptLineItem.ShouldBeNull();
        settings.Data.ShouldBe("opaque <&> data");
    }

    [Fact]
    public async Task Deep_linking_settings_are_read_in_full()
    {
        using var tool = new TestTool(server.NewSite());
        var attempt = (await tool.PrepareAsync()).AsDeepLinking();
        attempt.Claims["https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"] = new JsonObject
        {
            ["deep_link_return_url"] = "https://lms.example/return", ["accept_types"] = new JsonArray("file", "html"), ["accept_media_types"] = "image/*, ,text/html",
            ["accept_presentation_document_targets"] = new JsonArray("iframe", "window"), ["accept_multiple"] = true, ["accept_lineitem"] = "false", ["auto_create"] = true,
            ["data"] = "", ["title"] = "T", ["text"] = "t",
        };

        var settings = (await attempt.SendAsync()).DeepLinking!;

        settings.AcceptTypes.ShouldBe(["file", "html"]);
        settings.AcceptMediaTypes.ShouldBe(["image/*", "text/html"]);
        settings.AcceptPresentationTargets.ShouldBe(["iframe", "window"]);
        settings.AcceptMultiple.ShouldBeTrue();
        settings.AcceptLineItem.ShouldBe(false);
        settings.AutoCreate.ShouldBeTrue();
        settings.Data.ShouldBe("");
        settings.Title.ShouldBe("T");
        settings.Text.ShouldBe("t");
    }

    [Fact]
    public async Task Refusal_says_who_and_which_rule_but_no_token()
    {
        using var tool = new TestTool(server.NewSite());
        var launch = await tool.PrepareAsync();
        launch.Claims["aud"] = "another-tool";

        var refusal = await launch.RefusedAsync(LtiError.WrongAudience);

        refusal.Issuer.ShouldBe(tool.Platform.Issuer);
        refusal.Expected.ShouldBe("tool-1");
        refusal.Got.ShouldBe("another-tool");
        refusal.Spec.ShouldBe("Security Framework 5.1.3");
        refusal.ToString().ShouldNotContain(launch.MakeToken().Split('.')[1]);
    }

    [Fact]
    public async Task Missing_cookie_hands_over_the_state_for_a_restart()
    {
        using var tool = new TestTool(server.NewSite());
        var launch = await tool.PrepareAsync();
        launch.Cookie = null;

        (await launch.RefusedAsync(LtiError.StateCookieMissing)).State.ShouldBe(launch.State);
    }

    private static Func<TestTool, Task> Launch(LtiError error, Action<LaunchAttempt> change) => Launch(error, (launch, _) => change(launch));

    private static Func<TestTool, Task> Launch(LtiError error, Action<LaunchAttempt, TestTool> change) => async tool =>
    {
        var launch = await tool.PrepareAsync();
        change(launch, tool);
        await launch.RefusedAsync(error);
    };

    private static Func<TestTool, Task> Late(LtiError error, TimeSpan delay) => async tool =>
    {
        var launch = await tool.PrepareAsync();
        tool.Clock.Now += delay;
        launch.Claims["iat"] = tool.Clock.Now.ToUnixTimeSeconds();
        launch.Claims["exp"] = tool.Clock.Now.AddMinutes(1).ToUnixTimeSeconds();
        await launch.RefusedAsync(error);
    };

    private static Func<TestTool, Task> Login(LtiError error, Func<LoginRequest, LoginRequest> change) => async tool =>
        (await Should.ThrowAsync<LtiException>(() => tool.LogInAsync(change(tool.Login())))).Error.ShouldBe(error);

    private static Func<TestTool, Task> Form(LtiError error, Func<object> read) => _ =>
    {
        Should.Throw<LtiException>(() => read()).Error.ShouldBe(error);
        return Task.CompletedTask;
    };
}
