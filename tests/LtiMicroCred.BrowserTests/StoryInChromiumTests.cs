using LtiMicroCred.Features.Demo;
using Microsoft.Playwright;
using static LtiMicroCred.BrowserTests.People;

namespace LtiMicroCred.BrowserTests;

/// <summary>The main job as people do it: clicks in a real browser, the tool inside the LMS's frame, third-party cookies blocked.</summary>
public sealed class StoryInChromiumTests
{
    [Fact(Timeout = Chromium.Patience)]
    public async Task A_pass_in_the_LMSs_quiz_becomes_a_credential_that_anyone_can_check()
    {
        await using var world = await Worlds.EmptyAsync();
        await using var chromium = await Chromium.StartAsync();

        await RegisterAsync(world, await chromium.WindowAsync());
        var instructor = await chromium.WindowAsync();
        await AddCredentialAsync(world, instructor);
        await ConnectFormulaAsync(world, instructor);

        var learner = await chromium.WindowAsync(360, 740);
        await learner.OpenToolAsync(world, "learner");
        await Expect(learner.Tool().GetByText("You have no grade yet")).ToBeVisibleAsync();
        (await (await learner.ToolFrameAsync()).EvaluateAsync<bool>("document.hasStorageAccess()")).ShouldBeFalse("third-party cookies are blocked in the frame");
        await learner.LookAtAsync("learner-not-started");

        await learner.TakeQuizAsync(world, "learner", rightAnswers: 5);
        await learner.OpenUntilAsync(world, "learner", "You earned this credential");
        await Expect(learner.Tool().GetByRole(AriaRole.Link, new() { Name = "See the public page" })).ToHaveCountAsync(0);
        await learner.Tool().GetByRole(AriaRole.Switch).ClickAsync();
        var link = await learner.Tool().GetByRole(AriaRole.Link, new() { Name = "See the public page" }).GetAttributeAsync("href");
        await learner.LookAtAsync("learner-earned");

        var anyone = await chromium.WindowAsync();
        await anyone.GotoAsync(new Uri(new Uri(world.ToolUrl), link).AbsoluteUri);
        await Expect(anyone.GetByRole(AriaRole.Heading, new() { Name = "Valid", Exact = true })).ToBeVisibleAsync();
        // The next checkpoint is signed half a minute after the last.
        await Expect(anyone.GetByRole(AriaRole.Status).GetByText("verified in your browser")).ToBeVisibleAsync(new() { Timeout = 60_000 });
        await anyone.LookAtAsync("credential");

        var second = await chromium.WindowAsync();
        await second.TakeQuizAsync(world, "learner2", rightAnswers: 2);
        await second.OpenUntilAsync(world, "learner2", "40%");
        await second.LookAtAsync("learner-in-progress");
        await instructor.OpenUntilAsync(world, "instructor", "40%");
        await instructor.LookAtAsync("instructor");

        (await world.VerifyAsync(CancellationToken.None)).Entries.ShouldBe(2);
        chromium.MustNotHaveComplained();
    }

    private static async Task RegisterAsync(DemoWorld world, IPage window)
    {
        await window.GotoAsync(world.Lms.UrlFor("admin", "tools"));
        await window.GetByLabel("Tool registration URL").FillAsync((await world.InviteAsync(CancellationToken.None)).AbsoluteUri);
        await window.GetByRole(AriaRole.Button, new() { Name = "Add LTI Advantage" }).ClickAsync();
        var register = window.Tool().GetByRole(AriaRole.Button, new() { Name = "Register" });
        await Expect(register).ToBeVisibleAsync();
        await window.LookAtAsync("register");
        await register.ClickAsync();
        // Our page says that it is done; the LMS closes the frame and shows its list.
        await window.GetByRole(AriaRole.Button, new() { Name = "Activate" }).ClickAsync();
        await Expect(window.GetByText("is active")).ToBeVisibleAsync();
    }

    private static async Task AddCredentialAsync(DemoWorld world, IPage window)
    {
        await window.GotoAsync(world.Lms.UrlFor("instructor", "course/2"));
        await window.GetByRole(AriaRole.Link, new() { Name = "Add an activity with" }).ClickAsync();
        var tool = window.Tool();
        await tool.GetByRole(AriaRole.Textbox, new() { Name = "Title" }).FillAsync(Title);
        await tool.GetByLabel("What it represents").FillAsync("Finding, naming and handling ethical risks in real data.");
        // A blank passes the browser's own check; ours says what is missing and keeps what was typed.
        await tool.GetByLabel("The holder can").FillAsync(" ");
        await tool.GetByRole(AriaRole.Button, new() { Name = "Save and insert" }).ClickAsync();
        await Expect(tool.GetByText("Write 1 to 20 outcomes")).ToBeVisibleAsync();
        await Expect(tool.GetByRole(AriaRole.Textbox, new() { Name = "Title" })).ToHaveValueAsync(Title);
        await window.LookAtAsync("pick-design");
        await tool.GetByLabel("The holder can").FillAsync("find and name the ethical risks of a data set before it is used\nchoose a lawful basis for processing");
        await tool.GetByLabel("Hours").FillAsync("50");
        await tool.GetByLabel("ECTS, if any").FillAsync("2");
        await tool.GetByRole(AriaRole.Button, new() { Name = "Save and insert" }).ClickAsync();
        await Expect(window.GetByRole(AriaRole.Link, new() { Name = Title })).ToBeVisibleAsync();
    }

    private static async Task ConnectFormulaAsync(DemoWorld world, IPage window)
    {
        await window.OpenToolAsync(world, "instructor");
        await window.Tool().GetByRole(AriaRole.Link, new() { Name = "How grades reach us" }).First.ClickAsync();
        await window.Tool().GetByRole(AriaRole.Button, new() { Name = "Make the column" }).ClickAsync();
        await Expect(window.Tool().GetByText("=[[quiz1]]").First).ToBeVisibleAsync();
        var grades = await window.Context.NewPageAsync();
        await grades.GotoAsync(world.Lms.UrlFor("instructor", "course/2/grades"));
        var card = grades.Locator("li", new() { HasText = $"{Title}: counted" });
        await card.GetByRole(AriaRole.Textbox, new() { Name = "Calculation" }).FillAsync("=[[quiz1]]");
        await card.GetByRole(AriaRole.Button, new() { Name = "Save the calculation" }).ClickAsync();
        await Expect(grades.GetByText("is saved")).ToBeVisibleAsync();
        await window.BringToFrontAsync();
        await window.LookAtAsync("connect");
        await window.Tool().GetByRole(AriaRole.Button, new() { Name = "Use this way" }).ClickAsync();
        await Expect(window.Tool().GetByText("In use: results in this column count")).ToBeVisibleAsync();
    }
}
