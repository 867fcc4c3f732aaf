using System.Text;
using System.Text.Json.Nodes;
using LtiMicroCred.DemoLms;
using LtiMicroCred.Features.Demo;
using LtiMicroCred.Lti;

namespace LtiMicroCred.Tests;

/// <summary>What an LMS tells by itself (Platform Notification Service): the tool asks for it at a launch, and copied courses are known before anybody opens them.</summary>
public sealed class NoticeTests
{
    [Fact]
    public async Task A_copied_course_is_known_from_the_LMSs_notice_and_says_so_to_its_instructor()
    {
        await using var campus = await AskedAsync();
        var (copy, sent) = await CopyAsync(campus);

        sent.Single().Status.ShouldBe(200);
        (await campus.AskAsync<string>("SELECT CopiedFrom FROM Course WHERE ContextId = @Id", new { copy.Id })).ShouldBe(DemoStory.Course);
        using var wire = new Wire();
        var page = await wire.LaunchAsync(campus.Lms.UrlFor("instructor", $"activity/{campus.Lms.School.LinksOf(copy)[^1].Id}/launch"));
        page.Status.ShouldBe(200, page.Text);
        page.Text.ShouldContain("This course was copied from");
        page.Text.ShouldContain(campus.Lms.School.FindCourse(DemoStory.Course)!.Title);
    }

    [Fact]
    public async Task Each_deployment_is_asked_once_and_its_operator_sees_it()
    {
        await using var campus = await AskedAsync();
        using var wire = new Wire();
        for (var i = 0; i < 3; i++)
            await wire.LaunchAsync(campus.Opening("instructor"));
        await campus.Lms.SendHelloAsync(campus.Lms.School.Tools[^1].Id, CancellationToken.None);

        campus.Lms.Requests.Count(r => r.Service == LmsService.Notices).ShouldBe(2, "one for each type of notice");
        var operators = await campus.SignInAsOperatorAsync();
        using (operators)
        {
            var platform = await campus.AskAsync<Guid>("SELECT PlatformId FROM Platform");
            (await operators.GetAsync($"{campus.Tool}/admin/platforms/{platform:D}")).Text.ShouldContain("tells us when a course is copied");
        }
    }

    [Fact]
    public async Task A_notice_that_could_not_be_kept_is_taken_when_it_comes_again()
    {
        await using var campus = await AskedAsync();
        await campus.ExecuteAsync("CREATE TRIGGER full BEFORE INSERT ON Course BEGIN SELECT RAISE(ABORT, 'no room'); END");
        var (copy, failed) = await CopyAsync(campus);
        failed.Single().Status.ShouldBe(500);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM UsedNonce")).ShouldBe(1, "only the greeting's");
        await campus.ExecuteAsync("DROP TRIGGER full");

        var again = await campus.Lms.SendCopyAsync(campus.Lms.School.FindCourse(DemoStory.Course)!, copy, CancellationToken.None);

        again.Single().Status.ShouldBe(200);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Course WHERE ContextId = @Id", new { copy.Id })).ShouldBe(1);
    }

    [Fact]
    public async Task An_LMS_that_does_not_take_our_address_is_asked_again_later_and_launches_go_on()
    {
        var clock = new MovedClock();
        await using var world = await DemoWorld.StartAsync(0, 0, pollSeconds: 1, new DemoLmsOptions { Manners = Manners.Plain, Clock = clock }, CancellationToken.None, clock);
        using var story = world.NewStory();
        await story.RegisterAsync(CancellationToken.None);
        world.Lms.Faults.Answer(LmsService.Notices, 400);
        int Asked() => world.Lms.Requests.Count(r => r.Service == LmsService.Notices);
        await story.AddCredentialAsync(CancellationToken.None);
        await Campus.UntilAsync(() => Task.FromResult(Asked() == 1), "the LMS is asked");
        await story.OpenToolAsync("instructor", CancellationToken.None);
        await Task.Delay(500, TestContext.Current.CancellationToken);
        Asked().ShouldBe(1, "not again within the minute");
        world.Lms.Faults.Clear(LmsService.Notices);

        clock.Move(TimeSpan.FromMinutes(2));
        await story.OpenToolAsync("instructor", CancellationToken.None);

        await Campus.UntilAsync(() => Task.FromResult(Asked() == 3), "the LMS is asked again, for both types");
    }

