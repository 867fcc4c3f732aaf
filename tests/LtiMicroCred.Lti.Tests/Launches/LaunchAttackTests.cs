using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using LtiMicroCred.Lti.Tests.Support;

namespace LtiMicroCred.Lti.Tests.Launches;

public sealed class LaunchAttackTests(LoopbackServer server)
{
    [Attack(1)]
    [Theory]
    [InlineData("none")]
    [InlineData("None")]
    [InlineData("nOnE")]
    [InlineData("")]
    public async Task Unsigned_token_is_refused(string algorithm)
    {
        using var tool = new TestTool(server.NewSite());
        var launch = await tool.PrepareAsync();
        launch.Header["alg"] = algorithm;
        launch.Sign = _ => [];

        await launch.RefusedAsync(LtiError.AlgorithmNotAllowed);
    }

    [Fact]
    public async Task Token_without_algorithm_is_refused()
    {
        using var tool = new TestTool(server.NewSite());
        var launch = await tool.PrepareAsync();
        launch.Header.Remove("alg");

        await launch.RefusedAsync(LtiError.AlgorithmNotAllowed);
    }

    [Attack(1)]
    [Fact]
    public async Task Stripped_signature_is_refused()
    {
        using var tool = new TestTool(server.NewSite());
        var launch = await tool.PrepareAsync();
        launch.Sign = _ => [];

        await launch.RefusedAsync(LtiError.BadSignature);
    }

    [Attack(1)]
    [Fact]
    public async Task Claims_changed_after_signing_are_refused()
    {
        using var tool = new TestTool(server.NewSite());
        var launch = await tool.PrepareAsync();
        var genuine = launch.MakeToken().Split('.');
        launch.Claims["sub"] = "1";
        launch.Token = forged => $"{genuine[0]}.{forged.Split('.')[1]}.{genuine[2]}";

        await launch.RefusedAsync(LtiError.BadSignature);
    }

    [Attack(2)]
    [Fact]
    public async Task Public_key_as_shared_secret_is_refused_even_if_the_registration_lists_it()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Platform = tool.Platform with { Algorithms = ["RS256", "HS256", "none"] };
        var launch = await tool.PrepareAsync();
        launch.Header["alg"] = "HS256";
        launch.Sign = data => HMACSHA256.HashData(Encoding.ASCII.GetBytes(TestKeys.Platform.Key.ExportSubjectPublicKeyInfoPem()), data);

