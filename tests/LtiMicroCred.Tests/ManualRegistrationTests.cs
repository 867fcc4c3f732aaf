using LtiMicroCred.DemoLms;
using LtiMicroCred.Features.Operators;
using LtiMicroCred.Features.Platforms;
using LtiMicroCred.Lti;
using LtiMicroCred.Storage;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;

namespace LtiMicroCred.Tests;

/// <summary>A person opens the registration link, follows the steps of an LMS and types what it gave.</summary>
public sealed class ManualRegistrationTests
{
    [Fact]
    public async Task A_registration_link_in_a_browser_offers_every_LMS()
    {
        await using var campus = await Campus.StartAsync();
        using var wire = new Wire();
        var link = (await campus.World.InviteAsync(CancellationToken.None)).AbsoluteUri;
        var page = await wire.GetAsync(link);
        page.Status.ShouldBe(200);
        page.Text.ShouldContain(link, Case.Sensitive, "it can be pasted from there too");
        foreach (var lms in Lms.All)
        {
            var steps = await wire.GetAsync(new Uri(new Uri(link), page.Document.QuerySelectorAll("main a").Single(a => a.TextContent == lms.Name).GetAttribute("href")!).AbsoluteUri);
            steps.Status.ShouldBe(200, lms.Id);
            steps.Text.ShouldContain(campus.Tool + "/lti/login", Case.Sensitive, lms.Id);
            steps.Text.ShouldContain(campus.Tool + "/lti/launch", Case.Sensitive, lms.Id);
            steps.Text.ShouldNotContain("<registration>", Case.Sensitive, lms.Id);
            steps.Document.QuerySelector("form input[name=client_id]").ShouldNotBeNull(lms.Id);
            var headings = steps.Document.QuerySelectorAll("h2").Select(h => h.TextContent).ToList();
            headings.IndexOf("What the LMS gave you").ShouldBe(headings.IndexOf(Guide.AskedBack) + 1, $"{lms.Id}: the form is right below what it asks for");
            foreach (var button in steps.Document.QuerySelectorAll("button[data-copy]"))
                button.GetAttribute("aria-labelledby")!.Split(' ').ShouldAllBe(id => steps.Document.GetElementById(id)!.TextContent.Trim().Length > 0, lms.Id);
        }
    }

    [Fact]
    public async Task Keys_are_there_before_the_LMS_has_answered_and_stay_the_registrations_own()
    {
        await using var campus = await Campus.StartAsync();
        using var wire = new Wire();
        var (_, _, platformId) = await OpenAsync(campus, wire);
        var keys = await wire.GetAsync($"{campus.Tool}/lti/jwks/{platformId}");
        keys.Status.ShouldBe(200);
        keys.Body.ShouldContain("\"kid\"");
        (await wire.GetAsync($"{campus.Tool}/lti/jwks/{Guid.NewGuid()}")).Status.ShouldBe(404);
    }

    [Fact]
    public async Task What_an_LMS_gave_is_typed_and_the_next_launch_works()
    {
        await using var campus = await Campus.StartAsync();
        using var wire = new Wire();
        var (page, link, platformId) = await OpenAsync(campus, wire);
        var lms = await AddByHandAsync(campus, platformId);

        var done = await wire.PostAsync(ActionOf(page, link), Form(lms));
        done.Status.ShouldBe(200, done.Text);
        done.Text.ShouldContain("localhost and this tool know each other");
        (await campus.AskAsync<string>("SELECT PlatformId FROM Platform")).ShouldBe(platformId.ToString("D"));
        (await campus.AskAsync<long>("SELECT ByHand FROM Platform")).ShouldBe(1);
        // Whoever holds a link could name somebody else's deployment: an operator lets it in.
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Deployment WHERE ApprovedAt IS NULL")).ShouldBe(1);
        await ApproveAsync(campus);
        await campus.Story.AddCredentialAsync(CancellationToken.None);
        (await campus.OpenAsync("learner")).Text.ShouldContain("You have no grade yet");
        (await wire.GetAsync(link)).Status.ShouldBe(404, "the link is spent");
    }

