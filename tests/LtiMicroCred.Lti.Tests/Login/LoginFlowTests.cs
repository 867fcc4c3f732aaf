using LtiMicroCred.Lti.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace LtiMicroCred.Lti.Tests.Login;

public sealed class LoginFlowTests(LoopbackServer server)
{
    [Fact]
    public async Task Authentication_request_holds_what_the_security_framework_asks_for()
    {
        using var tool = new TestTool(server.NewSite());

        var start = await tool.LogInAsync();

        start.AuthenticationRequest.GetLeftPart(UriPartial.Path).ShouldBe(tool.Site.Address + "/auth");
        var sent = QueryHelpers.ParseQuery(start.AuthenticationRequest.Query);
        sent.Keys.ShouldBe(["scope", "response_type", "response_mode", "prompt", "client_id", "redirect_uri", "login_hint", "state", "nonce", "lti_message_hint"], ignoreOrder: true);
        start.Parameter("scope").ShouldBe("openid");
        start.Parameter("response_type").ShouldBe("id_token");
        start.Parameter("response_mode").ShouldBe("form_post");
        start.Parameter("prompt").ShouldBe("none");
        start.Parameter("client_id").ShouldBe("tool-1");
        start.Parameter("redirect_uri").ShouldBe("https://tool.example/app/lti/launch");
        start.Cookie.Lifetime.ShouldBe(TimeSpan.FromMinutes(10));
        start.Cookie.Name.ShouldBe(LaunchValidator.StateCookieName(start.Parameter("state")));
    }

    [Theory]
    [InlineData("""{"cmid":3,"launchid":"ltilaunch1_1278524428"}""")]
    [InlineData("a+b %2B & = ü 山 \"'")]
    [InlineData("")]
    public async Task Hints_go_back_as_they_came(string hint)
    {
        using var tool = new TestTool(server.NewSite());

        var start = await tool.LogInAsync(tool.Login() with { LoginHint = hint + "x", MessageHint = hint });

        start.Parameter("lti_message_hint").ShouldBe(hint);
        start.Parameter("login_hint").ShouldBe(hint + "x");
    }

    [Fact]
    public async Task Hint_that_was_not_sent_is_not_returned()
    {
        using var tool = new TestTool(server.NewSite());

        var start = await tool.LogInAsync(tool.Login() with { MessageHint = null });

        start.AuthenticationRequest.Query.ShouldNotContain("lti_message_hint");
    }

    [Fact]
    public async Task Query_of_the_authorization_endpoint_is_kept()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Platform = tool.Platform with { AuthorizationEndpoint = tool.Site.Uri("/auth?tenant=5") };

        var start = await tool.LogInAsync();

