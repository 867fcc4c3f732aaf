using LtiMicroCred.Lti.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace LtiMicroCred.Lti.Tests.Quirks;

/// <summary>A site that shows its own columns as Sakai does: marked as read-only, and 403 to whoever writes.</summary>
public sealed class SakaiTests(LoopbackServer server)
{
    private const string ReadOnly = "https://www.sakailms.org/spec/lti-ags/v2p0/readOnly";

    [Theory]
    [InlineData("true", true)]
    [InlineData("\"true\"", true)]
    [InlineData("false", false)]
    [InlineData("null", false)]
    public async Task Column_says_whether_tools_may_write(string written, bool readOnly)
    {
        using var tool = new TestTool(Sakai(written));

        (await tool.Get<AssignmentAndGradeServices>().GetLineItemsAsync(tool.Platform, tool.Site.Uri("/items"), filter: null, CancellationToken.None))
            .ShouldHaveSingleItem().IsReadOnly.ShouldBe(readOnly);
    }

    [Fact]
    public async Task Column_of_sakais_own_is_read_and_never_written()
    {
        using var tool = new TestTool(Sakai("true"));
        var grades = tool.Get<AssignmentAndGradeServices>();
        var item = (await grades.GetLineItemsAsync(tool.Platform, tool.Site.Uri("/items"), filter: null, CancellationToken.None)).Single();
        var score = new Score { UserId = "4", Timestamp = tool.Clock.Now, ActivityProgress = ActivityProgress.Completed, GradingProgress = GradingProgress.FullyGraded };

        (await Should.ThrowAsync<LtiServiceException>(() => grades.PostScoreAsync(tool.Platform, item, score, CancellationToken.None))).Failure.ShouldBe(ServiceFailure.ReadOnly);
        (await Should.ThrowAsync<LtiServiceException>(() => grades.UpdateLineItemAsync(tool.Platform, new Uri(item.Id!), same => same with { Label = "B" }, CancellationToken.None))).Failure.ShouldBe(ServiceFailure.ReadOnly);
        tool.Site.Requests.Where(seen => seen.Path != "/token").ShouldAllBe(seen => seen.Method == "GET");

        (await grades.GetResultsAsync(tool.Platform, new Uri(item.Id!), CancellationToken.None)).Results.ShouldHaveSingleItem().ResultScore.ShouldBe(7);
    }

    private Site Sakai(string readOnly)
    {
        var site = server.NewSite();
        var item = $$"""{"id":"{{site.Address}}/items/1","label":"Final quiz","scoreMaximum":10,"{{ReadOnly}}":{{readOnly}}}""";
        site.On("/items", 200, $"[{item}]");
        site.On("/items/1", context =>
        {
            context.Response.StatusCode = context.Request.Method == "GET" ? 200 : 403;
            return context.Response.WriteAsync(item);
        });
        site.On("/items/1/scores", 403);
        site.On("/items/1/results", 200, """[{"userId":"4","resultScore":7,"resultMaximum":10}]""");
        return site;
    }
}
