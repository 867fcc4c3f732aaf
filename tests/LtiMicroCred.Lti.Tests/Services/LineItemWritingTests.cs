using System.Text.Json.Nodes;
using LtiMicroCred.Lti.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace LtiMicroCred.Lti.Tests.Services;

public sealed class LineItemWritingTests(LoopbackServer server)
{
    private const string Whole = """
        {"id":"ADDRESS/items/1","label":"A","scoreMaximum":"12.50","tag":"t","startDateTime":"2026-01-01T00:00:00","gradesReleased":false,
         "ltiLinkId":"1","https://lms.example/weight":{"of":[1,2.50,null]},
         "submissionReview":{"reviewableStatus":["Submitted","Odd"],"label":"See","url":"https://tool.example/app/review","custom":{"a":"b"},"more":1}}
        """;

    [Fact]
    public async Task One_column_of_a_real_moodle_is_read()
    {
        using var tool = new TestTool(server.NewSite());
        var address = Recorded.Play(tool.Site, "ags-lineitems", "lineitem get");

        var item = await Grades(tool).GetLineItemAsync(tool.Platform, address, CancellationToken.None);

        item.Id.ShouldBe(address.OriginalString);
        item.Label.ShouldBe("Credential A");
        tool.Site.Requests.Last().Headers["Accept"].ShouldBe("application/vnd.ims.lis.v2.lineitem+json");
    }

    [Theory]
    [InlineData("ags-put-delete-others", "get deleted", ServiceFailure.NotFound)]
    [InlineData("grades-of-others", "line item of the course total", ServiceFailure.BadAnswer)]
    public async Task Column_of_a_real_moodle_that_is_none_is_told_apart(string file, string name, ServiceFailure failure)
    {
        using var tool = new TestTool(server.NewSite());
        var address = Recorded.Play(tool.Site, file, name);

        (await Should.ThrowAsync<LtiServiceException>(() => Grades(tool).GetLineItemAsync(tool.Platform, address, CancellationToken.None))).Failure.ShouldBe(failure);
    }

    [Fact]
    public async Task Every_member_of_a_column_is_read()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/items/1", 200, Whole.Replace("ADDRESS", tool.Site.Address, StringComparison.Ordinal));

        var item = await Grades(tool).GetLineItemAsync(tool.Platform, tool.Site.Uri("/items/1"), CancellationToken.None);

