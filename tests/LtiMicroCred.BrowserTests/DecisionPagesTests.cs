using LtiMicroCred.Features.Demo;
using Microsoft.Playwright;
using static LtiMicroCred.BrowserTests.People;

namespace LtiMicroCred.BrowserTests;

/// <summary>What instructors decide about awards, and what follows an award, page by page.</summary>
public sealed class DecisionPagesTests
{
    [Fact(Timeout = Chromium.Patience)]
    public async Task A_fallen_grade_is_decided_about_and_the_learner_reads_why()
    {
        await using var world = await Worlds.WithCredentialAsync(async story =>
        {
            await story.ConnectFormulaAsync(CancellationToken.None);
            await story.GradeByHandAsync("learner", "80", CancellationToken.None);
            await story.UntilAsync("learner", "You earned this credential", CancellationToken.None);
            await story.GradeByHandAsync("learner", "20", CancellationToken.None);
            await story.UntilCourseShowsAsync("no longer meets the rule", CancellationToken.None);
        });
        await using var chromium = await Chromium.StartAsync();
        var instructor = await chromium.WindowAsync();
        await instructor.OpenToolAsync(world, "instructor");
        var tool = instructor.Tool();
        await instructor.LookAtAsync("instructor-decision");
        await tool.GetByRole(AriaRole.Radio, new() { Name = "Suspend it until the grade is settled" }).CheckAsync();
        await tool.GetByLabel("Reason", new() { Exact = true }).FillAsync(" ");
        await tool.GetByRole(AriaRole.Button, new() { Name = "Save the decision" }).ClickAsync();
        await Expect(tool.GetByText("Write a reason of at most 1,000 letters.")).ToBeVisibleAsync();
        await Expect(tool.GetByRole(AriaRole.Radio, new() { Name = "Suspend it until the grade is settled" })).ToBeCheckedAsync();
        await instructor.LookAtAsync("decide-error");
        await tool.GetByLabel("Reason", new() { Exact = true }).FillAsync("The exam board looks at it.");
        await tool.GetByRole(AriaRole.Button, new() { Name = "Save the decision" }).ClickAsync();
        await Expect(tool.GetByText("is suspended").First).ToBeVisibleAsync();
        await Expect(tool.GetByText("The exam board looks at it.")).ToBeVisibleAsync();
        await instructor.LookAtAsync("instructor-suspended");

        var learner = await chromium.WindowAsync();
        await learner.OpenToolAsync(world, "learner");
        await Expect(learner.Tool().GetByText("Your credential is suspended")).ToBeVisibleAsync();
        await Expect(learner.Tool().GetByText("Your teachers say: “The exam board looks at it.”")).ToBeVisibleAsync();
        await learner.LookAtAsync("learner-suspended");

        await tool.GetByRole(AriaRole.Link, new() { Name = "Revoke…" }).ClickAsync();
        await Expect(tool.GetByRole(AriaRole.Heading, new() { Level = 1, Name = "The credential of" })).ToBeVisibleAsync();
        await Expect(tool.GetByRole(AriaRole.Radio, new() { Name = "Revoke it" })).ToBeCheckedAsync();
        await tool.GetByLabel("Reason", new() { Exact = true }).FillAsync("The exam board has decided.");
        await tool.GetByRole(AriaRole.Button, new() { Name = "Save the decision" }).ClickAsync();
        await Expect(tool.Locator(".legend").GetByText("Revoked")).ToBeVisibleAsync();
        await instructor.LookAtAsync("instructor-revoked");
        await learner.OpenToolAsync(world, "learner");
        await Expect(learner.Tool().GetByText("Your credential was taken back")).ToBeVisibleAsync();
        await learner.LookAtAsync("learner-revoked");
        chromium.MustNotHaveComplained();
    }

