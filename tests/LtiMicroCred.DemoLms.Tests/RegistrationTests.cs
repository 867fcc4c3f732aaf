using System.Text.Json.Nodes;

namespace LtiMicroCred.DemoLms.Tests;

public sealed class RegistrationTests(MoodleCampus moodle) : IClassFixture<MoodleCampus>
{
    private const string Configuration = "https://purl.imsglobal.org/spec/lti-tool-configuration";

    private readonly DemoLmsServer lms = moodle.Campus.Lms;
    private readonly ProbeTool tool = moodle.Campus.Tool;

    public static TheoryData<string> Cases => [.. Recorded.File("registration-variants").Select(pair => pair.Key)];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Answers_as_recorded(string name)
    {
        var entry = Recorded.File("registration-variants")[name]!;
        var recorded = Recorded.Of(entry);
        var sent = Readdressed(entry["request"]!["body"]!.DeepClone().AsObject());
        var token = tool.RegistrationToken(lms);
        if (name == "token used twice")
            await tool.PostRegistrationAsync(lms, Readdressed(entry["request"]!["body"]!.DeepClone().AsObject()), token);

        var answer = await tool.PostRegistrationAsync(
            lms, sent, name switch { "no token" => null, "bad token" => "abc", _ => token }, name == "lowercase bearer" ? "bearer" : "Bearer");

        var body = await recorded.ShouldMatchAsync(answer, name);
        if (recorded.Body is JsonObject expected)
        {
            var actual = JsonNode.Parse(body)!;
            Recorded.Shape(actual).ShouldBe(Recorded.Shape(expected), name);
            actual["scope"]!.GetValue<string>().Split(' ').Order(StringComparer.Ordinal).ShouldBe(expected["scope"]!.GetValue<string>().Split(' ').Order(StringComparer.Ordinal));
            actual[Configuration]!["custom_parameters"]?.ToJsonString().ShouldBe(expected[Configuration]!["custom_parameters"]?.ToJsonString());
            actual[Configuration]!["claims"]!.ToJsonString().ShouldBe(expected[Configuration]!["claims"]!.ToJsonString());
        }
        else if (recorded.Status != 404)
        {
            body.ShouldBe(recorded.Body!.GetValue<string>());
        }
    }

    [Fact]
    public async Task Configuration_document_has_the_recorded_shape()
    {
        var recorded = Recorded.Of(Recorded.File("openid-configuration"));
        var answer = await tool.Http.GetAsync(new Uri(lms.BaseUrl, "/mod/lti/openid-configuration.php"));
        var body = JsonNode.Parse(await recorded.ShouldMatchAsync(answer, "openid-configuration"))!.AsObject();
        Recorded.Shape(body).ShouldBe(Recorded.Shape(recorded.Body));
        body["issuer"]!.GetValue<string>().ShouldBe(lms.BaseUrl.GetLeftPart(UriPartial.Authority));
    }

    [Fact]
    public async Task Keys_have_the_recorded_shape()
    {
        var answer = await tool.Http.GetStringAsync(new Uri(lms.BaseUrl, "/mod/lti/certs.php"));
        Recorded.Shape(JsonNode.Parse(answer)).ShouldBe(Recorded.Shape(Recorded.File("jwks")["body"]));
    }

    [Fact]
    public async Task New_tool_opens_for_nobody_before_it_is_activated()
    {
        await using var other = await ProbeTool.StartAsync();
        var answer = await other.PostRegistrationAsync(lms, other.Metadata(), other.RegistrationToken(lms));
        var body = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        var id = body[Configuration]!["deployment_id"]!.GetValue<string>();
        var page = lms.UrlFor("instructor", $"course/2/add/{id}/launch");
        ((int)(await other.Http.GetAsync(new Uri(page))).StatusCode).ShouldBe(404);

        lms.Activate(id);
        var (_, login) = await other.FormAsync(page);
        login["lti_deployment_id"].ShouldBe(id);
    }

    [Fact]
    public async Task Registration_token_of_another_lms_is_refused()
    {
        await using var elsewhere = await DemoLmsServer.StartAsync(new DemoLmsOptions(), TestContext.Current.CancellationToken);
        var answer = await tool.PostRegistrationAsync(lms, tool.Metadata(), tool.RegistrationToken(elsewhere));
        ((int)answer.StatusCode).ShouldBe(404);
    }

    [Fact]
    public async Task Registration_token_dies_after_an_hour()
    {
        var clock = new StandingClock(DateTimeOffset.UtcNow);
        await using var later = await DemoLmsServer.StartAsync(new DemoLmsOptions { Manners = Manners.Plain, Clock = clock }, TestContext.Current.CancellationToken);
        var token = tool.RegistrationToken(later);
        clock.Now += TimeSpan.FromMinutes(61);
        ((int)(await tool.PostRegistrationAsync(later, tool.Metadata(), token)).StatusCode).ShouldBe(401);
    }

    [Fact]
    public async Task Script_addresses_are_refused()
    {
        var metadata = tool.Metadata();
        metadata["initiate_login_uri"] = "javascript:alert(1)";
        ((int)(await tool.PostRegistrationAsync(lms, metadata, tool.RegistrationToken(lms))).StatusCode).ShouldBe(400);
    }

    private JsonObject Readdressed(JsonObject body) =>
        JsonNode.Parse(body.ToJsonString().Replace("localhost:5300", new Uri(tool.Origin).Authority, StringComparison.Ordinal))!.AsObject();
}

internal sealed class StandingClock(DateTimeOffset now) : TimeProvider
{
    public DateTimeOffset Now { get; set; } = now;

    public override DateTimeOffset GetUtcNow() => Now;
}
