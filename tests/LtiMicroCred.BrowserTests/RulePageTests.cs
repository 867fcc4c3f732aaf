using LtiMicroCred.Features.Demo;
using Microsoft.Playwright;
using static LtiMicroCred.BrowserTests.People;

namespace LtiMicroCred.BrowserTests;

/// <summary>A rule of two assessments, from the instructor's form to the credential.</summary>
public sealed class RulePageTests
{
    [Fact(Timeout = Chromium.Patience)]
    public async Task Two_assessments_are_asked_connected_and_earned()
    {
        await using var world = await Worlds.WithCredentialAsync(story => story.ConnectFormulaAsync(CancellationToken.None));
        await using var chromium = await Chromium.StartAsync();
        var instructor = await chromium.WindowAsync();
        await instructor.OpenToolAsync(world, "instructor");
        var tool = instructor.Tool();
        await tool.GetByRole(AriaRole.Link, new() { Name = "Change the rule" }).ClickAsync();
        await Expect(tool.GetByText("Now: Score at least 60%")).ToBeVisibleAsync();
        await instructor.LookAtAsync("rule-one");

        await tool.GetByRole(AriaRole.Button, new() { Name = "Add another assessment" }).ClickAsync();
        await tool.Locator("#name-1").FillAsync("Case study");
        await tool.Locator("#name-0").FillAsync("Final quiz");
        await tool.Locator("#value-1").FillAsync("fifty");
        await tool.Locator("#unit-1").SelectOptionAsync("points");
        await tool.GetByRole(AriaRole.Button, new() { Name = "See what it means" }).ClickAsync();
        await Expect(tool.GetByText("Write a number of points")).ToBeVisibleAsync();
        (await tool.Locator("#value-1").InputValueAsync()).ShouldBe("fifty");
        await instructor.LookAtAsync("rule-error");
        await tool.Locator("#value-1").FillAsync("50");
        await tool.GetByRole(AriaRole.Button, new() { Name = "See what it means" }).ClickAsync();
        await Expect(tool.GetByText("The new rule: Pass all of these: Final quiz (at least 60%), Case study (at least 50 points).")).ToBeVisibleAsync();
        await Expect(tool.GetByText("0 would be awarded at once")).ToBeVisibleAsync();
        await instructor.LookAtAsync("rule-two");
        await tool.GetByRole(AriaRole.Button, new() { Name = "Use this rule" }).ClickAsync();
        await Expect(tool.GetByText("Pass all of these: Final quiz")).ToBeVisibleAsync();

        // What an instructor types into the activity's own column is for the second one.
        await tool.OpenWayAsync("Own column", "Case study");
        await instructor.LookAtAsync("connect-second");
        await tool.GetByRole(AriaRole.Button, new() { Name = "Use this way" }).ClickAsync();
        await Expect(tool.GetByText("Count these grades no longer")).ToBeVisibleAsync();

        var learner = await chromium.WindowAsync();
        await learner.TakeQuizAsync(world, "learner", rightAnswers: 5);
        await learner.OpenUntilAsync(world, "learner", "Final quiz: 100%, passed");
        await Expect(learner.Tool().GetByText("Case study: no grade")).ToBeVisibleAsync();
        await learner.LookAtAsync("learner-two");

        using (var story = world.NewStory())
            await story.GradeByHandAsync("learner", "50", CancellationToken.None);
        await learner.OpenUntilAsync(world, "learner", "You earned this credential");
        await learner.LookAtAsync("learner-two-earned");
        await instructor.OpenUntilAsync(world, "instructor", "1 awarded");
        await instructor.LookAtAsync("instructor-two");
        await learner.Tool().GetByRole(AriaRole.Switch).ClickAsync();
        var link = await learner.Tool().GetByRole(AriaRole.Link, new() { Name = "See the public page" }).GetAttributeAsync("href");
        var anyone = await chromium.WindowAsync();
        await anyone.GotoAsync(new Uri(new Uri(world.ToolUrl), link).AbsoluteUri);
        await Expect(anyone.GetByText("Several assessments passed")).ToBeVisibleAsync();
        await Expect(anyone.GetByText("2 graded results")).ToBeVisibleAsync();
        await anyone.LookAtAsync("credential-two");
        chromium.MustNotHaveComplained();
    }
}
