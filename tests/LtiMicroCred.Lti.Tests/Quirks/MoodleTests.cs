using LtiMicroCred.Lti.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace LtiMicroCred.Lti.Tests.Quirks;

/// <summary>What a real Moodle 4.5 answered, and what follows from it for the requests.</summary>
public sealed class MoodleTests(LoopbackServer server)
{
    [Fact]
    public async Task Every_request_accepts_one_media_type_exactly()
    {
        using var tool = new TestTool(server.NewSite());
        OnlyFor(tool.Site, "/items", "application/vnd.ims.lis.v2.lineitemcontainer+json", "[]");
        OnlyFor(tool.Site, "/items/1", "application/vnd.ims.lis.v2.lineitem+json", $$"""{"id":"{{tool.Site.Address}}/items/1","label":"A","scoreMaximum":1}""");
        OnlyFor(tool.Site, "/items/1/results", "application/vnd.ims.lis.v2.resultcontainer+json", "[]");
        OnlyFor(tool.Site, "/members", "application/vnd.ims.lti-nrps.v2.membershipcontainer+json", """{"members":[]}""");
        var grades = tool.Get<AssignmentAndGradeServices>();

        await grades.GetLineItemsAsync(tool.Platform, tool.Site.Uri("/items"), filter: null, CancellationToken.None);
        await grades.UpdateLineItemAsync(tool.Platform, tool.Site.Uri("/items/1"), item => item with { Label = "B" }, CancellationToken.None);
        await grades.GetResultsAsync(tool.Platform, tool.Site.Uri("/items/1"), CancellationToken.None);
        await tool.Get<NamesAndRoles>().GetMembersAsync(tool.Platform, tool.Site.Uri("/members"), resourceLinkId: null, CancellationToken.None);
    }

    [Fact]
    public async Task Results_are_never_asked_for_by_pages_but_pages_made_by_moodle_are_followed()
    {
        using var tool = new TestTool(server.NewSite());
        var broken = Recorded.Play(tool.Site, "ags-scores-results", "results limit");
        var paged = Recorded.Play(tool.Site, "ags-scores-results", "results limit no type_id");
        var path = paged.AbsolutePath[paged.AbsolutePath.IndexOf("/mod", StringComparison.Ordinal)..];
        tool.Site.On(path + "?limit=2&from=2", 200, """[{"userId":"6","resultScore":0}]""");
        var grades = tool.Get<AssignmentAndGradeServices>();

        var failure = await Should.ThrowAsync<LtiServiceException>(() => grades.GetResultsAsync(tool.Platform, LineItem(broken), CancellationToken.None));
        failure.Failure.ShouldBe(ServiceFailure.NotFound);

        (await grades.GetResultsAsync(tool.Platform, LineItem(paged), CancellationToken.None)).Results.Count.ShouldBe(3);
        tool.Site.On(path, 200, "[]");
        await grades.GetResultsAsync(tool.Platform, new Uri(LineItem(paged).GetLeftPart(UriPartial.Path)), CancellationToken.None);
        tool.Site.Requests.Last().Query.ShouldBe("");
    }

    [Fact]
    public async Task Score_after_a_teachers_override_is_taken_and_changes_nothing()
    {
        using var tool = new TestTool(server.NewSite());
        var scores = Recorded.Play(tool.Site, "grades-of-others", "tool scores student1 after the override");
        Recorded.Play(tool.Site, "grades-of-others", "results after that");
        var lineItem = new Uri(scores.AbsoluteUri.Replace("/scores", "", StringComparison.Ordinal));
        var grades = tool.Get<AssignmentAndGradeServices>();

        await grades.PostScoreAsync(
            tool.Platform,
            lineItem,
            new Score { UserId = "4", Timestamp = tool.Clock.Now, ActivityProgress = ActivityProgress.Completed, GradingProgress = GradingProgress.FullyGraded, ScoreGiven = 40, ScoreMaximum = 100 },
            CancellationToken.None);

        var result = (await grades.GetResultsAsync(tool.Platform, lineItem, "4", CancellationToken.None)).Results.ShouldHaveSingleItem();
        result.ResultScore.ShouldBe(85);
        result.Comment.ShouldBe("<p>fine <b>work</b></p>");
    }

    [Fact]
    public async Task Changed_maximum_of_a_column_changes_the_results_with_it()
    {
        using var tool = new TestTool(server.NewSite());
        var address = Recorded.Play(tool.Site, "ags-put-delete-others", "results after max 100 to 50");

        var results = (await tool.Get<AssignmentAndGradeServices>().GetResultsAsync(tool.Platform, LineItem(address), CancellationToken.None)).Results;

        results.Where(result => result.HasScore).ShouldAllBe(result => result.ResultMaximum == 50);
        results.Single(result => result.UserId == "5").ResultScore.ShouldBe(35);
    }

    private static void OnlyFor(Site site, string path, string mediaType, string body) => site.On(path, context =>
    {
        context.Response.StatusCode = context.Request.Headers.Accept == mediaType ? 200 : 400;
        return context.Response.WriteAsync(context.Request.Method == "PUT" ? ((Seen)context.Items[typeof(Seen)]!).Body : body);
    });

    private static Uri LineItem(Uri results) => new(results.AbsoluteUri.Replace("/results", "", StringComparison.Ordinal));
}
