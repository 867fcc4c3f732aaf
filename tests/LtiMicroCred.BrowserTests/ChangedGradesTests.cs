using Microsoft.Playwright;
using static LtiMicroCred.BrowserTests.People;

namespace LtiMicroCred.BrowserTests;

/// <summary>A grade that falls after the award: both pages say what it means, and nothing changes by itself.</summary>
public sealed class ChangedGradesTests
{
    [Fact(Timeout = Chromium.Patience)]
    public async Task A_grade_lowered_after_the_award_is_told_to_both_and_the_credential_still_counts()
    {
        await using var world = await Worlds.WithCredentialAsync(async story =>
        {
            await story.OpenToolAsync("learner2", CancellationToken.None);
            await story.GradeByHandAsync("learner2", "75", CancellationToken.None);
            await story.UntilAsync("learner2", "You earned this credential", CancellationToken.None);
            await story.GradeByHandAsync("learner2", "40", CancellationToken.None);
        });
        await using var chromium = await Chromium.StartAsync();
        var learner = await chromium.WindowAsync();
        await learner.OpenUntilAsync(world, "learner2", "A grade was changed after you earned this");
        await Expect(learner.Tool().GetByText("Your credential still counts")).ToBeVisibleAsync();
        await learner.LookAtAsync("learner-attention");

        var instructor = await chromium.WindowAsync();
        await instructor.OpenUntilAsync(world, "instructor", "The grade was changed from 75% to 40%");
        await instructor.Tool().GetByRole(AriaRole.Link, new() { Name = "See the evidence" }).ClickAsync();
        await Expect(instructor.Tool().Locator(".drawer:not([hidden])").GetByText("Awarded, ledger entry 2")).ToBeVisibleAsync();
        await instructor.LookAtAsync("instructor-attention");
        await instructor.Tool().OpenWayAsync("Own column");
        await Expect(instructor.Tool().GetByText("We see 1 result, it would not pass yet.")).ToBeVisibleAsync();
        await instructor.LookAtAsync("connect-own");

        await instructor.GotoAsync(world.Lms.UrlFor("instructor", "course/2"));
        await instructor.GetByRole(AriaRole.Link, new() { Name = "Add an activity with" }).ClickAsync();
        await Expect(instructor.Tool().GetByText("Awarded once.")).ToBeVisibleAsync();
        await instructor.LookAtAsync("pick-choose");
        (await world.VerifyAsync(CancellationToken.None)).Entries.ShouldBe(2);
        chromium.MustNotHaveComplained();
    }
}
