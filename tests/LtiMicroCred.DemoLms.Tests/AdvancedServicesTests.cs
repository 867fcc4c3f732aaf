using System.Net;
using System.Text.Json.Nodes;

namespace LtiMicroCred.DemoLms.Tests;

/// <summary>What Moodle 4.5 lacks and others have: notices, submission review, differences of members.</summary>
public sealed class AdvancedServicesTests : IAsyncLifetime
{
    private const string MembersType = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json";
    private const string Lti = "https://purl.imsglobal.org/spec/lti/claim/";

    private DemoLmsServer lms = null!;
    private ProbeTool tool = null!;
    private ResourceLink link = null!;
    private string token = "";

    private Course Course => lms.School.Courses[0];

    private string Members => $"/mod/lti/services.php/CourseSection/{Course.Id}/bindings/{tool.TypeId}/memberships";

    private string Handlers => $"/mod/lti/services.php/tools/{tool.TypeId}/notice-handlers";

    public async ValueTask InitializeAsync()
    {
        lms = await DemoLmsServer.StartAsync(new DemoLmsOptions { Manners = Manners.Plain }, TestContext.Current.CancellationToken);
        tool = await ProbeTool.StartAsync();
        await tool.RegisterAsync(lms, tool.FullMetadata());
        link = lms.School.AddLink(new NewResourceLink { CourseId = Course.Id, ToolId = tool.TypeId, Title = "Credential", Column = new NewColumn { Title = "Credential", Maximum = 100, Tag = "credential" } });
        token = await tool.TokenAsync(lms, $"{ProbeTool.AllGradeScopes} {ProbeTool.MembershipScope} {ProbeTool.NoticeScope}");
    }

    public async ValueTask DisposeAsync()
    {
        await lms.DisposeAsync();
        await tool.DisposeAsync();
    }

    [Fact]
    public async Task Differences_name_who_came_and_who_left()
    {
        var (_, differences) = await MembersAsync(Members);
        differences.ShouldNotBeNull();
        (await MembersAsync(differences)).Members.ShouldBeEmpty();

        lms.School.RemoveMember(Course, lms.School.Person("learner2"));
        lms.School.AddLearner(Course, "late", "Late", "Comer");

        (await MembersAsync(differences)).Members.ShouldBe(["5 Deleted", $"{lms.School.Person("late").Id} Active"]);
    }

    [Fact]
    public async Task Differences_cover_what_changed_between_two_pages()
    {
        var (_, next) = await MembersAsync(Members + "?limit=4", "next");
        lms.School.RemoveMember(Course, lms.School.Person("learner2"));

        var (_, differences) = await MembersAsync(next.ShouldNotBeNull());

        (await MembersAsync(differences.ShouldNotBeNull())).Members.ShouldBe(["5 Deleted"]);
    }

    [Fact]
    public async Task Moodle_offers_no_differences_notices_or_reviews()
    {
        await using var campus = await Campus.OpenAsync();
        var answer = await campus.Tool.CallAsync(campus.Lms, HttpMethod.Get, campus.Members, await campus.Tool.TokenAsync(campus.Lms), MembersType);
        answer.Headers.Contains("Link").ShouldBeFalse();
        await campus.Tool.RegisterAsync(campus.Lms, campus.Tool.FullMetadata());
        var launch = await campus.Tool.LaunchAsync(campus.Lms, campus.Lms.UrlFor("learner", $"activity/{campus.School.AddLink(new NewResourceLink { CourseId = "2", ToolId = campus.Tool.TypeId, Title = "x" }).Id}/launch"));
        launch.ContainsKey(Lti + "platformnotificationservice").ShouldBeFalse();
        campus.School.FindTool(campus.Tool.TypeId)!.SubmissionReviewUri.ShouldBeNull();
    }

    [Fact]
    public async Task Launch_names_the_notice_service_and_its_kinds()
    {
        var claim = (await tool.LaunchAsync(lms, lms.UrlFor("learner", $"activity/{link.Id}/launch")))[Lti + "platformnotificationservice"]!;
        claim["platform_notification_service_url"]!.GetValue<string>().ShouldEndWith(Handlers);
        claim["notice_types_supported"]!.AsArray().Select(type => type!.GetValue<string>()).ShouldBe(["LtiHelloWorldNotice", "LtiContextCopyNotice"]);
        claim["scope"]![0]!.GetValue<string>().ShouldBe(ProbeTool.NoticeScope);
    }

