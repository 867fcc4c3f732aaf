using System.Text.Json.Nodes;
using LtiMicroCred.Lti.Tests.Support;

namespace LtiMicroCred.Lti.Tests.Launches;

/// <summary>The optional claims of Core 5.4, anonymous launches and submission reviews.</summary>
public sealed class LaunchClaimsTests(LoopbackServer server)
{
    [Fact]
    public async Task Ids_of_the_student_information_system_are_read_and_unresolved_ones_are_absent()
    {
        var launch = await LaunchAsync(attempt => attempt["lis"] = new JsonObject { ["person_sourcedid"] = "sis-7", ["course_offering_sourcedid"] = "$CourseSection.sourcedId" });

        launch.Lis.ShouldBe(new Lis("sis-7", null, null));
    }

    [Fact]
    public async Task Mentor_is_told_whom_to_look_after()
    {
        var launch = await LaunchAsync(attempt => attempt["role_scope_mentor"] = new JsonArray("8", "9"));

        launch.Mentees.ShouldBe(["8", "9"]);
        (await LaunchAsync(_ => { })).Mentees.ShouldBeEmpty();
    }

    [Fact]
    public async Task Presentation_is_read_in_full()
    {
        var launch = await LaunchAsync(attempt => attempt["launch_presentation"] = new JsonObject
        {
            ["document_target"] = "iframe", ["height"] = 320, ["width"] = "240", ["return_url"] = "https://lms.example/return?a=b", ["locale"] = "de",
        });

        launch.Presentation.ShouldBe(new LaunchPresentation("iframe", new Uri("https://lms.example/return?a=b"), "de") { Height = 320, Width = 240 });
    }

    [Theory]
    [InlineData("null")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("1e40")]
    [InlineData("\"wide\"")]
    [InlineData("{}")]
    public async Task Size_that_is_none_is_absent(string width)
    {
        var launch = await LaunchAsync(attempt => attempt["launch_presentation"] = new JsonObject { ["width"] = JsonNode.Parse(width) });

        launch.Presentation!.Width.ShouldBeNull();
    }

    [Fact]
    public void Return_url_takes_messages_along()
    {
        var presentation = new LaunchPresentation(null, new Uri("https://lms.example/return?a=b"), null);

        presentation.ReturnWith("all done & well").ShouldBe(new Uri("https://lms.example/return?a=b&lti_msg=all%20done%20%26%20well"));
        presentation.ReturnWith(log: "l", errorMessage: "e", errorLog: "el").ShouldBe(new Uri("https://lms.example/return?a=b&lti_log=l&lti_errormsg=e&lti_errorlog=el"));
        presentation.ReturnWith().ShouldBe(presentation.ReturnUrl);
        new LaunchPresentation(null, null, null).ReturnWith("m").ShouldBeNull();
    }

    [Fact]
    public async Task Platform_is_read_in_full()
    {
        var launch = await LaunchAsync(attempt => attempt["tool_platform"] = new JsonObject
        {
            ["guid"] = "g", ["name"] = "n", ["product_family_code"] = "p", ["version"] = "1", ["description"] = "d", ["contact_email"] = "admin@lms.example", ["url"] = "https://lms.example",
        });

        launch.ToolPlatform.ShouldBe(new ToolPlatform("p", "1", "n", "g") { Description = "d", ContactEmail = "admin@lms.example", Url = "https://lms.example" });
    }

    [Theory]
    [InlineData("$Context.id.history", null)]
    [InlineData("$Person.name.full", null)]
    [InlineData("$Canvas.course.sis_source_id", null)]
    [InlineData("$5.00", "$5.00")]
    [InlineData("$100", "$100")]
    [InlineData("$a.b costs", "$a.b costs")]
    [InlineData("c1,c2", "c1,c2")]
    [InlineData("", "")]
    public async Task Unresolved_variable_counts_as_absent(string sent, string? read)
    {
        var launch = await LaunchAsync(attempt => attempt["custom"] = new JsonObject { ["value"] = sent });

        launch.CustomValue("value").ShouldBe(read);
        launch.CustomValue("another").ShouldBeNull();
        launch.Custom["value"].ShouldBe(sent);
    }