        await launch.RefusedAsync(LtiError.AlgorithmNotAllowed);
    }

    [Attack(2)]
    [Theory]
    [InlineData("jwk")]
    [InlineData("jku")]
    [InlineData("x5u")]
    [InlineData("x5c")]
    [InlineData("crit")]
    public async Task Key_that_the_token_brings_along_is_refused(string header)
    {
        using var tool = new TestTool(server.NewSite());
        var launch = await tool.PrepareAsync();
        launch.Header[header] = header == "jwk" ? TestKeys.Stranger.Jwk : "https://evil.example/key";
        launch.Sign = TestKeys.Stranger.Sign;

        await launch.RefusedAsync(LtiError.HeaderNotAllowed);
    }

    [Attack(2)]
    [Fact]
    public async Task Curve_algorithm_with_an_rsa_key_is_refused()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Platform = tool.Platform with { Algorithms = ["RS256", "ES256"] };
        var launch = await tool.PrepareAsync();
        launch.Header["alg"] = "ES256";

        await launch.RefusedAsync(LtiError.AlgorithmNotAllowed);
    }

    [Attack(4)]
    [Fact]
    public async Task Replay_is_refused()
    {
        using var tool = new TestTool(server.NewSite());
        var launch = await tool.PrepareAsync();
        await launch.SendAsync();

        await launch.RefusedAsync(LtiError.NonceReplayed);
    }

    [Attack(4)]
    [Fact]
    public async Task Of_parallel_replays_one_is_taken()
    {
        using var tool = new TestTool(server.NewSite());
        var launch = await tool.PrepareAsync();

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(async () =>
        {
            try
            {
                await launch.SendAsync();
                return "taken";
            }
            catch (LtiException refusal)
            {
                return refusal.Error.ToString();
            }
        })));

        outcomes.Count(outcome => outcome == "taken").ShouldBe(1);
        outcomes.Count(outcome => outcome == nameof(LtiError.NonceReplayed)).ShouldBe(15);
    }

    [Attack(5)]
    [Fact]
    public async Task Launch_from_another_browser_is_refused()
    {
        using var tool = new TestTool(server.NewSite());
        var attackers = await tool.PrepareAsync();
        var victims = await tool.PrepareAsync();
        attackers.Cookie = victims.Cookie;

        await attackers.RefusedAsync(LtiError.StateCookieMissing);
    }

    [Fact]
    public async Task Cookie_of_another_login_does_not_open_this_one()
    {
        using var tool = new TestTool(server.NewSite());
        var attackers = await tool.PrepareAsync();
        var victims = await tool.PrepareAsync();
        attackers.Cookie = attackers.Cookie! with { Value = victims.Cookie!.Value };

        await attackers.RefusedAsync(LtiError.StateMismatch);
    }

    [Fact]
    public async Task Token_of_another_login_does_not_pass_with_this_state()
    {
        using var tool = new TestTool(server.NewSite());
        var stolen = (await tool.PrepareAsync()).MakeToken();
        var launch = await tool.PrepareAsync();
        launch.Token = _ => stolen;

        await launch.RefusedAsync(LtiError.NonceMismatch);
    }

    [Fact]
    public async Task Tampered_state_is_refused()
    {
        using var tool = new TestTool(server.NewSite());
        var launch = await tool.PrepareAsync();
        for (var position = 0; position < launch.State!.Length; position += 17)
        {
            var letters = launch.State.ToCharArray();
            letters[position] = letters[position] == 'A' ? 'B' : 'A';
            var refusal = await Should.ThrowAsync<LtiException>(() => tool.Get<LaunchValidator>().ValidateAsync(
                new LaunchForm { IdToken = launch.MakeToken(), State = new string(letters) }, _ => launch.Cookie!.Value, CancellationToken.None));
            refusal.Error.ShouldBe(LtiError.InvalidState);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("AAAA")]
    [InlineData("not base64url!")]
    public async Task Made_up_state_is_refused(string state)
    {
        using var tool = new TestTool(server.NewSite());
        var launch = await tool.PrepareAsync();
        launch.State = state;

        await launch.RefusedAsync(LtiError.InvalidState);
    }

    [Fact]
    public async Task State_of_another_installation_is_refused()
    {
        var site = server.NewSite();
        using var tool = new TestTool(site);
        using var other = new TestTool(site);
        var launch = await tool.PrepareAsync();
        launch.State = (await other.PrepareAsync()).State;

        await launch.RefusedAsync(LtiError.InvalidState);
    }

    [Attack(6)]
    [Theory]
    [InlineData("""["tool-1","another-tool"]""", "tool-1")]
    [InlineData("""["another-tool","tool-1"]""", "another-tool")]
    [InlineData("[]", null)]
    [InlineData("\"\"", null)]
    [InlineData("\"TOOL-1\"", null)]
    public async Task Audience_with_anyone_else_is_refused(string audience, string? party)
    {
        using var tool = new TestTool(server.NewSite());
        var launch = await tool.PrepareAsync();
        launch.Claims["aud"] = JsonNode.Parse(audience);
        launch.Claims["azp"] = party;

        await launch.RefusedAsync(LtiError.WrongAudience);
    }

    [Fact]
    public async Task Several_audiences_without_authorized_party_are_refused()
    {
        using var tool = new TestTool(server.NewSite());
        var launch = await tool.PrepareAsync();
        launch.Claims["aud"] = new JsonArray("tool-1", "tool-1");

        await launch.RefusedAsync(LtiError.WrongAuthorizedParty);
    }

    [Attack(6)]
    [Fact]
    public async Task Token_for_another_registration_of_the_same_issuer_is_refused()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Platforms.Add(tool.Platform with { Id = Guid.NewGuid(), ClientId = "tool-2" });
        var launch = await tool.PrepareAsync();
        launch.Claims["aud"] = "tool-2";

        await launch.RefusedAsync(LtiError.WrongAudience);
    }

    [Attack(11)]
    [Theory]
    [InlineData("https://evil.example/app")]
    [InlineData("https://tool.example.evil.example/app")]
    [InlineData("https://tool.example@evil.example/app")]
    [InlineData("https://user@tool.example/app")]
    [InlineData("//tool.example/app")]
    [InlineData("/app")]
    [InlineData("https:\\\\tool.example\\app")]
    [InlineData("https://tool.example/app\\..\\..\\x")]
    [InlineData("http://tool.example/app")]
    [InlineData("https://tool.example:8443/app")]
    [InlineData("https://tool.example/application")]
    [InlineData("https://tool.example/app/../admin")]
    [InlineData("https://tool.example/app/%2e%2e/admin")]
    [InlineData("javascript:alert(1)//https://tool.example/app")]
    [InlineData("https://tool.example/app\r\nSet-Cookie: a=b")]
    public async Task Foreign_target_link_is_refused_at_login_and_launch(string target)
    {
        using var tool = new TestTool(server.NewSite());
        var launch = await tool.PrepareAsync();
        launch["target_link_uri"] = target;

        await launch.RefusedAsync(LtiError.ForeignTargetLink);
        (await Should.ThrowAsync<LtiException>(() => tool.LogInAsync(tool.Login() with { TargetLinkUri = target }))).Error.ShouldBe(LtiError.TargetNotOurs);
    }

    [Theory]
    [InlineData("https://tool.example/app")]
    [InlineData("https://TOOL.example:443/app/")]
    [InlineData("https://tool.example/app/link?id=1#part")]
    public async Task Own_target_link_is_taken(string target)
    {
        using var tool = new TestTool(server.NewSite());
        var launch = await tool.PrepareAsync();
        launch["target_link_uri"] = target;

        (await launch.SendAsync()).TargetLinkUri.ShouldBe(new Uri(target));
    }

    [Attack(8)]
    [Fact]
    public async Task Forged_launches_leave_no_trace()
    {
        using var tool = new TestTool(server.NewSite());
        var launch = await tool.PrepareAsync();
        launch.Sign = TestKeys.Stranger.Sign;
        for (var count = 0; count < 20; count++)
            await launch.RefusedAsync(LtiError.BadSignature);

        tool.UsedNonces.ShouldBeEmpty();
        tool.AskedDeployments.ShouldBeEmpty();
        tool.Site.Count("/jwks").ShouldBe(1);
    }

    [Fact]
    public async Task Unknown_deployment_is_asked_for_only_after_everything_else_holds()
    {
        using var tool = new TestTool(server.NewSite());
        var launch = await tool.PrepareAsync();
        launch["deployment_id"] = "9";
        launch.Claims["sub"] = "";
        await launch.RefusedAsync(LtiError.MissingSubject);
        tool.AskedDeployments.ShouldBeEmpty();

        launch.Claims["sub"] = "7";
        await launch.RefusedAsync(LtiError.UnknownDeployment);
        tool.AskedDeployments.ShouldBe(["9"]);
    }

    [Fact]
    public async Task Nonce_is_kept_only_as_long_as_its_state_could_be_used()
    {
        using var tool = new TestTool(server.NewSite());
        var launch = await tool.PrepareAsync();
        launch.Claims["exp"] = tool.Clock.Now.AddYears(10).ToUnixTimeSeconds();
        await launch.SendAsync();

        tool.UsedNonces.Values.ShouldHaveSingleItem().ShouldBe(tool.Clock.Now.AddMinutes(11));
        tool.UsedNonces.Keys.ShouldHaveSingleItem().ShouldMatch("^[0-9a-f]{64}$");
    }
}