        start.Parameter("tenant").ShouldBe("5");
        start.Parameter("scope").ShouldBe("openid");
    }

    [Attack(3)]
    [Fact]
    public async Task Each_login_has_secrets_of_its_own_of_256_bits()
    {
        using var tool = new TestTool(server.NewSite());
        var one = await tool.LogInAsync();
        var other = await tool.LogInAsync();

        new[] { one.Cookie.Value, other.Cookie.Value, one.Parameter("nonce"), other.Parameter("nonce") }.Distinct(StringComparer.Ordinal).Count().ShouldBe(4);
        WebEncoders.Base64UrlDecode(one.Cookie.Value).Length.ShouldBe(32);
        WebEncoders.Base64UrlDecode(one.Parameter("nonce")).Length.ShouldBe(32);
        (one.Cookie.Name == other.Cookie.Name).ShouldBeFalse();
        one.Parameter("state").ShouldNotContain(one.Parameter("nonce"));
    }

    [Fact]
    public async Task Issuer_alone_is_enough_only_with_a_single_registration()
    {
        using var tool = new TestTool(server.NewSite());
        (await tool.LogInAsync(tool.Login() with { ClientId = null })).Parameter("client_id").ShouldBe("tool-1");

        tool.Platforms.Add(tool.Platform with { Id = Guid.NewGuid(), ClientId = "tool-2" });
        (await Should.ThrowAsync<LtiException>(() => tool.LogInAsync(tool.Login() with { ClientId = null }))).Error.ShouldBe(LtiError.UnknownPlatform);
    }

    [Fact]
    public async Task Restarted_login_is_the_same_login_with_new_secrets()
    {
        using var tool = new TestTool(server.NewSite());
        var first = await tool.LogInAsync();

        var second = await tool.Get<LoginFlow>().RestartAsync(first.Parameter("state"), CancellationToken.None);

        second.Parameter("login_hint").ShouldBe(first.Parameter("login_hint"));
        second.Parameter("lti_message_hint").ShouldBe(first.Parameter("lti_message_hint"));
        (second.Parameter("state") == first.Parameter("state")).ShouldBeFalse();
        (second.Parameter("nonce") == first.Parameter("nonce")).ShouldBeFalse();
        (second.Cookie.Value == first.Cookie.Value).ShouldBeFalse();
        (await new LaunchAttempt(tool, second).SendAsync()).Subject.ShouldBe("7");
    }

    [Fact]
    public async Task Restart_of_an_old_login_is_refused()
    {
        using var tool = new TestTool(server.NewSite());
        var start = await tool.LogInAsync();
        tool.Clock.Now += TimeSpan.FromMinutes(10) + TimeSpan.FromSeconds(1);

        (await Should.ThrowAsync<LtiException>(() => tool.Get<LoginFlow>().RestartAsync(start.Parameter("state"), CancellationToken.None))).Error.ShouldBe(LtiError.ExpiredState);
    }

    [Fact]
    public async Task Restart_of_a_made_up_state_is_refused()
    {
        using var tool = new TestTool(server.NewSite());

        (await Should.ThrowAsync<LtiException>(() => tool.Get<LoginFlow>().RestartAsync("AAAA", CancellationToken.None))).Error.ShouldBe(LtiError.InvalidState);
    }

    [Fact]
    public async Task Registration_removed_after_login_is_unknown_at_launch_and_restart()
    {
        using var tool = new TestTool(server.NewSite());
        var launch = await tool.PrepareAsync();
        tool.Platform = tool.Platform with { Id = Guid.NewGuid() };

        await launch.RefusedAsync(LtiError.UnknownPlatform);
        (await Should.ThrowAsync<LtiException>(() => tool.Get<LoginFlow>().RestartAsync(launch.State!, CancellationToken.None))).Error.ShouldBe(LtiError.UnknownPlatform);
    }

    [Fact]
    public async Task Longest_allowed_hints_still_make_a_launch()
    {
        using var tool = new TestTool(server.NewSite());
        var hint = new string('ü', 2048);
        var form = Form(tool, ("lti_message_hint", hint), ("login_hint", new string('"', 2048)));

        var launch = new LaunchAttempt(tool, await tool.LogInAsync(LoginRequest.From(form)));

        (await launch.SendAsync()).Subject.ShouldBe("7");
    }

    [Theory]
    [InlineData("iss", 513)]
    [InlineData("login_hint", 2049)]
    [InlineData("target_link_uri", 2049)]
    [InlineData("lti_message_hint", 4097)]
    [InlineData("lti_deployment_id", 256)]
    [InlineData("client_id", 513)]
    [InlineData("lti_storage_target", 256)]
    public void Oversized_parameter_is_refused(string name, int length)
    {
        using var tool = new TestTool(server.NewSite());

        Should.Throw<LtiException>(() => LoginRequest.From(Form(tool, (name, new string('x', length))))).Error.ShouldBe(LtiError.InvalidLoginParameter);
        LoginRequest.From(Form(tool, (name, new string('x', length - 1)))).ShouldNotBeNull();
    }

    [Theory]
    [InlineData("iss")]
    [InlineData("login_hint")]
    [InlineData("target_link_uri")]
    public void Empty_required_parameter_is_missing(string name)
    {
        using var tool = new TestTool(server.NewSite());

        Should.Throw<LtiException>(() => LoginRequest.From(Form(tool, (name, "")))).Error.ShouldBe(LtiError.MissingLoginParameter);
    }

    [Theory]
    [InlineData("resource link, student")]
    [InlineData("deep linking, instructor")]
    public async Task Login_of_a_real_moodle_is_answered(string name)
    {
        var body = Recorded.Read("login-initiation", name, "body").EnumerateObject().ToDictionary(field => field.Name, field => new StringValues(field.Value.GetString()), StringComparer.Ordinal);
        using var tool = new TestTool(server.NewSite(), publicUrl: "http://localhost:5100");
        tool.Platform = tool.Platform with { Issuer = body["iss"].ToString(), ClientId = body["client_id"].ToString() };

        var request = LoginRequest.From(new FormCollection(body));
        var start = await tool.LogInAsync(request);

        request.DeploymentId.ShouldBe("2");
        request.StorageTarget.ShouldBeNull();
        start.Parameter("lti_message_hint").ShouldBe(body["lti_message_hint"].ToString());
    }

    private static FormCollection Form(TestTool tool, params (string Name, string Value)[] changes)
    {
        var fields = new Dictionary<string, StringValues>(StringComparer.Ordinal) { ["iss"] = tool.Platform.Issuer, ["login_hint"] = "7", ["target_link_uri"] = "https://tool.example/app" };
        foreach (var (name, value) in changes)
            fields[name] = value;
        return new FormCollection(fields);
    }
}
