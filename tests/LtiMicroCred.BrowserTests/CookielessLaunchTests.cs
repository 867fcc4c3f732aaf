using System.Text.Json.Nodes;
using Dapper;
using LtiMicroCred.DemoLms;
using LtiMicroCred.Features.Demo;
using LtiMicroCred.Features.Platforms;
using LtiMicroCred.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using static LtiMicroCred.BrowserTests.People;

namespace LtiMicroCred.BrowserTests;

/// <summary>A browser that keeps none of the tool's cookies inside the LMS: by the storage of the LMS's page, else by a new window.</summary>
public sealed class CookielessLaunchTests
{
    private const string Blocked = "Your browser keeps this page from signing you in here";

    [Theory(Timeout = Chromium.Patience)]
    [InlineData("_parent")]
    [InlineData("lti_storage")]
    public async Task Learner_sees_where_they_stand_by_the_storage_of_the_LMS_and_the_rest_in_a_new_window(string target)
    {
        await using var world = await Worlds.WithCredentialAsync();
        world.Lms.Storage.Target = target;
        await using var chromium = await BlockingAsync(world);
        var window = await chromium.WindowAsync();

        await window.OpenToolAsync(world, "learner");

        await Expect(window.Tool().GetByText("You have no grade yet")).ToBeVisibleAsync();
        (await window.ToolFrameAsync()).Url.ShouldBe(world.ToolUrl + "/lti/launch", "no address carries a session");
        (await window.Context.CookiesAsync([world.ToolUrl])).ShouldBeEmpty();
        await window.LookAtAsync($"essentials-learner-{target}");

        // More than once: who has closed the new window opens another.
        for (var i = 0; i < 2; i++)
        {
            var opened = await window.Context.RunAndWaitForPageAsync(() => window.Tool().GetByRole(AriaRole.Button, new() { Name = "Open in a new window" }).ClickAsync());
            await Expect(opened.GetByRole(AriaRole.Heading, new() { Name = "What is asked" })).ToBeVisibleAsync();
            opened.Url.ShouldEndWith("/learner");
        }

        chromium.MustNotHaveComplained();
    }

    [Fact(Timeout = Chromium.Patience)]
    public async Task Instructor_sees_where_the_course_is_by_the_storage_of_the_LMS()
    {
        await using var world = await Worlds.WithCredentialAsync(story => story.OpenToolAsync("learner", CancellationToken.None));
        world.Lms.Storage.Target = "_parent";
        await using var chromium = await BlockingAsync(world);
        var window = await chromium.WindowAsync();

        await window.OpenToolAsync(world, "instructor");

        await Expect(window.Tool().GetByText("Not started: ")).ToBeVisibleAsync();
        await window.LookAtAsync("essentials-instructor");
        var opened = await window.Context.RunAndWaitForPageAsync(() => window.Tool().GetByRole(AriaRole.Button, new() { Name = "Open in a new window" }).ClickAsync());
        await Expect(opened.GetByRole(AriaRole.Heading, new() { Name = "Learners", Exact = true })).ToBeVisibleAsync();
        chromium.MustNotHaveComplained();
    }

    [Fact(Timeout = Chromium.Patience)]
    public async Task Who_wants_to_choose_a_credential_is_led_to_a_new_window()
    {
        await using var world = await Worlds.WithCredentialAsync();
        world.Lms.Storage.Target = "_parent";
        await using var chromium = await BlockingAsync(world);
        var window = await chromium.WindowAsync();

        await window.GotoAsync(world.Lms.UrlFor("instructor", "course/2"));
        await window.GetByRole(AriaRole.Link, new() { Name = "Add an activity with" }).ClickAsync();

        await Expect(window.Tool().GetByRole(AriaRole.Heading, new() { Name = "Choose a micro-credential" })).ToBeVisibleAsync();
        await window.LookAtAsync("essentials-pick");
        var opened = await window.Context.RunAndWaitForPageAsync(() => window.Tool().GetByRole(AriaRole.Button, new() { Name = "Open in a new window" }).ClickAsync());
        await Expect(opened.GetByRole(AriaRole.Navigation, new() { Name = "Ways to add" })).ToBeVisibleAsync();
    }

    [Theory(Timeout = Chromium.Patience)]
    [InlineData(StorageFault.Silent)]
    [InlineData(StorageFault.Refused)]
    [InlineData(StorageFault.WrongMessage)]
    [InlineData(StorageFault.WrongOrigin)]
    public async Task Storage_that_does_not_answer_as_it_should_leads_to_the_new_window(StorageFault fault)
    {
        await using var world = await Worlds.WithCredentialAsync(manners: Manners.Plain);
        world.Lms.Storage.Target = "_parent";
        world.Lms.Storage.Fault = fault;
        await using var chromium = await BlockingAsync(world);
        var window = await chromium.WindowAsync();

        await window.OpenActivityAsync(world, "learner");

        await Expect(window.Tool().GetByRole(AriaRole.Heading, new() { Name = Blocked })).ToBeVisibleAsync();
        var opened = await window.Context.RunAndWaitForPageAsync(() => window.Tool().GetByRole(AriaRole.Button, new() { Name = "Open in a new window" }).ClickAsync());
        await Expect(opened.GetByText("You have no grade yet")).ToBeVisibleAsync();
        chromium.MustNotHaveComplained(401);
    }

