using LtiMicroCred.Features.Operators;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Tests;

/// <summary>What every kind of page says to browsers: who may frame it, that nothing foreign runs in it, and cookies that live in a frame.</summary>
public sealed class HeaderTests(FurnishedCampus shared) : IClassFixture<FurnishedCampus>
{
    private readonly Campus _campus = shared.Campus;

    [Attack(24)]
    [Attack(5)]
    [Theory]
    [InlineData("https://credentials.example.edu", "__Host-lti-state-", "/")]
    [InlineData("https://credentials.example.edu/lti-tool", "__Host-lti-state-", "/")]
    [InlineData("http://127.0.0.1:5999", "lti-state-", "/lti/")]
    public async Task No_page_of_a_neighbouring_host_can_set_our_cookies(string publicUrl, string prefix, string path)
    {
        await using var product = await ProductDatabase.CreateAsync(publicUrl);
        await product.FurnishAsync(learners: 0);
        var server = await product.ServeAsync();
        using var wire = new Wire();
        var below = new Uri(publicUrl).AbsolutePath.TrimEnd('/');

        var answer = await wire.GetAsync($"{server}{below}/lti/login?iss=http://localhost:1&login_hint=1&target_link_uri={Uri.EscapeDataString(publicUrl + "/lti/launch")}");

        answer.Status.ShouldBe(302, answer.Text);
        var cookie = answer.SetCookies.ShouldHaveSingleItem();
        cookie.ShouldStartWith(prefix);
        cookie.Split("; ").Contains($"path={path}", StringComparer.Ordinal).ShouldBeTrue(cookie);
        cookie.Split("; ").Contains("secure", StringComparer.Ordinal).ShouldBeTrue(cookie);
        cookie.ShouldNotContain("domain=");
    }

    [Theory]
    [InlineData("home", "'none'")]
    [InlineData("privacy", "'none'")]
    [InlineData("learner", "'self' {lms}", "same-origin")]
    [InlineData("course", "'self' {lms}", "same-origin")]
    [InlineData("connect", "'self' {lms}", "same-origin")]
    [InlineData("pick", "'self' {lms}", "same-origin")]
    [InlineData("register", "'self' https: http://localhost:* http://127.0.0.1:*")]
    [InlineData("steps", "'self' https: http://localhost:* http://127.0.0.1:*")]
    [InlineData("how-to", "'none'")]
    [InlineData("platform", "'none'")]
    [InlineData("operator", "'none'")]
    [InlineData("admin", "'none'")]
    [InlineData("refused", "*")]
    [InlineData("missing", "*")]
    [InlineData("stylesheet", "'none'")]
    [InlineData("keys", "'none'")]
    public async Task A_page_says_who_may_frame_it_and_runs_nothing_foreign(string kind, string framedBy, string referrer = "no-referrer")
    {
        using var wire = new Wire();
        var page = await OpenAsync(wire, kind);

        var policy = page.Policy.Split("; ").Select(d => d.Split(' ', 2)).ToDictionary(d => d[0], d => d.Length > 1 ? d[1] : "", StringComparer.Ordinal);
        policy["frame-ancestors"].ShouldBe(framedBy.Replace("{lms}", _campus.Lms.BaseUrl.AbsoluteUri.TrimEnd('/'), StringComparison.Ordinal));
        policy["default-src"].ShouldBe("'none'");
        policy["script-src"].ShouldBe("'self'");
        policy["style-src"].ShouldBe("'self'");
        policy["base-uri"].ShouldBe("'none'");
        page.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        page.Headers.GetValues("Referrer-Policy").ShouldBe([referrer]);
        page.Headers.Contains("X-Frame-Options").ShouldBeFalse("it would forbid what frame-ancestors allows");
        page.Headers.Contains("Server").ShouldBeFalse();
        page.Document.QuerySelectorAll("script:not([src]), style, [style], [onclick], [onload]").ShouldBeEmpty("the policy would block them");
    }

