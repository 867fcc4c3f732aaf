using LtiMicroCred.DemoLms;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;

namespace LtiMicroCred.Tests;

/// <summary>The cookie names the browser and the path names the launch; both must fit, and the launch must be for that page.</summary>
public sealed class SessionTests(FurnishedCampus shared) : IClassFixture<FurnishedCampus>
{
    private readonly Campus _campus = shared.Campus;

    [Attack(22)]
    [Theory]
    [InlineData("learner", "learner")]
    [InlineData("instructor", "course")]
    [InlineData("instructor", "connect")]
    public async Task Another_browser_cannot_open_a_launch(string person, string page)
    {
        using var wire = new Wire();
        var mine = await wire.LaunchAsync(_campus.Opening(person));
        var address = $"{_campus.Tool}/l/{mine.LaunchId}/{page}";
        (await wire.GetAsync(address)).Status.ShouldBe(200);

        using var nobody = new Wire();
        (await nobody.GetAsync(address)).ShouldSay(404, "This page is not open any more");
        using var somebody = new Wire();
        await somebody.LaunchAsync(_campus.Opening(person));
        (await somebody.GetAsync(address)).ShouldSay(404, "This page is not open any more");
    }

    [Theory]
    [InlineData("learner", "course")]
    [InlineData("learner", "pick")]
    [InlineData("learner", "connect")]
    [InlineData("instructor", "learner")]
    public async Task A_launch_opens_only_the_pages_of_its_role(string person, string page)
    {
        using var wire = new Wire();
        var mine = await wire.LaunchAsync(_campus.Opening(person));
        (await wire.GetAsync($"{_campus.Tool}/l/{mine.LaunchId}/{page}")).ShouldSay(404, "This page is not open any more");
    }

    [Fact]
    public async Task A_request_to_choose_content_opens_no_page_of_the_course()
    {
        using var wire = new Wire();
        var pick = await wire.LaunchAsync(_campus.Lms.OpeningPick());
        pick.Url.AbsolutePath.ShouldEndWith("/pick");
        foreach (var page in new[] { "course", "connect", "learner" })
            (await wire.GetAsync($"{_campus.Tool}/l/{pick.LaunchId}/{page}")).ShouldSay(404, "This page is not open any more");
    }

    [Theory]
    [InlineData("learner", "learner?handler=Visibility", "show")]
    [InlineData("instructor", "course?handler=Check", "x")]
    [InlineData("instructor", "connect?handler=Use&way=own", "x")]
    [InlineData("instructor", "connect?handler=Make&way=formula", "x")]
    public async Task A_form_without_its_token_does_nothing(string person, string address, string field)
    {
        using var wire = new Wire();
        var mine = await wire.LaunchAsync(_campus.Opening(person));
        var answer = await wire.PostAsync($"{_campus.Tool}/l/{mine.LaunchId}/{address}", [KeyValuePair.Create(field, "true")]);
        answer.ShouldSay(400, "We could not read what your browser sent");
        _campus.Lms.Requests.ShouldNotContain(r => r.Service == LmsService.LineItems && r.Method == "POST");
    }

    [Fact]
    public async Task A_form_that_cannot_be_read_is_the_senders_mistake()
    {
        using var wire = new Wire();
        var mine = await wire.LaunchAsync(_campus.Opening("learner"));
        foreach (var type in new[] { "multipart/form-data", "multipart/form-data; boundary=x", "text/plain" })
        {
            using var body = new ByteArrayContent("%%%"u8.ToArray());
            body.Headers.TryAddWithoutValidation("Content-Type", type);
            (await wire.SendAsync(HttpMethod.Post, new Uri($"{_campus.Tool}/l/{mine.LaunchId}/learner?handler=Visibility"), body)).ShouldSay(400, "We could not read what your browser sent");
        }
    }

    [Fact]
    public async Task New_window_hands_a_launch_over_twenty_times()
    {
        using var frame = new Wire();
        var mine = await frame.LaunchAsync(_campus.Opening("learner"));
        var handover = new Dictionary<string, string>(StringComparer.Ordinal) { ["handover"] = mine.Field("handover") };
        var address = $"{_campus.Tool}/l/{mine.LaunchId}/window/learner";

        for (var i = 0; i < 20; i++)
        {
            using var window = new Wire();
            var opened = await window.PostAsync(address, handover);
            opened.Status.ShouldBe(303);
            var page = await window.FollowAsync(opened);
            page.Status.ShouldBe(200);
            (page.LaunchId == mine.LaunchId).ShouldBeFalse();
        }

        using var another = new Wire();
        (await another.PostAsync(address, handover)).ShouldSay(404, "This page is not open any more");
        another.Cookies.ShouldBeEmpty();
    }

