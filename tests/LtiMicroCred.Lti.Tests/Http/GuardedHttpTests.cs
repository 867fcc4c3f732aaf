using System.Net;
using System.Net.Sockets;
using LtiMicroCred.Lti.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace LtiMicroCred.Lti.Tests.Http;

public sealed class GuardedHttpTests(LoopbackServer server)
{
    public static TheoryData<string> PrivateAddresses =>
    [
        "127.0.0.1", "127.8.9.10", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "198.18.0.1", "192.0.2.1",
        "::1", "fc00::1", "fd12:3456::1", "fec0::1", "2001:db8::1",
        "::ffff:10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::10.0.0.1", "::ffff:0:a00:1", "2002:0a00:0001::1", "::10.0.0.1",
    ];

    public static TheoryData<string> ForbiddenAddresses =>
    [
        "169.254.169.254", "169.254.0.1", "0.0.0.0", "0.1.2.3", "224.0.0.1", "255.255.255.255", "100.100.100.200", "168.63.129.16",
        "::", "fe80::1", "ff02::1", "fd00:ec2::254", "fd20:ce::254",
        "::ffff:169.254.169.254", "64:ff9b::169.254.169.254", "::ffff:0:a9fe:a9fe", "2002:a9fe:a9fe::1", "::169.254.169.254",
    ];

    [Attack(9)]
    [Theory]
    [MemberData(nameof(PrivateAddresses))]
    public void Private_address_is_refused_unless_opened(string address)
    {
        var ip = IPAddress.Parse(address);

        new AddressPolicy(new OutgoingOptions()).Allows("lms.example", ip).ShouldBeFalse();
        new AddressPolicy(new OutgoingOptions { AllowPrivateNetworks = true }).Allows("lms.example", ip).ShouldBeTrue();
        new AddressPolicy(new OutgoingOptions { AllowedHosts = ["LMS.example"] }).Allows("lms.example", ip).ShouldBeTrue();
        new AddressPolicy(new OutgoingOptions { AllowedHosts = ["lms.example"] }).Allows("other.example", ip).ShouldBeFalse();
    }

    [Attack(9)]
    [Theory]
    [MemberData(nameof(ForbiddenAddresses))]
    public void Link_local_and_metadata_addresses_are_never_called(string address)
    {
        var open = new OutgoingOptions { AllowPrivateNetworks = true, AllowedHosts = ["lms.example"], AllowedNetworks = ["0.0.0.0/0", "::/0"] };

        new AddressPolicy(open).Allows("lms.example", IPAddress.Parse(address)).ShouldBeFalse();
    }

    [Theory]
    [InlineData("93.184.216.34")]
    [InlineData("172.32.0.1")]
    [InlineData("100.128.0.1")]
    [InlineData("2606:4700::1111")]
    [InlineData("64:ff9b::93.184.216.34")]
    public void Public_address_is_called(string address) => new AddressPolicy(new OutgoingOptions()).Allows("lms.example", IPAddress.Parse(address)).ShouldBeTrue();

    [Fact]
    public void Campus_network_can_be_opened_alone()
    {
        var policy = new AddressPolicy(new OutgoingOptions { AllowedNetworks = ["10.20.0.0/16"] });

        policy.Allows("lms.example", IPAddress.Parse("10.20.3.4")).ShouldBeTrue();
        policy.Allows("lms.example", IPAddress.Parse("::ffff:10.20.3.4")).ShouldBeTrue();
        policy.Allows("lms.example", IPAddress.Parse("10.21.3.4")).ShouldBeFalse();
    }

    [Fact]
    public void Network_that_is_none_stops_the_start() =>
        Should.Throw<ArgumentException>(() => GuardedHttp.Create(new OutgoingOptions { AllowedNetworks = ["campus"] })).Message.ShouldContain("campus");

