using System.Text.Json.Nodes;

namespace LtiMicroCred.DemoLms.Tests;

public sealed class MembershipTests(MoodleCampus moodle) : IClassFixture<MoodleCampus>
{
    private const string MediaType = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json";

    private readonly Campus campus = moodle.Campus;

    public static TheoryData<string, string> Cases =>
        [.. new[] { "nrps-members", "nrps-rlid-with-access-restriction" }.SelectMany(file => Recorded.File(file).Select(pair => (file, pair.Key)))];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Answers_as_recorded(string file, string name)
    {
        var entry = Recorded.File(file)[name]!;
        var recorded = Recorded.Of(entry);
        var query = new Uri(entry["request"]!["url"]!.GetValue<string>()).Query;
        var answer = await campus.Tool.CallAsync(
            campus.Lms, HttpMethod.Get, campus.Members + query, await campus.Tool.TokenAsync(campus.Lms), entry["request"]!["headers"]!["Accept"]!.GetValue<string>());

        var body = JsonNode.Parse(await recorded.ShouldMatchAsync(answer, name))!;
        answer.ReasonPhrase.ShouldBe(recorded.Reason);
        Link(answer).ShouldBe(recorded.Link?.Replace("http://localhost:8090", campus.Lms.BaseUrl.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal));
        if (recorded.Status != 200)
        {
            body["reason"]!.GetValue<string>().ShouldBe(recorded.Body!["reason"]!.GetValue<string>());
            return;
        }
        Recorded.Shape(body).ShouldBe(Recorded.Shape(WithoutBasicOutcomes(recorded.Body!)));
        if (file == "nrps-members")
            body["members"]!.AsArray().Count.ShouldBe(recorded.Body!["members"]!.AsArray().Count);
    }

    [Fact]
    public async Task Members_of_a_gated_link_are_those_who_meet_the_condition()
    {
        var link = campus.AddLink("Gate", graded: true);
        campus.School.Restrict(link, new Restriction(campus.Quiz.ColumnId, 60));
        campus.School.TakeQuiz(campus.Quiz, campus.School.Person("learner3"), 3);
        (await UserIdsAsync($"?rlid={link.Id}")).ShouldBe(["3", "6"], ignoreOrder: true);
        (await UserIdsAsync($"?rlid={link.Id}&role=Learner")).ShouldBe(["6"]);
    }

    [Fact]
    public async Task Course_without_the_tool_shows_nobody()
    {
        var address = $"/mod/lti/services.php/CourseSection/3/bindings/{campus.Tool.TypeId}/memberships";
        ((int)(await campus.Tool.CallAsync(campus.Lms, HttpMethod.Get, address, await campus.Tool.TokenAsync(campus.Lms), MediaType)).StatusCode).ShouldBe(403);
    }

    [Fact]
    public async Task Tool_without_names_gets_ids_and_roles_only()
    {
        await using var shy = await ProbeTool.StartAsync();
        var metadata = shy.Metadata();
        metadata["https://purl.imsglobal.org/spec/lti-tool-configuration"]!["claims"] = new JsonArray("iss", "sub");
        var registered = JsonNode.Parse(await (await shy.PostRegistrationAsync(campus.Lms, metadata, shy.RegistrationToken(campus.Lms))).Content.ReadAsStringAsync())!;
        shy.ClientId = registered["client_id"]!.GetValue<string>();
        shy.TypeId = registered["https://purl.imsglobal.org/spec/lti-tool-configuration"]!["deployment_id"]!.GetValue<string>();
        campus.Lms.Activate(shy.TypeId);
        var link = campus.School.AddLink(new NewResourceLink { CourseId = "3", ToolId = shy.TypeId, Title = "Shy", Custom = [new("name", "$Person.name.full")] });

        var members = await shy.CallAsync(campus.Lms, HttpMethod.Get, $"/mod/lti/services.php/CourseSection/3/bindings/{shy.TypeId}/memberships", await shy.TokenAsync(campus.Lms), MediaType);
        var text = await members.Content.ReadAsStringAsync();
        text.ShouldContain("user_id");
        text.ShouldNotContain("name");
        text.ShouldNotContain("@");
        var launch = await shy.LaunchAsync(campus.Lms, campus.Lms.UrlFor("learner", $"activity/{link.Id}/launch"));
        launch["name"].ShouldBeNull();
        launch["email"].ShouldBeNull();
        launch["https://purl.imsglobal.org/spec/lti/claim/custom"]!["name"]!.GetValue<string>().ShouldBe("$Person.name.full");
    }

    private static JsonNode WithoutBasicOutcomes(JsonNode body)
    {
        var copy = body.DeepClone();
        foreach (var message in copy["members"]!.AsArray().Select(member => member!["message"]).OfType<JsonArray>())
            message[0]!.AsObject().Remove("https://purl.imsglobal.org/spec/lti-bo/claim/basicoutcome");
        return copy;
    }

    private static string? Link(HttpResponseMessage answer) => answer.Headers.NonValidated.TryGetValues("Link", out var values) ? values.ToString() : null;

    private async Task<IEnumerable<string>> UserIdsAsync(string query)
    {
        var answer = await campus.Tool.CallAsync(campus.Lms, HttpMethod.Get, campus.Members + query, await campus.Tool.TokenAsync(campus.Lms), MediaType);
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["members"]!.AsArray().Select(member => member!["user_id"]!.GetValue<string>());
    }
}