    [Theory]
    [InlineData("issuer", "lms.example.edu")]
    [InlineData("issuer", "https://lms.example.edu/?tenant=1")]
    [InlineData("issuer", "javascript:alert(1)")]
    [InlineData("client_id", " ")]
    [InlineData("client_id", "two words")]
    [InlineData("authorization", "http://lms.example.edu/auth")]
    [InlineData("token", "https://user:word@lms.example.edu/token")]
    [InlineData("jwks", "https://lms.example.edu/jwks#here")]
    [InlineData("jwks", "https://lms.example.edu\\@evil.example/jwks")]
    [InlineData("authorization_server", "two words")]
    [InlineData("algorithms", "none")]
    [InlineData("algorithms", "HS256")]
    [InlineData("name", "two\tcolumns")]
    public async Task A_mistake_is_named_at_its_field_and_all_that_was_typed_is_still_there(string field, string value)
    {
        await using var campus = await Campus.StartAsync();
        using var wire = new Wire();
        var (page, link, _) = await OpenAsync(campus, wire);
        var form = Form(new TypedPlatform { ClientId = "c-17", Issuer = "https://lms.example.edu", Authorization = "https://lms.example.edu/auth", Token = "https://lms.example.edu/token", Jwks = "https://lms.example.edu/jwks", Deployments = "d-4711", Algorithms = ["RS256"], Name = "Campus LMS" });
        form[field] = value;

        var answer = await wire.PostAsync(ActionOf(page, link), form);

        answer.Status.ShouldBe(400);
        answer.Document.QuerySelectorAll(".error").ShouldHaveSingleItem().Id.ShouldBe(field + "-error");
        answer.Document.Title.ShouldStartWith("Not registered");
        answer.Document.QuerySelectorAll(".notice a").ShouldHaveSingleItem().GetAttribute("href").ShouldBe("#" + field);
        var place = answer.Document.GetElementById(field).ShouldNotBeNull("the notice leads there");
        (place.Closest("details")?.HasAttribute("open") ?? true).ShouldBeTrue("what is wrong is not folded away");
        foreach (var (other, typed) in form.Where(f => f.Key != "algorithms"))
            (answer.Document.QuerySelector($"input[name={other}]")?.GetAttribute("value") ?? answer.Document.QuerySelector($"textarea[name={other}]")?.TextContent).ShouldBe(typed, other);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Platform")).ShouldBe(0);
        (await wire.GetAsync(link)).Status.ShouldBe(200, "the link stays good");
    }

    [Fact]
    public async Task A_client_id_that_is_missing_is_not_called_a_mistake_of_the_address_that_holds_it()
    {
        await using var campus = await Campus.StartAsync();
        using var wire = new Wire();
        var link = (await campus.World.InviteAsync(CancellationToken.None)).AbsoluteUri;
        var page = await wire.GetAsync(link + "?lms=blackboard");

        var answer = await wire.PostAsync(ActionOf(page, link), Form(Lms.Find("blackboard")!.Prefilled));

        answer.Document.QuerySelectorAll(".error").ShouldHaveSingleItem().Id.ShouldBe("client_id-error");
    }

