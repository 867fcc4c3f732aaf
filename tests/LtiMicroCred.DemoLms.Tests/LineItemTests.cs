using System.Text.Json.Nodes;

namespace LtiMicroCred.DemoLms.Tests;

/// <summary>The recorded calls of the line item service, in their order, against one LMS per test.</summary>
public sealed class LineItemTests
{
    private const string RecordedHost = "http://localhost:8090";

    [Fact]
    public async Task Calls_are_answered_as_recorded()
    {
        await using var campus = await Campus.OpenAsync();
        var token = await campus.Tool.TokenAsync(campus.Lms);
        var scoreOnly = await campus.Tool.TokenAsync(campus.Lms, "https://purl.imsglobal.org/spec/lti-ags/scope/score");
        foreach (var (name, entry) in Recorded.File("ags-lineitems"))
        {
            // Here the other course is number 3; there it was the site's own, number 1.
            await ReplayAsync(campus, name, entry!, name switch { "no token" => null, "bad token" => "nonsense", "wrong scope lineitems" => scoreOnly, _ => token }, "/1/lineitems", "/3/lineitems");
        }
    }

    [Fact]
    public async Task Changing_and_deleting_is_answered_as_recorded()
    {
        await using var campus = await Campus.OpenAsync();
        var token = await campus.Tool.TokenAsync(campus.Lms);
        var foreign = await AddForeignToolAsync(campus);
        // The recorded numbers: 6 is another tool's column, 9 and 10 are made by the calls.
        campus.Gradebook.ColumnsOf(campus.Course)[^1].Id.ShouldBe("4");
        foreach (var unused in new[] { "5", "6", "7", "8" })
            (await campus.MakeColumnAsync(token)).Id.ShouldBe(unused);
        foreach (var (name, entry) in Recorded.File("ags-put-delete-others"))
        {
            switch (name)
            {
                case "other tool's line item":
                    var read = await campus.Tool.CallAsync(campus.Lms, HttpMethod.Get, campus.Item(foreign), token, "application/vnd.ims.lis.v2.lineitem+json");
                    Recorded.Shape(JsonNode.Parse(await read.Content.ReadAsStringAsync())).ShouldBe(Recorded.Shape(Recorded.Of(entry!).Body));
                    break;
                case "results after max 100 to 50":
                    break;
                default:
                    await ReplayAsync(campus, name, entry!, token, "nothing", "nothing");
                    break;
            }
        }
        campus.Gradebook.ColumnsOf(campus.Link).ShouldBeEmpty();
        campus.School.FindLink(campus.Link.Id).ShouldNotBeNull();
    }

    [Fact]
    public async Task Another_tools_column_cannot_be_changed_scored_or_deleted()
    {
        await using var campus = await Campus.OpenAsync();
        var token = await campus.Tool.TokenAsync(campus.Lms);
        var foreign = await AddForeignToolAsync(campus);

        ((int)(await campus.Tool.CallAsync(campus.Lms, HttpMethod.Delete, campus.Item(foreign), token)).StatusCode).ShouldBe(403);
        ((int)(await campus.Tool.CallAsync(campus.Lms, HttpMethod.Put, campus.Item(foreign), token, null, "{\"label\":\"x\",\"scoreMaximum\":1}", "application/vnd.ims.lis.v2.lineitem+json")).StatusCode).ShouldBe(403);
        ((int)(await campus.PostScoreAsync(foreign, token, Campus.Score(campus.Learner, DateTimeOffset.UtcNow))).StatusCode).ShouldBe(403);
        ((int)(await campus.PostScoreAsync(campus.QuizColumn, token, Campus.Score(campus.Learner, DateTimeOffset.UtcNow))).StatusCode).ShouldBe(403);
        campus.Gradebook.FindColumn(foreign.Id).ShouldBe(foreign);
    }

    [Fact]
    public async Task Grades_keep_their_share_when_the_maximum_changes()
    {
        await using var campus = await Campus.OpenAsync();
        campus.Gradebook.SetGrade(campus.OwnColumn, campus.Learner, 70);
        await campus.Tool.CallAsync(campus.Lms, HttpMethod.Put, campus.Item(campus.OwnColumn), await campus.Tool.TokenAsync(campus.Lms), null, "{\"label\":\"x\",\"scoreMaximum\":50}", "application/vnd.ims.lis.v2.lineitem+json");
        campus.Gradebook.GradeOf(campus.OwnColumn, campus.Learner)!.Points.ShouldBe(35);
        campus.OwnColumn.LinkId.ShouldBe(campus.Link.Id);
    }

    private static async Task<Column> AddForeignToolAsync(Campus campus)
    {
        await using var other = await ProbeTool.StartAsync();
        await other.RegisterAsync(campus.Lms);
        var link = campus.School.AddLink(new NewResourceLink
        {
            CourseId = campus.Course.Id,
            ToolId = other.TypeId,
            Title = "Cross 1",
            Column = new NewColumn { Title = "Cross 1", Maximum = 100, ResourceId = "res-1", Tag = "credential" },
        });
        return campus.Gradebook.ColumnsOf(link)[0];
    }

    private static async Task ReplayAsync(Campus campus, string name, JsonNode entry, string? token, string from, string to)
    {
        var recorded = Recorded.Of(entry);
        var request = entry["request"]!;
        var headers = request["headers"]!;
        var address = request["url"]!.GetValue<string>()[RecordedHost.Length..].Replace(from, to, StringComparison.Ordinal);
        var answer = await campus.Tool.CallAsync(
            campus.Lms, HttpMethod.Parse(request["method"]!.GetValue<string>()), address, token,
            headers["Accept"]?.GetValue<string>(), request["body"]?.ToJsonString(), headers["Content-Type"]?.GetValue<string>());

        var body = await recorded.ShouldMatchAsync(answer, name);
        answer.ReasonPhrase.ShouldBe(recorded.Reason, name);
        Link(answer).ShouldBe(recorded.Link?.Replace(RecordedHost, Host(campus), StringComparison.Ordinal), name);
        if (body.Length > 0)
            JsonNode.Parse(body)!.ToJsonString().Replace(Host(campus), RecordedHost, StringComparison.Ordinal).Replace(to, from, StringComparison.Ordinal).ShouldBe(recorded.Body!.ToJsonString(), name);
    }

    private static string Host(Campus campus) => campus.Lms.BaseUrl.GetLeftPart(UriPartial.Authority);

    /// <summary>HttpClient reads header bytes as Latin-1; the wire carries UTF-8.</summary>
    private static string? Link(HttpResponseMessage answer) =>
        answer.Headers.NonValidated.TryGetValues("Link", out var values)
            ? System.Text.Encoding.UTF8.GetString(System.Text.Encoding.Latin1.GetBytes(values.ToString()))
            : null;
}