    [Fact(Timeout = Chromium.Patience)]
    public async Task Awards_are_given_by_hand_taken_back_and_followed_up()
    {
        await using var world = await Worlds.WithCredentialAsync(async story =>
        {
            await story.ConnectFormulaAsync(CancellationToken.None);
            await story.OpenToolAsync("learner", CancellationToken.None);
        });
        await using var chromium = await Chromium.StartAsync();
        var instructor = await chromium.WindowAsync();
        await instructor.OpenToolAsync(world, "instructor");
        var tool = instructor.Tool();
        await tool.GetByRole(AriaRole.Link, new() { Name = "Award by hand", Exact = true }).ClickAsync();
        await Expect(tool.GetByRole(AriaRole.Heading, new() { Level = 1, Name = "Award by hand" })).ToBeVisibleAsync();
        await instructor.LookAtAsync("by-hand");
        await tool.GetByLabel("Learner", new() { Exact = true }).SelectOptionAsync(new SelectOptionValue { Index = 1 });
        await tool.GetByRole(AriaRole.Radio, new() { Name = "Prior learning, assessed on evidence" }).CheckAsync();
        await tool.GetByLabel("Reason", new() { Exact = true }).FillAsync("Ten years of practice.");
        await tool.GetByRole(AriaRole.Button, new() { Name = "Award the credential" }).ClickAsync();
        await Expect(tool.GetByText("Write who assessed it")).ToBeVisibleAsync();
        await instructor.LookAtAsync("by-hand-error");
        await tool.GetByLabel("Assessor").FillAsync("Dr Eleni Papadaki");
        await tool.GetByLabel("Evidence", new() { Exact = true }).FillAsync("A portfolio of three projects.");
        await tool.GetByRole(AriaRole.Button, new() { Name = "Award the credential" }).ClickAsync();
        await Expect(tool.GetByText("Prior learning recognised by")).ToBeVisibleAsync();
        await instructor.LookAtAsync("instructor-by-hand");

        await tool.GetByRole(AriaRole.Link, new() { Name = "When a grade falls after an award" }).ClickAsync();
        await Expect(tool.GetByRole(AriaRole.Heading, new() { Level = 1, Name = "When a grade falls after an award" })).ToBeVisibleAsync();
        await instructor.LookAtAsync("policy");
        await tool.GetByRole(AriaRole.Radio, new() { Name = "Suspend the credential" }).CheckAsync();
        await tool.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(tool.GetByText(": suspend the credential")).ToBeVisibleAsync();

        await tool.GetByRole(AriaRole.Link, new() { Name = "What follows an award" }).ClickAsync();
        await Expect(tool.GetByRole(AriaRole.Heading, new() { Level = 1, Name = "What follows an award" })).ToBeVisibleAsync();
        await instructor.LookAtAsync("follow-ups-read");
        await tool.GetByRole(AriaRole.Button, new() { Name = "Stop reading it, and show the credential there" }).ClickAsync();
        await Expect(tool.GetByRole(AriaRole.Switch)).ToHaveAttributeAsync("aria-checked", "true");
        await instructor.LookAtAsync("follow-ups");
        await tool.GetByRole(AriaRole.Link, new() { Name = Title }).ClickAsync();
        await tool.OpenWayAsync("Own column");
        await Expect(tool.GetByText("what is in it comes from us")).ToBeVisibleAsync();
        await instructor.LookAtAsync("own-written");
        await tool.GetByRole(AriaRole.Link, new() { Name = Title }).ClickAsync();

        await tool.GetByRole(AriaRole.Link, new() { Name = "Take back what a mistake gave out" }).ClickAsync();
        await tool.GetByLabel("Awarded from").FillAsync(DateTime.UtcNow.AddHours(-1).ToString("yyyy-MM-dd'T'HH:mm", System.Globalization.CultureInfo.InvariantCulture));
        await tool.GetByRole(AriaRole.Button, new() { Name = "Show these awards" }).ClickAsync();
        await Expect(tool.GetByRole(AriaRole.Heading, new() { Name = "1 award" })).ToBeVisibleAsync();
        await instructor.LookAtAsync("undo");
        await tool.GetByLabel("Reason", new() { Exact = true }).FillAsync("The wrong person.");
        await tool.GetByRole(AriaRole.Button, new() { Name = "Take back this one" }).ClickAsync();
        await Expect(tool.GetByText("1 award was taken back.")).ToBeVisibleAsync();
        await instructor.LookAtAsync("undo-done");
        chromium.MustNotHaveComplained();
        (await world.VerifyAsync(CancellationToken.None)).Break.ShouldBeNull();
    }
}
