using LtiMicroCred.DemoLms;
using LtiMicroCred.Features.Demo;
using Microsoft.Playwright;

namespace LtiMicroCred.BrowserTests;

/// <summary>The main job as people do it: clicks in a real browser, the tool inside the LMS's frame, third-party cookies blocked.</summary>
public sealed class StoryInChromiumTests
{
    private static readonly (int Width, ColorScheme Scheme)[] s_looks = [(1280, ColorScheme.Light), (768, ColorScheme.Dark), (360, ColorScheme.Light), (360, ColorScheme.Dark), (320, ColorScheme.Light)];

    [Fact]
    public async Task A_pass_in_the_LMSs_quiz_becomes_a_credential_that_anyone_can_check()
    {
        await using var world = await DemoWorld.StartAsync(0, 0, pollSeconds: 1, new DemoLmsOptions(), CancellationToken.None);
        await using var chromium = await Chromium.StartAsync();

        await RegisterAsync(world, await chromium.WindowAsync());
        var instructor = await chromium.WindowAsync();
        await AddCredentialAsync(world, instructor);
        await ConnectFormulaAsync(world, instructor);

        var learner = await chromium.WindowAsync(360, 740);
        await OpenToolAsync(world, learner, "learner");
        await Expect(Tool(learner).GetByText("You have no grade yet")).ToBeVisibleAsync();
        (await ToolFrame(learner).EvaluateAsync<bool>("document.hasStorageAccess()")).ShouldBeFalse("third-party cookies are blocked in the frame");
        await LookAsync(learner, "learner-not-started");

        await TakeQuizAsync(world, learner, rightAnswers: 5);
        await OpenUntilAsync(world, learner, "learner", "You earned this credential");
        await LookAsync(learner, "learner-earned");
        await Tool(learner).GetByRole(AriaRole.Switch).ClickAsync();
        var link = await Tool(learner).GetByRole(AriaRole.Link, new() { Name = "See the public page" }).GetAttributeAsync("href");

        var anyone = await chromium.WindowAsync();
        await anyone.GotoAsync(new Uri(new Uri(world.ToolUrl), link).AbsoluteUri);
        await Expect(anyone.GetByRole(AriaRole.Heading, new() { Name = "Valid", Exact = true })).ToBeVisibleAsync();
        await Expect(anyone.GetByText("in your browser")).ToBeVisibleAsync();
        await LookAsync(anyone, "credential");

        var second = await chromium.WindowAsync();
        await TakeQuizAsync(world, second, rightAnswers: 2, "learner2");
        await OpenUntilAsync(world, second, "learner2", "40%");
        await LookAsync(second, "learner-in-progress");
        await OpenUntilAsync(world, instructor, "instructor", "Awarded");
        await LookAsync(instructor, "instructor");

        (await world.VerifyAsync(CancellationToken.None)).Entries.ShouldBe(1);
        chromium.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task Pages_are_reached_and_worked_by_keyboard_alone()
    {
        await using var world = await DemoWorld.StartAsync(0, 0, pollSeconds: 1, new DemoLmsOptions(), CancellationToken.None);
        using (var story = world.NewStory())
        {
            await story.RegisterAsync(CancellationToken.None);
            await story.AddCredentialAsync(CancellationToken.None);
            await story.OpenToolAsync("learner", CancellationToken.None);
            await story.ConnectFormulaAsync(CancellationToken.None);
            await story.TakeQuizAsync("learner", rightAnswers: 5, CancellationToken.None);
            await story.UntilAsync("learner", "You earned this credential", CancellationToken.None);
        }

        await using var chromium = await Chromium.StartAsync();
        var window = await chromium.WindowAsync();
        await OpenToolAsync(world, window, "learner");
        await Expect(Tool(window).GetByText("You earned this credential")).ToBeVisibleAsync();
        await TabToAsync(window, "switch");
        await window.Keyboard.PressAsync("Space");
        await Expect(Tool(window).GetByRole(AriaRole.Link, new() { Name = "See the public page" })).ToBeVisibleAsync();

        await OpenToolAsync(world, window, "instructor");
        var evidence = Tool(window).GetByRole(AriaRole.Button, new() { Name = "Evidence" }).First;
        await evidence.FocusAsync();
        await window.Keyboard.PressAsync("Enter");
        await Expect(evidence).ToHaveAttributeAsync("aria-expanded", "true");
        await window.Keyboard.PressAsync("Space");
        await Expect(evidence).ToHaveAttributeAsync("aria-expanded", "false");
    }

    [Fact]
    public async Task Without_script_every_page_still_works()
    {
        await using var world = await DemoWorld.StartAsync(0, 0, pollSeconds: 1, new DemoLmsOptions(), CancellationToken.None);
        using var story = world.NewStory();
        (await story.PlayAsync(_ => { }, () => world.VerifyAsync(CancellationToken.None), CancellationToken.None)).ShouldBe(0);
        await using var chromium = await Chromium.StartAsync();
        var window = await chromium.WindowAsync(script: false);
        await window.GotoAsync(world.Lms.UrlFor("instructor", "course/2"));
        await window.Locator("a[href*='/activity/']").First.ClickAsync();
        // Without script the LMS's own hand-over forms show their buttons.
        await Tool(window).GetByRole(AriaRole.Button).First.ClickAsync();
        await Tool(window).GetByRole(AriaRole.Button).First.ClickAsync();
        await Tool(window).GetByRole(AriaRole.Link, new() { Name = "Evidence" }).First.ClickAsync();
        await Expect(Tool(window).GetByText("What we saw").Or(Tool(window).Locator(".drawer:not([hidden])")).First).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_new_window_carries_the_launch_over_without_an_address_that_holds_a_session()
    {
        await using var world = await DemoWorld.StartAsync(0, 0, pollSeconds: 1, new DemoLmsOptions(), CancellationToken.None);
        using (var story = world.NewStory())
        {
            await story.RegisterAsync(CancellationToken.None);
            await story.AddCredentialAsync(CancellationToken.None);
        }

        await using var chromium = await Chromium.StartAsync();
        var window = await chromium.WindowAsync();
        await OpenToolAsync(world, window, "learner");
        var opened = await window.Context.RunAndWaitForPageAsync(() => Tool(window).GetByRole(AriaRole.Button, new() { Name = "New window" }).ClickAsync());
        await Expect(opened.GetByText("You have no grade yet")).ToBeVisibleAsync();
        var stranger = await chromium.WindowAsync();
        await stranger.GotoAsync(opened.Url);
        await Expect(stranger.GetByText("You have no grade yet")).ToHaveCountAsync(0);
    }

    private static async Task RegisterAsync(DemoWorld world, IPage window)
    {
        await window.GotoAsync(world.Lms.UrlFor("admin", "tools"));
        await window.GetByLabel("Tool registration URL").FillAsync((await world.InviteAsync(CancellationToken.None)).AbsoluteUri);
        await window.GetByRole(AriaRole.Button, new() { Name = "Add LTI Advantage" }).ClickAsync();
        var register = Tool(window).GetByRole(AriaRole.Button, new() { Name = "Register" });
        await Expect(register).ToBeVisibleAsync();
        await LookAsync(window, "register");
        await register.ClickAsync();
        // Our page says that it is done; the LMS closes the frame and shows its list.
        await window.GetByRole(AriaRole.Button, new() { Name = "Activate" }).ClickAsync();
        await Expect(window.GetByText("is active")).ToBeVisibleAsync();
    }

    private static async Task AddCredentialAsync(DemoWorld world, IPage window)
    {
        await window.GotoAsync(world.Lms.UrlFor("instructor", "course/2"));
        await window.GetByRole(AriaRole.Link, new() { Name = "Add an activity with" }).ClickAsync();
        var tool = Tool(window);
        await tool.GetByRole(AriaRole.Textbox, new() { Name = "Title" }).FillAsync("Data Ethics in Practice");
        await tool.GetByLabel("What it represents").FillAsync("Finding, naming and handling ethical risks in real data.");
        // A blank passes the browser's own check; ours says what is missing and keeps what was typed.
        await tool.GetByLabel("The holder can").FillAsync(" ");
        await tool.GetByRole(AriaRole.Button, new() { Name = "Save and insert" }).ClickAsync();
        await Expect(tool.GetByText("Write 1 to 20 outcomes")).ToBeVisibleAsync();
        await Expect(tool.GetByRole(AriaRole.Textbox, new() { Name = "Title" })).ToHaveValueAsync("Data Ethics in Practice");
        await LookAsync(window, "pick");
        await tool.GetByLabel("The holder can").FillAsync("find and name the ethical risks of a data set before it is used\nchoose a lawful basis for processing");
        await tool.GetByLabel("Hours").FillAsync("50");
        await tool.GetByLabel("ECTS, if any").FillAsync("2");
        await tool.GetByRole(AriaRole.Button, new() { Name = "Save and insert" }).ClickAsync();
        await Expect(window.GetByRole(AriaRole.Link, new() { Name = "Data Ethics in Practice" })).ToBeVisibleAsync();
    }

    private static async Task ConnectFormulaAsync(DemoWorld world, IPage window)
    {
        await OpenToolAsync(world, window, "instructor");
        await LookAsync(window, "instructor-empty");
        await Tool(window).GetByRole(AriaRole.Link, new() { Name = "How grades reach us" }).First.ClickAsync();
        await Tool(window).GetByRole(AriaRole.Button, new() { Name = "Make the column" }).ClickAsync();
        await Expect(Tool(window).GetByText("=[[quiz1]]").First).ToBeVisibleAsync();
        var grades = await window.Context.NewPageAsync();
        await grades.GotoAsync(world.Lms.UrlFor("instructor", "course/2/grades"));
        var card = grades.Locator("li", new() { HasText = "Data Ethics in Practice: counted" });
        await card.GetByRole(AriaRole.Textbox, new() { Name = "Calculation" }).FillAsync("=[[quiz1]]");
        await card.GetByRole(AriaRole.Button, new() { Name = "Save the calculation" }).ClickAsync();
        await grades.CloseAsync();
        await LookAsync(window, "connect");
        await Tool(window).GetByRole(AriaRole.Button, new() { Name = "Use this way" }).ClickAsync();
    }

    private static async Task TakeQuizAsync(DemoWorld world, IPage window, int rightAnswers, string username = "learner")
    {
        var quiz = world.Lms.School.QuizzesOf(world.Lms.School.FindCourse("2")!)[0];
        await window.GotoAsync(world.Lms.UrlFor(username, $"quiz/{quiz.Id}"));
        for (var i = 0; i < rightAnswers; i++)
            await window.Locator($"input[name=q{i}][value='{quiz.Questions[i].Right}']").CheckAsync();
        await window.GetByRole(AriaRole.Button, new() { Name = "Hand in" }).ClickAsync();
    }

    private static async Task OpenToolAsync(DemoWorld world, IPage window, string username)
    {
        await window.GotoAsync(world.Lms.UrlFor(username, "course/2"));
        await window.GetByRole(AriaRole.Link, new() { Name = "Data Ethics in Practice" }).ClickAsync();
        await Expect(Tool(window).GetByRole(AriaRole.Heading, new() { Level = 1, Name = "Data Ethics in Practice" })).ToBeVisibleAsync();
    }

    private static async Task OpenUntilAsync(DemoWorld world, IPage window, string username, string text)
    {
        for (var i = 0; i < 20; i++)
        {
            await OpenToolAsync(world, window, username);
            if (await Tool(window).GetByText(text).CountAsync() > 0)
                return;
            await Task.Delay(500);
        }

        await Expect(Tool(window).GetByText(text).First).ToBeVisibleAsync();
    }

    /// <summary>Each page at five widths, light and dark: nothing sticks out, axe finds nothing.</summary>
    private static async Task LookAsync(IPage window, string name)
    {
        var before = window.ViewportSize!;
        foreach (var (width, scheme) in s_looks)
        {
            await window.SetViewportSizeAsync(width, 900);
            await window.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = scheme });
            await window.WaitForTimeoutAsync(150);
            foreach (var frame in window.Frames.Where(f => f.Url.StartsWith("http://127.0.0.1", StringComparison.Ordinal)))
            {
                await frame.MustNotScrollSidewaysAsync($"{name} at {width}");
                await frame.MustBeAccessibleAsync($"{name} at {width}, {scheme}");
            }

            await window.KeepPictureAsync($"{name}-{width}-{scheme}");
        }

        await window.SetViewportSizeAsync(before.Width, before.Height);
        await window.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = ColorScheme.Light });
    }

    private static async Task TabToAsync(IPage window, string role)
    {
        for (var i = 0; i < 60; i++)
        {
            await window.Keyboard.PressAsync("Tab");
            if (await ToolFrame(window).EvaluateAsync<string?>("document.activeElement?.getAttribute('role')") == role)
                return;
        }

        throw new ShouldAssertException($"Tab never reached a {role}");
    }

    private static IFrameLocator Tool(IPage window) => window.FrameLocator("iframe");

    private static IFrame ToolFrame(IPage window) => window.Frames.First(f => f.Url.StartsWith("http://127.0.0.1", StringComparison.Ordinal));

    private static ILocatorAssertions Expect(ILocator locator) => Assertions.Expect(locator);
}
