using LtiMicroCred.DemoLms;
using LtiMicroCred.Features.Demo;
using Microsoft.Playwright;
using static LtiMicroCred.BrowserTests.People;

namespace LtiMicroCred.BrowserTests;

/// <summary>The gated activity as an instructor sets it up and as everybody sees what comes of it.</summary>
public sealed class GatePageTests
{
    [Fact(Timeout = Chromium.Patience)]
    public async Task A_condition_is_counted_confirmed_and_told_in_words()
    {
        await using var world = await Worlds.WithCredentialAsync();
        var course = world.Lms.School.FindCourse(DemoStory.Course)!;
        world.Lms.School.Restrict(world.Lms.School.LinksOf(course)[0], new Restriction(world.Lms.School.QuizzesOf(course)[0].ColumnId, 60));
        await using var chromium = await Chromium.StartAsync();
        var early = await chromium.WindowAsync();
        await early.TakeQuizAsync(world, "learner", rightAnswers: 5);

        var instructor = await chromium.WindowAsync();
        await instructor.OpenToolAsync(world, "instructor");
        await instructor.Tool().OpenWayAsync("Gated activity");
        await Expect(instructor.Tool().GetByRole(AriaRole.Switch)).ToHaveAttributeAsync("aria-checked", "false");
        await instructor.LookAtAsync("gate-off");
        await instructor.Tool().GetByRole(AriaRole.Switch).ClickAsync();

        // The page looks again by itself until the lists are read.
        await Expect(instructor.Tool().GetByText("1 learner was let in before we saw them outside.")).ToBeVisibleAsync();
        await instructor.LookAtAsync("gate-waiting");
        await instructor.Tool().GetByRole(AriaRole.Button, new() { Name = "Confirm this learner" }).ClickAsync();
        await Expect(instructor.Tool().GetByText("Met the condition: 1.")).ToBeVisibleAsync();
        await instructor.LookAtAsync("gate-met");

        await early.OpenUntilAsync(world, "learner", "You earned this credential");
        await early.LookAtAsync("learner-gate");
        await instructor.OpenUntilAsync(world, "instructor", "condition met");
        await instructor.Tool().GetByRole(AriaRole.Row).Filter(new() { HasText = "Nguyễn" }).GetByRole(AriaRole.Button, new() { Name = "Evidence" }).ClickAsync();
        await Expect(instructor.Tool().Locator(".drawer:not([hidden])").GetByText("seen in its list of members")).ToBeVisibleAsync();
        await Expect(instructor.Tool().Locator(".drawer:not([hidden])").GetByText("Confirmed by Dr Eleni Papadaki.")).ToBeVisibleAsync();
        await instructor.LookAtAsync("instructor-gate");

        await early.Tool().GetByRole(AriaRole.Switch).ClickAsync();
        var link = await early.Tool().GetByRole(AriaRole.Link, new() { Name = "See the public page" }).GetAttributeAsync("href");
        var anyone = await chromium.WindowAsync();
        await anyone.GotoAsync(new Uri(new Uri(world.ToolUrl), link).AbsoluteUri);
        await Expect(anyone.GetByText("One condition met")).ToBeVisibleAsync();
        await anyone.LookAtAsync("credential-gate");
        chromium.MustNotHaveComplained();
    }
}
