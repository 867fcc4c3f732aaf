using System.Net;
using System.Net.Http.Headers;
using LtiMicroCred.Lti.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LtiMicroCred.Lti.Tests.Samples;

/// <summary>The README's start, run as a host of its own against a platform.</summary>
public sealed class StartSampleTests(LoopbackServer server)
{
    private const string Root = "https://tool.example";

    [Fact]
    public async Task Start_takes_a_launch()
    {
        await using var host = await StartAsync();
        using var platform = Platform(host);

        using var answer = await LaunchAsync(host, platform, _ => { });

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await answer.Content.ReadAsStringAsync()).ShouldBe("Ada Lovelace opened Quiz as a learner.");
    }

    [Fact]
    public async Task Start_refuses_a_forged_launch()
    {
        await using var host = await StartAsync();
        using var platform = Platform(host);

        using var answer = await LaunchAsync(host, platform, attempt => attempt.Sign = TestKeys.Stranger.Sign);

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await answer.Content.ReadAsStringAsync()).ShouldContain(nameof(LtiError.BadSignature));
    }

    [Fact]
    public async Task Start_refuses_a_login_without_parameters_and_publishes_its_key()
    {
        await using var host = await StartAsync();
        using var client = Client(host);

        using var login = await client.GetAsync(new Uri("/lti/login", UriKind.Relative));
        login.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await client.GetStringAsync(new Uri("/lti/jwks", UriKind.Relative))).ShouldContain(host.Services.GetRequiredService<MemoryStore>().Key.KeyId);
    }

    private TestTool Platform(WebApplication host)
    {
        var platform = new TestTool(server.NewSite(), publicUrl: Root);
        platform.Clock.Now = DateTimeOffset.UtcNow;
        host.Services.GetRequiredService<MemoryStore>().Add(platform.Platform, "1");
        return platform;
    }

    private static async Task<HttpResponseMessage> LaunchAsync(WebApplication host, TestTool platform, Action<LaunchAttempt> change)
    {
        using var client = Client(host);
        var registration = platform.Platform;
        using var login = await client.PostAsync(new Uri("/lti/login", UriKind.Relative), new FormUrlEncodedContent(
        [
            new("iss", registration.Issuer), new("client_id", registration.ClientId), new("login_hint", "7"), new("target_link_uri", Root + "/"),
        ]));
        login.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        var cookie = login.Headers.GetValues("Set-Cookie").Single();
        cookie.ShouldContain("; secure; samesite=none; httponly; Partitioned");
        var pair = cookie.Split(';')[0].Split('=', 2);
        var attempt = new LaunchAttempt(platform, new LoginStart(login.Headers.Location!, new StateCookie(pair[0], pair[1], TimeSpan.FromMinutes(10))));
        attempt.Claims["name"] = "Ada Lovelace";
        change(attempt);

        using var launch = new HttpRequestMessage(HttpMethod.Post, "/lti/launch") { Content = new FormUrlEncodedContent([new("id_token", attempt.MakeToken()), new("state", attempt.State)]) };
        launch.Headers.Add("Cookie", $"{pair[0]}={pair[1]}");
        return await client.SendAsync(launch);
    }

    private static HttpClient Client(WebApplication host)
    {
        var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = new Uri(host.Urls.Single()) };
        client.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("*/*"));
        return client;
    }

    private static async Task<WebApplication> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        StartSample.AddTool(builder.Services, Root, new OutgoingOptions { AllowPrivateNetworks = true });
        var host = builder.Build();
        StartSample.MapTool(host);
        await host.StartAsync();
        return host;
    }
}