    [Fact]
    public async Task Cookies_of_a_launch_live_in_a_frame_and_out_of_reach_of_scripts()
    {
        using var wire = new Wire();
        var login = SelfPost.In(await wire.GetAsync(_campus.Opening("learner")));
        var redirected = await wire.PostAsync(login.Action, login.Fields);
        var state = redirected.SetCookies.ShouldHaveSingleItem();
        state.ShouldStartWith("lti-state-");
        state.ShouldContain("path=/lti/;", Case.Insensitive);
        state.ShouldContain("max-age=600", Case.Insensitive);

        var launch = SelfPost.In(await wire.GetAsync(redirected.Location.AbsoluteUri));
        var received = await wire.PostAsync(launch.Action, launch.Fields);
        var page = await wire.FollowAsync(received);
        var earned = await wire.GetAsync(_campus.Tool + "/operator/x");
        string[] all = [state, .. received.SetCookies, .. page.SetCookies, .. earned.SetCookies];
        all.Select(c => c.Split('=')[0]).Where(n => !n.StartsWith("lti-state-", StringComparison.Ordinal)).ToHashSet(StringComparer.Ordinal).SetEquals(["ltimc-browser", "ltimc-form"]).ShouldBeTrue(string.Join('\n', all));
        foreach (var cookie in all)
            cookie.Split("; ").ToHashSet(StringComparer.OrdinalIgnoreCase).IsSupersetOf(["secure", "httponly", "samesite=none", "partitioned"]).ShouldBeTrue(cookie);
    }

    [Fact]
    public async Task Pages_of_a_launch_are_kept_by_no_cache()
    {
        using var wire = new Wire();
        foreach (var kind in new[] { "learner", "course", "connect", "pick", "admin", "operator" })
            (await OpenAsync(wire, kind)).Headers.CacheControl.ShouldNotBeNull(kind).NoStore.ShouldBeTrue(kind);
    }

    private async Task<Answer> OpenAsync(Wire wire, string kind) => kind switch
    {
        "home" => await wire.GetAsync(_campus.Tool + "/"),
        "privacy" => await wire.GetAsync(_campus.Tool + "/about/privacy"),
        "learner" => await wire.LaunchAsync(_campus.Opening("learner")),
        "course" => await wire.LaunchAsync(_campus.Opening("instructor")),
        "connect" => await wire.GetAsync($"{_campus.Tool}/l/{(await wire.LaunchAsync(_campus.Opening("instructor"))).LaunchId}/connect"),
        "pick" => await wire.LaunchAsync(_campus.Lms.OpeningPick()),
        "register" => await wire.GetAsync(_campus.Lms.NewRegistration((await _campus.World.InviteAsync(CancellationToken.None)).AbsoluteUri)),
        "steps" => await wire.GetAsync((await _campus.World.InviteAsync(CancellationToken.None)).AbsoluteUri + "?lms=canvas"),
        "how-to" => await wire.GetAsync(_campus.Tool + "/connect/moodle"),
        "platform" => await PlatformAsync(wire),
        "operator" => await wire.GetAsync(await LinkAsync()),
        "admin" => await SignInAsync(wire),
        "refused" => await wire.GetAsync(_campus.Tool + "/lti/login"),
        "stylesheet" => await wire.GetAsync(_campus.Tool + (await wire.GetAsync(_campus.Tool + "/")).Document.QuerySelector("link[rel=stylesheet]")!.GetAttribute("href")),
        "keys" => await wire.GetAsync($"{_campus.Tool}/lti/jwks/{await _campus.AskAsync<string>("SELECT PlatformId FROM Platform")}"),
        _ => await wire.GetAsync(_campus.Tool + "/nowhere"),
    };

    private async Task<Answer> SignInAsync(Wire wire)
    {
        var form = SelfPost.In(await wire.GetAsync(await LinkAsync()));
        return await wire.FollowAsync(await wire.PostAsync(form.Action, form.Fields));
    }

    private async Task<Answer> PlatformAsync(Wire wire)
    {
        await SignInAsync(wire);
        return await wire.GetAsync($"{_campus.Tool}/admin/platforms/{await _campus.AskAsync<string>("SELECT PlatformId FROM Platform")}");
    }

    private async Task<string> LinkAsync() => (await _campus.World.Scopes.SendAsync(new MakeOperatorLink(TimeSpan.FromMinutes(15)), CancellationToken.None)).AbsoluteUri;
}
