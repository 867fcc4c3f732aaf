using System.Text.Json.Nodes;

namespace LtiMicroCred.DemoLms.Tests;

public sealed class LaunchTests(MoodleCampus moodle) : IClassFixture<MoodleCampus>
{
    // Basic Outcomes is another, older service, which the demo LMS does not serve.
    private const string BasicOutcome = "https://purl.imsglobal.org/spec/lti-bo/claim/basicoutcome";
    private const string Endpoint = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint";
    private const string CustomClaim = "https://purl.imsglobal.org/spec/lti/claim/custom";
    private const string RolesClaim = "https://purl.imsglobal.org/spec/lti/claim/roles";

    private readonly Campus campus = moodle.Campus;

    public static TheoryData<string> Variants =>
        [.. Recorded.File("authentication-request-variants").Where(pair => pair.Key != "about" && pair.Value!["sent"]!["variant"] is null).Select(pair => pair.Key)];

    [Fact]
    public async Task Login_initiation_has_the_recorded_fields()
    {
        var recorded = Recorded.File("login-initiation");
        var (address, link) = await campus.Tool.FormAsync(campus.Lms.UrlFor("learner", $"activity/{campus.Link.Id}/launch"));
        address.ShouldBe(campus.Tool.Origin + "/login");
        link.Keys.ShouldBe(recorded["resource link, student"]!["body"]!.AsObject().Select(pair => pair.Key));
        link["iss"].ShouldBe(campus.Lms.BaseUrl.GetLeftPart(UriPartial.Authority));
        JsonNode.Parse(link["lti_message_hint"])!.AsObject().Select(pair => pair.Key).ShouldBe(["cmid", "launchid"]);

        var (_, choice) = await campus.Tool.FormAsync(campus.Lms.UrlFor("instructor", $"course/2/add/{campus.Tool.TypeId}/launch"));
        JsonNode.Parse(choice["lti_message_hint"])!.AsObject().Select(pair => pair.Key).ShouldBe(["launchid"]);
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public async Task Authentication_request_is_answered_as_recorded(string name)
    {
        var variant = Recorded.File("authentication-request-variants")[name]!;
        var (_, login) = await campus.Tool.FormAsync(campus.Lms.UrlFor("learner", $"activity/{campus.Link.Id}/launch"));
        var request = campus.Tool.Authentication(login);
        foreach (var (field, value) in variant["sent"]!.AsObject())
            request[field] = value!.GetValue<string>().Length == 0 ? null : field == "redirect_uri" ? campus.Tool.Origin + "/other" : value.GetValue<string>();

        var answer = await campus.Tool.AuthenticateAsync(campus.Lms, request);

        var html = await answer.Content.ReadAsStringAsync();
        if (variant["toolReceived"] is not JsonObject received)
        {
            html.ShouldContain("Invalid request");
            html.ShouldNotContain("data-auto-submit");
            return;
        }
        var (address, fields) = ProbeTool.ReadForm(html);
        address.ShouldBe(campus.Tool.Origin + "/launch");
        fields.Keys.ShouldBe(received["form"]!.AsObject().Select(pair => pair.Key), ignoreOrder: true);
        foreach (var (field, value) in received["form"]!.AsObject().Where(pair => pair.Key != "id_token"))
            fields[field].ShouldBe(value!.GetValue<string>());
    }

    [Fact]
    public async Task Authentication_request_by_post_is_answered_too()
    {
        var (_, login) = await campus.Tool.FormAsync(campus.Lms.UrlFor("learner", $"activity/{campus.Link.Id}/launch"));
        var answer = await campus.Tool.Http.PostAsync(new Uri(campus.Lms.BaseUrl, "/mod/lti/auth.php"),
            new FormUrlEncodedContent(campus.Tool.Authentication(login).Select(pair => KeyValuePair.Create(pair.Key, pair.Value!))));
        ProbeTool.ReadForm(await answer.Content.ReadAsStringAsync()).Fields.ShouldContainKey("id_token");
    }

    [Fact]
    public async Task Launch_is_answered_once()
    {
        var (_, login) = await campus.Tool.FormAsync(campus.Lms.UrlFor("learner", $"activity/{campus.Link.Id}/launch"));
        var request = campus.Tool.Authentication(login);
        (await (await campus.Tool.AuthenticateAsync(campus.Lms, request)).Content.ReadAsStringAsync()).ShouldContain("id_token");
        (await (await campus.Tool.AuthenticateAsync(campus.Lms, request)).Content.ReadAsStringAsync()).ShouldContain("Invalid request");
    }

    [Fact]
    public async Task Learners_token_has_the_recorded_claims()
    {
        var launch = await campus.Tool.LaunchAsync(campus.Lms, campus.Lms.UrlFor("learner", $"activity/{campus.Link.Id}/launch"));
        var recorded = Payload("resource link, student, iframe");
        recorded.Remove(BasicOutcome);
        WithoutCustom(launch).ShouldBe(WithoutCustom(recorded));
        launch["sub"]!.GetValue<string>().ShouldBe("4");
        launch["name"]!.GetValue<string>().ShouldBe("Nguyễn Thị Minh Châu");
        (launch["exp"]!.GetValue<long>() - launch["iat"]!.GetValue<long>()).ShouldBe(60);
        launch[RolesClaim]!.ToJsonString().ShouldBe(recorded[RolesClaim]!.ToJsonString());
        launch[Endpoint]!["scope"]!.ToJsonString().ShouldBe(recorded[Endpoint]!["scope"]!.ToJsonString());
    }

    [Fact]
    public async Task Custom_parameters_are_filled_and_unknown_variables_stay()
    {
        var launch = await campus.Tool.LaunchAsync(campus.Lms, campus.Lms.UrlFor("learner", $"activity/{campus.Link.Id}/launch"));
        var custom = launch[CustomClaim]!;
        custom["credential"]!.GetValue<string>().ShouldBe("cred-1");
        custom["learner"]!.GetValue<string>().ShouldBe("4");
        custom["avail"]!.GetValue<string>().ShouldBe("$ResourceLink.available.startDateTime");
        custom["a"]!.GetValue<string>().ShouldBe("x=y");
        custom["result"]!.GetValue<string>().ShouldBe("$Result.url");
        custom["history"]!.GetValue<string>().ShouldBe("");
    }

    [Fact]
    public async Task Administrator_has_the_recorded_roles()
    {
        var launch = await campus.Tool.LaunchAsync(campus.Lms, campus.Lms.UrlFor("admin", $"activity/{campus.Link.Id}/launch"));
        launch[RolesClaim]!.ToJsonString().ShouldBe(Payload("resource link, site administrator")[RolesClaim]!.ToJsonString());
        launch["sub"]!.GetValue<string>().ShouldBe("2");
    }

    [Fact]
    public async Task Line_item_is_named_only_when_there_is_exactly_one()
    {
        var ungraded = campus.AddLink("Ungraded", graded: false);
        var first = await campus.Tool.LaunchAsync(campus.Lms, campus.Lms.UrlFor("learner2", $"activity/{ungraded.Id}/launch"));
        first[Endpoint]!["lineitem"].ShouldBeNull();
        first[Endpoint]!["lineitems"].ShouldNotBeNull();

        var graded = campus.AddLink("Twice", graded: true);
        var page = campus.Lms.UrlFor("learner2", $"activity/{graded.Id}/launch");
        (await campus.Tool.LaunchAsync(campus.Lms, page))[Endpoint]!["lineitem"].ShouldNotBeNull();
        await campus.MakeColumnAsync(await campus.Tool.TokenAsync(campus.Lms), $$"""{"label":"Second","scoreMaximum":20,"resourceLinkId":"{{graded.Id}}"}""");
        (await campus.Tool.LaunchAsync(campus.Lms, page))[Endpoint]!["lineitem"].ShouldBeNull();
    }

    [Fact]
    public async Task Deep_linking_token_has_the_recorded_claims()
    {
        var launch = await campus.Tool.LaunchAsync(campus.Lms, campus.Lms.UrlFor("instructor", $"course/2/add/{campus.Tool.TypeId}/launch"), "/dl");
        WithoutCustom(launch).ShouldBe(WithoutCustom(Payload("deep linking, instructor, tool used in the course")));
    }

    [Fact]
    public async Task Tool_not_used_in_a_course_gets_no_members_of_it()
    {
        var launch = await campus.Tool.LaunchAsync(campus.Lms, campus.Lms.UrlFor("instructor", $"course/3/add/{campus.Tool.TypeId}/launch"), "/dl");
        WithoutCustom(launch).ShouldBe(WithoutCustom(Payload("deep linking, instructor, tool not used in the course yet")));
    }

    [Fact]
    public async Task Learner_who_lost_access_between_login_and_launch_is_denied()
    {
        var link = campus.AddLink("Closing", graded: true);
        var (_, login) = await campus.Tool.FormAsync(campus.Lms.UrlFor("learner3", $"activity/{link.Id}/launch"));
        campus.School.Restrict(link, new Restriction(campus.Quiz.ColumnId, 60));
        var answer = await campus.Tool.AuthenticateAsync(campus.Lms, campus.Tool.Authentication(login));
        ProbeTool.ReadForm(await answer.Content.ReadAsStringAsync()).Fields["error"].ShouldBe("access_denied");
    }

    private static JsonObject Payload(string name) => Recorded.File("id-tokens")[name]!["id_token"]!["payload"]!.DeepClone().AsObject();

    private static string WithoutCustom(JsonObject claims)
    {
        var copy = claims.DeepClone().AsObject();
        copy[CustomClaim] = "";
        return Recorded.Shape(copy);
    }
}
