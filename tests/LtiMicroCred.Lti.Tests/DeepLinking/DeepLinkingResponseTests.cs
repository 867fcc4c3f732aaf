using System.Text.Json;
using System.Text.Json.Nodes;
using LtiMicroCred.Lti.Tests.Support;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace LtiMicroCred.Lti.Tests.DeepLinking;

public sealed class DeepLinkingResponseTests(LoopbackServer server)
{
    private const string DeepLinkingClaim = "https://purl.imsglobal.org/spec/lti-dl/claim/";

    [Fact]
    public async Task Response_is_signed_and_says_what_the_specification_asks_for()
    {
        using var tool = new TestTool(server.NewSite());

        var token = await SignAsync(tool, "opaque <&> \"data\" ü", [], "Done");

        var published = new JsonWebKeySet(ToolKeySet.ToJson([TestKeys.Tool]));
        var checkedToken = await new JsonWebTokenHandler().ValidateTokenAsync(token, new TokenValidationParameters
        {
            IssuerSigningKeys = published.GetSigningKeys(), ValidIssuer = "tool-1", ValidAudience = tool.Platform.Issuer, ValidateLifetime = false,
        });
        checkedToken.IsValid.ShouldBeTrue();
        var payload = Payload(token);
        payload["https://purl.imsglobal.org/spec/lti/claim/message_type"]!.GetValue<string>().ShouldBe("LtiDeepLinkingResponse");
        payload["https://purl.imsglobal.org/spec/lti/claim/version"]!.GetValue<string>().ShouldBe("1.3.0");
        payload["https://purl.imsglobal.org/spec/lti/claim/deployment_id"]!.GetValue<string>().ShouldBe("2");
        payload[DeepLinkingClaim + "data"]!.GetValue<string>().ShouldBe("opaque <&> \"data\" ü");
        payload[DeepLinkingClaim + "msg"]!.GetValue<string>().ShouldBe("Done");
        payload["iat"]!.GetValue<long>().ShouldBe(tool.Clock.Now.AddSeconds(-5).ToUnixTimeSeconds());
        payload["exp"]!.GetValue<long>().ShouldBe(tool.Clock.Now.AddMinutes(5).ToUnixTimeSeconds());
        payload["nonce"]!.GetValue<string>().Length.ShouldBe(43);
        payload.Count.ShouldBe(11);
    }

    [Fact]
    public async Task No_item_means_cancelled_and_no_data_stays_none()
    {
        using var tool = new TestTool(server.NewSite());

        var payload = Payload(await SignAsync(tool, data: null, [], message: null));

        payload[DeepLinkingClaim + "content_items"]!.AsArray().ShouldBeEmpty();
        payload.ContainsKey(DeepLinkingClaim + "data").ShouldBeFalse();
        payload.ContainsKey(DeepLinkingClaim + "msg").ShouldBeFalse();
    }

    [Fact]
    public async Task Empty_data_comes_back_empty()
    {
        using var tool = new TestTool(server.NewSite());

        Payload(await SignAsync(tool, data: "", [], message: null))[DeepLinkingClaim + "data"]!.GetValue<string>().ShouldBe("");
    }

    [Fact]
    public async Task Logs_and_errors_are_told()
    {
        using var tool = new TestTool(server.NewSite());
        var answer = new DeepLinkingAnswer { DeploymentId = "2", Settings = Settings, Log = "l", ErrorMessage = "e", ErrorLog = "el" };

        var payload = Payload(await SignAsync(tool, answer));

        payload[DeepLinkingClaim + "log"]!.GetValue<string>().ShouldBe("l");
        payload[DeepLinkingClaim + "errormsg"]!.GetValue<string>().ShouldBe("e");
        payload[DeepLinkingClaim + "errorlog"]!.GetValue<string>().ShouldBe("el");
    }