        item.GradesReleased.ShouldBe(false);
        item.IsReadOnly.ShouldBeFalse();
        var review = item.SubmissionReview.ShouldNotBeNull();
        review.ReviewableStatus.ShouldBe([ActivityProgress.Submitted]);
        review.Label.ShouldBe("See");
        review.Url.ShouldBe("https://tool.example/app/review");
        review.Custom["a"].ShouldBe("b");
    }

    [Fact]
    public async Task Column_is_created_with_everything_that_was_given_and_nothing_else()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/items", 201, $$"""{"id":"{{tool.Site.Address}}/items/1","label":"A","scoreMaximum":1}""");

        await Grades(tool).CreateLineItemAsync(tool.Platform, tool.Site.Uri("/items"), new LineItem
        {
            Label = "A", ScoreMaximum = 12.5m, GradesReleased = true, EndDateTime = new DateTimeOffset(2026, 12, 1, 8, 0, 0, TimeSpan.FromHours(1)), IsReadOnly = true,
            SubmissionReview = new LineItemReview { ReviewableStatus = [ActivityProgress.Completed], Custom = new Dictionary<string, string>(StringComparer.Ordinal) { ["a"] = "b" } },
        }, CancellationToken.None);

        JsonNode.DeepEquals(JsonNode.Parse(tool.Site.Last("/items").Body), JsonNode.Parse("""
            {"label":"A","scoreMaximum":12.5,"endDateTime":"2026-12-01T08:00:00.0000000+01:00","gradesReleased":true,"submissionReview":{"reviewableStatus":["Completed"],"custom":{"a":"b"}}}
            """)).ShouldBeTrue(tool.Site.Last("/items").Body);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(429)]
    public async Task Creating_is_never_repeated(int status)
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/items", status);

        await Should.ThrowAsync<LtiServiceException>(() => Grades(tool).CreateLineItemAsync(tool.Platform, tool.Site.Uri("/items"), new LineItem { Label = "A", ScoreMaximum = 1 }, CancellationToken.None));

        tool.Site.Count("/items").ShouldBe(1);
    }

    [Fact]
    public async Task Replacing_keeps_what_this_library_does_not_know()
    {
        using var tool = new TestTool(server.NewSite());
        var written = Whole.Replace("ADDRESS", tool.Site.Address, StringComparison.Ordinal);
        AnswerPut(tool.Site, written);

        var after = await UpdateAsync(tool, item => item with { Label = "Renamed – ü", Tag = null, GradesReleased = true });

        after.Label.ShouldBe("Renamed – ü");
        var expected = JsonNode.Parse(written)!.AsObject();
        expected["label"] = "Renamed – ü";
        expected["gradesReleased"] = true;
        expected.Remove("tag");
        var put = tool.Site.Requests.Last(seen => seen.Method == "PUT");
        JsonNode.DeepEquals(JsonNode.Parse(put.Body), expected).ShouldBeTrue(put.Body);
        put.Body.ShouldContain("\"scoreMaximum\":\"12.50\"");
        put.Body.ShouldContain("2.50");
        put.Headers["Content-Type"].ShouldBe("application/vnd.ims.lis.v2.lineitem+json");
    }

    [Theory]
    [InlineData("ags-lineitems", "lineitem get", "ags-put-delete-others", "put own coupled")]
    public async Task Real_moodle_takes_the_replacement(string getFile, string get, string putFile, string put)
    {
        using var tool = new TestTool(server.NewSite());
        var asked = Recorded.Play(tool.Site, getFile, get);
        var read = Recorded.Read(getFile, get, "response", "body").GetRawText().Replace("http://localhost:8090", tool.Site.Address, StringComparison.Ordinal);
        var replaced = Recorded.Read(putFile, put, "response", "body").GetRawText().Replace("http://localhost:8090", tool.Site.Address, StringComparison.Ordinal);
        var path = asked.AbsolutePath[asked.AbsolutePath.IndexOf("/mod", StringComparison.Ordinal)..];
        tool.Site.On(path + asked.Query, context => context.Response.WriteAsync(context.Request.Method == "PUT" ? replaced : read));

        var item = await Grades(tool).UpdateLineItemAsync(tool.Platform, asked, item => item with { Label = "Renamed by PUT", ScoreMaximum = 50 }, CancellationToken.None);

        item.ScoreMaximum.ShouldBe(50);
        var sent = JsonNode.Parse(tool.Site.Requests.Last().Body)!.AsObject();
        sent["resourceLinkId"]!.GetValue<string>().ShouldBe("1");
        sent["ltiLinkId"]!.GetValue<string>().ShouldBe("1");
        sent["scoreMaximum"]!.GetValue<decimal>().ShouldBe(50);
    }

    [Fact]
    public async Task Column_that_did_not_change_is_not_sent()
    {
        using var tool = new TestTool(server.NewSite());
        AnswerPut(tool.Site, Whole.Replace("ADDRESS", tool.Site.Address, StringComparison.Ordinal));

        await UpdateAsync(tool, item => item with { ScoreMaximum = 12.5m });

        tool.Site.Requests.ShouldNotContain(seen => seen.Method == "PUT");
    }

    [Fact]
    public async Task Platform_that_answers_a_replacement_with_nothing_has_taken_it()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/items/1", context => context.Request.Method == "PUT"
            ? Task.CompletedTask
            : context.Response.WriteAsync($$"""{"id":"{{tool.Site.Address}}/items/1","label":"A","scoreMaximum":1}"""));

        (await UpdateAsync(tool, item => item with { Label = "B" })).Label.ShouldBe("B");
    }

    [Fact]
    public async Task Column_keeps_its_address_its_label_and_a_positive_maximum()
    {
        using var tool = new TestTool(server.NewSite());
        AnswerPut(tool.Site, Whole.Replace("ADDRESS", tool.Site.Address, StringComparison.Ordinal));

        await Should.ThrowAsync<ArgumentException>(() => UpdateAsync(tool, item => item with { Id = "https://lms.example/items/2" }));
        await Should.ThrowAsync<ArgumentException>(() => UpdateAsync(tool, item => item with { Label = "" }));
        await Should.ThrowAsync<ArgumentException>(() => UpdateAsync(tool, item => item with { ScoreMaximum = 0 }));

        tool.Site.Requests.ShouldNotContain(seen => seen.Method == "PUT");
    }

    [Fact]
    public async Task Refused_replacement_of_a_real_moodle_is_told_apart()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/items/1", context =>
        {
            context.Response.StatusCode = context.Request.Method == "PUT" ? 401 : 200;
            return context.Response.WriteAsync($$"""{"id":"{{tool.Site.Address}}/items/1","label":"A","scoreMaximum":1}""");
        });

        (await Should.ThrowAsync<LtiServiceException>(() => UpdateAsync(tool, item => item with { Label = "other tool" }))).Failure.ShouldBe(ServiceFailure.Unauthorized);
    }

    [Fact]
    public async Task Real_moodle_deletes_a_column_and_a_deleted_one_is_no_failure()
    {
        using var tool = new TestTool(server.NewSite());
        var address = Recorded.Play(tool.Site, "ags-put-delete-others", "delete own stand-alone");
        await Grades(tool).DeleteLineItemAsync(tool.Platform, address, CancellationToken.None);
        tool.Site.Requests.Last().Method.ShouldBe("DELETE");

        tool.Site.On("/gone", 410);
        await Grades(tool).DeleteLineItemAsync(tool.Platform, tool.Site.Uri("/missing"), CancellationToken.None);
        await Grades(tool).DeleteLineItemAsync(tool.Platform, tool.Site.Uri("/gone"), CancellationToken.None);

        tool.Site.On("/locked", 403);
        (await Should.ThrowAsync<LtiServiceException>(() => Grades(tool).DeleteLineItemAsync(tool.Platform, tool.Site.Uri("/locked"), CancellationToken.None))).Failure.ShouldBe(ServiceFailure.Forbidden);
    }

    [Fact]
    public async Task Column_of_a_copied_link_is_found_and_not_made_twice()
    {
        using var tool = new TestTool(server.NewSite());
        var made = new List<string>();
        tool.Site.On("/items", context =>
        {
            if (context.Request.Method == "POST")
            {
                var sent = JsonNode.Parse(((Seen)context.Items[typeof(Seen)]!).Body)!.AsObject();
                sent["id"] = $"{tool.Site.Address}/items/{made.Count + 1}";
                made.Add(sent.ToJsonString());
                context.Response.StatusCode = 201;
                return context.Response.WriteAsync(made[^1]);
            }

            return context.Response.WriteAsync($"[{string.Join(',', made)}]");
        });
        var wanted = new LineItem { Label = "A", ScoreMaximum = 100, ResourceLinkId = "1", ResourceId = "r", Tag = "credential" };

        var first = await FindOrCreateAsync(tool, wanted);
        (await FindOrCreateAsync(tool, wanted with { Label = "renamed since" })).Id.ShouldBe(first.Id);
        // The site does not filter, as some platforms do not: another link's or another tag's column is not ours.
        (await FindOrCreateAsync(tool, wanted with { ResourceLinkId = "2" })).Id.ShouldBe($"{tool.Site.Address}/items/2");
        (await FindOrCreateAsync(tool, wanted with { ResourceLinkId = null })).Id.ShouldBe($"{tool.Site.Address}/items/3");
        (await FindOrCreateAsync(tool, wanted with { Tag = "counted" })).Id.ShouldBe($"{tool.Site.Address}/items/4");

        made.Count.ShouldBe(4);
        tool.Site.Requests.First(seen => seen.Path == "/items").Query.ShouldBe("?resource_link_id=1&resource_id=r&tag=credential");
        await Should.ThrowAsync<ArgumentException>(() => FindOrCreateAsync(tool, new LineItem { Label = "A", ScoreMaximum = 1 }));
    }

    [Fact]
    public async Task Nothing_is_created_where_the_list_could_not_be_read()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/items", context =>
        {
            context.Response.StatusCode = context.Request.Method == "POST" ? 201 : 500;
            return Task.CompletedTask;
        });

        await Should.ThrowAsync<LtiServiceException>(() => FindOrCreateAsync(tool, new LineItem { Label = "A", ScoreMaximum = 1, Tag = "t" }));

        tool.Site.Requests.ShouldNotContain(seen => seen.Method == "POST" && seen.Path == "/items");
    }

    [Fact]
    public async Task Page_size_is_asked_for()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/items", 200, "[]");

        await Grades(tool).GetLineItemsAsync(tool.Platform, tool.Site.Uri("/items"), new LineItemFilter { PageSize = 50 }, CancellationToken.None);

        tool.Site.Last("/items").Query.ShouldBe("?limit=50");
    }

    private static void AnswerPut(Site site, string written) => site.On("/items/1", context =>
        context.Response.WriteAsync(context.Request.Method == "PUT" ? ((Seen)context.Items[typeof(Seen)]!).Body : written));

    private static AssignmentAndGradeServices Grades(TestTool tool) => tool.Get<AssignmentAndGradeServices>();

    private static Task<LineItem> UpdateAsync(TestTool tool, Func<LineItem, LineItem> change) =>
        Grades(tool).UpdateLineItemAsync(tool.Platform, tool.Site.Uri("/items/1"), change, CancellationToken.None);

    private static Task<LineItem> FindOrCreateAsync(TestTool tool, LineItem wanted) =>
        Grades(tool).FindOrCreateLineItemAsync(tool.Platform, tool.Site.Uri("/items"), wanted, CancellationToken.None);
}