    [Attack(9)]
    [Fact]
    public async Task Name_that_resolves_to_a_private_address_is_refused_when_connecting()
    {
        var site = server.NewSite();
        using var client = GuardedHttp.Create(new OutgoingOptions());

        foreach (var address in new[] { site.Address, site.Address.Replace("127.0.0.1", "localhost", StringComparison.Ordinal) })
        {
            var failure = await Should.ThrowAsync<HttpRequestException>(() => client.GetAsync(new Uri(address + "/jwks")));
            failure.InnerException.ShouldBeOfType<OutgoingRefusedException>();
        }

        site.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Loopback_network_can_be_opened()
    {
        var site = server.NewSite();
        using var client = GuardedHttp.Create(new OutgoingOptions { AllowedNetworks = ["127.0.0.0/8"] });

        (await client.GetAsync(site.Uri("/jwks"))).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Name_that_resolves_to_a_mix_is_refused_for_the_one_bad_address()
    {
        var site = server.NewSite();
        IPAddress[] answers = [IPAddress.Loopback, IPAddress.Parse("169.254.169.254")];
        using var client = GuardedHttp.Create(new OutgoingOptions { AllowPrivateNetworks = true }, (_, _) => Task.FromResult(answers));
        var address = new Uri(site.Address.Replace("127.0.0.1", "localhost", StringComparison.Ordinal) + "/jwks");

        (await Should.ThrowAsync<HttpRequestException>(() => client.GetAsync(address))).InnerException.ShouldBeOfType<OutgoingRefusedException>();
        site.Requests.ShouldBeEmpty();

        answers = [IPAddress.Loopback];
        (await client.GetAsync(address)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Name_that_changes_its_mind_is_refused_at_the_next_connection()
    {
        var site = server.NewSite();
        site.On("/once", 200, "", ("Connection", "close"));
        var asked = 0;
        using var client = GuardedHttp.Create(new OutgoingOptions { AllowedNetworks = ["127.0.0.0/8"] }, (_, _) =>
            Task.FromResult<IPAddress[]>([asked++ == 0 ? IPAddress.Loopback : IPAddress.Parse("10.0.0.1")]));
        var address = new Uri(site.Address.Replace("127.0.0.1", "localhost", StringComparison.Ordinal) + "/once");

        (await client.GetAsync(address)).StatusCode.ShouldBe(HttpStatusCode.OK);

        (await Should.ThrowAsync<HttpRequestException>(() => client.GetAsync(address))).InnerException.ShouldBeOfType<OutgoingRefusedException>();
        asked.ShouldBe(2);
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(303)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task Redirect_to_a_metadata_address_is_an_odd_answer_and_not_a_way_there(int status)
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/token", status, "", ("Location", "http://169.254.169.254/latest/meta-data/"));

        // Had it been followed, the address would have been refused.
        (await TokenFailsAsync(tool)).Failure.ShouldBe(ServiceFailure.BadAnswer);
        tool.Site.Count("/token").ShouldBe(1);
    }

    [Fact]
    public async Task Flood_of_headers_is_cut()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/token", 200, "{}", [.. Enumerable.Range(0, 70).Select(number => ($"X-Flood-{number}", new string('x', 1024)))]);

        (await TokenFailsAsync(tool)).Failure.ShouldBe(ServiceFailure.TooMuch);
    }

    [Fact]
    public async Task Headers_that_trickle_are_cut_off_in_time()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var over = new CancellationTokenSource();
        var trickling = TrickleAsync(listener, over.Token);
        using var tool = new TestTool(
            server.NewSite(), new OutgoingOptions { AllowPrivateNetworks = true, Timeout = TimeSpan.FromMilliseconds(300) }, services: new ServiceOptions { Attempts = 1 });
        tool.Platform = tool.Platform with { TokenEndpoint = new Uri($"http://{listener.LocalEndpoint}/token") };

        (await TokenFailsAsync(tool)).Failure.ShouldBe(ServiceFailure.TimedOut);

        await over.CancelAsync();
        await trickling;
    }

    [Fact]
    public async Task Compressed_bomb_is_not_unpacked()
    {
        var site = server.NewSite();
        site.On("/packed", 200, "not really gzip", ("Content-Encoding", "gzip"));
        using var client = GuardedHttp.Create(new OutgoingOptions { AllowPrivateNetworks = true });

        (await client.GetStringAsync(site.Uri("/packed"))).ShouldBe("not really gzip");
        site.Last("/packed").Headers.ContainsKey("Accept-Encoding").ShouldBeFalse();
    }

    [Theory]
    [InlineData("http://lms.example/")]
    [InlineData("https://user:pass@lms.example/")]
    public async Task Plain_http_and_user_names_are_refused(string address)
    {
        using var client = GuardedHttp.Create(new OutgoingOptions { AllowPrivateNetworks = true });

        await Should.ThrowAsync<OutgoingRefusedException>(() => client.GetAsync(new Uri(address)));
    }

    [Attack(9)]
    [Fact]
    public async Task Redirects_are_not_followed_and_cookies_not_kept()
    {
        var site = server.NewSite();
        site.On("/moved", 302, "", ("Location", site.Address + "/jwks"), ("Set-Cookie", "a=b; Path=/"));
        using var client = GuardedHttp.Create(new OutgoingOptions { AllowPrivateNetworks = true });

        (await client.GetAsync(site.Uri("/moved"))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        await client.GetAsync(site.Uri("/moved"));

        site.Count("/jwks").ShouldBe(0);
        site.Last("/moved").Headers.ContainsKey("Cookie").ShouldBeFalse();
    }

    [Attack(9)]
    [Fact]
    public async Task Body_that_is_too_big_is_cut()
    {
        using var tool = new TestTool(server.NewSite(), new OutgoingOptions { AllowPrivateNetworks = true, MaxResponseBytes = 10_000 });
        tool.Site.On("/token", 200, new string('x', 10_001));

        (await TokenFailsAsync(tool)).Failure.ShouldBe(ServiceFailure.TooMuch);
    }

    [Attack(9)]
    [Fact]
    public async Task Body_that_trickles_is_cut_off_in_time()
    {
        using var tool = new TestTool(server.NewSite(), new OutgoingOptions { AllowPrivateNetworks = true, Timeout = TimeSpan.FromMilliseconds(400) });
        tool.Site.On("/token", async context =>
        {
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.WriteAsync(" ");
                await context.Response.Body.FlushAsync();
                await Task.Delay(50);
            }
        });

        var failure = await TokenFailsAsync(tool);

        failure.Failure.ShouldBe(ServiceFailure.TimedOut);
        failure.Retryable.ShouldBeTrue();
    }

    [Fact]
    public async Task Platform_that_does_not_listen_is_unreachable()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Platform = tool.Platform with { TokenEndpoint = new Uri("http://127.0.0.1:1/token?key=hidden") };

        var failure = await TokenFailsAsync(tool);

        failure.Failure.ShouldBe(ServiceFailure.Unreachable);
        failure.Retryable.ShouldBeTrue();
        failure.Message.ShouldContain("http://127.0.0.1:1/token");
        failure.Message.ShouldNotContain("hidden");
    }

    [Fact]
    public async Task Refused_address_is_told_as_such()
    {
        using var tool = new TestTool(server.NewSite(), new OutgoingOptions());

        var failure = await TokenFailsAsync(tool);

        failure.Failure.ShouldBe(ServiceFailure.AddressRefused);
        failure.Retryable.ShouldBeFalse();
    }

    private static async Task TrickleAsync(TcpListener listener, CancellationToken cancellationToken)
    {
        try
        {
            using var connection = await listener.AcceptTcpClientAsync(cancellationToken);
            var stream = connection.GetStream();
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nX-Endless: "u8.ToArray(), cancellationToken);
            while (true)
            {
                await stream.WriteAsync("x"u8.ToArray(), cancellationToken);
                await Task.Delay(20, cancellationToken);
            }
        }
        catch (Exception end) when (end is OperationCanceledException or IOException)
        {
            // The client hung up, or the test is over.
        }
    }

    private static Task<LtiServiceException> TokenFailsAsync(TestTool tool) =>
        Should.ThrowAsync<LtiServiceException>(() => tool.Get<ServiceTokens>().GetAsync(tool.Platform, ["a"], CancellationToken.None));
}
