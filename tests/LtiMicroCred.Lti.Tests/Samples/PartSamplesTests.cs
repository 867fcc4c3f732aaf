using System.Globalization;
using System.Text.Json.Nodes;
using LtiMicroCred.Lti.Tests.Support;

namespace LtiMicroCred.Lti.Tests.Samples;

/// <summary>The README's samples for grades and members, run against a platform.</summary>
public sealed class PartSamplesTests(LoopbackServer server)
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Column_of_the_sample_is_found_before_it_is_made()
    {
        using var tool = new TestTool(server.NewSite());
        var launch = await LaunchAsync(tool);
        tool.Site.On("/items", 200, $$"""[{"id":"{{tool.Site.Address}}/items/1","label":"Quiz 7","scoreMaximum":10,"resourceLinkId":"{{launch.ResourceLink!.Id}}","resourceId":"quiz-7","tag":"points"}]""");

        var column = await PartSamples.OpenColumnAsync(launch, tool.Get<AssignmentAndGradeServices>(), CancellationToken.None);

        column.ShouldNotBeNull().Id.ShouldBe(tool.Site.Address + "/items/1");
        tool.Site.Requests.ShouldNotContain(seen => seen.Method == "POST" && seen.Path == "/items");
    }

    [Fact]
    public async Task Column_of_the_sample_keeps_its_name_when_it_closes()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/items/1", 200, $$"""{"id":"{{tool.Site.Address}}/items/1","label":"Renamed by the teacher","scoreMaximum":10}""");

        await PartSamples.CloseColumnAsync(tool.Platform, tool.Site.Uri("/items/1"), Noon, tool.Get<AssignmentAndGradeServices>(), CancellationToken.None);

        var put = JsonNode.Parse(tool.Site.Requests.Last(seen => seen.Method == "PUT").Body)!;
        put["label"]!.GetValue<string>().ShouldBe("Renamed by the teacher");
        DateTimeOffset.Parse(put["endDateTime"]!.GetValue<string>(), CultureInfo.InvariantCulture).ShouldBe(Noon);
    }

    [Theory]
    [InlineData(200, null)]
    [InlineData(409, 1.0)]
    [InlineData(500, 60.0)]
    public async Task Score_of_the_sample_is_posted_or_waits(int status, double? seconds)
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/items/1/scores", status);
        var column = new LineItem { Id = tool.Site.Address + "/items/1", Label = "Quiz 7", ScoreMaximum = 10 };

        var wait = await PartSamples.PostPointsAsync(tool.Platform, column, "7", 8.5m, Noon, tool.Get<AssignmentAndGradeServices>(), CancellationToken.None);

        wait?.TotalSeconds.ShouldBe(seconds ?? double.NaN);
        (wait is null).ShouldBe(seconds is null);
        JsonNode.Parse(tool.Site.Last("/items/1/scores").Body)!["scoreGiven"]!.GetValue<decimal>().ShouldBe(8.5m);
    }

    [Fact]
    public async Task Results_of_the_sample_are_read_from_every_page()
    {
        using var tool = new TestTool(server.NewSite());
        var launch = await LaunchAsync(tool);
        tool.Site.On("/items/1/results", 200, """[{"userId":"7","resultScore":5,"resultMaximum":10},{"resultScore":1}]""", ("Link", $"<{tool.Site.Address}/more>; rel=\"next\""));
        tool.Site.On("/more", 200, """[{"userId":"8","resultScore":9,"resultMaximum":10}]""");
        var log = new List<string>();

        (await PartSamples.BestShareAsync(launch, tool.Get<AssignmentAndGradeServices>(), log.Add, CancellationToken.None)).ShouldBe(0.9m);

        log.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Members_of_the_sample_are_counted_and_followed()
    {
        using var tool = new TestTool(server.NewSite());
        var launch = await LaunchAsync(tool);
        tool.Site.On("/members", 200, """{"members":[{"user_id":"7","roles":["Learner"]},{"user_id":"8","roles":["Learner"],"status":"Inactive"},{"user_id":"9","roles":["Instructor"]}]}""",
            ("Link", $"<{tool.Site.Address}/changes>; rel=\"differences\""));
        tool.Site.On("/changes", 200, """{"members":[{"user_id":"7","roles":["Learner"],"status":"Deleted"},{"user_id":"10","roles":["Learner"]}]}""");
        var members = tool.Get<NamesAndRoles>();

        var (learners, changes) = await PartSamples.CountLearnersAsync(launch, members, CancellationToken.None);
        learners.ShouldBe(1);

        var course = await members.GetMembersAsync(tool.Platform, tool.Site.Uri("/members"), resourceLinkId: null, CancellationToken.None);
        var known = course.Members.ToDictionary(member => member.UserId, StringComparer.Ordinal);
        (await PartSamples.FollowAsync(tool.Platform, changes.ShouldNotBeNull(), known, members, CancellationToken.None)).ShouldBeNull();
        known.Keys.ShouldBe(["8", "9", "10"], ignoreOrder: true);
    }

    private static async Task<ValidLaunch> LaunchAsync(TestTool tool)
    {
        var attempt = new LaunchAttempt(tool, await tool.LogInAsync());
        attempt.Claims["https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"] = new JsonObject
        {
            ["scope"] = new JsonArray(LtiScopes.LineItem, LtiScopes.ResultReadOnly, LtiScopes.Score),
            ["lineitems"] = tool.Site.Address + "/items",
            ["lineitem"] = tool.Site.Address + "/items/1",
        };
        attempt.Claims["https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"] = new JsonObject
        {
            ["context_memberships_url"] = tool.Site.Address + "/members",
            ["service_versions"] = new JsonArray("2.0"),
        };
        return await attempt.SendAsync();
    }
}
