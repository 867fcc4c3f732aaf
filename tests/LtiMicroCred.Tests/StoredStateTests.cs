using LtiMicroCred.DemoLms;

namespace LtiMicroCred.Tests;

/// <summary>Launches of browsers that keep no cookie, where the LMS's page kept the login's secret; and what an attacker makes of that.</summary>
public sealed class StoredStateTests(FurnishedCampus shared) : IClassFixture<FurnishedCampus>
{
    private readonly Campus _campus = shared.Campus;

    [Fact]
    public async Task A_login_is_answered_with_a_page_only_where_storage_was_offered()
    {
        using var wire = new Wire();
        (await LoginAsync(wire, target: null)).Status.ShouldBe(302);
        (await LoginAsync(wire, target: "")).Status.ShouldBe(302);

        var page = await LoginAsync(wire, "_parent");
        page.Status.ShouldBe(200);
        page.SetCookies.ShouldHaveSingleItem("the cookie may do").ShouldStartWith("lti-state-");
        page.Headers.CacheControl.ShouldNotBeNull().NoStore.ShouldBeTrue();
        var step = page.Document.QuerySelector("[data-storage-key]").ShouldNotBeNull();
        step.GetAttribute("data-storage-target").ShouldBe("_parent");
        step.GetAttribute("data-storage-origin").ShouldBe(_campus.Lms.BaseUrl.GetLeftPart(UriPartial.Authority));
        step.GetAttribute("href").ShouldNotBeNull().ShouldStartWith(_campus.Lms.BaseUrl + "mod/lti/auth.php?");
        page.Document.QuerySelector("noscript").ShouldNotBeNull().InnerHtml.ShouldContain("refresh");
    }

    [Fact]
    public async Task A_frame_name_is_text_and_nothing_else()
    {
        using var wire = new Wire();
        const string hostile = "\"><script>alert(1)</script>";
        var page = await LoginAsync(wire, hostile);
        page.Document.QuerySelector("[data-storage-key]")!.GetAttribute("data-storage-target").ShouldBe(hostile);
        page.Document.QuerySelectorAll("script:not([src])").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_launch_without_cookie_asks_the_LMS_and_then_shows_the_essentials_at_once()
    {
        using var wire = new Wire();
        var (launch, secret) = await BeginAsync(wire);
        wire.Cookies.Clear();

        var question = await wire.PostAsync(launch.Action, launch.Fields);
        question.Status.ShouldBe(200);
        question.Body.ShouldNotContain(secret);
        question.SetCookies.ShouldBeEmpty();
        question.Headers.CacheControl.ShouldNotBeNull().NoStore.ShouldBeTrue();
        question.Headers.GetValues("Referrer-Policy").ShouldBe(["same-origin"]);
        var again = SelfPost.In(question);
        again.Action.ShouldBe(_campus.Tool + "/lti/launch");
        again.Fields.Keys.ShouldBe(["id_token", "state", "storage"], ignoreOrder: true);

        wire.Cookies.Clear();
        wire.Origin = _campus.Tool;
        var page = await wire.PostAsync(again.Action, again.With("storage", secret).Fields);
        page.Status.ShouldBe(200, page.Text);
        page.Text.ShouldContain("You have no grade yet");
        page.Headers.CacheControl.ShouldNotBeNull().NoStore.ShouldBeTrue();
        page.Policy.ShouldContain($"frame-ancestors 'self' {_campus.Lms.BaseUrl.GetLeftPart(UriPartial.Authority)}");
        page.Body.ShouldNotContain(again.Fields["id_token"]);

        using var window = new Wire { Origin = _campus.Tool };
        var handover = SelfPost.In(page);
        (await window.FollowAsync(await window.PostAsync(handover.Action, handover.Fields))).Text.ShouldContain("You have no grade yet");

        wire.Cookies.Clear();
        (await wire.PostAsync(again.Action, again.With("storage", secret).Fields)).ShouldRefuse(400, "This sign-in was used before");
    }

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("null")]
    [InlineData(null)]
    public async Task An_attackers_own_launch_posted_into_another_browser_is_refused(string? origin)
    {
        // The attacker began the login in his own browser, so he knows state, token and stored value.
        using var attacker = new Wire();
        var (launch, secret) = await BeginAsync(attacker);
        var sessions = await _campus.AskAsync<long>("SELECT COUNT(*) FROM LaunchSession");

        using var victim = new Wire { Origin = origin };
        (await victim.PostAsync(launch.Action, launch.With("storage", secret).Fields)).ShouldRefuse(400, "This sign-in began somewhere else");

        victim.Cookies.ShouldBeEmpty();
        (await _campus.AskAsync<long>("SELECT COUNT(*) FROM LaunchSession")).ShouldBe(sessions);
    }