    [Fact]
    public async Task A_registration_that_is_here_is_not_changed_by_hand_either()
    {
        await using var campus = await Campus.RegisteredAsync();
        using var wire = new Wire();
        var (page, link, _) = await OpenAsync(campus, wire);
        var before = await campus.AskAsync<string>("SELECT JwksUri FROM Platform");
        var answer = await wire.PostAsync(ActionOf(page, link), Form(new TypedPlatform
        {
            ClientId = await campus.AskAsync<string>("SELECT ClientId FROM Platform"),
            Issuer = await campus.AskAsync<string>("SELECT Issuer FROM Platform"),
            Authorization = "https://evil.example/auth",
            Token = "https://evil.example/token",
            Jwks = "https://evil.example/jwks",
            Deployments = "1",
            Algorithms = ["RS256"],
        }));
        answer.Status.ShouldBe(409);
        answer.Text.ShouldContain("localhost is registered already");
        (await campus.AskAsync<string>("SELECT JwksUri FROM Platform")).ShouldBe(before);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Deployment")).ShouldBe(1);
        (await wire.GetAsync(link)).Status.ShouldBe(200, "the link stays good");
    }

    [Fact]
    public async Task An_issuer_that_another_institution_has_registered_is_not_typed_a_second_time()
    {
        await using var campus = await Campus.RegisteredAsync();
        using var wire = new Wire();
        var issuer = await campus.AskAsync<string>("SELECT Issuer FROM Platform");
        var link = (await campus.World.Scopes.SendAsync(new InvitePlatform("University of Elsewhere", TimeSpan.FromHours(1)), CancellationToken.None)).Url.AbsoluteUri;
        var page = await wire.GetAsync(link + "?lms=other");

        var answer = await wire.PostAsync(ActionOf(page, link), Form(new TypedPlatform
        {
            ClientId = "x", Issuer = issuer, Authorization = "https://evil.example/auth", Token = "https://evil.example/token", Jwks = "https://evil.example/jwks", Algorithms = ["RS256"],
        }));

        answer.Status.ShouldBe(409);
        answer.Text.ShouldContain("is another institution’s here");
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Platform")).ShouldBe(1);
        (await wire.GetAsync(link)).Status.ShouldBe(200, "the link stays good");
    }

    [Theory]
    [InlineData("https://sso.canvaslms.com/api/lti/security/jwks", 200)]
    [InlineData("https://evil.example/jwks", 409)]
    public async Task An_issuer_that_many_institutions_share_is_typed_again_with_its_own_addresses_only(string jwks, int status)
    {
        await using var campus = await Campus.StartAsync();
        using var wire = new Wire();
        foreach (var (tenant, keys, answered) in new[] { ("University of Lindhaven", "https://sso.canvaslms.com/api/lti/security/jwks", 200), ("University of Elsewhere", jwks, status) })
        {
            var link = (await campus.World.Scopes.SendAsync(new InvitePlatform(tenant, TimeSpan.FromHours(1)), CancellationToken.None)).Url.AbsoluteUri;
            var page = await wire.GetAsync(link + "?lms=canvas");
            var typed = Lms.Find("canvas")!.Prefilled with { ClientId = "1000" + tenant[^1], Jwks = keys };
            (await wire.PostAsync(ActionOf(page, link), Form(typed))).Status.ShouldBe(answered, tenant);
        }
    }