    [Fact]
    public async Task Windows_of_windows_and_pages_shown_again_count_with_their_launch()
    {
        using var frame = new Wire();
        var shown = await frame.LaunchAsync(_campus.Opening("learner"));
        for (var i = 0; i < 20; i++)
        {
            var handover = (await frame.GetAsync(shown.Url.AbsoluteUri)).Field("handover");
            shown = await frame.FollowAsync(await frame.PostAsync($"{_campus.Tool}/l/{shown.LaunchId}/window/learner", [KeyValuePair.Create("handover", handover)]));
            shown.Status.ShouldBe(200);
        }

        var last = (await frame.GetAsync(shown.Url.AbsoluteUri)).Field("handover");
        (await frame.PostAsync($"{_campus.Tool}/l/{shown.LaunchId}/window/learner", [KeyValuePair.Create("handover", last)])).ShouldSay(404, "This page is not open any more");
    }

    [Fact]
    public async Task A_handover_posted_many_times_at_once_opens_no_more_windows()
    {
        using var frame = new Wire();
        var mine = await frame.LaunchAsync(_campus.Opening("learner"));
        var handover = new Dictionary<string, string>(StringComparer.Ordinal) { ["handover"] = mine.Field("handover") };
        var answers = await Task.WhenAll(Enumerable.Range(0, 24).Select(async _ =>
        {
            using var window = new Wire();
            return await window.PostAsync($"{_campus.Tool}/l/{mine.LaunchId}/window/learner", handover);
        }));
        answers.Count(a => a.Status == 303).ShouldBe(20);
        answers.Count(a => a.Status == 404).ShouldBe(4);
    }

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("null")]
    public async Task A_handover_that_another_site_posts_opens_nothing(string origin)
    {
        using var attacker = new Wire();
        var theirs = await attacker.LaunchAsync(_campus.Opening("learner"));
        using var victim = new Wire { Origin = origin };
        (await victim.PostAsync($"{_campus.Tool}/l/{theirs.LaunchId}/window/learner", [KeyValuePair.Create("handover", theirs.Field("handover"))])).ShouldSay(404, "This page is not open any more");
        victim.Cookies.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_handover_fits_only_its_own_launch()
    {
        using var learner = new Wire();
        using var instructor = new Wire();
        var mine = await learner.LaunchAsync(_campus.Opening("learner"));
        var theirs = await instructor.LaunchAsync(_campus.Opening("instructor"));
        var handover = new Dictionary<string, string>(StringComparer.Ordinal) { ["handover"] = mine.Field("handover") };
        (await learner.PostAsync($"{_campus.Tool}/l/{theirs.LaunchId}/window/course", handover)).ShouldSay(404, "This page is not open any more");

        // Its own launch, but a page of another role: opened, and refused there.
        (await learner.FollowAsync(await learner.PostAsync($"{_campus.Tool}/l/{mine.LaunchId}/window/course", handover))).ShouldSay(404, "This page is not open any more");
    }

    [Fact]
    public async Task A_handover_that_ran_out_or_was_sealed_for_something_else_opens_nothing()
    {
        using var wire = new Wire();
        var mine = await wire.LaunchAsync(_campus.Opening("learner"));
        var protection = _campus.Services.GetRequiredService<IDataProtectionProvider>();
        string[] bad =
        [
            "",
            "nonsense",
            protection.CreateProtector("Launch.Handover").ToTimeLimitedDataProtector().Protect($"{mine.LaunchId} x", TimeSpan.FromSeconds(-1)),
            protection.CreateProtector("ToolKey").ToTimeLimitedDataProtector().Protect($"{mine.LaunchId} x", TimeSpan.FromMinutes(5)),
        ];
        foreach (var handover in bad)
            (await wire.PostAsync($"{_campus.Tool}/l/{mine.LaunchId}/window/learner", [KeyValuePair.Create("handover", handover)])).ShouldSay(404, "This page is not open any more");
    }

    [Fact]
    public async Task A_browser_keeps_its_ten_newest_launches()
    {
        using var wire = new Wire();
        var launches = new List<Answer>();
        for (var i = 0; i < 11; i++)
            launches.Add(await wire.LaunchAsync(_campus.Opening("learner")));
        (await wire.GetAsync(launches[0].Url.AbsoluteUri)).Status.ShouldBe(404);
        (await wire.GetAsync(launches[1].Url.AbsoluteUri)).Status.ShouldBe(200);
        (await wire.GetAsync(launches[10].Url.AbsoluteUri)).Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_browser_keeps_at_most_ten_logins_under_way()
    {
        using var wire = new Wire();
        for (var i = 0; i < 14; i++)
            await wire.BeginLaunchAsync(_campus.Opening("learner"));
        wire.Cookies.Keys.Count(k => k.StartsWith("lti-state-", StringComparison.Ordinal)).ShouldBe(10);
    }

    [Fact]
    public async Task A_launch_ends_after_eight_hours()
    {
        using var wire = new Wire();
        var mine = await wire.LaunchAsync(_campus.Opening("learner"));
        await _campus.ExecuteAsync("UPDATE LaunchSession SET ExpiresAt = '2020-01-01T00:00:00.000000Z' WHERE LaunchId = @LaunchId", new { mine.LaunchId });
        (await wire.GetAsync(mine.Url.AbsoluteUri)).ShouldSay(404, "A visit from your course lasts eight hours");
    }
}
