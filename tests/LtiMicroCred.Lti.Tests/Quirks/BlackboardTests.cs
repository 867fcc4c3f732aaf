using LtiMicroCred.Lti.Tests.Support;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.IdentityModel.JsonWebTokens;

namespace LtiMicroCred.Lti.Tests.Quirks;

/// <summary>Blackboard speaks of itself as https://blackboard.com everywhere, also as audience; only its token endpoint wants its own address there.</summary>
public sealed class BlackboardTests(LoopbackServer server)
{
    [Fact]
    public async Task Assertion_is_for_the_token_endpoint_and_not_for_the_shared_issuer()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Platform = tool.Platform with { Issuer = "https://blackboard.com" };

        (await tool.Get<ServiceTokens>().GetAsync(tool.Platform, [LtiScopes.Score], CancellationToken.None)).ShouldBe("token-1");

        var assertion = new JsonWebToken(QueryHelpers.ParseQuery(tool.Site.Last("/token").Body)["client_assertion"].ToString());
        assertion.Audiences.ShouldBe([tool.Site.Address + "/token"]);
        assertion.Issuer.ShouldBe("tool-1");
    }
}
