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
    public async Task Item_is_written_as_a_real_moodle_took_it()
    {
        using var tool = new TestTool(server.NewSite());
        var recorded = JsonNode.Parse(Recorded.Read("deep-linking-response-sent", "jwt", "payload").GetRawText())![DeepLinkingClaim + "content_items"]![0]!.AsObject();
        recorded.Remove("window");
        recorded.Remove("iframe");

        var payload = Payload(await SignAsync(tool, data: null,
        [
            new ResourceLinkItem
            {
                Url = new Uri("http://localhost:5100/"),
                Title = "Micro-credential A",
                Text = "Issued by the sample tool",
                Custom = new Dictionary<string, string>(StringComparer.Ordinal) { ["credential"] = "cred-1", ["learner"] = "$User.id", ["avail"] = "$ResourceLink.available.startDateTime" },
                LineItem = new NewLineItem { Label = "Credential score", ScoreMaximum = 100, ResourceId = "res-1", Tag = "credential" },
            },
        ], message: null));

        JsonNode.DeepEquals(payload[DeepLinkingClaim + "content_items"]!.AsArray().ShouldHaveSingleItem(), recorded).ShouldBeTrue();
    }

    private static Task<string> SignAsync(TestTool tool, string? data, IReadOnlyList<ResourceLinkItem> items, string? message) =>
        tool.Get<DeepLinkingResponse>().SignAsync(tool.Platform, "2", data, items, message, CancellationToken.None);

    private static JsonObject Payload(string token) => JsonNode.Parse(Base64UrlEncoder.Decode(token.Split('.')[1]))!.AsObject();
}
