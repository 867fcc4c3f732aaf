using System.Net.Http.Headers;
using System.Text;
using LtiMicroCred.DemoLms;

namespace LtiMicroCred.Tests;

/// <summary>Broken and hostile logins and launches over HTTP: each is a page with a 4xx status that says what to do, and none reaches a page of ours.</summary>
public sealed class RefusalTests(FurnishedCampus shared) : IClassFixture<FurnishedCampus>
{
    private const string Hostile = "<script>alert(1)</script>";
    private readonly Campus _campus = shared.Campus;

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task A_login_of_an_unregistered_issuer_is_told_what_to_do(string method)
    {
        using var wire = new Wire();
        var answer = await LoginAsync(wire, method, Login("iss", "https://elsewhere.example"));
        answer.ShouldRefuse(400, "This server does not know your LMS");
        answer.Text.ShouldContain("A registration link from whoever runs this server solves it");
        wire.Cookies.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task A_login_is_answered_with_the_authentication_request(string method)
    {
        using var wire = new Wire();
        var answer = await LoginAsync(wire, method, Login());
        answer.Status.ShouldBe(302);
        answer.Location.GetLeftPart(UriPartial.Path).ShouldBe(_campus.Lms.BaseUrl + "mod/lti/auth.php");
        wire.Cookies.Keys.ShouldHaveSingleItem().ShouldStartWith("lti-state-");
    }

    [Theory]
    [InlineData("GET", "iss")]
    [InlineData("GET", "login_hint")]
    [InlineData("GET", "target_link_uri")]
    [InlineData("POST", "iss")]
    [InlineData("POST", "login_hint")]
    [InlineData("POST", "target_link_uri")]
    public async Task A_login_without_a_required_parameter_is_refused(string method, string missing)
    {
        using var wire = new Wire();
        var answer = await LoginAsync(wire, method, Login().Where(f => f.Key != missing));
        answer.ShouldRefuse(400, "We could not check this sign-in");
        answer.Text.ShouldContain($"the login has no {missing}");
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task A_parameter_that_comes_twice_is_refused(string method)
    {
        using var wire = new Wire();
        var answer = await LoginAsync(wire, method, Login().Append(KeyValuePair.Create("login_hint", "4")));
        answer.ShouldRefuse(400, "login_hint was sent 2 times");
    }

    [Attack(11)]
    [Theory]
    [InlineData("https://elsewhere.example/lti/launch")]
    [InlineData("//elsewhere.example/lti/launch")]
    [InlineData("javascript:alert(1)")]
    public async Task A_target_that_is_not_ours_is_refused(string target)
    {
        using var wire = new Wire();
        (await LoginAsync(wire, "POST", Login("target_link_uri", target))).ShouldRefuse(400, "target_link_uri does not belong to this tool");
    }

    [Attack(11)]
    [Fact]
    public async Task A_host_that_only_begins_like_ours_is_refused()
    {
        using var wire = new Wire();
        (await LoginAsync(wire, "POST", Login("target_link_uri", _campus.Tool + ".elsewhere.example/lti/launch"))).ShouldRefuse(400, "target_link_uri does not belong to this tool");
    }

    [Fact]
    public async Task A_launch_that_is_no_form_is_refused()
    {
        using var wire = new Wire();
        using var json = new StringContent("{}", Encoding.UTF8, "application/json");
        (await wire.SendAsync(HttpMethod.Post, new Uri(_campus.Tool + "/lti/launch"), json)).ShouldRefuse(400, "We could not check this sign-in");
    }

    [Fact]
    public async Task A_launch_by_GET_is_refused_in_words()
    {
        using var wire = new Wire();
        var answer = await wire.GetAsync(_campus.Tool + "/lti/launch");
        answer.ShouldSay(405, "We could not read what your browser sent");
    }

    [Fact]
    public async Task An_empty_form_is_refused()
    {
        using var wire = new Wire();
        (await wire.PostAsync(_campus.Tool + "/lti/launch", [])).ShouldRefuse(400, "This sign-in began somewhere else");
    }

    [Theory]
    [InlineData("")]
    [InlineData("garbage")]
    [InlineData("a.b.c")]
    [InlineData("eyJhbGciOiJub25lIn0.e30.")]
    public async Task A_token_that_is_none_is_refused(string token)
    {
        using var wire = new Wire();
        var launch = await wire.BeginLaunchAsync(_campus.Opening("learner"));
        var answer = await wire.PostAsync(launch.Action, launch.With("id_token", token).Fields);
        answer.ShouldRefuse(400, "We could not check this sign-in");
    }

    [Attack(1)]
    [Fact]
    public async Task A_token_with_one_changed_claim_is_refused()
    {
        using var wire = new Wire();
        var launch = await wire.BeginLaunchAsync(_campus.Opening("learner"));
        var parts = launch.Fields["id_token"].Split('.');
        var claims = Encoding.UTF8.GetString(Convert.FromBase64String(Pad(parts[1]))).Replace("membership#Learner", "membership#Instructor", StringComparison.Ordinal);
        parts[1] = Convert.ToBase64String(Encoding.UTF8.GetBytes(claims)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
        (await wire.PostAsync(launch.Action, launch.With("id_token", string.Join('.', parts)).Fields)).ShouldRefuse(400, "We could not check this sign-in");

        static string Pad(string text) => text.Replace('-', '+').Replace('_', '/').PadRight((text.Length + 3) / 4 * 4, '=');
    }

    [Attack(4)]
    [Fact]
    public async Task The_same_launch_posted_twice_works_once()
    {
        using var wire = new Wire();
        var launch = await wire.BeginLaunchAsync(_campus.Opening("learner3"));
        var cookies = wire.Cookies.ToDictionary(StringComparer.Ordinal);
        (await wire.PostAsync(launch.Action, launch.Fields)).Status.ShouldBe(303);

        using var again = new Wire();
        foreach (var (name, value) in cookies)
            again.Cookies[name] = value;
        (await again.PostAsync(launch.Action, launch.Fields)).ShouldRefuse(400, "This sign-in was used before");
        again.Cookies.ContainsKey("ltimc-browser").ShouldBeFalse();
    }

    [Attack(4)]
    [Fact]
    public async Task The_same_launch_posted_many_times_at_once_works_once()
    {
        using var wire = new Wire();
        var launch = await wire.BeginLaunchAsync(_campus.Opening("learner3"));
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            using var one = new Wire();
            foreach (var (name, value) in wire.Cookies)
                one.Cookies[name] = value;
            return await one.PostAsync(launch.Action, launch.Fields);
        }));
        answers.Count(a => a.Status == 303).ShouldBe(1);
        foreach (var refused in answers.Where(a => a.Status != 303))
            refused.ShouldRefuse(400, "This sign-in was used before");
    }