    [Fact]
    public async Task An_attackers_launch_posted_without_the_value_gets_no_further_than_the_question()
    {
        using var attacker = new Wire();
        var (launch, _) = await BeginAsync(attacker);

        using var victim = new Wire { Origin = "https://evil.example" };
        var question = await victim.PostAsync(launch.Action, launch.Fields);
        question.Status.ShouldBe(200);
        victim.Cookies.ShouldBeEmpty();

        // The LMS's page in the victim's browser knows nothing of the attacker's login.
        victim.Origin = _campus.Tool;
        var again = SelfPost.In(question);
        (await victim.PostAsync(again.Action, again.Fields)).ShouldRefuse(401, "Your browser keeps this page from signing you in here");
        (await victim.PostAsync(again.Action, again.With("storage", new string('A', 43)).Fields)).ShouldRefuse(400, "This sign-in began somewhere else");
    }

    [Theory]
    [InlineData("/lti/in-place/keep")]
    [InlineData("/lti/in-place/ask")]
    [InlineData("/lti/in-place/essentials")]
    public async Task A_page_that_only_answers_has_no_address(string path)
    {
        using var wire = new Wire();
        await wire.LaunchAsync(_campus.Opening("learner"));
        (await wire.GetAsync(_campus.Tool + path)).Status.ShouldBe(404);
        (await wire.PostAsync(_campus.Tool + path, [])).Status.ShouldBeInRange(400, 405);
    }

    [Fact]
    public async Task A_refusal_by_the_LMS_can_be_tried_again_where_it_answers_our_login()
    {
        using var wire = new Wire();
        var launch = await wire.BeginLaunchAsync(_campus.Opening("learner"));
        var refused = await wire.PostAsync(launch.Action, launch.Without("id_token").With("error", "login_required").Fields);
        refused.ShouldRefuse(400, "Your LMS did not sign you in");

        var retry = SelfPost.In(refused);
        retry.Action.ShouldBe(_campus.Tool + "/lti/restart");
        (await wire.PostAsync(retry.Action, retry.Fields)).Status.ShouldBe(302);

        var foreign = await wire.PostAsync(launch.Action, launch.Without("id_token").With("error", "login_required").With("state", "made up").Fields);
        foreign.ShouldRefuse(400, "Your LMS did not sign you in");
        foreign.Document.QuerySelector("form").ShouldBeNull();
    }

    private async Task<Answer> LoginAsync(Wire wire, string? target)
    {
        var login = SelfPost.In(await wire.GetAsync(_campus.Opening("learner")));
        return await wire.PostAsync(login.Action, (target is null ? login : login.With("lti_storage_target", target)).Fields);
    }

    /// <summary>What the LMS is about to post to us, and what its page was given to keep.</summary>
    private async Task<(SelfPost Launch, string Secret)> BeginAsync(Wire wire)
    {
        var step = (await LoginAsync(wire, "_parent")).Document.QuerySelector("[data-storage-key]").ShouldNotBeNull();
        var launch = SelfPost.In(await wire.GetAsync(step.GetAttribute("href")!));
        return (launch, step.GetAttribute("data-storage-value")!);
    }
}
