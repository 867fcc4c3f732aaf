using System.Text.Json.Nodes;
using LtiMicroCred.DemoLms;
using LtiMicroCred.Features.Demo;
using Microsoft.Playwright;
using static LtiMicroCred.BrowserTests.People;

namespace LtiMicroCred.BrowserTests;

/// <summary>What people see of an LMS that lacks something, asks for something else, or has copied a course.</summary>
public sealed class SeldomPagesTests
{
    [Fact(Timeout = Chromium.Patience)]
    public async Task What_the_LMS_left_out_stays_to_be_read_until_the_administrator_closes_it()
    {
        await using var world = await Worlds.EmptyAsync();
        world.Lms.Faults.Lacking = ["https://purl.imsglobal.org/spec/lti-ags/scope/lineitem", "LtiDeepLinkingRequest"];
        await using var chromium = await Chromium.StartAsync();
        var window = await chromium.WindowAsync();
        await window.GotoAsync(world.Lms.UrlFor("admin", "tools"));
        await window.GetByLabel("Tool registration URL").FillAsync((await world.InviteAsync(CancellationToken.None)).AbsoluteUri);
        await window.GetByRole(AriaRole.Button, new() { Name = "Add LTI Advantage" }).ClickAsync();
        await window.Tool().GetByRole(AriaRole.Button, new() { Name = "Register" }).ClickAsync();

        await Expect(window.Tool().GetByRole(AriaRole.Heading, new() { Name = "What your LMS left out" })).ToBeVisibleAsync();
        await window.LookAtAsync("register-lacking");
        await window.Tool().GetByRole(AriaRole.Button, new() { Name = "Close this page" }).ClickAsync();

        await Expect(window.GetByRole(AriaRole.Button, new() { Name = "Activate" })).ToBeVisibleAsync();
        chromium.MustNotHaveComplained();
    }

    [Fact(Timeout = Chromium.Patience)]
    public async Task A_place_that_takes_no_link_says_so_and_leads_back()
    {
        await using var world = await Worlds.WithCredentialAsync();
        world.Lms.Retouch = claims => claims["https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"]!["accept_types"] = new JsonArray("file");
        await using var chromium = await Chromium.StartAsync();
        var window = await chromium.WindowAsync();
        await window.GotoAsync(world.Lms.UrlFor("instructor", "course/2"));
        await window.GetByRole(AriaRole.Link, new() { Name = "Add an activity with" }).ClickAsync();

        await Expect(window.Tool().GetByRole(AriaRole.Heading, new() { Name = "asks for something else here" })).ToBeVisibleAsync();
        await window.LookAtAsync("pick-something-else");
        await window.Tool().GetByRole(AriaRole.Button, new() { Name = "Back to Moodle" }).ClickAsync();

        await Expect(window.GetByRole(AriaRole.Link, new() { Name = "Add an activity with" })).ToBeVisibleAsync();
        chromium.MustNotHaveComplained();
    }

    [Fact(Timeout = Chromium.Patience)]
    public async Task A_copied_course_names_its_original()
    {
        await using var world = await Worlds.WithCredentialAsync(story => story.OpenToolAsync("instructor", CancellationToken.None));
        var (copy, _) = await world.Lms.CopyCourseAsync(world.Lms.School.FindCourse(DemoStory.Course)!, "COPY", "A copy", CancellationToken.None);
        await using var chromium = await Chromium.StartAsync();
        var window = await chromium.WindowAsync();
        await window.GotoAsync(world.Lms.UrlFor("instructor", $"course/{copy.Id}"));
        await window.GetByRole(AriaRole.Link, new() { Name = Title }).ClickAsync();

        await Expect(window.Tool().GetByText("This course was copied from")).ToBeVisibleAsync();
        await window.LookAtAsync("instructor-copied");
        chromium.MustNotHaveComplained();
    }
}