    [Fact]
    public async Task Handler_is_registered_shown_greeted_and_ended()
    {
        (await PutHandlerAsync("LtiHelloWorldNotice", tool.Origin + "/notices")).StatusCode.ShouldBe(HttpStatusCode.OK);
        var hello = await NoticeAsync();
        hello[Lti + "notice"]!["type"]!.GetValue<string>().ShouldBe("LtiHelloWorldNotice");
        hello["aud"]!.GetValue<string>().ShouldBe(tool.ClientId);
        hello[Lti + "deployment_id"]!.GetValue<string>().ShouldBe(tool.TypeId);

        var catalog = JsonNode.Parse(await (await tool.CallAsync(lms, HttpMethod.Get, Handlers, token)).Content.ReadAsStringAsync())!;
        catalog["notice_handlers"]![0]!["handler"]!.GetValue<string>().ShouldBe(tool.Origin + "/notices");

        await PutHandlerAsync("LtiHelloWorldNotice", "");
        (await lms.SendHelloAsync(tool.TypeId, CancellationToken.None)).ShouldBeNull();
    }

    [Theory]
    [InlineData("LtiHelloWorldNotice", "https://elsewhere.example/notices")]
    [InlineData("LtiUnheardOfNotice", "{tool}/notices")]
    public async Task Handler_elsewhere_or_for_an_unknown_kind_is_refused(string type, string handler) =>
        (await PutHandlerAsync(type, handler.Replace("{tool}", tool.Origin, StringComparison.Ordinal))).StatusCode.ShouldBe(HttpStatusCode.BadRequest);

