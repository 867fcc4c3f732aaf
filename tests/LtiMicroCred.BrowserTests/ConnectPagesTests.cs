using Microsoft.Playwright;
using static LtiMicroCred.BrowserTests.People;

namespace LtiMicroCred.BrowserTests;

/// <summary>What an LMS administrator sees who connects an LMS by hand.</summary>
public sealed class ConnectPagesTests
{
    [Fact(Timeout = Chromium.Patience)]
    public async Task An_administrator_follows_the_steps_of_an_LMS_and_types_what_it_gave()
    {
        await using var world = await Worlds.EmptyAsync();
        await using var chromium = await Chromium.StartAsync();
        var window = await chromium.WindowAsync();
        await window.GoAsync(world, "/connect");
        await window.LookAtAsync("connect-list");
        await window.GetByRole(AriaRole.Link, new() { Name = "Brightspace" }).ClickAsync();
        await Expect(window.GetByRole(AriaRole.Heading, new() { Name = "Brightspace, step by step" })).ToBeVisibleAsync();
        await window.LookAtAsync("connect-brightspace");

        await window.GotoAsync((await world.InviteAsync(CancellationToken.None)).AbsoluteUri);
        await window.LookAtAsync("register-choose");
        await window.GetByRole(AriaRole.Link, new() { Name = "Canvas" }).ClickAsync();
        await Expect(window.GetByLabel("Issuer")).ToHaveValueAsync("https://canvas.instructure.com");
        await window.LookAtAsync("register-steps");
        chromium.MustNotHaveComplained();

        await window.GetByLabel("Deployment IDs").FillAsync("17:4711");
        await window.GetByRole(AriaRole.Button, new() { Name = "Register" }).ClickAsync();
        await Expect(window.GetByText("Write the client ID that the LMS shows")).ToBeVisibleAsync();
        await Expect(window.GetByLabel("Deployment IDs")).ToHaveValueAsync("17:4711");
        await window.LookAtAsync("register-steps-mistake");
        await window.GetByLabel("Client ID").FillAsync("10000000000042");
        await window.GetByRole(AriaRole.Button, new() { Name = "Register" }).ClickAsync();
        await Expect(window.GetByRole(AriaRole.Heading, new() { Name = "canvas.instructure.com and this tool know each other" })).ToBeVisibleAsync();
        await window.LookAtAsync("register-done-by-hand");
        chromium.MustNotHaveComplained(400);
    }
}
