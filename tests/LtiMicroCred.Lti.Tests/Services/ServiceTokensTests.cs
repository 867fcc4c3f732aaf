using LtiMicroCred.Lti.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.IdentityModel.JsonWebTokens;

namespace LtiMicroCred.Lti.Tests.Services;

public sealed class ServiceTokensTests(LoopbackServer server)
{
    [Fact]
    public async Task Assertion_says_who_asks_whom_and_for_how_long()
    {
        using var tool = new TestTool(server.NewSite());

        (await GetAsync(tool, "b", "a", "b")).ShouldBe("token-1");

        var form = QueryHelpers.ParseQuery(tool.Site.Last("/token").Body);
        form["grant_type"].ToString().ShouldBe("client_credentials");
        form["client_assertion_type"].ToString().ShouldBe("urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        form["scope"].ToString().ShouldBe("a b");
        var assertion = Assertion(tool);
        assertion.Kid.ShouldBe("tool-key-1");
        assertion.Alg.ShouldBe("RS256");
        assertion.Issuer.ShouldBe("tool-1");
        assertion.Subject.ShouldBe("tool-1");
        assertion.Audiences.ShouldBe([tool.Site.Address + "/token"]);
        assertion.IssuedAt.ShouldBe(tool.Clock.Now.AddSeconds(-100).UtcDateTime);
        assertion.ValidTo.ShouldBe(tool.Clock.Now.AddMinutes(3).UtcDateTime);
        assertion.Id.Length.ShouldBe(43);
        tool.Site.Last("/token").Headers["User-Agent"].ShouldBe("TestTool/1.0");
    }

    [Fact]
    public async Task Authorization_server_is_the_audience_where_the_platform_names_one()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Platform = tool.Platform with { AuthorizationServer = "https://auth.example" };

        await Should.ThrowAsync<LtiServiceException>(() => GetAsync(tool, "a"));

        Assertion(tool).Audiences.ShouldBe(["https://auth.example"]);
    }

    [Fact]
    public async Task Token_is_kept_until_shortly_before_it_expires()
    {
        using var tool = new TestTool(server.NewSite());
        await GetAsync(tool, "a", "b");
        tool.Clock.Now += TimeSpan.FromSeconds(3539);
        (await GetAsync(tool, "b", "a")).ShouldBe("token-1");

        tool.Clock.Now += TimeSpan.FromSeconds(1);
        (await GetAsync(tool, "a", "b")).ShouldBe("token-2");
    }

    [Fact]
    public async Task Every_assertion_has_an_id_of_its_own()
    {
        using var tool = new TestTool(server.NewSite());
        await GetAsync(tool, "a");
        var first = Assertion(tool).Id;
        await GetAsync(tool, "b");

        (Assertion(tool).Id == first).ShouldBeFalse();
    }

    [Attack(18)]
    [Fact]
    public async Task Registrations_and_scopes_never_share_a_token()
    {
        using var tool = new TestTool(server.NewSite());
        var other = tool.Platform with { Id = Guid.NewGuid() };
        var tokens = tool.Get<ServiceTokens>();

        var all = new[]
        {
            await tokens.GetAsync(tool.Platform, ["a"], CancellationToken.None),
            await tokens.GetAsync(other, ["a"], CancellationToken.None),
            await tokens.GetAsync(tool.Platform, ["b"], CancellationToken.None),
            await tokens.GetAsync(tool.Platform, ["a", "b"], CancellationToken.None),
        };

        all.ShouldBe(["token-1", "token-2", "token-3", "token-4"]);
    }

