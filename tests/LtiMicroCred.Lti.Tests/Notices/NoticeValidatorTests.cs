using System.Text;
using System.Text.Json.Nodes;
using LtiMicroCred.Lti.Tests.Support;
using Microsoft.IdentityModel.Tokens;

namespace LtiMicroCred.Lti.Tests.Notices;

public sealed class NoticeValidatorTests(LoopbackServer server)
{
    private const string Lti = "https://purl.imsglobal.org/spec/lti/claim/";

    [Fact]
    public async Task Copied_course_is_told_of()
    {
        using var tool = new TestTool(server.NewSite());

        var batch = await ValidateAsync(tool, Sign(CopyNotice(tool)));

        var notice = batch.Accepted.ShouldHaveSingleItem().ShouldBeOfType<ContextCopyNotice>();
        notice.Platform.ShouldBe(tool.Platform);
        notice.DeploymentId.ShouldBe("1");
        notice.Id.ShouldBe("notice-1");
        notice.HappenedAt.ShouldBe(new DateTimeOffset(2026, 11, 22, 4, 59, 0, TimeSpan.Zero));
        notice.Context.Id.ShouldBe("course-2");
        notice.OriginContexts.ShouldBe(["course-1"]);
        batch.Refused.ShouldBeEmpty();
        batch.IsRefused.ShouldBeFalse();
    }

    [Fact]
    public async Task Copy_without_known_origin_is_told_of()
    {
        using var tool = new TestTool(server.NewSite());
        var claims = CopyNotice(tool);
        claims.Remove(Lti + "origin_contexts");

        (await ValidateAsync(tool, Sign(claims))).Accepted.ShouldHaveSingleItem().ShouldBeOfType<ContextCopyNotice>().OriginContexts.ShouldBeEmpty();
    }

    [Fact]
    public async Task Hello_and_unknown_notices_are_taken()
    {
        using var tool = new TestTool(server.NewSite());

        var batch = await ValidateAsync(tool, Sign(Claims(tool, "LtiHelloWorldNotice")), Sign(Claims(tool, "LtiAssetProcessorSubmissionNotice")));

        batch.Accepted[0].ShouldBeOfType<HelloWorldNotice>();
        batch.Accepted[1].ShouldBeOfType<UnknownNotice>().Type.ShouldBe("LtiAssetProcessorSubmissionNotice");
    }

    [Fact]
    public async Task Notice_sent_again_is_taken_once_and_answered_well()
    {
        using var tool = new TestTool(server.NewSite());
        var jwt = Sign(CopyNotice(tool));
        await ValidateAsync(tool, jwt);

        var again = await ValidateAsync(tool, jwt);

        again.Accepted.ShouldBeEmpty();
        again.Refused.ShouldHaveSingleItem().Error.ShouldBe(LtiError.NonceReplayed);
        again.IsRefused.ShouldBeFalse();
        tool.UsedNonces.ShouldHaveSingleItem().Value.ShouldBe(tool.Clock.Now.AddHours(1).AddMinutes(1));
    }

    [Fact]
    public async Task Host_that_could_not_keep_a_notice_may_take_it_when_it_comes_again()
    {
        using var tool = new TestTool(server.NewSite());
        var body = Body(Sign(CopyNotice(tool)));
        var validator = tool.Get<NoticeValidator>();
        await Should.ThrowAsync<IOException>(() => validator.ValidateAsync(body, (_, _) => throw new IOException("no room"), TestContext.Current.CancellationToken));
        var used = new HashSet<string>(StringComparer.Ordinal);

        var taken = await validator.ValidateAsync(body, (_, nonce) => Task.FromResult(used.Add(nonce.Hash)), TestContext.Current.CancellationToken);
        var again = await validator.ValidateAsync(body, (_, nonce) => Task.FromResult(used.Add(nonce.Hash)), TestContext.Current.CancellationToken);

        taken.Accepted.ShouldHaveSingleItem();
        again.Refused.ShouldHaveSingleItem().Error.ShouldBe(LtiError.NonceReplayed);
        tool.UsedNonces.ShouldBeEmpty("the host keeps them");
    }

    [Fact]
    public async Task Same_nonce_of_another_registration_is_another_notice()
    {
        using var tool = new TestTool(server.NewSite());
        var other = tool.Platform with { Id = Guid.CreateVersion7(), ClientId = "tool-2" };
        tool.Platforms.Add(other);
        var claims = CopyNotice(tool);
        await ValidateAsync(tool, Sign(claims));
        claims["aud"] = "tool-2";

        (await ValidateAsync(tool, Sign(claims))).Accepted.ShouldHaveSingleItem().Platform.ShouldBe(other);
    }

    [Fact]
    public async Task One_forged_notice_does_not_spoil_the_others()
    {
        using var tool = new TestTool(server.NewSite());

        var batch = await ValidateAsync(tool, Sign(CopyNotice(tool)), Sign(CopyNotice(tool), TestKeys.Stranger), "nonsense", Sign(CopyNotice(tool)));

        batch.Accepted.Count.ShouldBe(2);
        batch.Refused.Select(refusal => refusal.Error).ShouldBe([LtiError.UnknownKey, LtiError.MalformedToken]);
        batch.IsRefused.ShouldBeFalse();
    }

