using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using LtiMicroCred.Lti.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace LtiMicroCred.Lti.Tests.Services;

public sealed class AssignmentAndGradeServicesTests(LoopbackServer server)
{
    [Fact]
    public async Task Columns_of_a_real_moodle_are_read()
    {
        using var tool = new TestTool(server.NewSite());
        var address = Recorded.Play(tool.Site, "ags-lineitems", "lineitems");

        var item = (await LineItemsAsync(tool, address)).ShouldHaveSingleItem();

        item.ShouldBe(new LineItem
        {
            Id = tool.Site.Address + "/mod/lti/services.php/2/lineitems/3/lineitem?type_id=2",
            Label = "Credential A", ScoreMaximum = 100, ResourceId = "res-1", Tag = "credential", ResourceLinkId = "1",
        });
        var asked = tool.Site.Last("/mod/lti/services.php/2/lineitems");
        asked.Headers["Accept"].ShouldBe("application/vnd.ims.lis.v2.lineitemcontainer+json");
        asked.Headers["Authorization"].ShouldBe("Bearer token-1");
        asked.Headers["User-Agent"].ShouldBe("TestTool/1.0");
    }

    [Fact]
    public async Task Filter_is_added_to_the_query_that_is_there()
    {
        using var tool = new TestTool(server.NewSite());
        var address = Recorded.Play(tool.Site, "ags-lineitems", "lineitems resource_link_id");

        var items = await tool.Get<AssignmentAndGradeServices>().GetLineItemsAsync(tool.Platform, new Uri(address.AbsoluteUri.Split('&')[0]), new LineItemFilter { ResourceLinkId = "1" }, CancellationToken.None);

        items.Count.ShouldBe(2);
        tool.Site.Last(address.AbsolutePath[address.AbsolutePath.IndexOf("/mod", StringComparison.Ordinal)..]).Query.ShouldBe("?type_id=2&resource_link_id=1");
    }

    [Fact]
    public async Task Filter_values_are_escaped()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/items", 200, "[]");

        await tool.Get<AssignmentAndGradeServices>().GetLineItemsAsync(tool.Platform, tool.Site.Uri("/items"), new LineItemFilter { Tag = "a&b=c ü", ResourceId = "r" }, CancellationToken.None);