    [Fact]
    public async Task Registration_that_changed_gets_no_token_of_the_old_one()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/token2", 200, """{"access_token":"of the new endpoint"}""".Replace(' ', '-'));
        await GetAsync(tool, "a");

        tool.Platform = tool.Platform with { TokenEndpoint = tool.Site.Uri("/token2") };
        (await GetAsync(tool, "a")).ShouldBe("of-the-new-endpoint");
        tool.Platform = tool.Site.Registration with { AuthorizationServer = tool.Site.Address + "/token" };
        (await GetAsync(tool, "a")).ShouldBe("token-2");
        tool.Platform = tool.Site.Registration;
        (await GetAsync(tool, "a")).ShouldBe("token-1");
    }

    [Fact]
    public void Kept_tokens_are_bounded_and_those_in_use_stay()
    {
        using var tool = new TestTool(server.NewSite());
        var cache = tool.Get<AccessTokenCache>();
        var used = cache.For(tool.Platform, "used");

        for (var count = 0; count < AccessTokenCache.MostTokens + 10; count++)
        {
            cache.For(tool.Platform, $"scope-{count}");
            if (count % 1000 == 0)
                cache.For(tool.Platform, "used").ShouldBeSameAs(used);
        }

        cache.Count.ShouldBe(AccessTokenCache.MostTokens);
    }

    [Fact]
    public async Task Token_request_that_failed_is_repeated_with_an_assertion_of_its_own()
    {
        using var tool = new TestTool(server.NewSite());
        var ids = new List<string>();
        tool.Site.On("/token", context =>
        {
            ids.Add(Assertion(tool).Id);
            context.Response.StatusCode = ids.Count < 3 ? 502 : 200;
            return context.Response.WriteAsync("""{"access_token":"at-last"}""");
        });

        (await GetAsync(tool, "a")).ShouldBe("at-last");

        ids.Distinct(StringComparer.Ordinal).Count().ShouldBe(3);
    }

    [Fact]
    public async Task Many_callers_at_once_ask_once()
    {
        using var tool = new TestTool(server.NewSite());

        var tokens = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => GetAsync(tool, "a"))));

        tokens.ShouldAllBe(token => token == "token-1");
        tool.Site.Count("/token").ShouldBe(1);
    }

    [Fact]
    public async Task Dropped_token_is_asked_for_anew_but_only_if_it_is_the_one_kept()
    {
        using var tool = new TestTool(server.NewSite());
        var token = await GetAsync(tool, "a");
        tool.Get<ServiceTokens>().Drop(tool.Platform, ["a"], "an older one");
        (await GetAsync(tool, "a")).ShouldBe("token-1");

        tool.Get<ServiceTokens>().Drop(tool.Platform, ["a"], token);
        (await GetAsync(tool, "a")).ShouldBe("token-2");
    }

    [Fact]
    public async Task Short_lived_token_is_used_for_part_of_its_life_and_one_without_lifetime_for_a_minute()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.TokenLifetime = 40;
        await GetAsync(tool, "a");
        tool.Clock.Now += TimeSpan.FromSeconds(29);
        (await GetAsync(tool, "a")).ShouldBe("token-1");
        tool.Clock.Now += TimeSpan.FromSeconds(1);
        (await GetAsync(tool, "a")).ShouldBe("token-2");

        tool.Site.On("/token", 200, """{"access_token":"endless"}""");
        await GetAsync(tool, "b");
        tool.Site.On("/token", 200, """{"access_token":"next"}""");
        tool.Clock.Now += TimeSpan.FromSeconds(59);
        (await GetAsync(tool, "b")).ShouldBe("endless");
        tool.Clock.Now += TimeSpan.FromSeconds(1);
        (await GetAsync(tool, "b")).ShouldBe("next");
    }

    [Theory]
    [InlineData(200, "[]", ServiceFailure.BadAnswer)]
    [InlineData(200, "<html>", ServiceFailure.BadAnswer)]
    [InlineData(200, """{"access_token":""}""", ServiceFailure.BadAnswer)]
    [InlineData(200, """{"access_token":"a\r\nX-Injected: 1"}""", ServiceFailure.BadAnswer)]
    [InlineData(200, """{"access_token":"a","token_type":"mac"}""", ServiceFailure.BadAnswer)]
    [InlineData(302, "", ServiceFailure.BadAnswer)]
    [InlineData(400, """{"error":"invalid_client"}""", ServiceFailure.TokenRefused)]
    [InlineData(401, "", ServiceFailure.TokenRefused)]
    [InlineData(404, "", ServiceFailure.NotFound)]
    [InlineData(429, "", ServiceFailure.Busy)]
    [InlineData(500, "", ServiceFailure.ServerError)]
    public async Task Bad_answer_is_told_apart(int status, string body, ServiceFailure failure)
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/token", status, body);

        (await Should.ThrowAsync<LtiServiceException>(() => GetAsync(tool, "a"))).Failure.ShouldBe(failure);
    }

    [Theory]
    [InlineData("ok", null)]
    [InlineData("one scope", null)]
    [InlineData("unknown scope mixed", null)]
    [InlineData("unknown scope only", "invalid_scope")]
    [InlineData("expired", "Expired token")]
    [InlineData("unknown client", "invalid_client")]
    [InlineData("kid unknown", "no reason given")]
    [InlineData("bad grant", "unsupported_grant_type")]
    public async Task Answer_of_a_real_moodle_is_understood(string name, string? reason)
    {
        using var tool = new TestTool(server.NewSite());
        tool.Platform = tool.Platform with { TokenEndpoint = Recorded.Play(tool.Site, "token-endpoint", name) };

        if (reason is null)
        {
            (await GetAsync(tool, "a")).ShouldBe("<token>");
            return;
        }

        var refusal = await Should.ThrowAsync<LtiServiceException>(() => GetAsync(tool, "a"));
        refusal.Failure.ShouldBe(ServiceFailure.TokenRefused);
        refusal.Message.ShouldEndWith(": " + reason);
    }

    [Fact]
    public async Task Caller_who_gives_up_does_not_block_the_next()
    {
        using var tool = new TestTool(server.NewSite());
        using var impatient = new CancellationTokenSource();
        var asked = new TaskCompletionSource();
        tool.Site.On("/token", async context =>
        {
            asked.TrySetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        });
        var first = tool.Get<ServiceTokens>().GetAsync(tool.Platform, ["a"], impatient.Token);
        await asked.Task;
        await impatient.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => first);

        tool.Site.On("/token", context => context.Response.WriteAsync("""{"access_token":"fresh"}"""));
        (await GetAsync(tool, "a")).ShouldBe("fresh");
    }

    private static Task<string> GetAsync(TestTool tool, params string[] scopes) => tool.Get<ServiceTokens>().GetAsync(tool.Platform, scopes, CancellationToken.None);

    private static JsonWebToken Assertion(TestTool tool) => new(QueryHelpers.ParseQuery(tool.Site.Last("/token").Body)["client_assertion"].ToString());
}