    [Fact]
    public async Task Handlers_need_their_scope()
    {
        token = await tool.TokenAsync(lms, ProbeTool.MembershipScope);
        (await PutHandlerAsync("LtiHelloWorldNotice", tool.Origin + "/notices")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Copied_course_has_the_activities_and_the_tool_hears_of_it()
    {
        await PutHandlerAsync("LtiContextCopyNotice", tool.Origin + "/notices");

        var (copy, sent) = await lms.CopyCourseAsync(Course, "DS210 B", "Spring", CancellationToken.None);

        sent.ShouldHaveSingleItem().Status.ShouldBe(200);
        var notice = await NoticeAsync();
        notice[Lti + "notice"]!["type"]!.GetValue<string>().ShouldBe("LtiContextCopyNotice");
        notice[Lti + "context"]!["id"]!.GetValue<string>().ShouldBe(copy.Id);
        notice[Lti + "origin_contexts"]!.ToJsonString().ShouldBe($"[\"{Course.Id}\"]");
        var copied = lms.School.LinksOf(copy).ShouldHaveSingleItem();
        copied.CopiedFrom.ShouldBe(link.Id);
        lms.School.Gradebook.ColumnsOf(copied).ShouldHaveSingleItem().Tag.ShouldBe("credential");
        var launch = await tool.LaunchAsync(lms, lms.UrlFor("instructor", $"activity/{copied.Id}/launch"));
        launch[Lti + "custom"]!["history"]!.GetValue<string>().ShouldBe(Course.Id);
    }

    [Fact]
    public async Task Tool_that_is_down_does_not_stop_a_copy()
    {
        await PutHandlerAsync("LtiContextCopyNotice", tool.Origin + "/nowhere");
        (await lms.CopyCourseAsync(Course, "DS210 C", "Autumn", CancellationToken.None)).Sent.ShouldHaveSingleItem().Status.ShouldBe(404);
    }

    [Fact]
    public async Task Instructor_reviews_a_learners_work()
    {
        var review = await ReviewAsync("instructor", "learner");
        review[Lti + "message_type"]!.GetValue<string>().ShouldBe("LtiSubmissionReviewRequest");
        review[Lti + "target_link_uri"]!.GetValue<string>().ShouldBe(tool.Origin + "/review");
        review["sub"]!.GetValue<string>().ShouldBe(lms.School.Person("instructor").Id);
        review[Lti + "for_user"]!["user_id"]!.GetValue<string>().ShouldBe(lms.School.Person("learner").Id);
        review[Lti + "for_user"]!["roles"]![0]!.GetValue<string>().ShouldEndWith("#Learner");
        review[Lti + "resource_link"]!["id"]!.GetValue<string>().ShouldBe(link.Id);
        review["https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"]!["lineitem"]!.GetValue<string>().ShouldContain($"/lineitems/{Column.Id}/");
        review.ContainsKey("https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings").ShouldBeFalse();
    }

    [Fact]
    public async Task Line_item_says_where_its_work_is_reviewed()
    {
        var body = $$$"""{"label":"Essay","scoreMaximum":10,"submissionReview":{"reviewableStatus":["Submitted"],"label":"Look","url":"{{{tool.Origin}}}/essay","custom":{"part":"2"} } }""";
        var made = await tool.CallAsync(lms, HttpMethod.Post, $"/mod/lti/services.php/{Course.Id}/lineitems", token, null, body, "application/vnd.ims.lis.v2.lineitem+json");
        var id = JsonNode.Parse(await made.Content.ReadAsStringAsync())!["id"]!.GetValue<string>();
        var kept = JsonNode.Parse(await (await tool.CallAsync(lms, HttpMethod.Get, id, token)).Content.ReadAsStringAsync())!;
        kept["submissionReview"]!["url"]!.GetValue<string>().ShouldBe(tool.Origin + "/essay");
        kept["submissionReview"]!["reviewableStatus"]!.ToJsonString().ShouldBe("[\"Submitted\"]");

        var review = await ReviewAsync("instructor", "learner", lms.School.Gradebook.ColumnsOf(Course)[^1]);
        review[Lti + "target_link_uri"]!.GetValue<string>().ShouldBe(tool.Origin + "/essay");
        review[Lti + "custom"]!["part"]!.GetValue<string>().ShouldBe("2");
        review.ContainsKey(Lti + "resource_link").ShouldBeFalse();
    }

    [Fact]
    public async Task Learner_reviews_own_work_only()
    {
        (await ReviewAsync("learner", "learner"))["sub"]!.GetValue<string>().ShouldBe(lms.School.Person("learner").Id);
        (await tool.Http.GetAsync(new Uri(ReviewPage("learner", "learner2", Column)))).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    private Column Column => lms.School.Gradebook.ColumnsOf(link)[0];

    private string ReviewPage(string reviewer, string learner, Column column) =>
        lms.UrlFor(reviewer, $"course/{Course.Id}/grades/{column.Id}/learner/{lms.School.Person(learner).Id}/review");

    private Task<JsonObject> ReviewAsync(string reviewer, string learner, Column? column = null) => tool.LaunchAsync(lms, ReviewPage(reviewer, learner, column ?? Column));

    private Task<HttpResponseMessage> PutHandlerAsync(string type, string handler) =>
        tool.CallAsync(lms, HttpMethod.Put, Handlers, token, null, new JsonObject { ["notice_type"] = type, ["handler"] = handler }.ToJsonString(), "application/json");

    /// <summary>The claims of the first notice that came.</summary>
    private async Task<JsonObject> NoticeAsync()
    {
        for (var i = 0; i < 100 && tool.Notices.IsEmpty; i++)
            await Task.Delay(50);
        return await tool.VerifyAsync(lms, tool.Notices.ShouldHaveSingleItem()["notices"]![0]!["jwt"]!.GetValue<string>());
    }

    /// <summary>Who is listed with which status, and where the wanted link leads.</summary>
    private async Task<(IReadOnlyList<string> Members, string? Link)> MembersAsync(string address, string relation = "differences")
    {
        var answer = await tool.CallAsync(lms, HttpMethod.Get, address, token, MembersType);
        var members = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["members"]!.AsArray().Select(member => $"{member!["user_id"]} {member["status"]}");
        var header = answer.Headers.TryGetValues("Link", out var links) ? links.Single() : "";
        return ([.. members], header.EndsWith($"rel=\"{relation}\"", StringComparison.Ordinal) ? header[1..header.IndexOf('>', StringComparison.Ordinal)] : null);
    }
}
