using System.Text.Json.Nodes;
using AngleSharp.Html.Parser;

namespace LtiMicroCred.DemoLms.Tests;

public sealed class DeepLinkingTests(MoodleCampus moodle, PlainCampus strict) : IClassFixture<MoodleCampus>, IClassFixture<PlainCampus>
{
    private const string Items = "https://purl.imsglobal.org/spec/lti-dl/claim/content_items";
    private const string SettingsClaim = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings";

    private readonly Campus campus = moodle.Campus;

    public static TheoryData<string> Cases => [.. Recorded.File("deep-linking-response-variants").Select(pair => pair.Key)];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Answers_are_taken_or_refused_as_recorded(string name)
    {
        var entry = Recorded.File("deep-linking-response-variants")[name]!;
        var claims = Readdressed(entry["claims"]!);
        var before = campus.School.LinksOf(campus.Course).Count;

        var (answer, _) = await ReturnAsync(campus, claims);

        ((int)answer.StatusCode).ShouldBe(entry["status"]!.GetValue<int>());
        var html = await answer.Content.ReadAsStringAsync();
        if (entry["error"]?.GetValue<string>() is { } error)
            html.ShouldContain(error);
        // The request accepts resource links only; Moodle itself looks away when others come.
        var isTaken = entry["returned"] is JsonObject && name is not ("type link" or "type html");
        campus.School.LinksOf(campus.Course).Count.ShouldBe(before + (isTaken ? 1 : 0));
        if (isTaken)
            ShouldBeMade(campus.School.LinksOf(campus.Course)[^1], entry["returned"]!);
    }

    [Fact]
    public async Task Returned_page_leads_the_whole_window_to_the_course_with_the_tools_message()
    {
        var (answer, _) = await ReturnAsync(campus, Response(new JsonArray(), new() { ["https://purl.imsglobal.org/spec/lti-dl/claim/msg"] = "<b>Hello</b> teacher" }));
        var page = new HtmlParser().ParseDocument(await answer.Content.ReadAsStringAsync());
        var onward = page.QuerySelector("a[data-top-window]").ShouldNotBeNull();
        onward.GetAttribute("href").ShouldBe("/as/instructor/course/2");
        onward.GetAttribute("target").ShouldBe("_top");

        var course = await campus.Tool.Http.GetStringAsync(new Uri(campus.Lms.UrlFor("instructor", "course/2")));
        course.ShouldContain("Nothing was added.");
        course.ShouldContain("&lt;b&gt;Hello&lt;/b&gt; teacher");
    }

    [Fact]
    public async Task Same_answer_twice_makes_no_second_activity()
    {
        var claims = Response(new JsonArray(Item("Once")));
        var (_, address) = await ReturnAsync(campus, claims);
        var before = campus.School.LinksOf(campus.Course).Count;
        ((int)(await PostAsync(campus, address, claims)).StatusCode).ShouldBe(404);
        campus.School.LinksOf(campus.Course).Count.ShouldBe(before);
    }

    [Fact]
    public async Task Answer_signed_by_another_key_is_refused()
    {
        using var thief = System.Security.Cryptography.RSA.Create(2048);
        var address = await BeginAsync(campus);
        var answer = await campus.Tool.Http.PostAsync(new Uri(address), Form(ProbeTool.Sign(Response(new JsonArray(Item("Stolen"))), other: thief)));
        ((int)answer.StatusCode).ShouldBe(404);
        campus.School.LinksOf(campus.Course).ShouldNotContain(link => link.Title == "Stolen");
    }

    [Fact]
    public async Task Address_of_somebody_else_is_left_out()
    {
        var item = Item("Foreign");
        item["url"] = "https://elsewhere.example/launch";
        await ReturnAsync(campus, Response(new JsonArray(item, Item("Own"))));
        campus.School.LinksOf(campus.Course).ShouldNotContain(link => link.Title == "Foreign");
        campus.School.LinksOf(campus.Course).ShouldContain(link => link.Title == "Own");
    }

    [Theory]
    [InlineData("aud")]
    [InlineData("nonce")]
    [InlineData("https://purl.imsglobal.org/spec/lti/claim/deployment_id")]
    [InlineData("https://purl.imsglobal.org/spec/lti-dl/claim/data")]
    public async Task Plain_manners_check_what_moodle_does_not(string claim)
    {
        var plain = strict.Campus;
        var before = plain.School.LinksOf(plain.Course).Count;
        var launch = await plain.Tool.LaunchAsync(plain.Lms, plain.Lms.UrlFor("instructor", $"course/2/add/{plain.Tool.TypeId}/launch"), "/dl");
        var settings = launch[SettingsClaim]!;
        var claims = ResponseOf(plain, new JsonArray(Item("Strict", plain)));
        claims["https://purl.imsglobal.org/spec/lti-dl/claim/data"] = settings["data"]!.GetValue<string>();
        var address = settings["deep_link_return_url"]!.GetValue<string>();

        var broken = claims.DeepClone().AsObject();
        broken.Remove(claim);
        ((int)(await PostAsync(plain, address, broken)).StatusCode).ShouldBe(400);
        plain.School.LinksOf(plain.Course).Count.ShouldBe(before);
        ((int)(await PostAsync(plain, address, claims)).StatusCode).ShouldBe(200);
        plain.School.LinksOf(plain.Course).Count.ShouldBe(before + 1);
    }