    [Attack(5)]
    [Fact]
    public async Task A_changed_state_is_refused()
    {
        using var wire = new Wire();
        var launch = await wire.BeginLaunchAsync(_campus.Opening("learner"));
        var state = launch.Fields["state"];
        var changed = state[..40] + (state[40] == 'A' ? 'B' : 'A') + state[41..];
        (await wire.PostAsync(launch.Action, launch.With("state", changed).Fields)).ShouldRefuse(400, "This sign-in began somewhere else");
        (await wire.PostAsync(launch.Action, launch.Without("state").Fields)).ShouldRefuse(400, "This sign-in began somewhere else");
    }

    [Attack(5)]
    [Fact]
    public async Task A_launch_with_another_logins_cookie_is_refused()
    {
        using var wire = new Wire();
        var launch = await wire.BeginLaunchAsync(_campus.Opening("learner"));
        var name = wire.Cookies.Keys.Single();
        wire.Cookies[name] = new string('A', wire.Cookies[name].Length);
        (await wire.PostAsync(launch.Action, launch.Fields)).ShouldRefuse(400, "This sign-in began somewhere else");
    }

    [Attack(16)]
    [Fact]
    public async Task An_LMS_that_says_no_is_quoted_without_its_markup()
    {
        using var wire = new Wire();
        var answer = await wire.PostAsync(_campus.Tool + "/lti/launch", new Dictionary<string, string>(StringComparer.Ordinal) { ["error"] = "access_denied", ["error_description"] = Hostile, ["state"] = "x" });
        answer.ShouldRefuse(400, "Your LMS did not sign you in");
        answer.Text.ShouldContain("access_denied");
        answer.Body.ShouldNotContain("<script>alert");
    }

    [Attack(16)]
    [Theory]
    [InlineData("iss", "https://elsewhere.example/")]
    [InlineData("target_link_uri", "https://elsewhere.example/\">")]
    [InlineData("client_id", "'\">")]
    public async Task Hostile_text_comes_back_as_text(string parameter, string prefix)
    {
        using var wire = new Wire();
        foreach (var method in new[] { "GET", "POST" })
        {
            var answer = await LoginAsync(wire, method, Login(parameter, prefix + Hostile));
            answer.Status.ShouldBe(400);
            answer.Body.ShouldNotContain("<script>alert");
            answer.Document.QuerySelectorAll("script:not([src])").ShouldBeEmpty();
        }
    }

    [Attack(20)]
    [Theory]
    [InlineData("/lti/login")]
    [InlineData("/lti/launch")]
    [InlineData("/lti/restart")]
    public async Task A_body_over_256_KB_is_refused_in_words(string path)
    {
        using var wire = new Wire();
        using var large = new StringContent("state=" + new string('x', 256 * 1024), Encoding.ASCII, MediaTypeHeaderValue.Parse("application/x-www-form-urlencoded"));
        (await wire.SendAsync(HttpMethod.Post, new Uri(_campus.Tool + path), large)).ShouldSay(413, "too large");
    }

