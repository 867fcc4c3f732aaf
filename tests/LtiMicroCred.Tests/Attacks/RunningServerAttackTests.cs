using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using LtiMicroCred.Features.Demo;
using LtiMicroCred.Tests.Hostile;

namespace LtiMicroCred.Tests.Attacks;

/// <summary>Attacks by a platform that is registered, on a server in a process of its own.</summary>
public sealed class RunningServerAttackTests : IAsyncLifetime
{
    private const string Lti = "https://purl.imsglobal.org/spec/lti/claim/";

    private ProductDatabase _product = null!;
    private ToolProcess _server = null!;
    private HostilePlatform _platform = null!;

    public async ValueTask InitializeAsync()
    {
        _product = await ProductDatabase.CreateAsync($"http://127.0.0.1:{DemoWorld.FreePort()}");
        _server = await ToolProcess.ServeAsync(_product.Configuration);
        _platform = await HostilePlatform.RegisterAsync(_product);
    }

    public async ValueTask DisposeAsync()
    {
        _server.Dispose();
        await _platform.DisposeAsync();
        await _product.DisposeAsync();
    }

    [Fact]
    [Attack(2)]
    public async Task A_token_under_the_public_key_as_a_secret_or_under_a_key_of_its_own_is_refused()
    {
        using var wire = new Wire();
        var launch = await BeginAsync(wire);
        var signed = launch.Token().Split('.');
        var header = Base64("""{"alg":"HS256","kid":"KID"}""".Replace("KID", _platform.KeyId, StringComparison.Ordinal));
        var mac = HMACSHA256.HashData(Encoding.ASCII.GetBytes(_platform.PublicKeyPem()), Encoding.ASCII.GetBytes($"{header}.{signed[1]}"));
        (await launch.PostAsync(wire, $"{header}.{signed[1]}.{Base64(mac)}")).ShouldRefuse(400, "We could not check this sign-in");

        using var own = RSA.Create(2048);
        launch.Header["jwk"] = _platform.Jwk(own);
        (await launch.PostAsync(wire)).ShouldRefuse(400, "We could not check this sign-in");
    }