    [Fact(Timeout = Chromium.Patience)]
    public async Task Without_storage_the_launch_ends_at_the_new_window()
    {
        await using var world = await Worlds.WithCredentialAsync(manners: Manners.Plain);
        await using var chromium = await BlockingAsync(world);
        var window = await chromium.WindowAsync();

        await window.OpenActivityAsync(world, "learner");

        await Expect(window.Tool().GetByRole(AriaRole.Heading, new() { Name = Blocked })).ToBeVisibleAsync();
        await window.LookAtAsync("cookie-blocked");
        var opened = await window.Context.RunAndWaitForPageAsync(() => window.Tool().GetByRole(AriaRole.Button, new() { Name = "Open in a new window" }).ClickAsync());
        await Expect(opened.GetByText("You have no grade yet")).ToBeVisibleAsync();
        chromium.MustNotHaveComplained(401);
    }

    [Fact(Timeout = Chromium.Patience)]
    public async Task Where_the_partitioned_cookie_holds_the_storage_is_not_needed()
    {
        await using var world = await Worlds.WithCredentialAsync();
        world.Lms.Storage.Target = "_parent";
        world.Lms.Storage.Fault = StorageFault.Silent;
        await using var chromium = await Chromium.StartAsync();
        var window = await chromium.WindowAsync();

        await window.OpenToolAsync(world, "learner");

        await (await window.ToolFrameAsync()).WaitForURLAsync(url => url.EndsWith("/learner", StringComparison.Ordinal));
        chromium.MustNotHaveComplained();
    }

    [Fact(Timeout = Chromium.Patience)]
    public async Task Without_script_the_login_goes_on_by_itself()
    {
        await using var world = await Worlds.WithCredentialAsync();
        world.Lms.Storage.Target = "_parent";
        await using var chromium = await Chromium.StartAsync();
        var window = await chromium.WindowAsync(script: false);

        await window.OpenActivityAsync(world, "learner");
        await window.Tool().GetByRole(AriaRole.Button).ClickAsync();
        await window.Tool().Locator("form[action*='/lti/launch']").GetByRole(AriaRole.Button).ClickAsync();

        await Expect(window.Tool().GetByText("You have no grade yet")).ToBeVisibleAsync();
        chromium.MustNotHaveComplained();
    }

    [Fact(Timeout = Chromium.Patience)]
    public async Task Pages_on_the_way_are_fit_to_be_seen()
    {
        await using var world = await Worlds.WithCredentialAsync();
        world.Lms.Storage.Target = "_parent";
        await using var chromium = await BlockingAsync(world);
        var window = await chromium.WindowAsync();
        // Without its script each page stays.
        await window.RouteAsync("**/assets/storage.*.js", route => route.FulfillAsync(new() { ContentType = "text/javascript", Body = "" }));

        await window.OpenActivityAsync(world, "learner");
        await Expect(window.Tool().GetByRole(AriaRole.Heading, new() { Name = "Signing you in" })).ToBeVisibleAsync();
        await window.LookAtAsync("signing-in-login");
        await window.Tool().GetByRole(AriaRole.Link, new() { Name = "Continue" }).ClickAsync();
        await Expect(window.Tool().GetByRole(AriaRole.Button, new() { Name = "Continue" })).ToBeVisibleAsync();
        await window.LookAtAsync("signing-in-launch");
        await window.Tool().GetByRole(AriaRole.Button, new() { Name = "Continue" }).ClickAsync();
        await Expect(window.Tool().GetByRole(AriaRole.Heading, new() { Name = Blocked })).ToBeVisibleAsync();
        chromium.MustNotHaveComplained(401);
    }

    [Fact(Timeout = Chromium.Patience)]
    public async Task Pages_for_nobody_and_for_reviewers_are_fit_to_be_seen()
    {
        await using var world = await Worlds.WithCredentialAsync(story => story.OpenToolAsync("learner", CancellationToken.None));
        await using var chromium = await Chromium.StartAsync();
        var window = await chromium.WindowAsync();
        world.Lms.Retouch = claims =>
        {
            claims["https://purl.imsglobal.org/spec/lti/claim/message_type"] = "LtiSubmissionReviewRequest";
            claims["https://purl.imsglobal.org/spec/lti/claim/for_user"] = new JsonObject { ["user_id"] = world.Lms.School.FindPerson("learner")!.Id };
        };
        await window.OpenToolAsync(world, "instructor");
        await Expect(window.Tool().GetByRole(AriaRole.List, new() { Name = "What we saw" })).ToBeVisibleAsync();
        await window.LookAtAsync("review");

        await using (var connection = await world.Tool.Services.GetRequiredService<Database>().OpenAsync(CancellationToken.None))
            await connection.ExecuteAsync("UPDATE Platform SET Anonymous = 1");
        world.Tool.Services.GetRequiredService<PlatformDirectory>().Forget();
        world.Lms.Retouch = claims => claims.Remove("sub");
        await window.OpenToolAsync(world, "learner");
        await Expect(window.Tool().GetByText("did not tell us who you are")).ToBeVisibleAsync();
        await window.LookAtAsync("anonymous");
        chromium.MustNotHaveComplained();
    }

    /// <summary>No cookies of the tool inside the LMS; in windows of its own it may keep some.</summary>
    private static Task<Chromium> BlockingAsync(DemoWorld world) => Chromium.BlockingCookiesAsync(world.ToolUrl, world.Lms.BaseUrl.GetLeftPart(UriPartial.Authority));
}
