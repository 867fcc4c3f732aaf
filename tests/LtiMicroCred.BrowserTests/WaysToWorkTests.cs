using LtiMicroCred.DemoLms;
using LtiMicroCred.Features.Demo;
using Microsoft.Playwright;
using static LtiMicroCred.BrowserTests.People;

namespace LtiMicroCred.BrowserTests;

/// <summary>By keyboard, without script, in a window of its own: the job gets done all the same.</summary>
public sealed class WaysToWorkTests
{
    [Fact(Timeout = Chromium.Patience)]
    public async Task Pages_are_reached_and_worked_by_keyboard_alone()
    {
        await using var world = await EarnedAsync();
        await using var chromium = await Chromium.StartAsync();
        var window = await chromium.WindowAsync();
        await window.OpenToolAsync(world, "learner");
        await Expect(window.Tool().GetByText("You earned this credential")).ToBeVisibleAsync();
        await window.TabToAsync("[role=switch]");
        await window.Keyboard.PressAsync("Space");
        await Expect(window.Tool().GetByRole(AriaRole.Link, new() { Name = "See the public page" })).ToBeVisibleAsync();
        await MustReachEverythingAsync(window);

        await window.OpenToolAsync(world, "instructor");
        await window.TabToAsync("[aria-controls]");
        var evidence = window.Tool().GetByRole(AriaRole.Button, new() { Name = "Evidence" }).First;
        await window.Keyboard.PressAsync("Enter");
        await Expect(evidence).ToHaveAttributeAsync("aria-expanded", "true");
        await Expect(window.Tool().Locator(".drawer").First).ToBeVisibleAsync();
        await window.Keyboard.PressAsync("Space");
        await Expect(evidence).ToHaveAttributeAsync("aria-expanded", "false");
        await Expect(window.Tool().Locator(".drawer").First).ToBeHiddenAsync();
        await window.OpenToolAsync(world, "instructor");
        await MustReachEverythingAsync(window);
        chromium.MustNotHaveComplained();
    }

    [Fact(Timeout = Chromium.Patience)]
    public async Task Without_script_every_page_still_works()
    {
        await using var world = await EarnedAsync();
        await using var chromium = await Chromium.StartAsync();
        var window = await chromium.WindowAsync(script: false);
        await LaunchByHandAsync(world, window, "instructor");
        await window.Tool().GetByRole(AriaRole.Link, new() { Name = "Evidence" }).First.ClickAsync();
        await Expect(window.Tool().Locator(".drawer:not([hidden])").GetByRole(AriaRole.List, new() { Name = "What we saw" })).ToBeVisibleAsync();
        // So that it is seen under way.
        world.Lms.Faults.Slow(LmsService.Results, TimeSpan.FromSeconds(5));
        await window.Tool().GetByRole(AriaRole.Button, new() { Name = "Check now" }).ClickAsync();
        await Expect(window.Tool().GetByText("Reading grades from")).ToBeVisibleAsync();

        world.Lms.Faults.Clear();
        await LaunchByHandAsync(world, window, "learner");
        await window.Tool().GetByRole(AriaRole.Switch).ClickAsync();
        var link = await window.Tool().GetByRole(AriaRole.Link, new() { Name = "See the public page" }).GetAttributeAsync("href");
        await window.GotoAsync(new Uri(new Uri(world.ToolUrl), link).AbsoluteUri);
        await Expect(window.GetByRole(AriaRole.Heading, new() { Name = "Valid", Exact = true })).ToBeVisibleAsync();
        await Expect(window.GetByText("Entry 2 of 2").First).ToBeVisibleAsync();
        chromium.MustNotHaveComplained();
    }

    [Fact(Timeout = Chromium.Patience)]
    public async Task A_new_window_carries_the_launch_over_without_an_address_that_holds_a_session()
    {
        await using var world = await Worlds.WithCredentialAsync();
        await using var chromium = await Chromium.StartAsync();
        var window = await chromium.WindowAsync();
        await window.OpenToolAsync(world, "learner");
        var opened = await window.Context.RunAndWaitForPageAsync(() => window.Tool().GetByRole(AriaRole.Button, new() { Name = "New window" }).ClickAsync());
        await Expect(opened.GetByText("You have no grade yet")).ToBeVisibleAsync();
        await Expect(opened.GetByRole(AriaRole.Button, new() { Name = "New window" })).ToBeHiddenAsync();
        chromium.MustNotHaveComplained();

        var stranger = await chromium.WindowAsync();
        await stranger.GotoAsync(opened.Url);
        await Expect(stranger.GetByRole(AriaRole.Heading, new() { Name = "This page is not open any more" })).ToBeVisibleAsync();
        await Expect(stranger.GetByText("You have no grade yet")).ToHaveCountAsync(0);
        chromium.MustNotHaveComplained(404);
    }

    private static Task<DemoWorld> EarnedAsync() => Worlds.WithCredentialAsync(async story =>
    {
        await story.OpenToolAsync("learner", CancellationToken.None);
        await story.ConnectFormulaAsync(CancellationToken.None);
        await story.TakeQuizAsync("learner", rightAnswers: 5, CancellationToken.None);
        await story.UntilAsync("learner", "You earned this credential", CancellationToken.None);
    });

    /// <summary>Without script the LMS's own hand-over forms show their buttons.</summary>
    private static async Task LaunchByHandAsync(DemoWorld world, IPage window, string username)
    {
        await window.OpenActivityAsync(world, username);
        await window.Tool().GetByRole(AriaRole.Button).ClickAsync();
        await window.Tool().Locator("form[action*='/lti/launch']").GetByRole(AriaRole.Button).ClickAsync();
        await Expect(window.Tool().GetByRole(AriaRole.Heading, new() { Level = 1, Name = Title })).ToBeVisibleAsync();
    }

    /// <summary>Every control that can be seen is reached by Tab, and each shows a ring of at least two pixels then. The page may renew its parts meanwhile.</summary>
    private static async Task MustReachEverythingAsync(IPage window)
    {
        await (await window.ToolFrameAsync()).EvaluateAsync("document.activeElement?.blur()");
        for (var i = 0; i < 80; i++)
        {
            var bare = await window.TabAsync<string?>(
                "{ if (at === document.body) return null; (window.reached ??= new Set()).add(at.outerHTML); const ring = getComputedStyle(at); return ring.outlineStyle !== 'none' && parseFloat(ring.outlineWidth) >= 2 ? null : at.outerHTML; }");
            bare.ShouldBeNull("no ring around what has the focus");
        }

        (await (await window.ToolFrameAsync()).EvaluateAsync<string[]>(
            "[...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')].filter(e => e.checkVisibility() && !window.reached.has(e.outerHTML)).map(e => e.outerHTML)"))
            .ShouldBeEmpty("Tab reaches everything");
    }
}
