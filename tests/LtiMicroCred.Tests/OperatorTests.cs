using LtiMicroCred.Features.Operators;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Tests;

/// <summary>Operators sign in by a link from the command line, once, and in one browser.</summary>
public sealed class OperatorTests(FurnishedCampus shared) : IClassFixture<FurnishedCampus>
{
    private readonly Campus _campus = shared.Campus;

    [Fact]
    public async Task A_sign_in_link_is_spent_by_its_button_and_not_by_a_look()
    {
        var link = await LinkAsync();
        using var preview = new Wire();
        for (var i = 0; i < 3; i++)
            (await preview.GetAsync(link)).Status.ShouldBe(200);

        using var wire = new Wire();
        var form = SelfPost.In(await wire.GetAsync(link));
        var signedIn = await wire.PostAsync(form.Action, form.Fields);
        signedIn.Status.ShouldBe(302);
        (await wire.FollowAsync(signedIn)).Text.ShouldContain("Platforms");

        using var late = new Wire();
        var again = SelfPost.In(await late.GetAsync(link));
        var refused = await late.PostAsync(again.Action, again.Fields);
        refused.Status.ShouldBe(404);
        refused.Text.ShouldContain("This link is not good any more");
        late.Cookies.ContainsKey(OperatorPage.Cookie).ShouldBeFalse();
    }

    [Fact]
    public async Task A_link_posted_many_times_at_once_opens_one_session()
    {
        using var wire = new Wire();
        var form = SelfPost.In(await wire.GetAsync(await LinkAsync()));
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(async _ =>
        {
            using var one = new Wire();
            foreach (var (name, value) in wire.Cookies)
                one.Cookies[name] = value;
            return await one.PostAsync(form.Action, form.Fields);
        }));
        answers.Count(a => a.Status == 302).ShouldBe(1);
        answers.Count(a => a.Status == 404).ShouldBe(5);
    }

    [Fact]
    public async Task A_link_that_nobody_made_signs_nobody_in()
    {
        using var wire = new Wire();
        var form = SelfPost.In(await wire.GetAsync($"{_campus.Tool}/operator/{new string('A', 43)}"));
        (await wire.PostAsync(form.Action, form.Fields)).Status.ShouldBe(404);
    }

    [Theory]
    [InlineData("/admin")]
    [InlineData("/admin/connect")]
    [InlineData("/admin/health")]
    public async Task The_administration_pages_ask_for_a_session(string path)
    {
        using var wire = new Wire();
        (await wire.GetAsync(_campus.Tool + path)).ShouldSay(401, "This page is for operators");
        wire.Cookies[OperatorPage.Cookie] = new string('A', 43);
        (await wire.GetAsync(_campus.Tool + path)).ShouldSay(401, "This page is for operators");
    }

    [Fact]
    public async Task A_launch_in_the_same_browser_opens_no_administration_page()
    {
        using var wire = new Wire();
        await wire.LaunchAsync(_campus.Opening("instructor"));
        (await wire.GetAsync(_campus.Tool + "/admin")).ShouldSay(401, "This page is for operators");
    }

    [Fact]
    public async Task The_session_is_for_this_site_alone_and_is_not_stored_in_clear()
    {
        using var wire = new Wire();
        var form = SelfPost.In(await wire.GetAsync(await LinkAsync()));
        var cookie = (await wire.PostAsync(form.Action, form.Fields)).SetCookies.Single(c => c.StartsWith(OperatorPage.Cookie, StringComparison.Ordinal));
        cookie.ShouldContain("samesite=strict", Case.Insensitive);
        cookie.ShouldContain("; secure", Case.Insensitive);
        cookie.ShouldContain("; httponly", Case.Insensitive);
        (await _campus.AskAsync<long>("SELECT COUNT(*) FROM OperatorSession WHERE TokenHash = @Cookie", new { Cookie = wire.Cookies[OperatorPage.Cookie] })).ShouldBe(0);
    }

    [Theory]
    [InlineData("/admin")]
    [InlineData("/admin/connect")]
    [InlineData("/admin/health")]
    public async Task A_signed_in_operator_sees_every_tab(string path)
    {
        using var wire = await SignInAsync();
        (await wire.GetAsync(_campus.Tool + path)).Status.ShouldBe(200);
    }

    [Fact]
    public async Task Signing_out_ends_the_session_and_not_only_the_cookie()
    {
        using var wire = await SignInAsync();
        var session = wire.Cookies[OperatorPage.Cookie];
        var form = SelfPost.In(await wire.GetAsync(_campus.Tool + "/admin"));
        form.Action.ShouldContain("SignOut", Case.Insensitive);
        (await wire.PostAsync(form.Action, form.Fields)).Status.ShouldBe(302);
        wire.Cookies.ContainsKey(OperatorPage.Cookie).ShouldBeFalse();

        wire.Cookies[OperatorPage.Cookie] = session;
        (await wire.GetAsync(_campus.Tool + "/admin")).Status.ShouldBe(401);
    }

    [Fact]
    public async Task An_operators_form_without_its_token_does_nothing()
    {
        using var wire = await SignInAsync();
        var before = await _campus.AskAsync<long>("SELECT COUNT(*) FROM PlatformInvite");
        var answer = await wire.PostAsync(_campus.Tool + "/admin/connect?handler=Invite", []);
        answer.ShouldSay(400, "We could not read what your browser sent");
        (await _campus.AskAsync<long>("SELECT COUNT(*) FROM PlatformInvite")).ShouldBe(before);
    }

    private async Task<string> LinkAsync() => (await _campus.World.Scopes.SendAsync(new MakeOperatorLink(TimeSpan.FromMinutes(15)), CancellationToken.None)).AbsoluteUri;

    private async Task<Wire> SignInAsync()
    {
        var wire = new Wire();
        var form = SelfPost.In(await wire.GetAsync(await LinkAsync()));
        (await wire.PostAsync(form.Action, form.Fields)).Status.ShouldBe(302);
        return wire;
    }
}