        tool.Site.Last("/items").Query.ShouldBe("?resource_id=r&tag=a%26b%3Dc%20%C3%BC");
    }

    [Fact]
    public async Task Pages_of_a_real_moodle_are_followed_through_typographic_quotes()
    {
        using var tool = new TestTool(server.NewSite());
        var first = Recorded.Play(tool.Site, "ags-lineitems", "lineitems limit 1");
        Recorded.Play(tool.Site, "ags-lineitems", "lineitems limit 2 from 1");
        tool.Site.On("/mod/lti/services.php/2/lineitems?type_id=2&limit=1&from=2", 200, "[]");

        var items = await LineItemsAsync(tool, first);

        items.Count.ShouldBe(2);
        tool.Site.Requests.Where(seen => seen.Path.EndsWith("/lineitems", StringComparison.Ordinal)).Select(seen => seen.Query)
            .ShouldBe(["?type_id=2&limit=1", "?type_id=2&limit=1&from=1", "?type_id=2&limit=1&from=2"]);
    }

    [Fact]
    public async Task Tool_that_was_granted_management_only_reads_columns_with_that()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.RefusedScopes.Add(LtiScopes.LineItemReadOnly);
        var address = Recorded.Play(tool.Site, "ags-lineitems", "lineitems");

        (await LineItemsAsync(tool, address)).Count.ShouldBe(1);
    }

    [Attack(12)]
    [Fact]
    public async Task Unusable_columns_and_those_of_another_host_are_left_out()
    {
        using var tool = new TestTool(server.NewSite());
        var good = $$"""{"id":"{{tool.Site.Address}}/items/1","label":"A","scoreMaximum":"12.5","resourceLinkId":7}""";
        tool.Site.On("/items", 200, $$"""
            ["text", {}, {"id":"https://evil.example/items/2","label":"B","scoreMaximum":1}, {"id":"{{tool.Site.Address}}/3","label":" ","scoreMaximum":1},
             {"id":"{{tool.Site.Address}}/4","label":"D","scoreMaximum":0}, {"id":"{{tool.Site.Address}}/5","label":"E"}, {{good}}]
            """);

        var item = (await LineItemsAsync(tool, tool.Site.Uri("/items"))).ShouldHaveSingleItem();

        item.ScoreMaximum.ShouldBe(12.5m);
        item.ResourceLinkId.ShouldBe("7");
    }

    [Theory]
    [InlineData("create")]
    [InlineData("create coupled")]
    public async Task Column_is_created_as_a_real_moodle_wants_it(string name)
    {
        using var tool = new TestTool(server.NewSite());
        var address = Recorded.Play(tool.Site, "ags-lineitems", name);
        var sent = Recorded.Read("ags-lineitems", name, "request", "body");

        var made = await tool.Get<AssignmentAndGradeServices>().CreateLineItemAsync(tool.Platform, address, new LineItem
        {
            Label = sent.GetProperty("label").GetString()!,
            ScoreMaximum = sent.GetProperty("scoreMaximum").GetDecimal(),
            Tag = "made",
            ResourceId = sent.GetProperty("resourceId").GetString(),
            ResourceLinkId = sent.TryGetProperty("resourceLinkId", out var link) ? link.GetString() : null,
        }, CancellationToken.None);

        made.Id.ShouldBe(Recorded.Read("ags-lineitems", name, "response", "body", "id").GetString()!.Replace("http://localhost:8090", tool.Site.Address, StringComparison.Ordinal));
        var asked = tool.Site.Requests.Last(seen => seen.Method == "POST" && seen.Path.EndsWith("/lineitems", StringComparison.Ordinal));
        asked.Headers["Content-Type"].ShouldBe("application/vnd.ims.lis.v2.lineitem+json");
        asked.Headers["Accept"].ShouldBe("application/vnd.ims.lis.v2.lineitem+json");
        var body = JsonNode.Parse(asked.Body)!.AsObject();
        body["label"]!.GetValue<string>().ShouldBe(made.Label);
        body.ContainsKey("resourceLinkId").ShouldBe(name == "create coupled");
        body.ContainsKey("id").ShouldBeFalse();
    }

    [Fact]
    public async Task Column_created_on_another_host_is_refused()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/items", 201, """{"id":"https://evil.example/items/1","label":"A","scoreMaximum":1}""");

        (await Should.ThrowAsync<LtiServiceException>(() => CreateAsync(tool, new LineItem { Label = "A", ScoreMaximum = 1 }))).Failure.ShouldBe(ServiceFailure.BadAnswer);
    }

    [Theory]
    [InlineData(" ", 1)]
    [InlineData("A", 0)]
    public async Task Column_without_label_or_maximum_is_not_sent(string label, int maximum)
    {
        using var tool = new TestTool(server.NewSite());

        await Should.ThrowAsync<ArgumentException>(() => CreateAsync(tool, new LineItem { Label = label, ScoreMaximum = maximum }));

        tool.Site.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("create no label", ServiceFailure.Rejected)]
    [InlineData("create badlink", ServiceFailure.Forbidden)]
    public async Task Refusal_of_a_real_moodle_is_told_apart(string name, ServiceFailure failure)
    {
        using var tool = new TestTool(server.NewSite());
        var address = Recorded.Play(tool.Site, "ags-lineitems", name);

        var refusal = await Should.ThrowAsync<LtiServiceException>(() => tool.Get<AssignmentAndGradeServices>().CreateLineItemAsync(tool.Platform, address, new LineItem { Label = "A", ScoreMaximum = 1 }, CancellationToken.None));

        refusal.Failure.ShouldBe(failure);
        refusal.Retryable.ShouldBeFalse();
    }

    [Theory]
    [InlineData("missing course", ServiceFailure.NotFound)]
    [InlineData("no token", ServiceFailure.Unauthorized)]
    [InlineData("wrong scope lineitems", ServiceFailure.Unauthorized)]
    [InlineData("lineitems accept list", ServiceFailure.Rejected)]
    public async Task Failed_list_of_a_real_moodle_is_told_apart(string name, ServiceFailure failure)
    {
        using var tool = new TestTool(server.NewSite());
        var address = Recorded.Play(tool.Site, "ags-lineitems", name);

        (await Should.ThrowAsync<LtiServiceException>(() => LineItemsAsync(tool, address))).Failure.ShouldBe(failure);
    }

    [Theory]
    [InlineData("ags-scores-results", "results", 5)]
    [InlineData("ags-scores-results", "results of coupled item 3", 1)]
    [InlineData("results-after-teacher-edits", "teacher entered 9.5 of 10 for user 8 in the tool-made column", 5)]
    [InlineData("results-after-teacher-edits", "teacher cleared the grade of user 4, gave 0 to user 6 in the activity", 3)]
    [InlineData("calculated-line-item", "results of the calculated line item", 4)]
    [InlineData("calculated-line-item", "results after", 4)]
    public async Task Results_of_a_real_moodle_are_read(string file, string name, int count)
    {
        using var tool = new TestTool(server.NewSite());
        var address = Recorded.Play(tool.Site, file, name);

        var page = await ResultsAsync(tool, new Uri(address.AbsoluteUri.Replace("/results", "", StringComparison.Ordinal)));

        page.Refused.ShouldBeEmpty();
        page.Results.Count.ShouldBe(count);
        page.Results.ShouldAllBe(result => result.Timestamp == null || result.Timestamp.Value.Offset == TimeSpan.FromHours(1));
        var asked = tool.Site.Requests.Last(seen => seen.Path.EndsWith("/lineitem/results", StringComparison.Ordinal));
        asked.Query.ShouldBe("?type_id=2");
        asked.Headers["Accept"].ShouldBe("application/vnd.ims.lis.v2.resultcontainer+json");
    }

    [Fact]
    public async Task Zero_is_a_grade_and_a_cleared_one_is_none()
    {
        using var tool = new TestTool(server.NewSite());
        var address = Recorded.Play(tool.Site, "results-after-teacher-edits", "teacher cleared the grade of user 4, gave 0 to user 6 in the activity");

        var results = (await ResultsAsync(tool, new Uri(address.AbsoluteUri.Replace("/results", "", StringComparison.Ordinal)))).Results;

        results.Single(result => result.UserId == "6").ResultScore.ShouldBe(0);
        results.Single(result => result.UserId == "6").HasScore.ShouldBeTrue();
        results.Single(result => result.UserId == "5").Comment.ShouldBe("well done");
        results.Where(result => result.UserId is not ("5" or "6")).ShouldHaveSingleItem().HasScore.ShouldBeFalse();
    }

    [Fact]
    public async Task Half_points_are_exact()
    {
        using var tool = new TestTool(server.NewSite());
        var address = Recorded.Play(tool.Site, "results-after-teacher-edits", "teacher entered 9.5 of 10 for user 8 in the tool-made column");

        var result = (await ResultsAsync(tool, new Uri(address.AbsoluteUri.Replace("/results", "", StringComparison.Ordinal)))).Results.Single(result => result.UserId == "8");

        result.ResultScore.ShouldBe(9.5m);
        result.ResultMaximum.ShouldBe(10);
        result.Timestamp.ShouldBe(new DateTimeOffset(2026, 11, 22, 6, 20, 42, TimeSpan.FromHours(1)));
    }

    [Fact]
    public async Task Hash_is_of_the_bytes_as_they_came()
    {
        using var tool = new TestTool(server.NewSite());
        const string First = """{ "userId" : "4",  "resultScore":1.50, "comment":"\u00fc" }""";
        const string Second = """{"userId":"4","resultScore":1.5,"comment":"ü"}""";
        tool.Site.On("/item/results", 200, $"[ {First} ,\n{Second}]");

        var results = (await ResultsAsync(tool, tool.Site.Uri("/item"))).Results;

        results[0].MessageHash.ShouldBe(SHA256.HashData(Encoding.UTF8.GetBytes(First)));
        results[1].MessageHash.ShouldBe(SHA256.HashData(Encoding.UTF8.GetBytes(Second)));
        results[0].Comment.ShouldBe(results[1].Comment);
    }

    [Theory]
    [InlineData("""{"userId":4,"resultScore":"7.25","resultMaximum":"10"}""", null)]
    [InlineData("""{"userId":"4","resultScore":null,"resultMaximum":null}""", null)]
    [InlineData("""{"userId":"4","resultScore":1e2,"resultMaximum":100}""", null)]
    [InlineData("""{"userId":"4","resultScore":0.9}""", null)]
    [InlineData("""{"resultScore":1}""", "userId")]
    [InlineData("""{"userId":""}""", "userId")]
    [InlineData("""{"userId":{}}""", "userId")]
    [InlineData("""{"userId":"4","resultScore":-0.5}""", "negative")]
    [InlineData("""{"userId":"4","resultScore":"good"}""", "number")]
    [InlineData("""{"userId":"4","resultScore":"NaN"}""", "number")]
    [InlineData("""{"userId":"4","resultScore":true}""", "number")]
    [InlineData("""{"userId":"4","resultScore":1e999}""", "number")]
    [InlineData("""{"userId":"4","resultScore":59.99999999999999999999999999999999}""", "number")]
    [InlineData("""{"userId":"4","resultScore":1,"resultMaximum":0}""", "resultMaximum")]
    [InlineData("""{"userId":"4","resultScore":1,"resultMaximum":"-5"}""", "resultMaximum")]
    [InlineData("5", "object")]
    public async Task Result_is_usable_or_refused_with_its_reason(string json, string? reason)
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/item/results", 200, $$"""[{"userId":"first","resultScore":1},{{json}}]""");

        var page = await ResultsAsync(tool, tool.Site.Uri("/item"));

        page.Results.Count.ShouldBe(reason is null ? 2 : 1);
        if (reason is not null)
        {
            var sentence = page.Refused.ShouldHaveSingleItem();
            sentence.ShouldStartWith("result 2 ");
            sentence.ShouldContain(reason);
        }
    }

    [Fact]
    public async Task Maximum_is_one_where_the_platform_does_not_say()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/item/results", 200, """[{"userId":"4","resultScore":0.9}]""");

        (await ResultsAsync(tool, tool.Site.Uri("/item"))).Results.Single().ResultMaximum.ShouldBe(1);
    }

    [Fact]
    public async Task Result_of_one_learner_of_a_real_moodle_is_read()
    {
        using var tool = new TestTool(server.NewSite());
        var address = Recorded.Play(tool.Site, "ags-scores-results", "results user");
        var lineItem = new Uri(address.AbsoluteUri.Replace("/results", "", StringComparison.Ordinal).Split('&')[0]);

        var result = (await tool.Get<AssignmentAndGradeServices>().GetResultsAsync(tool.Platform, lineItem, "4", CancellationToken.None)).Results.ShouldHaveSingleItem();

        result.UserId.ShouldBe("4");
        result.ScoreOf.ShouldBe(lineItem.OriginalString);
        tool.Site.Requests.Last().Query.ShouldBe("?type_id=2&user_id=4");
    }

    [Fact]
    public async Task Platform_that_ignores_the_learner_asked_for_yields_no_other()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/item/results", 200, """[{"userId":"4","resultScore":1},{"userId":"a b","resultScore":2,"scoringUserId":3,"comment":"<p>fine <b>work</b></p>"}]""");

        var result = (await tool.Get<AssignmentAndGradeServices>().GetResultsAsync(tool.Platform, tool.Site.Uri("/item"), "a b", CancellationToken.None)).Results.ShouldHaveSingleItem();

        result.ResultScore.ShouldBe(2);
        result.ScoringUserId.ShouldBe("3");
        result.Comment.ShouldBe("<p>fine <b>work</b></p>");
        tool.Site.Last("/item/results").Query.ShouldBe("?user_id=a%20b");
    }

    [Fact]
    public async Task Refused_token_is_dropped_and_the_request_sent_once_more()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/item/results", context =>
        {
            context.Response.StatusCode = context.Request.Headers.Authorization == "Bearer token-1" ? 401 : 200;
            return context.Response.WriteAsync("[]");
        });

        (await ResultsAsync(tool, tool.Site.Uri("/item"))).Results.ShouldBeEmpty();
        tool.Site.Count("/item/results").ShouldBe(2);
        tool.Site.Count("/token").ShouldBe(2);
    }

    [Fact]
    public async Task Platform_that_refuses_every_token_is_asked_twice_only()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/item/results", 401);

        (await Should.ThrowAsync<LtiServiceException>(() => ResultsAsync(tool, tool.Site.Uri("/item")))).Failure.ShouldBe(ServiceFailure.Unauthorized);
        tool.Site.Count("/item/results").ShouldBe(2);
    }

    [Attack(19)]
    [Fact]
    public async Task Next_link_to_another_host_is_refused_and_our_token_stays()
    {
        using var tool = new TestTool(server.NewSite());
        var other = server.NewSite();
        var foreign = other.Address.Replace("127.0.0.1", "localhost", StringComparison.Ordinal);
        tool.Site.On("/item/results", 200, "[]", ("Link", $"<{foreign}/steal>; rel=\"next\""));

        (await Should.ThrowAsync<LtiServiceException>(() => ResultsAsync(tool, tool.Site.Uri("/item")))).Failure.ShouldBe(ServiceFailure.ForeignLink);
        other.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Pages_in_a_circle_are_refused()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/item/results", 200, "[]", ("Link", "<results?page=2>; rel=next"));
        tool.Site.On("/item/results?page=2", 200, "[]", ("Link", $"<{tool.Site.Address}/item/results>; rel=\"next\""));

        (await Should.ThrowAsync<LtiServiceException>(() => ResultsAsync(tool, tool.Site.Uri("/item")))).Failure.ShouldBe(ServiceFailure.BadAnswer);
        tool.Site.Count("/item/results").ShouldBe(2);
    }

    [Fact]
    public async Task Pages_that_are_larger_than_any_list_are_cut()
    {
        using var tool = new TestTool(server.NewSite());
        var page = 0;
        var comment = new string('x', 4 * 1024 * 1024);
        tool.Site.On("/item/results", context =>
        {
            context.Response.Headers.Link = $"<{tool.Site.Address}/item/results?page={++page}>; rel=\"next\"";
            return context.Response.WriteAsync($$"""[{"id":"r{{page}}","userId":"u{{page}}","resultScore":1,"comment":"{{comment}}"}]""");
        });

        (await Should.ThrowAsync<LtiServiceException>(() => ResultsAsync(tool, tool.Site.Uri("/item")))).Failure.ShouldBe(ServiceFailure.TooMuch);
        page.ShouldBe(8, "32 MB are enough for a list");
    }

    [Fact]
    public async Task Pages_without_end_are_cut()
    {
        using var tool = new TestTool(server.NewSite());
        var page = 0;
        tool.Site.On("/item/results", context =>
        {
            context.Response.Headers.Link = $"<{tool.Site.Address}/item/results?page={++page}>; rel=\"next\"";
            return context.Response.WriteAsync("[]");
        });

        (await Should.ThrowAsync<LtiServiceException>(() => ResultsAsync(tool, tool.Site.Uri("/item")))).Failure.ShouldBe(ServiceFailure.TooMuch);
        page.ShouldBe(500);
    }

    [Theory]
    [InlineData(429, ServiceFailure.Busy, true)]
    [InlineData(503, ServiceFailure.Busy, true)]
    [InlineData(500, ServiceFailure.ServerError, true)]
    [InlineData(403, ServiceFailure.Forbidden, false)]
    [InlineData(404, ServiceFailure.NotFound, false)]
    [InlineData(422, ServiceFailure.Rejected, false)]
    [InlineData(302, ServiceFailure.BadAnswer, false)]
    public async Task Failure_says_whether_and_when_to_try_again(int status, ServiceFailure failure, bool retryable)
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/item/results", status, "", ("Retry-After", "120"), ("Location", tool.Site.Address + "/elsewhere"));

        var refusal = await Should.ThrowAsync<LtiServiceException>(() => ResultsAsync(tool, tool.Site.Uri("/item")));

        refusal.Failure.ShouldBe(failure);
        refusal.Status.ShouldBe(status);
        refusal.Retryable.ShouldBe(retryable);
        refusal.RetryAfter.ShouldBe(TimeSpan.FromMinutes(2));
        tool.Site.Count("/elsewhere").ShouldBe(0);
    }

    [Fact]
    public async Task Retry_after_may_be_a_date()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/item/results", 503, "", ("Retry-After", tool.Clock.Now.AddMinutes(5).ToString("R")));

        (await Should.ThrowAsync<LtiServiceException>(() => ResultsAsync(tool, tool.Site.Uri("/item")))).RetryAfter.ShouldBe(TimeSpan.FromMinutes(5));
    }

    [Theory]
    [InlineData("<html>")]
    [InlineData("{}")]
    [InlineData("""[{"userId":"1","userId":"2"}]""")]
    [InlineData("""[{"userId":"\ud800"}]""")]
    public async Task Answer_that_is_no_list_is_refused(string body)
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/item/results", 200, body);

        (await Should.ThrowAsync<LtiServiceException>(() => ResultsAsync(tool, tool.Site.Uri("/item")))).Failure.ShouldBe(ServiceFailure.BadAnswer);
    }

    private static Task<IReadOnlyList<LineItem>> LineItemsAsync(TestTool tool, Uri address) =>
        tool.Get<AssignmentAndGradeServices>().GetLineItemsAsync(tool.Platform, address, filter: null, CancellationToken.None);

    private static Task<LineItem> CreateAsync(TestTool tool, LineItem item) =>
        tool.Get<AssignmentAndGradeServices>().CreateLineItemAsync(tool.Platform, tool.Site.Uri("/items"), item, CancellationToken.None);

    private static Task<ResultsPage> ResultsAsync(TestTool tool, Uri lineItem) =>
        tool.Get<AssignmentAndGradeServices>().GetResultsAsync(tool.Platform, lineItem, CancellationToken.None);
}
