using System.Net;
using System.Text.Json.Nodes;

namespace LtiMicroCred.DemoLms.Tests;

public sealed class PlainCampus : IAsyncLifetime
{
    public Campus Campus { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Campus = await Campus.OpenAsync(Manners.Plain);

    public ValueTask DisposeAsync() => Campus.DisposeAsync();
}

public sealed class PlainMannersTests(PlainCampus plain) : IClassFixture<PlainCampus>
{
    private readonly Campus campus = plain.Campus;

    [Fact]
    public async Task Registration_is_created_and_tells_the_truth()
    {
        var answer = await campus.Tool.PostRegistrationAsync(campus.Lms, campus.Tool.Metadata(), campus.Tool.RegistrationToken(campus.Lms), "bearer");
        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        var configuration = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["https://purl.imsglobal.org/spec/lti-tool-configuration"]!;
        configuration["custom_parameters"]!["a"]!.GetValue<string>().ShouldBe("x=y");
        configuration["messages"]!.AsArray().Count.ShouldBe(2);
    }

    [Fact]
    public async Task Registration_errors_are_json()
    {
        var answer = await campus.Tool.PostRegistrationAsync(campus.Lms, campus.Tool.Metadata(), null);
        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["error"]!.GetValue<string>().ShouldBe("invalid_token");
    }

    [Theory]
    [InlineData("aud", "https://other.example")]
    [InlineData("iss", "someone")]
    [InlineData("jti", null)]
    [InlineData("exp", null)]
    public async Task Token_endpoint_checks_the_assertion_fully(string claim, string? value)
    {
        var claims = campus.Tool.Assertion(campus.Lms);
        if (value is null)
            claims.Remove(claim);
        else
            claims[claim] = value;
        var answer = await campus.Tool.PostTokenAsync(campus.Lms, ProbeTool.Sign(claims), ProbeTool.AllGradeScopes);
        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/json");
        JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["error"]!.GetValue<string>().ShouldBe("invalid_client");
    }

    [Fact]
    public async Task Assertion_is_good_once()
    {
        var assertion = ProbeTool.Sign(campus.Tool.Assertion(campus.Lms));
        (await campus.Tool.PostTokenAsync(campus.Lms, assertion, ProbeTool.AllGradeScopes)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await campus.Tool.PostTokenAsync(campus.Lms, assertion, ProbeTool.AllGradeScopes)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Accept_may_be_a_list()
    {
        var token = await campus.Tool.TokenAsync(campus.Lms);
        foreach (var accept in new[] { "*/*", "text/html, application/vnd.ims.lis.v2.lineitemcontainer+json;q=0.9" })
            (await campus.Tool.CallAsync(campus.Lms, HttpMethod.Get, campus.LineItems, token, accept)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await campus.Tool.CallAsync(campus.Lms, HttpMethod.Get, campus.LineItems, token, "text/html")).StatusCode.ShouldBe(HttpStatusCode.NotAcceptable);
    }

    [Fact]
    public async Task Results_come_in_pages_with_a_plain_next_link()
    {
        var token = await campus.Tool.TokenAsync(campus.Lms);
        foreach (var username in new[] { "learner", "learner2", "learner3" })
            campus.Gradebook.SetGrade(campus.OwnColumn, campus.School.Person(username), 50);
        var seen = new List<string>();
        var address = campus.Item(campus.OwnColumn, "/results", "&limit=2");
        while (address.Length > 0)
        {
            var answer = await campus.Tool.CallAsync(campus.Lms, HttpMethod.Get, address, token, "application/vnd.ims.lis.v2.resultcontainer+json");
            seen.AddRange(JsonNode.Parse(await answer.Content.ReadAsStringAsync())!.AsArray().Select(result => result!["userId"]!.GetValue<string>()));
            var link = answer.Headers.TryGetValues("Link", out var links) ? links.Single() : "";
            if (link.Length > 0)
                link.ShouldEndWith("; rel=\"next\"");
            address = link.Length > 0 ? link[1..link.IndexOf('>', StringComparison.Ordinal)] : "";
        }
        seen.ShouldBe(["4", "5", "6"]);
    }

    [Fact]
    public async Task Members_have_full_roles_and_pages_keep_their_filter()
    {
        var answer = await campus.Tool.CallAsync(
            campus.Lms, HttpMethod.Get, campus.Members + "?role=Learner&limit=2", await campus.Tool.TokenAsync(campus.Lms), "application/vnd.ims.lti-nrps.v2.membershipcontainer+json");
        JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["members"]![0]!["roles"]![0]!.GetValue<string>().ShouldBe("http://purl.imsglobal.org/vocab/lis/v2/membership#Learner");
        answer.Headers.GetValues("Link").Single().ShouldContain("role=Learner");
    }

    [Fact]
    public async Task Scores_within_one_second_are_told_apart_and_may_exceed_the_maximum()
    {
        var token = await campus.Tool.TokenAsync(campus.Lms);
        var column = await campus.MakeColumnAsync(token, "{\"label\":\"Plain\",\"scoreMaximum\":10}");
        var at = new DateTimeOffset(2026, 11, 22, 5, 0, 0, 100, TimeSpan.Zero);
        (await campus.PostScoreAsync(column, token, Campus.Score(campus.Learner, at))).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await campus.PostScoreAsync(column, token, Campus.Score(campus.Learner, at.AddMilliseconds(1), ",\"scoreGiven\":12,\"scoreMaximum\":10"))).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await campus.PostScoreAsync(column, token, Campus.Score(campus.Learner, at))).StatusCode.ShouldBe(HttpStatusCode.Conflict);
        campus.Gradebook.GradeOf(column, campus.Learner)!.Points.ShouldBe(12);
    }

    [Fact]
    public async Task Connection_outlives_an_answer_without_a_body()
    {
        await using var own = await Campus.OpenAsync(Manners.Plain);
        var token = await own.Tool.TokenAsync(own.Lms);
        var before = own.Tool.Connections;
        for (var i = 0; i < 20; i++)
        {
            (await own.PostScoreAsync(own.OwnColumn, token, Campus.Score(own.Learner, DateTimeOffset.UnixEpoch.AddSeconds(i)))).StatusCode.ShouldBe(HttpStatusCode.NoContent);
            // Time for the other end to hang up.
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        own.Tool.Connections.ShouldBe(before);
    }

    [Fact]
    public async Task Columns_of_others_cannot_be_read()
    {
        var answer = await campus.GetResultsAsync(campus.QuizColumn, await campus.Tool.TokenAsync(campus.Lms));
        answer.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Too_small_a_scope_is_forbidden()
    {
        var token = await campus.Tool.TokenAsync(campus.Lms, "https://purl.imsglobal.org/spec/lti-ags/scope/score");
        (await campus.GetResultsAsync(campus.OwnColumn, token)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Login_may_be_repeated_while_it_is_fresh()
    {
        var (_, login) = await campus.Tool.FormAsync(campus.Lms.UrlFor("learner", $"activity/{campus.Link.Id}/launch"));
        for (var time = 0; time < 2; time++)
        {
            var answer = await campus.Tool.AuthenticateAsync(campus.Lms, campus.Tool.Authentication(login));
            ProbeTool.ReadForm(await answer.Content.ReadAsStringAsync()).Fields.ShouldContainKey("id_token");
        }
    }
}
