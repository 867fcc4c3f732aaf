using LtiMicroCred.DemoLms;
using Microsoft.Playwright;
using static LtiMicroCred.BrowserTests.People;

namespace LtiMicroCred.BrowserTests;

/// <summary>The front page and its neighbours, and refusals.</summary>
public sealed class PagesOutsideACourseTests
{
    [Fact(Timeout = Chromium.Patience)]
    public async Task Anyone_can_read_what_this_server_is_and_looks_a_code_up()
    {
        await using var world = await Worlds.EmptyAsync();
        await using var chromium = await Chromium.StartAsync();
        var window = await chromium.WindowAsync();
        foreach (var page in new[] { "privacy", "help", "accessibility" })
        {
            await window.GoAsync(world, "/about/" + page);
            await window.LookAtAsync("about-" + page);
        }

        await window.GoAsync(world, "/");
        await window.LookAtAsync("home");
        await window.GetByLabel("Code or address of the credential").FillAsync("7Q4M-K2XD");
        await window.GetByRole(AriaRole.Button, new() { Name = "Check" }).ClickAsync();
        await Expect(window.GetByText("This is not a whole code")).ToBeVisibleAsync();
        await window.LookAtAsync("home-not-a-code");
        chromium.MustNotHaveComplained();

        await window.GetByLabel("Code or address of the credential").FillAsync("7q4m k2xd 91rt 5b8c");
        await window.GetByRole(AriaRole.Button, new() { Name = "Check" }).ClickAsync();
        await Expect(window.GetByRole(AriaRole.Heading, new() { Name = "No public credential has this code" })).ToBeVisibleAsync();
        await window.LookAtAsync("error-no-credential");
        chromium.MustNotHaveComplained(404);
    }

    [Fact(Timeout = Chromium.Patience)]
    public async Task A_launch_whose_cookie_did_not_stick_offers_a_new_window_and_begins_anew_there()
    {
        // Moodle takes each of its logins once, so it refuses the second one; the page says what to do then.
        await using var world = await Worlds.WithCredentialAsync(manners: Manners.Plain);
        await using var chromium = await Chromium.StartAsync();
        var window = await chromium.WindowAsync();
        // Between the login that sets the cookie and the launch that wants it the browser forgets.
        await window.RouteAsync("**/lti/launch", async route =>
        {
            await window.Context.ClearCookiesAsync(new() { Domain = "127.0.0.1" });
            await route.ContinueAsync();
        });
        await window.OpenActivityAsync(world, "learner");
        await Expect(window.Tool().GetByRole(AriaRole.Heading, new() { Name = "Your browser keeps this page from signing you in here" })).ToBeVisibleAsync();
        await window.LookAtAsync("error-cookie-blocked");
        await window.UnrouteAsync("**/lti/launch");
        var opened = await window.Context.RunAndWaitForPageAsync(() => window.Tool().GetByRole(AriaRole.Button, new() { Name = "Open in a new window" }).ClickAsync());
        await Expect(opened.GetByText("You have no grade yet")).ToBeVisibleAsync();
        chromium.MustNotHaveComplained(401);
    }
}
