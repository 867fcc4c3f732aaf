using System.Security.Cryptography;
using System.Text.Json.Nodes;
using LtiMicroCred.Lti.Tests.Support;

namespace LtiMicroCred.Lti.Tests.Keys;

public sealed class PlatformKeysTests(LoopbackServer server)
{
    [Theory]
    [InlineData("max-age=600", 600)]
    [InlineData(null, 3600)]
    [InlineData("max-age=1", 60)]
    [InlineData("no-store", 60)]
    [InlineData("max-age=31536000", 86400)]
    public async Task Keys_are_kept_as_long_as_the_platform_says_within_bounds(string? cacheControl, int seconds)
    {
        using var tool = new TestTool(server.NewSite());
        PublishWith(tool.Site, cacheControl);
        await LaunchAsync(tool);

        tool.Clock.Now += TimeSpan.FromSeconds(seconds - 1);
        await LaunchAsync(tool);
        tool.Site.Count("/jwks").ShouldBe(1);

        tool.Clock.Now += TimeSpan.FromSeconds(1);
        await LaunchAsync(tool);
        tool.Site.Count("/jwks").ShouldBe(2);
    }

    [Fact]
    public async Task Many_launches_at_once_read_the_keys_once()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/jwks", async context =>
        {
            await Task.Delay(100);
            PublishWith(tool.Site, null, context);
        });

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => LaunchAsync(tool))));

        tool.Site.Count("/jwks").ShouldBe(1);
    }

    [Fact]
    public async Task New_key_of_a_platform_is_found_at_once()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.Keys = [TestKeys.Stranger.Jwk];
        await LaunchAsync(tool, TestKeys.Stranger);
        tool.Clock.Now += TimeSpan.FromSeconds(1);
        tool.Site.Keys = [TestKeys.Stranger.Jwk, TestKeys.Platform.Jwk];

        await LaunchAsync(tool);

        tool.Site.Count("/jwks").ShouldBe(2);
    }

    [Fact]
    public async Task Made_up_key_ids_lead_to_one_request_a_minute()
    {
        using var tool = new TestTool(server.NewSite());
        await LaunchAsync(tool);
        for (var count = 0; count < 10; count++)
        {
            tool.Clock.Now += TimeSpan.FromSeconds(1);
            await RefusedAsync(tool, LtiError.UnknownKey, $"made-up-{count}");
        }

        tool.Site.Count("/jwks").ShouldBe(2);

        tool.Clock.Now += TimeSpan.FromMinutes(1);
        await RefusedAsync(tool, LtiError.UnknownKey, "made-up");
        tool.Site.Count("/jwks").ShouldBe(3);
    }

    [Fact]
    public async Task Last_good_keys_serve_for_a_day_while_the_platform_is_down()
    {
        using var tool = new TestTool(server.NewSite());
        await LaunchAsync(tool);
        tool.Site.On("/jwks", 503);

        tool.Clock.Now += TimeSpan.FromHours(24);
        await LaunchAsync(tool);

        tool.Clock.Now += TimeSpan.FromHours(2);
        await RefusedAsync(tool, LtiError.KeysUnavailable);
    }

    [Fact]
    public async Task Platform_that_is_down_is_not_asked_for_every_launch_and_is_found_again()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/jwks", 500);
        for (var count = 0; count < 5; count++)
            await RefusedAsync(tool, LtiError.KeysUnavailable);
        tool.Site.Count("/jwks").ShouldBe(1);

        PublishWith(tool.Site, null);
        tool.Clock.Now += TimeSpan.FromSeconds(10);
        await LaunchAsync(tool);
    }

    [Theory]
    [InlineData("<html>")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"keys":{}}""")]
    [InlineData("""{"keys":[],"keys":[]}""")]
    public async Task Answer_that_is_no_key_set_is_no_key_set(string body)
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/jwks", 200, body);

        await RefusedAsync(tool, LtiError.KeysUnavailable);
    }

    [Fact]
    public async Task Key_set_with_too_many_keys_or_bytes_is_refused()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.Keys = [.. Enumerable.Range(0, 101).Select(_ => TestKeys.Platform.Jwk)];
        await RefusedAsync(tool, LtiError.KeysUnavailable);

        tool.Clock.Now += TimeSpan.FromSeconds(10);
        tool.Site.Keys = [TestKeys.Platform.Jwk, new JsonObject { ["padding"] = new string('x', 512 * 1024) }];
        await RefusedAsync(tool, LtiError.KeysUnavailable);
    }

    [Fact]
    public async Task Odd_keys_do_not_cost_the_good_one()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.Keys =
        [
            "text", 5, new JsonArray(), new JsonObject(),
            new JsonObject { ["kty"] = "oct", ["kid"] = "secret", ["k"] = "AAAA" },
            new JsonObject { ["kty"] = "RSA", ["kid"] = "broken", ["n"] = "%%", ["e"] = "AQAB" },
            new JsonObject { ["kty"] = "EC", ["crv"] = "P-256", ["kid"] = "off-curve", ["x"] = new string('A', 43), ["y"] = new string('A', 43) },
            TestKeys.Platform.Jwk,
        ];

        await LaunchAsync(tool);
        await RefusedAsync(tool, LtiError.UnknownKey, "secret");
        await RefusedAsync(tool, LtiError.UnknownKey, "off-curve");
    }

    [Fact]
    public async Task Padded_modulus_is_tolerated()
    {
        using var tool = new TestTool(server.NewSite());
        var jwk = TestKeys.Platform.Jwk;
        jwk["n"] = Convert.ToBase64String([0, .. TestKeys.Platform.Key.ExportParameters(includePrivateParameters: false).Modulus!]) + "=";
        tool.Site.Keys = [jwk];

        await LaunchAsync(tool);
    }

    [Theory]
    [InlineData("use", "enc", LtiError.UnknownKey)]
    [InlineData("alg", "RS512", LtiError.AlgorithmNotAllowed)]
    [InlineData("e", "AQ", LtiError.UnknownKey)]
    public async Task Key_for_something_else_signs_no_launch(string name, string value, LtiError error)
    {
        using var tool = new TestTool(server.NewSite());
        var jwk = TestKeys.Platform.Jwk;
        jwk[name] = value;
        tool.Site.Keys = [jwk];

        await RefusedAsync(tool, error);
    }

    [Fact]
    public async Task Elliptic_curve_signature_is_taken_where_the_registration_allows_it()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.Keys = [TestKeys.CurveJwk];
        await CurveLaunch(await tool.PrepareAsync()).RefusedAsync(LtiError.AlgorithmNotAllowed);

        tool.Platform = tool.Platform with { Algorithms = ["ES256"] };
        (await CurveLaunch(await tool.PrepareAsync()).SendAsync()).Subject.ShouldBe("7");

        var forged = CurveLaunch(await tool.PrepareAsync());
        forged.Sign = _ => new byte[64];
        await forged.RefusedAsync(LtiError.BadSignature);
        forged.Sign = _ => new byte[5];
        await forged.RefusedAsync(LtiError.BadSignature);
    }

    [Fact]
    public async Task Two_platforms_do_not_share_keys()
    {
        var site = server.NewSite();
        using var tool = new TestTool(site);
        var other = server.NewSite();
        other.Keys = [TestKeys.Stranger.Jwk];
        tool.Platforms.Add(other.Registration with { Id = Guid.NewGuid() });
        var launch = new LaunchAttempt(tool, await tool.LogInAsync(tool.Login() with { Issuer = other.Address }));
        launch.Claims["iss"] = other.Address;

        await launch.RefusedAsync(LtiError.UnknownKey);
    }

    [Fact]
    public async Task Dead_key_server_delays_no_launch_of_another_platform()
    {
        var dead = server.NewSite();
        using var tool = new TestTool(server.NewSite());
        var asked = new TaskCompletionSource();
        var end = new TaskCompletionSource();
        dead.On("/jwks", context =>
        {
            asked.TrySetResult();
            return end.Task;
        });
        tool.Platforms.Add(dead.Registration with { Id = Guid.NewGuid() });
        var stuck = await Task.WhenAll(Enumerable.Range(0, 50).Select(async _ =>
        {
            var launch = new LaunchAttempt(tool, await tool.LogInAsync(tool.Login() with { Issuer = dead.Address }));
            launch.Claims["iss"] = dead.Address;
            return Task.Run(() => launch.SendAsync());
        }).Select(async started => new { Launch = await started }));
        await asked.Task;

        // Cold keys, then warm ones, while all fifty of the other platform wait.
        for (var count = 0; count < 5; count++)
            await LaunchAsync(tool);
        stuck.ShouldAllBe(launch => !launch.Launch.IsCompleted);
        dead.Count("/jwks").ShouldBe(1);

        end.SetResult();
        foreach (var launch in stuck)
            (await Should.ThrowAsync<LtiException>(() => launch.Launch)).Error.ShouldBe(LtiError.KeysUnavailable);
    }

    [Fact]
    public async Task Registration_with_a_new_key_address_is_held_against_the_new_keys_only()
    {
        using var tool = new TestTool(server.NewSite());
        await LaunchAsync(tool);
        var moved = server.NewSite();
        moved.Keys = [TestKeys.Stranger.Jwk];
        tool.Platform = tool.Platform with { JwksUri = moved.Uri("/jwks") };

        await RefusedAsync(tool, LtiError.UnknownKey);
        await LaunchAsync(tool, TestKeys.Stranger);
    }

    [Fact]
    public async Task Kept_key_sets_are_bounded()
    {
        // No address may be called, so that each one fails at once.
        using var tool = new TestTool(server.NewSite(), new OutgoingOptions());
        var keys = tool.Get<PlatformKeys>();

        for (var count = 0; count < PlatformKeys.MostAddresses + 5; count++)
            await Should.ThrowAsync<LtiException>(() => keys.FindAsync(tool.Platform with { JwksUri = tool.Site.Uri($"/jwks{count}") }, "any", CancellationToken.None));

        keys.Count.ShouldBe(PlatformKeys.MostAddresses);
    }

    [Fact]
    public void Published_tool_keys_hold_public_parts_only()
    {
        var key = JsonNode.Parse(ToolKeySet.ToJson([TestKeys.Tool]))!["keys"]!.AsArray().ShouldHaveSingleItem()!.AsObject();

        key.Select(member => member.Key).ShouldBe(["kty", "use", "alg", "kid", "n", "e"]);
        key["kid"]!.GetValue<string>().ShouldBe("tool-key-1");
        key["alg"]!.GetValue<string>().ShouldBe("RS256");
    }

    private static LaunchAttempt CurveLaunch(LaunchAttempt launch)
    {
        launch.Header["alg"] = "ES256";
        launch.Header["kid"] = "curve-1";
        launch.Sign = data => TestKeys.Curve.SignData(data, HashAlgorithmName.SHA256);
        return launch;
    }

    private static void PublishWith(Site site, string? cacheControl)
    {
        var body = new JsonObject { ["keys"] = site.Keys.DeepClone() }.ToJsonString();
        site.On("/jwks", 200, body, cacheControl is null ? [] : [("Cache-Control", cacheControl)]);
    }

    private static void PublishWith(Site site, string? cacheControl, Microsoft.AspNetCore.Http.HttpContext context)
    {
        if (cacheControl is not null)
            context.Response.Headers.CacheControl = cacheControl;
        using var writer = new StreamWriter(context.Response.BodyWriter.AsStream());
        writer.Write(new JsonObject { ["keys"] = site.Keys.DeepClone() }.ToJsonString());
    }

    private static async Task LaunchAsync(TestTool tool, RsaPair? key = null)
    {
        var launch = await tool.PrepareAsync();
        launch.Header["kid"] = (key ?? TestKeys.Platform).KeyId;
        launch.Sign = (key ?? TestKeys.Platform).Sign;
        (await launch.SendAsync()).Subject.ShouldBe("7");
    }

    private static async Task RefusedAsync(TestTool tool, LtiError error, string? keyId = null)
    {
        var launch = await tool.PrepareAsync();
        if (keyId is not null)
            launch.Header["kid"] = keyId;
        await launch.RefusedAsync(error);
    }
}
