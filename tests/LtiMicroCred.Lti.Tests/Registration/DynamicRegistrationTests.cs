using System.Text.Json.Nodes;
using LtiMicroCred.Lti.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace LtiMicroCred.Lti.Tests.Registration;

public sealed class DynamicRegistrationTests(LoopbackServer server)
{
    private const string ToolClaim = "https://purl.imsglobal.org/spec/lti-tool-configuration";

    private static readonly ToolRegistration Tool = new()
    {
        ClientName = "Tool Ü",
        Description = "A tool",
        LaunchUri = new Uri("http://localhost:5100/lti/launch"),
        LoginUri = new Uri("http://localhost:5100/lti/login"),
        JwksUri = new Uri("http://localhost:5100/lti/jwks"),
        Scopes = [LtiScopes.LineItem, LtiScopes.ResultReadOnly, "https://example.org/scope/unknown"],
        CustomParameters = new Dictionary<string, string>(StringComparer.Ordinal) { ["history"] = "$Context.id.history" },
    };

    [Fact]
    public async Task Configuration_of_a_real_moodle_is_read()
    {
        using var tool = new TestTool(server.NewSite());

        var platform = await ReadRecordedAsync(tool);

        platform.Issuer.ShouldBe(tool.Site.Address);
        platform.AuthorizationEndpoint.ShouldBe(tool.Site.Uri("/mod/lti/auth.php"));
        platform.TokenEndpoint.ShouldBe(tool.Site.Uri("/mod/lti/token.php"));
        platform.JwksUri.ShouldBe(tool.Site.Uri("/mod/lti/certs.php"));
        platform.RegistrationEndpoint.ShouldBe(tool.Site.Uri("/mod/lti/openid-registration.php"));
        platform.AuthorizationServer.ShouldBeNull();
        platform.Algorithms.ShouldBe(["RS256"]);
        platform.ScopesSupported.Contains(LtiScopes.Memberships, StringComparer.Ordinal).ShouldBeTrue();
        platform.ProductFamilyCode.ShouldBe("moodle");
        platform.Version.ShouldBe("4.5.6 (Build: 20250811)");
        platform.Messages.Select(message => message.Type).ShouldBe(["LtiResourceLinkRequest", "LtiDeepLinkingRequest"]);
        platform.Messages[1].Placements.ShouldBe(["ContentArea"]);
        platform.ClaimsSupported.ShouldBe(["sub", "iss", "name", "given_name", "family_name", "email"]);
        platform.Variables.Contains("Context.id.history", StringComparer.Ordinal).ShouldBeTrue();
        platform.NoticeTypes.ShouldBeEmpty();
        tool.Site.Requests.Last().Headers["User-Agent"].ShouldBe("TestTool/1.0");
    }

    [Fact]
    public async Task Registration_with_a_real_moodle_gives_client_and_deployment()
    {
        using var tool = new TestTool(server.NewSite());
        var platform = await ReadRecordedAsync(tool);
        Recorded.Play(tool.Site, "dynamic-registration", "registration call");

        var registered = await RegisterAsync(tool, platform, "reg-token");

        registered.ClientId.ShouldBe("J3JtGvJNqCTUhZq");
        registered.DeploymentId.ShouldBe("2");
        registered.Platform.ShouldBe(platform);
        registered.MissingScopes.ShouldBeEmpty();
        registered.MissingMessages.ShouldBeEmpty();
        var sent = tool.Site.Last("/mod/lti/openid-registration.php");
        sent.Headers["Authorization"].ShouldBe("Bearer reg-token");
        sent.Headers["Content-Type"].ShouldBe("application/json");
        Body(sent).Select(member => member.Key).ShouldBe(
            Recorded.Read("dynamic-registration", "registration call", "request", "body").EnumerateObject().Select(member => member.Name), ignoreOrder: true);
    }