    private static async Task<string> BeginAsync(Campus campus)
    {
        var launch = await campus.Tool.LaunchAsync(campus.Lms, campus.Lms.UrlFor("instructor", $"course/2/add/{campus.Tool.TypeId}/launch"), "/dl");
        return launch[SettingsClaim]!["deep_link_return_url"]!.GetValue<string>();
    }

    private static async Task<(HttpResponseMessage Answer, string Address)> ReturnAsync(Campus campus, JsonObject claims)
    {
        var address = await BeginAsync(campus);
        return (await PostAsync(campus, address, claims), address);
    }

    private static Task<HttpResponseMessage> PostAsync(Campus campus, string address, JsonObject claims) =>
        campus.Tool.Http.PostAsync(new Uri(address), Form(ProbeTool.Sign(claims)));

    private static FormUrlEncodedContent Form(string jwt) => new([new("JWT", jwt)]);

    private static JsonObject ResponseOf(Campus campus, JsonArray items, JsonObject? more = null)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var claims = new JsonObject
        {
            ["iss"] = campus.Tool.ClientId,
            ["aud"] = campus.Lms.BaseUrl.GetLeftPart(UriPartial.Authority),
            ["iat"] = now,
            ["exp"] = now + 60,
            ["nonce"] = Guid.NewGuid().ToString(),
            ["https://purl.imsglobal.org/spec/lti/claim/deployment_id"] = campus.Tool.TypeId,
            ["https://purl.imsglobal.org/spec/lti/claim/message_type"] = "LtiDeepLinkingResponse",
            ["https://purl.imsglobal.org/spec/lti/claim/version"] = "1.3.0",
            [Items] = items,
        };
        foreach (var (name, value) in more ?? [])
            claims[name] = value!.DeepClone();
        return claims;
    }

    private static void ShouldBeMade(ResourceLink link, JsonNode returned, Campus campus)
    {
        link.Title.ShouldBe(returned["name"]!.GetValue<string>());
        string.Join('\n', link.Custom.Select(pair => $"{pair.Key}={pair.Value}")).ShouldBe(returned["instructorcustomparameters"]!.GetValue<string>());
        if (returned["instructorchoiceacceptgrades"]!.GetValue<int>() == 0)
        {
            campus.Gradebook.ColumnsOf(link).ShouldBeEmpty();
            return;
        }
        var column = campus.Gradebook.ColumnsOf(link).ShouldHaveSingleItem();
        column.Maximum.ShouldBe(returned["grade_modgrade_point"]!.GetValue<decimal>());
        column.ResourceId.ShouldBe(returned["lineitemresourceid"]!.GetValue<string>());
        column.Tag.ShouldBe(returned["lineitemtag"]!.GetValue<string>());
    }

    private static JsonObject Item(string title, Campus campus) => new()
    {
        ["type"] = "ltiResourceLink",
        ["title"] = title,
        ["url"] = campus.Tool.Origin + "/launch",
        ["custom"] = new JsonObject { ["k"] = "v" },
        ["lineItem"] = new JsonObject { ["scoreMaximum"] = 50, ["label"] = "L" },
    };

    private JsonObject Response(JsonArray items, JsonObject? more = null) => ResponseOf(campus, items, more);

    private JsonObject Item(string title) => Item(title, campus);

    private void ShouldBeMade(ResourceLink link, JsonNode returned) => ShouldBeMade(link, returned, campus);

    /// <summary>The recorded claims with this tool's names, and with times that are as fresh or stale as they were.</summary>
    private JsonObject Readdressed(JsonNode recorded)
    {
        var claims = recorded.DeepClone().AsObject();
        if (claims["iss"]!.GetValue<string>() == "J3JtGvJNqCTUhZq")
            claims["iss"] = campus.Tool.ClientId;
        if (claims["exp"]!.GetValue<long>() != 1700000000)
        {
            claims["iat"] = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
            claims["exp"] = DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 60;
        }
        return JsonNode.Parse(claims.ToJsonString().Replace("http://localhost:5100/", campus.Tool.Origin + "/", StringComparison.Ordinal))!.AsObject();
    }
}