    public static TheoryData<ContentItem, string> Items => new()
    {
        {
            new LinkItem { Url = s_page, Title = "T", Text = "t", Icon = new Picture(s_page, 10, 20), Thumbnail = new Picture(s_page), EmbedHtml = "<b>", Window = new WindowPresentation { TargetName = "w", Width = 1, Height = 2, Features = "menubar=no" }, Frame = new LinkFrame(s_page, 3, 4) },
            """{"type":"link","title":"T","text":"t","icon":{"url":"https://a.example/p","width":10,"height":20},"thumbnail":{"url":"https://a.example/p"},"url":"https://a.example/p","embed":{"html":"<b>"},"window":{"targetName":"w","width":1,"height":2,"windowFeatures":"menubar=no"},"iframe":{"src":"https://a.example/p","width":3,"height":4}}"""
        },
        { new LinkItem { Url = s_page }, """{"type":"link","url":"https://a.example/p"}""" },
        {
            new FileItem { Url = s_page, MediaType = "application/pdf", ExpiresAt = new DateTimeOffset(2026, 11, 22, 7, 0, 0, 500, TimeSpan.FromHours(1)) },
            """{"type":"file","url":"https://a.example/p","mediaType":"application/pdf","expiresAt":"2026-11-22T06:00:00Z"}"""
        },
        { new HtmlItem { Html = "<p>a & b</p>", Title = "H" }, """{"type":"html","title":"H","html":"<p>a & b</p>"}""" },
        { new ImageItem { Url = s_page, Width = 5, Height = 6 }, """{"type":"image","url":"https://a.example/p","width":5,"height":6}""" },
        {
            new ResourceLinkItem
            {
                Url = s_page, Frame = new FramePresentation(7, 8), Window = new WindowPresentation(),
                LineItem = new NewLineItem { Label = "L", ScoreMaximum = 10.5m, GradesReleased = false },
                Available = new ItemPeriod(s_noon, s_noon.AddDays(1)), Submission = new ItemPeriod(null, s_noon),
            },
            """{"type":"ltiResourceLink","url":"https://a.example/p","lineItem":{"label":"L","scoreMaximum":10.5,"gradesReleased":false},"window":{},"iframe":{"width":7,"height":8},"available":{"startDateTime":"2026-11-22T12:00:00Z","endDateTime":"2026-11-23T12:00:00Z"},"submission":{"endDateTime":"2026-11-22T12:00:00Z"}}"""
        },
    };

    [Theory]
    [MemberData(nameof(Items))]
    public async Task Item_is_written_with_all_its_members(ContentItem item, string expected)
    {
        using var tool = new TestTool(server.NewSite());

        var payload = Payload(await SignAsync(tool, Answer(Settings, item)));

        JsonNode.DeepEquals(payload[DeepLinkingClaim + "content_items"]![0], JsonNode.Parse(expected)).ShouldBeTrue(payload.ToJsonString());
    }

    public static TheoryData<ContentItem[], DeepLinkingSettings, string> Excluded => new()
    {
        { [new HtmlItem { Html = "a" }, new HtmlItem { Html = "b" }], Settings with { AcceptMultiple = false }, "2 items" },
        { [new HtmlItem { Html = "a" }], Settings with { AcceptTypes = ["link", "ltiResourceLink"] }, "link, ltiResourceLink" },
        { [Link with { LineItem = Column }], Settings with { AcceptLineItem = false }, "line item" },
        { [Link with { LineItem = Column with { ScoreMaximum = 0 } }], Settings, "maximum" },
        { [Link with { LineItem = Column with { Label = " " } }], Settings, "label" },
        { [Link with { Available = new ItemPeriod(s_noon, s_noon) }], Settings, "available" },
        { [Link with { Submission = new ItemPeriod(s_noon, s_noon.AddDays(-1)) }], Settings, "submissions" },
        { [Link with { Window = new WindowPresentation() }], Settings with { AcceptPresentationTargets = ["iframe"] }, "window" },
        { [Link, Link with { Frame = new FramePresentation() }], Settings with { AcceptPresentationTargets = ["window"] }, "iframe" },
        { [new LinkItem { Url = s_page, EmbedHtml = "<b>" }], Settings with { AcceptPresentationTargets = ["window", "iframe"] }, "embed" },
        { [new FileItem { Url = s_page, MediaType = "application/pdf" }], Settings with { AcceptMediaTypes = ["image/*", "text/plain"] }, "application/pdf" },
        { [new ImageItem { Url = s_page, Width = 0 }], Settings, "size" },
    };