    [Fact]
    [Attack(4)]
    public async Task A_launch_that_was_used_is_not_good_after_a_kill_and_a_restart()
    {
        using var wire = new Wire();
        var launch = await BeginAsync(wire);
        var (token, cookies) = (launch.Token(), wire.Cookies.ToDictionary(StringComparer.Ordinal));
        (await launch.PostAsync(wire, token)).Status.ShouldBe(303);

        _server.Kill();
        _server.Dispose();
        _server = await ToolProcess.ServeAsync(_product.Configuration);

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            using var thief = new Wire();
            foreach (var (name, value) in cookies)
                thief.Cookies[name] = value;
            return await launch.PostAsync(thief, token);
        }));
        foreach (var answer in answers)
            answer.ShouldRefuse(400, "This sign-in was used before");
        (await _product.CountAsync("LaunchSession")).ShouldBe(1);
    }

    [Fact]
    [Attack(6)]
    public async Task A_token_for_another_tenant_of_the_same_issuer_is_refused()
    {
        await using var other = await HostilePlatform.RegisterAsync(_product, _platform.Issuer, "another", "Otherton College");
        using var wire = new Wire();
        var launch = await BeginAsync(wire);
        // Signed by the other registration's key, for itself and for us.
        (await launch.PostAsync(wire, other.Sign(other.Header().ToJsonString(), launch.Claims.ToJsonString()))).ShouldRefuse(400, "We could not check this sign-in");
        launch.Claims["aud"] = other.ClientId;
        (await launch.PostAsync(wire)).ShouldRefuse(400, "We could not check this sign-in");
        launch.Claims["aud"] = new JsonArray(_platform.ClientId, other.ClientId);
        (await launch.PostAsync(wire)).ShouldRefuse(400, "We could not check this sign-in");
        (await _product.CountAsync("Learner")).ShouldBe(0);
    }

    [Fact]
    [Attack(8)]
    public async Task A_thousand_launches_without_a_valid_signature_leave_nothing()
    {
        using var wire = new Wire();
        var launch = await BeginAsync(wire);
        var token = launch.Token();
        var forged = token[..(token.LastIndexOf('.') + 1)] + new string('A', 342);
        for (var i = 0; i < 1000; i++)
        {
            wire.Cookies.Count.ShouldBe(1);
            (await launch.PostAsync(wire, forged)).Status.ShouldBe(400);
        }

        foreach (var table in new[] { "UsedNonce", "LaunchSession", "Learner", "Course", "Activity" })
            (await _product.CountAsync(table)).ShouldBe(0, table);
        (await _product.CountAsync("LaunchTrace")).ShouldBeLessThanOrEqualTo(100);
        (await launch.PostAsync(wire)).Status.ShouldBe(303, "the person whose launch it is still gets in");
    }

    [Fact]
    [Attack(13)]
    public async Task The_same_address_from_two_platforms_stays_two_learners()
    {
        await using var other = await HostilePlatform.RegisterAsync(_product, "https://other.example", "another");
        foreach (var platform in new[] { _platform, other })
        {
            using var wire = new Wire();
            var launch = await platform.BeginAsync(wire, _product.PublicUrl);
            launch.Claims["email"] = "same.person@lindhaven.example";
            (await launch.PostAsync(wire)).Status.ShouldBe(303);
        }

        (await _product.CountAsync("Learner")).ShouldBe(2);
    }

    [Fact]
    [Attack(14)]
    public async Task A_claim_to_be_someone_of_LTI_1_1_changes_nothing()
    {
        foreach (var user in new[] { "7", "8", "2" })
        {
            using var wire = new Wire();
            var launch = await BeginAsync(wire);
            launch.Claims[Lti + "lti1p1"] = new JsonObject { ["user_id"] = user, ["oauth_consumer_key"] = "key", ["oauth_consumer_key_sign"] = "c2lnbmVk", ["resource_link_id"] = "old", ["context_id"] = "old" };
            (await launch.PostAsync(wire)).Status.ShouldBe(303);
        }

        (await _product.CountAsync("Learner")).ShouldBe(1);
        (await _product.CountAsync("Course")).ShouldBe(1);
    }

    [Fact]
    [Attack(20)]
    public async Task Entities_and_ten_megabytes_are_refused_unread()
    {
        using var wire = new Wire();
        using var xml = new StringContent("""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>""", Encoding.UTF8, "application/xml");
        var answer = await wire.SendAsync(HttpMethod.Post, new Uri(_product.PublicUrl + "/lti/launch"), xml);
        answer.ShouldRefuse(400, "We could not check this sign-in");
        answer.Body.ShouldNotContain("root:");
        // Answered before it was heard to its end.
        var body = "{\"a\":\"" + new string('x', 10 * 1024 * 1024) + "\"}";
        using var connection = new RawConnection(new Uri(_product.PublicUrl).Port);
        var large = Encoding.ASCII.GetBytes($"POST /lti/launch HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        (await connection.SendAsync(new RawRequest("large", large, Bodyless: false, Ends: false), CancellationToken.None)).ShouldBeOneOf(400, 413);
    }

    [Fact]
    [Attack(21)]
    public async Task A_score_that_a_learners_browser_sends_is_no_score()
    {
        using var wire = new Wire();
        var launch = await BeginAsync(wire);
        launch.Claims["https://purl.imsglobal.org/spec/lti-ags/claim/result"] = new JsonObject { ["resultScore"] = 100 };
        var page = await wire.FollowAsync(await launch.PostAsync(wire));
        page.Status.ShouldBe(200, page.Text);
        var score = new Dictionary<string, string>(StringComparer.Ordinal) { ["userId"] = "7", ["resultScore"] = "100", ["scoreGiven"] = "100", ["scoreMaximum"] = "100", ["__RequestVerificationToken"] = page.Document.QuerySelector("input[name=__RequestVerificationToken]")?.GetAttribute("value") ?? "" };
        foreach (var address in new[] { page.Url.AbsoluteUri, page.Url + "?handler=Score", _product.PublicUrl + "/lti/launch", _product.PublicUrl + $"/l/{page.LaunchId}/connect?handler=Use&way=own" })
            (await wire.PostAsync(address, score)).Status.ShouldBeInRange(400, 499, address);
        (await _product.CountAsync("Result")).ShouldBe(0);
        (await _product.CountAsync("Award")).ShouldBe(0);
    }

    private Task<HostileLaunch> BeginAsync(Wire wire) => _platform.BeginAsync(wire, _product.PublicUrl);

    private static string Base64(string text) => Base64(Encoding.UTF8.GetBytes(text));

    private static string Base64(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}