    [Fact]
    public async Task A_link_typed_into_many_times_at_once_registers_once()
    {
        await using var campus = await Campus.StartAsync();
        using var wire = new Wire();
        var (page, link, _) = await OpenAsync(campus, wire);
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => wire.PostAsync(ActionOf(page, link), Form(new TypedPlatform
        {
            ClientId = $"c{i}", Issuer = "https://lms.example.edu", Authorization = "https://lms.example.edu/auth", Token = "https://lms.example.edu/token", Jwks = "https://lms.example.edu/jwks", Algorithms = ["RS256"],
        }))));
        answers.Count(a => a.Status == 200).ShouldBe(1);
        answers.Count(a => a.Status == 404).ShouldBe(5);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Platform")).ShouldBe(1);
    }

    [Fact]
    public async Task Only_signatures_that_the_registration_allows_are_taken_and_an_operator_can_allow_others()
    {
        await using var campus = await Campus.StartAsync();
        using var wire = new Wire();
        var (page, link, platformId) = await OpenAsync(campus, wire);
        var lms = await AddByHandAsync(campus, platformId);
        (await wire.PostAsync(ActionOf(page, link), Form(lms with { Algorithms = ["ES256"] }))).Status.ShouldBe(200);
        await ApproveAsync(campus);
        campus.AddLink();
        var launch = await wire.BeginLaunchAsync(campus.Opening("learner"));
        (await wire.PostAsync(launch.Action, launch.Fields)).ShouldRefuse(400, "We could not check this sign-in");

        using var operators = await campus.SignInAsOperatorAsync();
        var platform = $"{campus.Tool}/admin/platforms/{platformId}";
        var form = await operators.GetAsync(platform);
        var token = form.Field("__RequestVerificationToken");
        (await operators.PostAsync(platform + "?handler=Save", [KeyValuePair.Create("__RequestVerificationToken", token), KeyValuePair.Create("name", "x")])).Status.ShouldBe(400, "at least one signature");
        var saved = await operators.FollowAsync(await operators.PostAsync(platform + "?handler=Save",
            [KeyValuePair.Create("__RequestVerificationToken", token), KeyValuePair.Create("name", "Campus LMS"), KeyValuePair.Create("algorithms", "RS256"), KeyValuePair.Create("algorithms", "ES256")]));
        saved.Text.ShouldContain("Saved.");
        saved.Text.ShouldContain("Campus LMS");
        (await campus.AskAsync<string>("SELECT Algorithms FROM Platform")).ShouldBe("RS256 ES256");
        (await wire.LaunchAsync(campus.Opening("learner"))).Status.ShouldBe(200);
    }

    [Fact]
    public async Task Canvas_gets_a_key_that_names_the_registrations_own_keys()
    {
        await using var campus = await Campus.StartAsync();
        using var wire = new Wire();
        var link = (await campus.World.InviteAsync(CancellationToken.None)).AbsoluteUri;
        var answer = await wire.GetAsync(link + "/canvas.json");
        answer.Status.ShouldBe(200);
        var key = System.Text.Json.JsonDocument.Parse(answer.Body).RootElement;
        key.GetProperty("oidc_initiation_url").GetString().ShouldBe(campus.Tool + "/lti/login");
        (await wire.GetAsync(key.GetProperty("public_jwk_url").GetString()!)).Status.ShouldBe(200);
        (await wire.GetAsync($"{campus.Tool}/register/{new string('A', 43)}/canvas.json")).Status.ShouldBe(404);
    }

    [Fact]
    public async Task Dynamic_registration_uses_the_same_reserved_id()
    {
        await using var campus = await Campus.StartAsync();
        using var wire = new Wire();
        var (_, link, platformId) = await OpenAsync(campus, wire);
        var form = SelfPost.In(await wire.GetAsync(campus.Lms.NewRegistration(link)));
        (await wire.PostAsync(form.Action, form.Fields)).Status.ShouldBe(200);
        (await campus.AskAsync<string>("SELECT PlatformId FROM Platform")).ShouldBe(platformId.ToString("D"));
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM ToolKey")).ShouldBe(1);
    }

    [Fact]
    public async Task A_link_from_before_ids_were_reserved_still_works()
    {
        await using var campus = await Campus.StartAsync();
        using var wire = new Wire();
        var link = await campus.World.InviteAsync(CancellationToken.None);
        await campus.ExecuteAsync("UPDATE PlatformInvite SET PlatformId = NULL");
        var form = SelfPost.In(await wire.GetAsync(campus.Lms.NewRegistration(link.AbsoluteUri)));
        (await wire.PostAsync(form.Action, form.Fields)).Status.ShouldBe(200);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Platform WHERE PlatformId = @Zeros", new { Zeros = Guid.Empty })).ShouldBe(0);
    }

    [Theory]
    [InlineData("RS256", "RS256")]
    [InlineData("ES256", "ES256")]
    [InlineData("ES512 none HS256 RS384", "RS384 ES512")]
    [InlineData("none HS256 PS256", "")]
    public void Of_what_an_LMS_offers_only_RSA_and_elliptic_curves_are_taken(string offered, string taken) =>
        SignatureAlgorithms.ToText(SignatureAlgorithms.Among(offered.Split(' '))).ShouldBe(taken);

    [Theory]
    [InlineData("moodle", "4.5.6+ (Build: 20250814)", "Moodle 4.5.6")]
    [InlineData("canvas", "vOpenSource", "Canvas")]
    [InlineData("desire2learn", "20.26.1", "Brightspace 20.26.1")]
    [InlineData("demo-lms", "1.0", "demo-lms 1.0")]
    [InlineData("sakai", null, "Sakai")]
    [InlineData(" ", "1.0", null)]
    public void An_LMS_is_called_as_people_call_it(string family, string? version, string? name) => ProductName.Of(family, version).ShouldBe(name);

    private static async Task ApproveAsync(Campus campus)
    {
        await campus.ExecuteAsync("UPDATE Deployment SET ApprovedAt = @Now", new { Now = DateTimeOffset.UtcNow });
        campus.Services.GetRequiredService<PlatformDirectory>().Forget();
    }

    private static async Task<(Answer Page, string Link, Guid PlatformId)> OpenAsync(Campus campus, Wire wire)
    {
        var link = (await campus.World.InviteAsync(CancellationToken.None)).AbsoluteUri;
        var page = await wire.GetAsync(link + "?lms=moodle");
        page.Status.ShouldBe(200, page.Text);
        var jwks = page.Document.QuerySelectorAll("code").Select(c => c.TextContent).First(c => c.Contains("/lti/jwks/", StringComparison.Ordinal));
        return (page, link, Guid.Parse(jwks[(jwks.LastIndexOf('/') + 1)..]));
    }

    private static string ActionOf(Answer page, string link) => new Uri(new Uri(link), page.Document.QuerySelector("form")!.GetAttribute("action")).AbsoluteUri;

    private static Dictionary<string, string> Form(TypedPlatform typed) => new(StringComparer.Ordinal)
    {
        ["client_id"] = typed.ClientId ?? "",
        ["issuer"] = typed.Issuer ?? "",
        ["authorization"] = typed.Authorization ?? "",
        ["token"] = typed.Token ?? "",
        ["jwks"] = typed.Jwks ?? "",
        ["authorization_server"] = typed.AuthorizationServer ?? "",
        ["deployments"] = typed.Deployments ?? "",
        ["algorithms"] = typed.Algorithms[0],
        ["name"] = typed.Name ?? "",
    };

    /// <summary>The LMS's half, as its administrator types it there: our addresses, and the keys' address of the registration that is to come.</summary>
    private static async Task<TypedPlatform> AddByHandAsync(Campus campus, Guid platformId)
    {
        var query = QueryHelpers.ParseQuery(new Uri(campus.Lms.NewRegistration(campus.Tool + "/register/none")).Query);
        var registration = campus.Services.GetRequiredService<DynamicRegistration>();
        var configuration = await registration.ReadConfigurationAsync(new Uri(query["openid_configuration"].ToString()), CancellationToken.None);
        var tool = await registration.RegisterAsync(configuration, query["registration_token"].ToString(), RegisterPlatform.Describe(campus.Services.GetRequiredService<Settings>(), platformId), CancellationToken.None);
        campus.Lms.Activate(campus.Lms.School.Tools[0].Id);
        return new TypedPlatform
        {
            Issuer = configuration.Issuer,
            ClientId = tool.ClientId,
            Authorization = configuration.AuthorizationEndpoint.AbsoluteUri,
            Token = configuration.TokenEndpoint.AbsoluteUri,
            Jwks = configuration.JwksUri.AbsoluteUri,
            Deployments = tool.DeploymentId,
            Algorithms = ["RS256"],
        };
    }
}