    public static TheoryData<string, string?, LtiError> Broken => new()
    {
        { "iss", "\"https://another.example\"", LtiError.UnknownPlatform },
        { "iss", null, LtiError.UnknownPlatform },
        { "aud", "\"another-tool\"", LtiError.UnknownPlatform },
        { "aud", "[\"tool-1\",\"another-tool\"]", LtiError.WrongAudience },
        { "azp", "\"another-tool\"", LtiError.UnknownPlatform },
        { "exp", "1", LtiError.TokenExpired },
        { "exp", null, LtiError.InvalidClaim },
        { "exp", "253402300799", LtiError.InvalidNotice },
        { "exp", "253402000000", LtiError.InvalidNotice },
        { "iat", "4102444800", LtiError.TokenFromFuture },
        { "nonce", null, LtiError.NonceMissing },
        { Lti + "version", "\"1.1\"", LtiError.UnsupportedVersion },
        { Lti + "deployment_id", null, LtiError.MissingDeployment },
        { Lti + "deployment_id", "\"another\"", LtiError.UnknownDeployment },
        { Lti + "notice", null, LtiError.InvalidNotice },
        { Lti + "notice", "{\"type\":\"LtiContextCopyNotice\",\"timestamp\":\"2026-11-22T04:59:00Z\"}", LtiError.InvalidNotice },
        { Lti + "notice", "{\"id\":\"1\",\"type\":\"LtiContextCopyNotice\",\"timestamp\":\"today\"}", LtiError.InvalidNotice },
        { Lti + "notice", "{\"id\":\"1\",\"timestamp\":\"2026-11-22T04:59:00Z\"}", LtiError.InvalidNotice },
        { Lti + "context", null, LtiError.InvalidNotice },
        { Lti + "context", "{}", LtiError.InvalidClaim },
        { Lti + "origin_contexts", "\"course-1\"", LtiError.InvalidClaim },
        { Lti + "origin_contexts", "[\"\"]", LtiError.InvalidNotice },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task Broken_notice_is_refused(string claim, string? value, LtiError error)
    {
        using var tool = new TestTool(server.NewSite());
        var claims = CopyNotice(tool);
        claims[claim] = value is null ? null : JsonNode.Parse(value);

        var batch = await ValidateAsync(tool, Sign(claims));

        batch.Refused.ShouldHaveSingleItem().Error.ShouldBe(error);
        batch.IsRefused.ShouldBeTrue();
    }

    [Fact]
    public async Task Forged_notice_is_not_remembered()
    {
        using var tool = new TestTool(server.NewSite());
        var good = Sign(CopyNotice(tool)).Split('.');
        var other = Sign(CopyNotice(tool)).Split('.');

        var batch = await ValidateAsync(tool, $"{good[0]}.{good[1]}.{other[2]}");

        batch.Refused.ShouldHaveSingleItem().Error.ShouldBe(LtiError.BadSignature);
        tool.UsedNonces.ShouldBeEmpty();
        tool.AskedDeployments.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("{\"notices\":{}}")]
    [InlineData("{\"notices\":[]}")]
    [InlineData("{\"notices\":[],\"notices\":[]}")]
    public async Task Body_that_is_no_delivery_is_refused(string body) => await RefusedAsync(Encoding.UTF8.GetBytes(body));

    [Fact]
    public async Task Delivery_of_too_many_notices_is_refused() =>
        await RefusedAsync(Encoding.UTF8.GetBytes("{\"notices\":[" + string.Join(',', Enumerable.Repeat("{}", 101)) + "]}"));

    [Fact]
    public async Task Delivery_that_is_too_long_is_refused() =>
        await RefusedAsync(Encoding.UTF8.GetBytes("{\"notices\":[{\"jwt\":\"" + new string('x', NoticeValidator.MostBytes) + "\"}]}"));

    private async Task RefusedAsync(byte[] body)
    {
        using var tool = new TestTool(server.NewSite());

        (await Should.ThrowAsync<LtiException>(() => tool.Get<NoticeValidator>().ValidateAsync(body, CancellationToken.None))).Error.ShouldBe(LtiError.InvalidNotice);
    }

    private static Task<NoticeBatch> ValidateAsync(TestTool tool, params string[] jwts) => tool.Get<NoticeValidator>().ValidateAsync(Body(jwts), CancellationToken.None);

    private static byte[] Body(params string[] jwts)
    {
        var notices = new JsonArray([.. jwts.Select(jwt => (JsonNode)new JsonObject { ["jwt"] = jwt })]);
        return Encoding.UTF8.GetBytes(new JsonObject { ["notices"] = notices }.ToJsonString());
    }

    private static JsonObject CopyNotice(TestTool tool)
    {
        var claims = Claims(tool, "LtiContextCopyNotice");
        claims[Lti + "context"] = new JsonObject { ["id"] = "course-2", ["title"] = "The copy" };
        claims[Lti + "origin_contexts"] = new JsonArray("course-1");
        return claims;
    }

    private static JsonObject Claims(TestTool tool, string type) => new()
    {
        ["iss"] = tool.Platform.Issuer,
        ["aud"] = tool.Platform.ClientId,
        ["iat"] = tool.Clock.Now.ToUnixTimeSeconds(),
        ["exp"] = tool.Clock.Now.AddHours(1).ToUnixTimeSeconds(),
        ["nonce"] = Guid.NewGuid().ToString(),
        [Lti + "version"] = "1.3.0",
        [Lti + "deployment_id"] = "1",
        [Lti + "notice"] = new JsonObject { ["id"] = "notice-1", ["timestamp"] = "2026-11-22T04:59:00Z", ["type"] = type },
    };

    private static string Sign(JsonObject claims, RsaPair? key = null)
    {
        key ??= TestKeys.Platform;
        var header = new JsonObject { ["typ"] = "JWT", ["alg"] = "RS256", ["kid"] = key.KeyId };
        var signed = Base64UrlEncoder.Encode(header.ToJsonString()) + "." + Base64UrlEncoder.Encode(claims.ToJsonString());
        return signed + "." + Base64UrlEncoder.Encode(key.Sign(Encoding.ASCII.GetBytes(signed)));
    }
}