    [Fact]
    public async Task A_notice_that_nobody_signed_is_refused_and_the_operator_sees_why()
    {
        await using var campus = await AskedAsync();
        var forged = Token(new JsonObject { ["alg"] = "RS256", ["kid"] = "none-of-theirs" }) + "." + Token(new JsonObject
        {
            ["iss"] = campus.Lms.BaseUrl.GetLeftPart(UriPartial.Authority),
            ["aud"] = campus.Lms.School.Tools[^1].ClientId,
        }) + ".AAAA";

        (await PostAsync(campus, new JsonObject { ["notices"] = new JsonArray(new JsonObject { ["jwt"] = forged }) }.ToJsonString())).ShouldBe(400);
        (await PostAsync(campus, "no JSON")).ShouldBe(400);

        await Campus.UntilAsync(async () => await campus.AskAsync<long>("SELECT COUNT(*) FROM LaunchTrace WHERE Message = 'notice'") == 2, "the refusals are kept");
        using var operators = await campus.SignInAsOperatorAsync();
        var page = await operators.GetAsync($"{campus.Tool}/admin/platforms/{await campus.AskAsync<Guid>("SELECT PlatformId FROM Platform"):D}");
        page.Text.ShouldContain("Check of a notice failed");
        page.Text.ShouldContain(nameof(LtiError.UnknownKey));
    }

    [Fact]
    public async Task The_same_notice_again_changes_nothing_and_is_answered_well()
    {
        await using var campus = await AskedAsync();
        var (copy, sent) = await CopyAsync(campus);
        await campus.ExecuteAsync("UPDATE Course SET CopiedFrom = 'as it was' WHERE ContextId = @Id", new { copy.Id });

        (await PostAsync(campus, sent.Single().Body)).ShouldBe(200);

        (await campus.AskAsync<string>("SELECT CopiedFrom FROM Course WHERE ContextId = @Id", new { copy.Id })).ShouldBe("as it was");
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM LaunchTrace")).ShouldBe(0);
    }

    [Fact]
    public async Task A_course_of_an_LMS_without_notices_knows_its_original_from_its_first_launch()
    {
        await using var campus = await Campus.FurnishedAsync(Manners.Moodle);
        using var wire = new Wire();
        await wire.LaunchAsync(campus.Opening("instructor"));
        var (copy, sent) = await CopyAsync(campus);
        sent.ShouldBeEmpty();

        var page = await wire.LaunchAsync(campus.Lms.UrlFor("instructor", $"activity/{campus.Lms.School.LinksOf(copy)[^1].Id}/launch"));

        page.Text.ShouldContain("This course was copied from");
    }

    /// <summary>An LMS that sends notices, and has been asked for them by the first launch.</summary>
    private static async Task<Campus> AskedAsync()
    {
        var campus = await Campus.FurnishedAsync(Manners.Plain);
        using var wire = new Wire();
        await wire.LaunchAsync(campus.Opening("instructor"));
        await Campus.UntilAsync(async () => await campus.AskAsync<long>("SELECT COUNT(*) FROM Deployment WHERE NoticesRegisteredAt IS NOT NULL") == 1, "the LMS has our address");
        // Whoever takes an address for greetings gets one at once.
        await Campus.UntilAsync(async () => await campus.AskAsync<long>("SELECT COUNT(*) FROM UsedNonce") == 1, "the LMS has greeted");
        return campus;
    }

    private static Task<(Course Copy, IReadOnlyList<SentNotice> Sent)> CopyAsync(Campus campus) =>
        campus.Lms.CopyCourseAsync(campus.Lms.School.FindCourse(DemoStory.Course)!, "COPY", "A copy", CancellationToken.None);

    private static async Task<int> PostAsync(Campus campus, string body)
    {
        using var http = new HttpClient();
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        return (int)(await http.PostAsync(campus.Tool + "/lti/notices", content)).StatusCode;
    }

    private static string Token(JsonObject part) => Convert.ToBase64String(Encoding.UTF8.GetBytes(part.ToJsonString())).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
