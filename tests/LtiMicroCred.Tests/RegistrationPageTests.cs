using LtiMicroCred.DemoLms;
using LtiMicroCred.Features.Platforms;
using LtiMicroCred.Storage;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;

namespace LtiMicroCred.Tests;

/// <summary>The page behind a registration link: good once, for one LMS, without cookies; and what it says when the LMS is not as it should be.</summary>
public sealed class RegistrationPageTests
{
    [Attack(10)]
    [Fact]
    public async Task A_link_registers_one_platform_even_when_it_is_posted_many_times_at_once()
    {
        await using var campus = await Campus.StartAsync();
        using var wire = new Wire();
        var (page, form) = await OpenAsync(campus, wire);
        page.Status.ShouldBe(200, page.Text);
        page.Text.ShouldContain("Connect localhost to University of Lindhaven");

        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => wire.PostAsync(form.Action, form.Fields)));

        answers.Count(a => a.Status == 200).ShouldBe(1);
        answers.Count(a => a.Status == 404).ShouldBe(5);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Platform")).ShouldBe(1);
        campus.Lms.School.Tools.Count.ShouldBe(1);
        campus.Lms.Requests.Count(r => r.Service == LmsService.Registration).ShouldBe(1);
        (await wire.GetAsync(form.Action)).Status.ShouldBe(404);
        wire.Cookies.ShouldBeEmpty("the link is all that a registration needs");
    }

    [Fact]
    public async Task An_LMS_that_refuses_leaves_the_link_good()
    {
        await using var campus = await Campus.StartAsync();
        using var wire = new Wire();
        var (_, form) = await OpenAsync(campus, wire);
        campus.Lms.Faults.Answer(LmsService.Registration, 500);

        var refused = await wire.PostAsync(form.Action, form.Fields);
        refused.Status.ShouldBe(400);
        refused.Text.ShouldContain("localhost did not take the registration");
        refused.Text.ShouldContain("the link stays good");
        await Campus.UntilAsync(async () => await campus.AskAsync<string?>("SELECT Reference FROM LaunchTrace WHERE Message = 'registration'") is { } reference && refused.Text.Contains(reference, StringComparison.Ordinal), "an operator finds what was shown");
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Platform")).ShouldBe(0);

        campus.Lms.Faults.Clear();
        var retry = SelfPost.In(refused);
        (await wire.PostAsync(retry.Action, retry.Fields)).Status.ShouldBe(200);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Platform")).ShouldBe(1);
    }

    [Theory]
    [InlineData("https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly", "nobody can earn a credential here")]
    [InlineData("https://purl.imsglobal.org/spec/lti-ags/scope/lineitem", "instructors cannot connect a quiz of their own")]
    [InlineData("https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly", "learners appear with their first visit only")]
    [InlineData("LtiDeepLinkingRequest", "instructors choose the credential when they first open the activity")]
    public async Task What_the_LMS_leaves_out_is_said_before_the_page_closes(string lacking, string saying)
    {
        await using var campus = await Campus.StartAsync(Manners.Plain);
        campus.Lms.Faults.Lacking = [lacking];
        using var wire = new Wire();
        var (_, form) = await OpenAsync(campus, wire);

        var done = await wire.PostAsync(form.Action, form.Fields);

        done.Status.ShouldBe(200, done.Text);
        done.Document.QuerySelectorAll("section li").ShouldHaveSingleItem().TextContent.ShouldContain(saying);
        done.Document.QuerySelector("[data-close]").ShouldBeNull("it must be read first");
        done.Document.QuerySelector("button[data-close-by-hand]").ShouldNotBeNull();
    }

    [Theory]
    [InlineData(Manners.Plain)]
    [InlineData(Manners.Moodle)]
    public async Task A_registration_that_lacks_nothing_closes_its_frame(Manners manners)
    {
        await using var campus = await Campus.StartAsync(manners);
        using var wire = new Wire();
        var (_, form) = await OpenAsync(campus, wire);

        var done = await wire.PostAsync(form.Action, form.Fields);

        done.Document.QuerySelector("[data-close]").ShouldNotBeNull();
        done.Text.ShouldNotContain("left out");
    }

    [Fact]
    public async Task A_link_that_ran_out_is_not_good()
    {
        await using var campus = await Campus.StartAsync();
        using var wire = new Wire();
        var (_, form) = await OpenAsync(campus, wire);
        await campus.ExecuteAsync("UPDATE PlatformInvite SET ExpiresAt = '2020-01-01T00:00:00.000000Z'");

        foreach (var answer in new[] { await wire.GetAsync(form.Action), await wire.PostAsync(form.Action, form.Fields) })
        {
            answer.Status.ShouldBe(404);
            answer.Text.ShouldContain("This link is not good any more");
        }

        campus.Lms.Requests.ShouldNotContain(r => r.Service == LmsService.Registration);
    }

    [Fact]
    public async Task A_link_that_nobody_made_is_not_good_and_asks_nobody()
    {
        await using var campus = await Campus.StartAsync();
        using var wire = new Wire();
        var start = campus.Lms.NewRegistration($"{campus.Tool}/register/{new string('A', 43)}");
        (await wire.GetAsync(start)).Status.ShouldBe(404);
        campus.Lms.Requests.ShouldBeEmpty("a stranger cannot make this server call anyone");
    }

    [Theory]
    [InlineData("?openid_configuration=nonsense", "We could not read what your LMS says of itself")]
    [InlineData("?openid_configuration=ftp%3A%2F%2Flms.example%2Fx", "We could not read what your LMS says of itself")]
    [InlineData("?openid_configuration=http%3A%2F%2Flms.example%2Fx", "not an https address")]
    public async Task A_page_that_no_LMS_opened_says_so_and_keeps_the_link(string query, string saying)
    {
        await using var campus = await Campus.StartAsync();
        using var wire = new Wire();
        var link = await campus.World.InviteAsync(CancellationToken.None);
        var answer = await wire.GetAsync(link.AbsoluteUri + query);
        answer.Status.ShouldBe(400);
        answer.Text.ShouldContain(saying);
        answer.Document.QuerySelector("form").ShouldBeNull();
        var (page, _) = await OpenAsync(campus, wire, link);
        page.Status.ShouldBe(200);
    }

    [Attack(10)]
    [Fact]
    public async Task An_LMS_that_speaks_for_another_host_is_refused()
    {
        await using var campus = await Campus.StartAsync();
        using var wire = new Wire();
        var link = await campus.World.InviteAsync(CancellationToken.None);
        // The same server by its other name: its issuer is localhost.
        var other = $"http://127.0.0.1:{campus.Lms.BaseUrl.Port}/mod/lti/openid-configuration.php";
        var answer = await wire.GetAsync(QueryHelpers.AddQueryString(link.AbsoluteUri, "openid_configuration", other));
        answer.Status.ShouldBe(400);
        answer.Text.ShouldContain("We could not read what your LMS says of itself");
        answer.Document.QuerySelector("form").ShouldBeNull();
    }

    [Attack(9)]
    [Theory]
    [InlineData("http://127.0.0.1:{0}/mod/lti/openid-configuration.php")]
    [InlineData("http://localhost:{0}/mod/lti/openid-configuration.php")]
    [InlineData("https://169.254.169.254/latest/meta-data")]
    [InlineData("https://10.0.0.1/openid-configuration")]
    [InlineData("https://[::1]/openid-configuration")]
    public async Task An_address_of_our_own_network_is_never_called(string address)
    {
        await using var lms = await DemoLmsServer.StartAsync(new DemoLmsOptions(), CancellationToken.None);
        await using var product = await ProductDatabase.CreateAsync(allowPrivateNetworks: false);
        var server = await product.ServeAsync();
        using var wire = new Wire();
        var link = await product.SendAsync(new InvitePlatform("University of Lindhaven", TimeSpan.FromHours(1)));

        var answer = await wire.GetAsync(QueryHelpers.AddQueryString(
            new Uri(new Uri(server), link.Url.AbsolutePath).AbsoluteUri, "openid_configuration", string.Format(System.Globalization.CultureInfo.InvariantCulture, address, lms.BaseUrl.Port)));

        answer.Status.ShouldBe(400);
        answer.Text.ShouldContain("We could not read what your LMS says of itself");
        lms.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_database_does_not_hold_what_a_link_needs()
    {
        await using var campus = await Campus.StartAsync();
        var token = (await campus.World.InviteAsync(CancellationToken.None)).Segments[^1];
        await campus.ExecuteAsync("PRAGMA wal_checkpoint(TRUNCATE)");
        // SQLite's memory of the log comes and goes with its connections.
        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(campus.World.DatabaseFile)!).Where(f => !f.EndsWith("-shm", StringComparison.Ordinal)))
            System.Text.Encoding.Latin1.GetString(await ReadSharedAsync(file)).ShouldNotContain(token, Case.Sensitive, Path.GetFileName(file));

        static async Task<byte[]> ReadSharedAsync(string file)
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var copy = new MemoryStream();
            await stream.CopyToAsync(copy);
            return copy.ToArray();
        }
    }

    [Attack(10)]
    [Fact]
    public async Task A_registration_that_is_here_is_never_changed_by_another()
    {
        await using var campus = await Campus.StartAsync();
        using var wire = new Wire();
        var (_, form) = await OpenAsync(campus, wire);
        // What an LMS under an attacker's hand would do: answer with a client_id that another institution has already.
        await campus.ExecuteAsync(
            """
            INSERT INTO Platform (PlatformId, TenantId, Issuer, ClientId, AuthorizationEndpoint, TokenEndpoint, JwksUri, CreatedAt)
            SELECT '00000000-0000-4000-8000-000000000001', TenantId, @Issuer, @ClientId, 'https://first.example/auth', 'https://first.example/token', 'https://first.example/keys', '2026-01-01T00:00:00.000000Z' FROM Tenant
            """,
            new { Issuer = campus.Lms.BaseUrl.AbsoluteUri.TrimEnd('/'), ClientId = ClientIdOf(form.Fields["registration_token"]) });

        var answer = await wire.PostAsync(form.Action, form.Fields);

        answer.Status.ShouldBe(409);
        answer.Text.ShouldContain("localhost is registered already");
        (await campus.AskAsync<string>("SELECT JwksUri FROM Platform")).ShouldBe("https://first.example/keys");
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Deployment")).ShouldBe(0);
        (await wire.GetAsync(form.Action)).Status.ShouldBe(200, "the link stays good");
    }

    [Fact]
    public async Task The_page_gives_its_address_to_nobody()
    {
        await using var campus = await Campus.StartAsync();
        using var wire = new Wire();
        var (page, form) = await OpenAsync(campus, wire);
        foreach (var answer in new[] { page, await wire.PostAsync(form.Action, form.Fields) })
        {
            answer.Headers.GetValues("Referrer-Policy").ShouldBe(["no-referrer"]);
            answer.Headers.CacheControl!.NoStore.ShouldBeTrue();
            answer.SetCookies.ShouldBeEmpty();
        }
    }

    private static async Task<(Answer Page, SelfPost Form)> OpenAsync(Campus campus, Wire wire, Uri? link = null)
    {
        link ??= await campus.World.InviteAsync(CancellationToken.None);
        var page = await wire.GetAsync(campus.Lms.NewRegistration(link.AbsoluteUri));
        return (page, SelfPost.In(page));
    }

    // The demo LMS chooses the client_id when it makes the token; like Moodle's, its subject.
    private static string ClientIdOf(string registrationToken) => new Microsoft.IdentityModel.JsonWebTokens.JsonWebToken(registrationToken).Subject;
}
