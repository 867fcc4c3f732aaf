using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace LtiMicroCred.DemoLms.Tests;

public sealed class TokenTests(MoodleCampus moodle) : IClassFixture<MoodleCampus>
{
    private readonly DemoLmsServer lms = moodle.Campus.Lms;
    private readonly ProbeTool tool = moodle.Campus.Tool;

    public static TheoryData<string> Cases => [.. Recorded.File("token-endpoint").Select(pair => pair.Key)];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Answers_as_recorded(string name)
    {
        var entry = Recorded.File("token-endpoint")[name]!;
        var form = entry["request"]!["body"]!;
        var claims = tool.Assertion(lms);
        var future = DateTimeOffset.UtcNow.AddHours(1);
        switch (name)
        {
            case "aud issuer": claims["aud"] = lms.BaseUrl.GetLeftPart(UriPartial.Authority); break;
            case "aud array": claims["aud"] = new JsonArray(claims["aud"]!.DeepClone()); break;
            case "aud other": claims["aud"] = "https://other.example"; break;
            case "expired": claims["iat"] = 1699999000; claims["exp"] = 1700000000; break;
            case "unknown client": claims["iss"] = "nobody"; claims["sub"] = "nobody"; break;
            case "no jti": claims.Remove("jti"); break;
            case "same twice" or "same twice 2": claims["jti"] = "fixed"; break;
            case "iat future": claims["iat"] = future.ToUnixTimeSeconds(); claims["exp"] = future.ToUnixTimeSeconds() + 3600; break;
            case "iss other": claims["iss"] = "someone"; break;
        }
        var assertion = name == "json garbage" ? "abc" : ProbeTool.Sign(claims, name == "kid unknown" ? "nope" : ProbeTool.Kid);

        var answer = await tool.PostTokenAsync(lms, assertion, form["scope"]!.GetValue<string>(), form["grant_type"]!.GetValue<string>());

        var recorded = Recorded.Of(entry);
        var body = await recorded.ShouldMatchAsync(answer, name);
        if (recorded.Body is not JsonObject expected)
            body.ShouldBe(recorded.Body!.GetValue<string>());
        else if (name == "iat future")
            body.ShouldContain("prior to " + future.ToOffset(TimeSpan.FromHours(1)).ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture) + "+0100");
        else if (expected["error"] is { } error)
            JsonNode.Parse(body)!["error"]!.GetValue<string>().ShouldBe(error.GetValue<string>());
        else
            JsonNode.Parse(body)!["scope"]!.GetValue<string>().ShouldBe(expected["scope"]!.GetValue<string>());
    }

    [Fact]
    public async Task Assertion_of_another_key_is_refused()
    {
        using var thief = RSA.Create(2048);
        var answer = await tool.PostTokenAsync(lms, ProbeTool.Sign(tool.Assertion(lms), other: thief), ProbeTool.AllGradeScopes);
        ((int)answer.StatusCode).ShouldBe(400);
    }

    [Fact]
    public async Task Unsigned_assertion_is_refused()
    {
        var parts = ProbeTool.Sign(tool.Assertion(lms)).Split('.');
        var none = Microsoft.AspNetCore.WebUtilities.WebEncoders.Base64UrlEncode("{\"alg\":\"none\",\"kid\":\"probe-1\"}"u8);
        var answer = await tool.PostTokenAsync(lms, $"{none}.{parts[1]}.", ProbeTool.AllGradeScopes);
        ((int)answer.StatusCode).ShouldBe(400);
    }

    [Fact]
    public async Task Reading_scopes_do_not_bring_column_management()
    {
        await using var reader = await ProbeTool.StartAsync();
        var metadata = reader.Metadata();
        metadata["scope"] = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly";
        var registered = await reader.PostRegistrationAsync(lms, metadata, reader.RegistrationToken(lms));
        reader.ClientId = JsonNode.Parse(await registered.Content.ReadAsStringAsync())!["client_id"]!.GetValue<string>();

        var answer = await reader.PostTokenAsync(lms, ProbeTool.Sign(reader.Assertion(lms)), ProbeTool.AllGradeScopes + " " + ProbeTool.MembershipScope);
        JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["scope"]!.GetValue<string>().Split(' ')
            .Count(scope => scope == "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem").ShouldBe(0);
    }
}
