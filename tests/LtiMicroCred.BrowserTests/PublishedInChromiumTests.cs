using LtiMicroCred.DemoLms;
using LtiMicroCred.Features.Operators;
using LtiMicroCred.Storage;
using Microsoft.Playwright;
using static LtiMicroCred.BrowserTests.People;

namespace LtiMicroCred.BrowserTests;

/// <summary>A published quiz as people meet it: our activity in the LMS's frame, third-party cookies blocked, the quiz in a window of its own.</summary>
public sealed class PublishedInChromiumTests
{
    [Fact(Timeout = Chromium.Patience)]
    public async Task A_quiz_that_the_LMS_publishes_is_connected_chosen_started_and_brings_a_credential()
    {
        await using var world = await Worlds.WithCredentialAsync();
        await using var chromium = await Chromium.StartAsync();
        var school = world.Lms.School;
        var quiz = school.AddQuiz(school.FindCourse("3")!, "Ethics check", "ethics", 20, school.QuizzesOf(school.FindCourse("2")!)[0].Questions);
        var published = world.Lms.Publisher.Publish(quiz);

        var instructor = await chromium.WindowAsync();
        await OpenSetUpAsync(world, instructor);
        await Expect(instructor.Tool().GetByRole(AriaRole.Heading, new() { Name = "No LMS publishes activities to us yet" })).ToBeVisibleAsync();
        await instructor.LookAtAsync("published-none");

        // An operator makes the link, and the LMS administrator pastes the LMS's own address behind it.
        var operators = await chromium.WindowAsync();
        await operators.GotoAsync((await world.Scopes.SendAsync(new MakeOperatorLink(TimeSpan.FromMinutes(5)), CancellationToken.None)).AbsoluteUri);
        await operators.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await operators.GoAsync(world, "/admin/connect");
        await operators.GetByRole(AriaRole.Button, new() { Name = "Make a connection link" }).ClickAsync();
        await operators.LookAtAsync("admin-published");
        var link = await operators.Locator("#tool-invite").InnerTextAsync();

        var admin = await chromium.WindowAsync();
        await admin.GotoAsync(link.Trim());
        await admin.LookAtAsync("published-connect");
        await admin.GetByLabel("Registration URL of the LMS").FillAsync(world.Lms.Publisher.NewRegistration());
        await admin.GetByRole(AriaRole.Button, new() { Name = "Connect", Exact = true }).ClickAsync();
        await Expect(admin.GetByText("The platform can open what is published here.")).ToBeVisibleAsync();
        await admin.GotoAsync(link.Trim());
        await Expect(admin.GetByRole(AriaRole.Heading, new() { Name = "is connected" })).ToBeVisibleAsync();
        await admin.LookAtAsync("published-connected");

        await OpenSetUpAsync(world, instructor);
        await instructor.Tool().GetByLabel("Name of the quiz").FillAsync("Ethics check");
        await instructor.Tool().GetByLabel("Custom properties").FillAsync($"id={published.Uuid}");
        await instructor.Tool().GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(instructor.Tool().GetByText("Nobody has opened it yet.")).ToBeVisibleAsync();
        var test = await instructor.RunAndWaitForPopupAsync(() => instructor.Tool().GetByRole(AriaRole.Button, new() { Name = "as a test" }).ClickAsync());
        // Our page on the way has the same heading.
        await Expect(test.GetByText("Demo LMS")).ToBeVisibleAsync();
        await Expect(test.GetByRole(AriaRole.Heading, new() { Name = "Ethics check" })).ToBeVisibleAsync();
        await instructor.Tool().GetByRole(AriaRole.Button, new() { Name = "Look again" }).ClickAsync();
        await Expect(instructor.Tool().GetByText("The LMS let somebody in")).ToBeVisibleAsync();
        await instructor.LookAtAsync("published-chosen");
        await instructor.Tool().GetByRole(AriaRole.Button, new() { Name = "Use this way" }).ClickAsync();
        await Expect(instructor.Tool().GetByText("In use: results")).ToBeVisibleAsync();

        var learner = await chromium.WindowAsync(360, 740);
        await learner.OpenToolAsync(world, "learner");
        await learner.LookAtAsync("learner-published");
        var window = await learner.RunAndWaitForPopupAsync(() => learner.Tool().GetByRole(AriaRole.Button, new() { Name = "Start “Ethics check”" }).ClickAsync());
        await Expect(window.GetByText("Demo LMS")).ToBeVisibleAsync();
        await Expect(window.GetByRole(AriaRole.Heading, new() { Name = "Ethics check" })).ToBeVisibleAsync();
        new Uri(window.Url).Host.ShouldBe("localhost", "the LMS has the quiz");
        for (var i = 0; i < quiz.Questions.Count; i++)
            await window.Locator($"input[name=q{i}][value='{quiz.Questions[i].Right}']").CheckAsync();
        await window.GetByRole(AriaRole.Button, new() { Name = "Hand in" }).ClickAsync();
        await Expect(window.GetByText("Handed in")).ToBeVisibleAsync();
        (await world.Lms.Publisher.SyncGradesAsync(CancellationToken.None)).ShouldHaveSingleItem().Status.ShouldBe(200);

        await window.GotoAsync(world.Lms.Publisher.Visitors.Single(v => v.IsLearner).ReturnUrl!);
        await Expect(window.GetByText("You earned this credential")).ToBeVisibleAsync();
        await OpenSetUpAsync(world, instructor);
        await Expect(instructor.Tool().GetByText("We see 1 result, it would pass.")).ToBeVisibleAsync();
        await instructor.LookAtAsync("published-seen");

        // A second assessment, with a quiz of its own.
        var essay = school.AddQuiz(school.FindCourse("3")!, "Ethics essay", "essay", 20, quiz.Questions);
        var tool = instructor.Tool();
        await instructor.OpenToolAsync(world, "instructor");
        await tool.GetByRole(AriaRole.Link, new() { Name = "Change the rule" }).ClickAsync();
        await tool.GetByRole(AriaRole.Button, new() { Name = "Add another assessment" }).ClickAsync();
        await Expect(tool.Locator("#name-1")).ToBeVisibleAsync();
        await tool.Locator("#name-0").FillAsync("Check");
        await tool.Locator("#name-1").FillAsync("Essay");
        await tool.Locator("#value-1").FillAsync("50");
        await tool.GetByRole(AriaRole.Button, new() { Name = "See what it means" }).ClickAsync();
        await tool.GetByRole(AriaRole.Button, new() { Name = "Use this rule" }).ClickAsync();
        await Expect(tool.GetByRole(AriaRole.Heading, new() { Level = 1, Name = Title })).ToBeVisibleAsync();
        await OpenSetUpAsync(world, instructor);
        await tool.OpenTabAsync("Assessments of the rule", "Essay");
        await Expect(tool.GetByLabel("Name of the quiz")).ToHaveValueAsync("");
        await tool.GetByLabel("Name of the quiz").FillAsync("Ethics essay");
        await tool.GetByLabel("Custom properties").FillAsync($"id={published.Uuid}");
        await tool.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(tool.GetByText("its grade would count twice")).ToBeVisibleAsync();
        await instructor.LookAtAsync("published-twice");
        await tool.GetByLabel("Custom properties").FillAsync($"id={world.Lms.Publisher.Publish(essay).Uuid}");
        await tool.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(tool.GetByText("Nobody has opened it yet.")).ToBeVisibleAsync();
        await tool.GetByRole(AriaRole.Button, new() { Name = "Use this way" }).ClickAsync();
        await Expect(tool.GetByText("In use: results")).ToBeVisibleAsync();
        await instructor.LookAtAsync("published-second");
        var another = await chromium.WindowAsync(360, 740);
        await another.OpenToolAsync(world, "learner2");
        await Expect(another.Tool().GetByRole(AriaRole.Button, new() { Name = "Start “Ethics essay”" })).ToBeVisibleAsync();
        await another.LookAtAsync("learner-published-two");
        var second = await another.RunAndWaitForPopupAsync(() => another.Tool().GetByRole(AriaRole.Button, new() { Name = "Start “Ethics essay”" }).ClickAsync());
        await Expect(second.GetByText("Demo LMS")).ToBeVisibleAsync();
        await Expect(second.GetByRole(AriaRole.Heading, new() { Name = "Ethics essay" })).ToBeVisibleAsync();

        // Who administers the LMS sees how reading it goes.
        world.Lms.Faults.Down(LmsService.Results);
        var administrator = await chromium.WindowAsync();
        for (var i = 0; i < 30 && !await administrator.Tool().GetByText("No answer since").IsVisibleAsync(); i++)
            await administrator.OpenToolAsync(world, "admin");
        await Expect(administrator.Tool().GetByText("No answer since")).ToBeVisibleAsync();
        await administrator.LookAtAsync("course-administrator");
        chromium.MustNotHaveComplained(400);
    }

    private static async Task OpenSetUpAsync(LtiMicroCred.Features.Demo.DemoWorld world, IPage instructor)
    {
        await instructor.OpenToolAsync(world, "instructor");
        await instructor.Tool().OpenWayAsync("Published activity");
    }
}
