using System.Text;
using LtiMicroCred.DemoLms;
using LtiMicroCred.Features.Demo;
using Microsoft.Playwright;
using static LtiMicroCred.BrowserTests.People;

namespace LtiMicroCred.BrowserTests;

/// <summary>Grades from a file and from a column that the LMS only shows, as an instructor sets them up and as everybody sees what comes of it.</summary>
public sealed class ImportPagesTests
{
    [Fact(Timeout = Chromium.Patience)]
    public async Task A_file_is_chosen_looked_through_entered_and_told_to_everybody()
    {
        await using var world = await Worlds.WithCredentialAsync();
        var school = world.Lms.School;
        await using var chromium = await Chromium.StartAsync();
        var instructor = await chromium.WindowAsync();
        await instructor.OpenToolAsync(world, "instructor");
        await instructor.Tool().OpenWayAsync("File of grades");
        await Expect(instructor.Tool().GetByRole(AriaRole.Button, new() { Name = "Look through it" })).ToBeVisibleAsync();
        await instructor.LookAtAsync("import");

        await instructor.Tool().GetByRole(AriaRole.Button, new() { Name = "Look through it" }).ClickAsync();
        await Expect(instructor.Tool().GetByText("There is nothing to read.")).ToBeVisibleAsync();
        await instructor.LookAtAsync("import-nothing");

        var file = $"id;score\n{school.Person("learner").Id};17,5\n{school.Person("learner2").Id};8\n{school.Person("learner3").Id};1.000\nS-004-a-name-of-sixty-letters-without-a-space-in-it-at-all-x;12";
        await instructor.Tool().GetByLabel("File", new() { Exact = true }).SetInputFilesAsync(new FilePayload { Name = "Paper exam.csv", MimeType = "text/csv", Buffer = Encoding.UTF8.GetBytes(file) });
        await instructor.Tool().GetByLabel("Highest possible score").FillAsync("20");
        await instructor.Tool().GetByRole(AriaRole.Button, new() { Name = "Look through it" }).ClickAsync();
        await Expect(instructor.Tool().GetByText("2 new results, 1 of them would pass.")).ToBeVisibleAsync();
        await instructor.LookAtAsync("import-rows");
        await instructor.Tool().GetByRole(AriaRole.Button, new() { Name = "Enter these 2 results" }).ClickAsync();
        await Expect(instructor.Tool().GetByText("2 results are entered.")).ToBeVisibleAsync();
        await instructor.LookAtAsync("import-done");

        var learner = await chromium.WindowAsync();
        await learner.OpenUntilAsync(world, "learner", "You earned this credential");
        await learner.LookAtAsync("learner-import");
        await instructor.OpenToolAsync(world, "instructor");
        await instructor.Tool().GetByRole(AriaRole.Row).Filter(new() { HasText = "Nguyễn" }).GetByRole(AriaRole.Button, new() { Name = "Evidence" }).ClickAsync();
        await Expect(instructor.Tool().Locator(".drawer:not([hidden])").GetByText("Entered by hand by Dr Eleni Papadaki, file “Paper exam.csv”")).ToBeVisibleAsync();
        await instructor.LookAtAsync("instructor-import");
        chromium.MustNotHaveComplained();
    }

    [Fact(Timeout = Chromium.Patience)]
    public async Task A_column_of_the_LMS_is_chosen_and_seen_to_work()
    {
        await using var world = await Worlds.WithCredentialAsync(manners: Manners.Sakai);
        await using var chromium = await Chromium.StartAsync();
        var learner = await chromium.WindowAsync();
        await learner.TakeQuizAsync(world, "learner", rightAnswers: 4);
        var instructor = await chromium.WindowAsync();
        await instructor.OpenToolAsync(world, "instructor");
        await instructor.Tool().GetByRole(AriaRole.Link, new() { Name = "Existing column: not chosen yet" }).ClickAsync();
        await Expect(instructor.Tool().GetByRole(AriaRole.Radio)).ToBeVisibleAsync();
        await instructor.LookAtAsync("gradebook-choose");

        await instructor.Tool().GetByRole(AriaRole.Radio).CheckAsync();
        await instructor.Tool().GetByRole(AriaRole.Button, new() { Name = "Choose this column" }).ClickAsync();
        await Expect(instructor.Tool().GetByText("We see 1 result, it would pass.")).ToBeVisibleAsync();
        await instructor.LookAtAsync("gradebook-seen");
        await instructor.Tool().GetByRole(AriaRole.Button, new() { Name = "Use this way" }).ClickAsync();
        await Expect(instructor.Tool().GetByText("In use: results in this column count")).ToBeVisibleAsync();

        await learner.OpenUntilAsync(world, "learner", "You earned this credential");
        await instructor.OpenUntilAsync(world, "instructor", "Existing column: in use");
        await instructor.Tool().GetByRole(AriaRole.Link, new() { Name = "Existing column: in use" }).ClickAsync();
        await Expect(instructor.Tool().GetByText("so it stays")).ToBeVisibleAsync();
        await instructor.LookAtAsync("gradebook-used");
        chromium.MustNotHaveComplained();
    }
}