    [Theory]
    [InlineData("http://purl.imsglobal.org/vocab/lis/v2/course#CourseSection", true)]
    [InlineData("CourseSection", true)]
    [InlineData("urn:lti:context-type:ims/lis/CourseSection", true)]
    [InlineData("http://purl.imsglobal.org/vocab/lis/v2/course#Group", false)]
    [InlineData("https://example.org/course#CourseSection", false)]
    public void Context_type_is_recognised_however_it_is_written(string type, bool isSection) => new Context("c", null, null, ["unknown", type]).Is("CourseSection").ShouldBe(isSection);

    [Fact]
    public async Task Launch_without_sub_is_anonymous_where_the_registration_allows_it()
    {
        using var tool = Tool(allowsAnonymous: true);
        var attempt = await tool.PrepareAsync();
        attempt.Remove("sub");

        var launch = await attempt.SendAsync();

        launch.IsAnonymous.ShouldBeTrue();
        launch.Subject.ShouldBeNull();
    }

    [Fact]
    public async Task Empty_sub_is_refused_even_where_anonymous_launches_are_allowed()
    {
        using var tool = Tool(allowsAnonymous: true);
        var attempt = await tool.PrepareAsync();
        attempt.Claims["sub"] = "";

        await attempt.RefusedAsync(LtiError.MissingSubject);
    }

    [Fact]
    public async Task Submission_review_says_whose_submission_of_what()
    {
        var launch = await LaunchAsync(attempt => attempt.AsSubmissionReview());

        launch.MessageType.ShouldBe(LtiMessageType.SubmissionReview);
        launch.ForUser!.UserId.ShouldBe("8");
        launch.ForUser.PersonSourcedId.ShouldBe("sis-8");
        launch.ForUser.Person.Name.ShouldBe("Ada Lovelace");
        launch.ForUser.Roles.IsLearner.ShouldBeTrue();
        launch.Ags!.LineItem.ShouldBe(new Uri("https://lms.example/items/1"));
        launch.ResourceLink!.Id.ShouldBe("link-1");
        launch.Subject.ShouldBe("7");
    }

    [Fact]
    public async Task Submission_review_without_resource_link_is_refused()
    {
        using var tool = Tool();
        var attempt = (await tool.PrepareAsync()).AsSubmissionReview();
        attempt.Remove("resource_link");

        await attempt.RefusedAsync(LtiError.MissingResourceLink);
    }

    [Fact]
    public async Task Notice_service_is_read_as_canvas_writes_it()
    {
        var launch = await LaunchAsync(attempt => attempt["platformnotificationservice"] = new JsonObject
        {
            ["service_versions"] = new JsonArray("1.0"),
            ["platform_notification_service_url"] = "https://lms.example/api/lti/notice-handlers/106",
            ["scope"] = new JsonArray(LtiScopes.NoticeHandlers),
            ["notice_types_supported"] = new JsonArray("LtiHelloWorldNotice", "LtiContextCopyNotice"),
        });

        launch.Notices!.HandlersUrl.ShouldBe(new Uri("https://lms.example/api/lti/notice-handlers/106"));
        launch.Notices.Sends(ContextCopyNotice.Type).ShouldBeTrue();
        launch.Notices.Sends("LtiAssetProcessorSubmissionNotice").ShouldBeFalse();
        (launch.Notices with { Versions = ["2.0"] }).Sends(ContextCopyNotice.Type).ShouldBeFalse();
        (launch.Notices with { Versions = [] }).Sends(ContextCopyNotice.Type).ShouldBeTrue();
        launch.Notices.Scopes.ShouldBe([LtiScopes.NoticeHandlers]);
    }

    private TestTool Tool(bool allowsAnonymous = false)
    {
        var tool = new TestTool(server.NewSite());
        tool.Platform = tool.Platform with { AllowsAnonymous = allowsAnonymous };
        return tool;
    }

    private async Task<ValidLaunch> LaunchAsync(Action<LaunchAttempt> change)
    {
        using var tool = Tool();
        var attempt = await tool.PrepareAsync();
        change(attempt);
        return await attempt.SendAsync();
    }
}