    [Theory]
    [InlineData("/lti/login")]
    [InlineData("/lti/launch")]
    [InlineData("/lti/restart")]
    [InlineData("/l/x/window/course")]
    public async Task A_form_with_a_thousand_fields_is_refused_in_words(string path)
    {
        using var wire = new Wire();
        var answer = await wire.PostAsync(_campus.Tool + path, Enumerable.Range(0, 1000).Select(i => KeyValuePair.Create($"f{i}", "")));
        answer.ShouldSay(400, "too large");
    }

    [Theory]
    [InlineData("/lti/login", "multipart/form-data; boundary=x")]
    [InlineData("/lti/launch", "multipart/form-data; boundary=x")]
    [InlineData("/lti/launch", "multipart/form-data")]
    [InlineData("/lti/restart", "text/plain")]
    [InlineData("/l/x/window/course", "text/plain")]
    [InlineData("/l/x/window/course", "multipart/form-data")]
    public async Task A_body_that_is_no_form_is_the_senders_mistake(string path, string type)
    {
        using var wire = new Wire();
        using var body = new ByteArrayContent("%%%"u8.ToArray());
        body.Headers.TryAddWithoutValidation("Content-Type", type);
        var answer = await wire.SendAsync(HttpMethod.Post, new Uri(_campus.Tool + path), body);
        answer.Status.ShouldBeInRange(400, 499, answer.Text);
        answer.Text.ShouldContain("What to do");
    }

    [Fact]
    public async Task An_unknown_address_is_a_page_too()
    {
        using var wire = new Wire();
        (await wire.GetAsync(_campus.Tool + "/nowhere")).ShouldSay(404, "There is no page at this address");
    }

    private Dictionary<string, string> Login(string? name = null, string? value = null)
    {
        var tool = _campus.Lms.School.Tools[0];
        var login = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["iss"] = _campus.Lms.BaseUrl.AbsoluteUri.TrimEnd('/'),
            ["login_hint"] = "3",
            ["target_link_uri"] = _campus.Tool + "/lti/launch",
            ["client_id"] = tool.ClientId,
            ["lti_deployment_id"] = tool.Id,
            ["lti_message_hint"] = "{}",
        };
        if (name is not null)
            login[name] = value!;
        return login;
    }

    private Task<Answer> LoginAsync(Wire wire, string method, IEnumerable<KeyValuePair<string, string>> fields) => method == "POST"
        ? wire.PostAsync(_campus.Tool + "/lti/login", fields)
        : wire.GetAsync(_campus.Tool + "/lti/login?" + string.Join('&', fields.Select(f => $"{f.Key}={Uri.EscapeDataString(f.Value)}")));
}

/// <summary>Launches that need an LMS of their own.</summary>
public sealed class LaunchTimeTests
{
    [Theory]
    [InlineData(-5, "Signing in took too long")]
    [InlineData(5, "The clock of your LMS is ahead of ours")]
    public async Task A_token_outside_its_time_is_refused(int minutes, string saying)
    {
        await using var campus = await Campus.RegisteredAsync(clock: new ShiftedClock(TimeSpan.FromMinutes(minutes)));
        campus.AddLink();
        using var wire = new Wire();
        var launch = await wire.BeginLaunchAsync(campus.Opening("learner"));
        (await wire.PostAsync(launch.Action, launch.Fields)).ShouldRefuse(400, saying);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM LaunchSession")).ShouldBe(0);
    }

    [Fact]
    public async Task A_launch_in_a_browser_without_its_cookie_starts_over_in_a_window_of_its_own()
    {
        await using var campus = await Campus.FurnishedAsync(Manners.Plain);
        using var first = new Wire();
        using var other = new Wire();
        var launch = await first.BeginLaunchAsync(campus.Opening("learner"));

        var refused = await other.PostAsync(launch.Action, launch.Fields);

        refused.ShouldRefuse(401, "In a window of its own it works");
        var form = refused.Document.QuerySelector("form").ShouldNotBeNull();
        form.GetAttribute("target").ShouldBe("_blank");
        form.GetAttribute("action").ShouldBe("/lti/restart");
        refused.Policy.ShouldContain("form-action 'self' https: http://localhost:*");
        var restart = SelfPost.In(refused);
        var again = SelfPost.In(await other.FollowAsync(await other.PostAsync(restart.Action, restart.Fields)));
        var page = await other.FollowAsync(await other.PostAsync(again.Action, again.Fields));
        page.Status.ShouldBe(200);
        page.Text.ShouldContain("What is asked");

        // What was stolen is worth nothing to the browser that it was meant for, either: its state is another login's.
        (await other.PostAsync(launch.Action, launch.Fields)).Status.ShouldBe(401);
    }
}