    [Theory]
    [MemberData(nameof(Excluded))]
    public async Task What_the_platform_would_refuse_is_not_signed(ContentItem[] items, DeepLinkingSettings settings, string named)
    {
        using var tool = new TestTool(server.NewSite());

        (await Should.ThrowAsync<ArgumentException>(() => SignAsync(tool, Answer(settings, items)))).Message.ShouldContain(named);
    }

    [Fact]
    public async Task What_the_settings_name_is_signed()
    {
        using var tool = new TestTool(server.NewSite());
        var settings = Settings with { AcceptTypes = ["ltiResourceLink", "file"], AcceptLineItem = true, AcceptPresentationTargets = ["iframe"], AcceptMediaTypes = ["image/*"] };

        var payload = Payload(await SignAsync(tool, Answer(settings, Link with { LineItem = Column, Frame = new FramePresentation() }, new FileItem { Url = s_page, MediaType = "Image/PNG" }, new FileItem { Url = s_page })));

        payload[DeepLinkingClaim + "content_items"]!.AsArray().Count.ShouldBe(3);
    }

    [Fact]
    public async Task Item_is_written_as_a_real_moodle_took_it()
    {
        using var tool = new TestTool(server.NewSite());
        var recorded = JsonNode.Parse(Recorded.Read("deep-linking-response-sent", "jwt", "payload").GetRawText())![DeepLinkingClaim + "content_items"]![0]!.AsObject();

        var payload = Payload(await SignAsync(tool, data: null,
        [
            new ResourceLinkItem
            {
                Url = new Uri("http://localhost:5100/"),
                Title = "Micro-credential A",
                Text = "Issued by the sample tool",
                Custom = new Dictionary<string, string>(StringComparer.Ordinal) { ["credential"] = "cred-1", ["learner"] = "$User.id", ["avail"] = "$ResourceLink.available.startDateTime" },
                LineItem = new NewLineItem { Label = "Credential score", ScoreMaximum = 100, ResourceId = "res-1", Tag = "credential" },
                Window = new WindowPresentation { TargetName = "x" },
                Frame = new FramePresentation(Height: 600),
            },
        ], message: null));

        JsonNode.DeepEquals(payload[DeepLinkingClaim + "content_items"]!.AsArray().ShouldHaveSingleItem(), recorded).ShouldBeTrue();
    }

    private static readonly Uri s_page = new("https://a.example/p");
    private static readonly DateTimeOffset s_noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    private static DeepLinkingSettings Settings { get; } = new() { ReturnUrl = new Uri("https://lms.example/return"), AcceptMultiple = true };

    private static ResourceLinkItem Link { get; } = new() { Url = new Uri("https://tool.example/app") };

    private static NewLineItem Column { get; } = new() { Label = "L", ScoreMaximum = 1 };

    private static DeepLinkingAnswer Answer(DeepLinkingSettings settings, params ContentItem[] items) => new() { DeploymentId = "2", Settings = settings, Items = items };

    private static Task<string> SignAsync(TestTool tool, string? data, IReadOnlyList<ContentItem> items, string? message) =>
        SignAsync(tool, new DeepLinkingAnswer { DeploymentId = "2", Settings = Settings with { Data = data }, Items = items, Message = message });

    private static Task<string> SignAsync(TestTool tool, DeepLinkingAnswer answer) => tool.Get<DeepLinkingResponse>().SignAsync(tool.Platform, answer, CancellationToken.None);

    private static JsonObject Payload(string token) => JsonNode.Parse(Base64UrlEncoder.Decode(token.Split('.')[1]))!.AsObject();
}