    [Fact]
    public async Task Registration_says_what_platforms_need_to_know()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/register", 201, """{"client_id":"c1"}""");

        var registered = await RegisterAsync(tool, Configuration(tool.Site) with { ScopesSupported = [LtiScopes.LineItem, LtiScopes.ResultReadOnly] }, token: null);

        registered.DeploymentId.ShouldBeNull();
        var sent = tool.Site.Last("/register");
        sent.Headers.ContainsKey("Authorization").ShouldBeFalse();
        var body = Body(sent);
        body["application_type"]!.GetValue<string>().ShouldBe("web");
        body["initiate_login_uri"]!.GetValue<string>().ShouldBe("http://localhost:5100/lti/login");
        body["redirect_uris"]!.ToJsonString().ShouldBe("""["http://localhost:5100/lti/launch"]""");
        body["jwks_uri"]!.GetValue<string>().ShouldBe("http://localhost:5100/lti/jwks");
        body["token_endpoint_auth_method"]!.GetValue<string>().ShouldBe("private_key_jwt");
        body["client_name"]!.GetValue<string>().ShouldBe("Tool Ü");
        body["scope"]!.GetValue<string>().ShouldBe($"{LtiScopes.LineItem} {LtiScopes.ResultReadOnly}");
        body.ContainsKey("logo_uri").ShouldBeFalse();
        var configuration = body[ToolClaim]!.AsObject();
        configuration["domain"]!.GetValue<string>().ShouldBe("localhost:5100");
        configuration["target_link_uri"]!.GetValue<string>().ShouldBe("http://localhost:5100/lti/launch");
        configuration["custom_parameters"]!.ToJsonString().ShouldBe("""{"history":"$Context.id.history"}""");
        configuration["messages"]!.AsArray().Select(message => message!["type"]!.GetValue<string>()).ShouldBe(["LtiResourceLinkRequest", "LtiDeepLinkingRequest"]);
        configuration["messages"]![1]!["placements"]!.ToJsonString().ShouldBe("""["ContentArea"]""");
    }

    [Fact]
    public async Task All_scopes_are_asked_for_where_the_platform_lists_none()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/register", 200, """{"client_id":5}""");

        (await RegisterAsync(tool, Configuration(tool.Site), token: null)).ClientId.ShouldBe("5");

        Body(tool.Site.Last("/register"))["scope"]!.GetValue<string>().ShouldBe(string.Join(' ', Tool.Scopes));
    }

    [Fact]
    public async Task Canvas_is_asked_for_its_own_places()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/register", 200, """{"client_id":"c1"}""");
        var platform = Configuration(tool.Site) with
        {
            Messages =
            [
                new("LtiResourceLinkRequest", ["https://canvas.instructure.com/lti/course_navigation", "ContentArea"]),
                new("LtiDeepLinkingRequest", ["https://canvas.instructure.com/lti/assignment_selection", "RichTextEditor"]),
            ],
            ClaimsSupported = ["sub", "name", "picture"],
        };
        var registration = Tool with
        {
            Messages = [ToolMessage.ResourceLink, ToolMessage.DeepLinking, ToolMessage.SubmissionReview, ToolMessage.CourseNavigation with
            {
                Label = "Badges", IconUri = new Uri("http://localhost:5100/icon.png"), TargetLinkUri = new Uri("http://localhost:5100/course"),
                Roles = ["http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"], CustomParameters = new Dictionary<string, string>(StringComparer.Ordinal) { ["place"] = "course" },
            }],
            LogoUri = new Uri("http://localhost:5100/logo.png"), ClientUri = new Uri("http://localhost:5100/"), PolicyUri = new Uri("http://localhost:5100/privacy"), TermsUri = new Uri("http://localhost:5100/terms"),
        };

        await tool.Get<DynamicRegistration>().RegisterAsync(platform, registrationToken: null, registration, CancellationToken.None);

        var body = Body(tool.Site.Last("/register"));
        body["logo_uri"]!.GetValue<string>().ShouldBe("http://localhost:5100/logo.png");
        body["client_uri"]!.GetValue<string>().ShouldBe("http://localhost:5100/");
        body["policy_uri"]!.GetValue<string>().ShouldBe("http://localhost:5100/privacy");
        body["tos_uri"]!.GetValue<string>().ShouldBe("http://localhost:5100/terms");
        body[ToolClaim]!["claims"]!.ToJsonString().ShouldBe("""["iss","sub","name"]""");
        var messages = body[ToolClaim]!["messages"]!.AsArray();
        messages.Select(message => message!["type"]!.GetValue<string>()).ShouldBe(["LtiResourceLinkRequest", "LtiDeepLinkingRequest", "LtiResourceLinkRequest"]);
        messages[0]!.AsObject().ContainsKey("placements").ShouldBeFalse();
        messages[0]!["icon_uri"]!.GetValue<string>().ShouldBe("http://localhost:5100/logo.png");
        messages[1]!["placements"]!.ToJsonString().ShouldBe("""["https://canvas.instructure.com/lti/assignment_selection"]""");
        JsonNode.DeepEquals(messages[2], JsonNode.Parse("""
            {"type":"LtiResourceLinkRequest","target_link_uri":"http://localhost:5100/course","label":"Badges","icon_uri":"http://localhost:5100/icon.png",
             "placements":["https://canvas.instructure.com/lti/course_navigation"],"roles":["http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"],"custom_parameters":{"place":"course"}}
            """)).ShouldBeTrue();
    }

    [Fact]
    public async Task Moodle_is_not_asked_for_places_and_messages_that_it_lacks()
    {
        using var tool = new TestTool(server.NewSite());
        var platform = await ReadRecordedAsync(tool);
        Recorded.Play(tool.Site, "dynamic-registration", "registration call");
        var registration = Tool with { Messages = [ToolMessage.ResourceLink, ToolMessage.DeepLinking, ToolMessage.SubmissionReview, ToolMessage.CourseNavigation] };

        await tool.Get<DynamicRegistration>().RegisterAsync(platform, registrationToken: null, registration, CancellationToken.None);

        var messages = Body(tool.Site.Last("/mod/lti/openid-registration.php"))[ToolClaim]!["messages"]!.AsArray();
        messages.Select(message => message!["type"]!.GetValue<string>()).ShouldBe(["LtiResourceLinkRequest", "LtiDeepLinkingRequest"]);
        messages[1]!["placements"]!.ToJsonString().ShouldBe("""["ContentArea"]""");
    }

    [Fact]
    public async Task Submission_review_is_asked_for_where_it_is_offered()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/register", 200, """{"client_id":"c1"}""");
        var platform = Configuration(tool.Site) with { Messages = [new("LtiSubmissionReviewRequest", [])] };

        await tool.Get<DynamicRegistration>().RegisterAsync(platform, registrationToken: null, Tool with { Messages = [ToolMessage.SubmissionReview] }, CancellationToken.None);

        Body(tool.Site.Last("/register"))[ToolClaim]!["messages"]!.AsArray().ShouldHaveSingleItem()!["type"]!.GetValue<string>().ShouldBe("LtiSubmissionReviewRequest");
    }

    [Fact]
    public async Task What_the_platform_did_not_grant_is_told()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/register", 201, $$$"""
            {"client_id":10000000000068,"registration_client_uri":"https://lms.example/register/1","scope":"{{{LtiScopes.LineItem}}} openid",
             "https://purl.imsglobal.org/spec/lti-tool-configuration":{"deployment_id":5,"messages":[{"type":"LtiSubmissionReviewRequest"}]}}
            """);
        var platform = Configuration(tool.Site) with { ScopesSupported = [LtiScopes.LineItem, LtiScopes.ResultReadOnly] };

        var registered = await RegisterAsync(tool, platform, token: null);

        registered.ClientId.ShouldBe("10000000000068");
        registered.DeploymentId.ShouldBe("5");
        registered.RegistrationClientUri.ShouldBe(new Uri("https://lms.example/register/1"));
        registered.MissingScopes.ShouldBe([LtiScopes.ResultReadOnly]);
        registered.MissingMessages.ShouldBe(["LtiDeepLinkingRequest"]);
    }

    [Theory]
    [InlineData("""["none","HS256","ES256","RS256","PS256"]""", "RS256 ES256")]
    [InlineData("""["RS512"]""", "RS512")]
    [InlineData("[]", "RS256")]
    [InlineData("null", "RS256")]
    public async Task Only_algorithms_that_are_taken_are_kept(string offered, string kept)
    {
        using var tool = new TestTool(server.NewSite());
        Publish(tool.Site, configuration => configuration["id_token_signing_alg_values_supported"] = JsonNode.Parse(offered));

        var platform = await tool.Get<DynamicRegistration>().ReadConfigurationAsync(tool.Site.Uri("/configuration"), CancellationToken.None);

        platform.Algorithms.ShouldBe(kept.Split(' '));
    }

    [Fact]
    public async Task Platform_without_a_usable_algorithm_is_refused()
    {
        using var tool = new TestTool(server.NewSite());
        Publish(tool.Site, configuration => configuration["id_token_signing_alg_values_supported"] = new JsonArray("none", "HS256"));

        (await ReadFailsAsync(tool, tool.Site.Uri("/configuration"))).Failure.ShouldBe(RegistrationFailure.BadConfiguration);
    }

    [Fact]
    public async Task Notice_types_are_read()
    {
        using var tool = new TestTool(server.NewSite());
        Publish(tool.Site, configuration => configuration["https://purl.imsglobal.org/spec/lti-platform-configuration"] = new JsonObject { ["notice_types_supported"] = new JsonArray("LtiContextCopyNotice") });

        (await tool.Get<DynamicRegistration>().ReadConfigurationAsync(tool.Site.Uri("/configuration"), CancellationToken.None)).NoticeTypes.ShouldBe(["LtiContextCopyNotice"]);
    }

    [Fact]
    public async Task Issuer_of_another_host_is_refused()
    {
        using var tool = new TestTool(server.NewSite());
        Publish(tool.Site, configuration => configuration["issuer"] = "https://lms.example");

        (await ReadFailsAsync(tool, tool.Site.Uri("/configuration"))).Failure.ShouldBe(RegistrationFailure.IssuerMismatch);
    }

    [Theory]
    [InlineData("issuer", null)]
    [InlineData("issuer", "5")]
    [InlineData("token_endpoint", null)]
    [InlineData("jwks_uri", "\"http://lms.example/jwks\"")]
    [InlineData("jwks_uri", "\"file:///etc/passwd\"")]
    [InlineData("authorization_endpoint", "\"/auth\"")]
    [InlineData("authorization_endpoint", "\"javascript:alert(1)\"")]
    [InlineData("registration_endpoint", "\"https://user:pass@lms.example/\"")]
    public async Task Configuration_with_an_unusable_address_is_refused(string name, string? value)
    {
        using var tool = new TestTool(server.NewSite());
        Publish(tool.Site, configuration => configuration[name] = value is null ? null : JsonNode.Parse(value));

        var failure = await ReadFailsAsync(tool, tool.Site.Uri("/configuration"));

        failure.Failure.ShouldBe(RegistrationFailure.BadConfiguration);
        failure.Message.ShouldContain(name);
    }

    [Theory]
    [InlineData(200, "<html>")]
    [InlineData(200, "[]")]
    [InlineData(404, "{}")]
    [InlineData(302, "{}")]
    public async Task Answer_that_is_no_configuration_is_refused(int status, string body)
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/configuration", status, body);

        (await ReadFailsAsync(tool, tool.Site.Uri("/configuration"))).Failure.ShouldBe(RegistrationFailure.BadConfiguration);
    }

    [Theory]
    [InlineData("http://lms.example/configuration")]
    [InlineData("ftp://lms.example/configuration")]
    [InlineData("https://user@lms.example/configuration")]
    public async Task Configuration_address_that_is_not_called_is_refused(string address)
    {
        using var tool = new TestTool(server.NewSite());

        (await ReadFailsAsync(tool, new Uri(address))).Failure.ShouldBe(RegistrationFailure.AddressNotAllowed);
    }

    [Fact]
    public async Task Configuration_on_a_private_network_is_not_called()
    {
        using var tool = new TestTool(server.NewSite(), new OutgoingOptions());

        (await ReadFailsAsync(tool, tool.Site.Uri("/configuration"))).Failure.ShouldBe(RegistrationFailure.AddressNotAllowed);
        tool.Site.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("token used twice", "token_already_used")]
    [InlineData("no token", "missing_registration_token")]
    [InlineData("domain without port", "domain_targetlinkuri_mismatch")]
    [InlineData("redirect_uris empty", "missing required attribute redirect_uris")]
    public async Task Refusal_of_a_real_moodle_reaches_the_admin(string name, string reason)
    {
        using var tool = new TestTool(server.NewSite());
        var endpoint = Recorded.Play(tool.Site, "registration-variants", name);

        var failure = await RegisterFailsAsync(tool, Configuration(tool.Site) with { RegistrationEndpoint = endpoint });

        failure.Failure.ShouldBe(RegistrationFailure.Refused);
        failure.Message.ShouldEndWith(reason);
    }

    [Fact]
    public async Task Refusal_is_cut_to_one_short_line_without_markup()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/register", 400, "<script>\r\nalert(1)</script>" + new string('x', 5000));

        var message = (await RegisterFailsAsync(tool, Configuration(tool.Site))).Message;

        message.Length.ShouldBeLessThan(300);
        message.ShouldNotContain("<");
        message.ShouldNotContain("\n");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("registered")]
    [InlineData("""{"client_id":""}""")]
    public async Task Answer_without_client_is_refused(string body)
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/register", 200, body);

        (await RegisterFailsAsync(tool, Configuration(tool.Site))).Failure.ShouldBe(RegistrationFailure.BadAnswer);
    }

    [Fact]
    public async Task Registration_token_with_line_breaks_is_not_sent()
    {
        using var tool = new TestTool(server.NewSite());

        (await Should.ThrowAsync<RegistrationException>(() => RegisterAsync(tool, Configuration(tool.Site), "a\r\nX-Injected: 1"))).Failure.ShouldBe(RegistrationFailure.Refused);
        tool.Site.Requests.ShouldBeEmpty();
    }

    private static PlatformConfiguration Configuration(Site site) => new()
    {
        Issuer = site.Address, AuthorizationEndpoint = site.Uri("/auth"), TokenEndpoint = site.Uri("/token"), JwksUri = site.Uri("/jwks"), RegistrationEndpoint = site.Uri("/register"),
    };

    private static void Publish(Site site, Action<JsonObject> change)
    {
        var configuration = new JsonObject
        {
            ["issuer"] = site.Address, ["authorization_endpoint"] = site.Address + "/auth", ["token_endpoint"] = site.Address + "/token",
            ["jwks_uri"] = site.Address + "/jwks", ["registration_endpoint"] = site.Address + "/register",
        };
        change(configuration);
        site.On("/configuration", context => context.Response.WriteAsync(configuration.ToJsonString()));
    }

    private static Task<PlatformConfiguration> ReadRecordedAsync(TestTool tool)
    {
        var body = Recorded.Read("openid-configuration", "response", "body").GetRawText().Replace("http://localhost:8090", tool.Site.Address, StringComparison.Ordinal);
        tool.Site.On("/mod/lti/openid-configuration.php", 200, body);
        return tool.Get<DynamicRegistration>().ReadConfigurationAsync(tool.Site.Uri("/mod/lti/openid-configuration.php"), CancellationToken.None);
    }

    private static Task<RegistrationException> ReadFailsAsync(TestTool tool, Uri address) =>
        Should.ThrowAsync<RegistrationException>(() => tool.Get<DynamicRegistration>().ReadConfigurationAsync(address, CancellationToken.None));

    private static Task<RegisteredTool> RegisterAsync(TestTool tool, PlatformConfiguration platform, string? token) =>
        tool.Get<DynamicRegistration>().RegisterAsync(platform, token, Tool, CancellationToken.None);

    private static Task<RegistrationException> RegisterFailsAsync(TestTool tool, PlatformConfiguration platform) =>
        Should.ThrowAsync<RegistrationException>(() => RegisterAsync(tool, platform, "reg-token"));

    private static JsonObject Body(Seen seen) => JsonNode.Parse(seen.Body)!.AsObject();
}
