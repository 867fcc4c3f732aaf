using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using LtiMicroCred.DemoLms;
using LtiMicroCred.Features.Demo;
using LtiMicroCred.Features.Keys;
using LtiMicroCred.Features.Published;
using Microsoft.Extensions.DependencyInjection;

namespace LtiMicroCred.Tests.Published;

/// <summary>What an institution as a platform tells its tools, and what it asks of the LMS whose course the scores are for.</summary>
public sealed class PublishedServicesTests
{
    [Fact]
    public async Task Column_results_and_members_are_told_to_the_links_own_tool()
    {
        await using var published = await PublishedCampus.InUseAsync();
        await published.TakeAsync(await published.StartAsync("learner"), rightAnswers: 4);
        await published.Publisher.SyncGradesAsync(CancellationToken.None);
        var visitor = published.VisitorOf();
        var token = (await published.Campus.AskAsync<string>("SELECT TokenHash FROM PublishedToken"))!;
        token.Length.ShouldBe(64);
        // A token of the test's own, as if the tool had asked for all that it may have.
        await published.Campus.ExecuteAsync("UPDATE PublishedToken SET TokenHash = @hash, Scopes = (SELECT Scopes FROM PublishedTool)", new { hash = LtiMicroCred.Features.Secrets.Hash(new string('t', 43)) });

        var column = JsonNode.Parse(await GetAsync(visitor.LineItem!))!;
        column["id"]!.GetValue<string>().ShouldBe(visitor.LineItem);
        column["label"]!.GetValue<string>().ShouldBe("Ethics check");
        JsonNode.Parse(await GetAsync(visitor.LineItem![..^2]))!.AsArray().Count.ShouldBe(1);
        var result = JsonNode.Parse(await GetAsync(visitor.LineItem + "/results"))!.AsArray().ShouldHaveSingleItem()!;
        result["resultScore"]!.GetValue<decimal>().ShouldBe(80);
        result["userId"]!.GetValue<string>().ShouldBe(visitor.Subject);
        JsonNode.Parse(await GetAsync(visitor.LineItem + "/results?user_id=nobody"))!.AsArray().ShouldBeEmpty();
        var member = JsonNode.Parse(await GetAsync($"{visitor.Memberships}?rlid={visitor.ResourceLinkId}"))!["members"]!.AsArray().ShouldHaveSingleItem()!;
        member["user_id"]!.GetValue<string>().ShouldBe(visitor.Subject);
        member["status"]!.GetValue<string>().ShouldBe("Active");
        member["email"].ShouldBeNull("a name is enough");
        (await StatusAsync(HttpMethod.Get, visitor.Memberships + "?rlid=another")).ShouldBe(404);
        (await StatusAsync(HttpMethod.Delete, visitor.LineItem)).ShouldBe(403, "nobody may take the column away");
        (await StatusAsync(HttpMethod.Post, visitor.LineItem + "/scores")).ShouldBe(415);

        await published.Campus.ExecuteAsync("UPDATE PublishedToken SET ExpiresAt = '2020-01-01T00:00:00.000000Z'");
        (await StatusAsync(HttpMethod.Get, visitor.LineItem)).ShouldBe(401, "after an hour");
    }

    [Fact]
    [Attack(4)]
    public async Task A_client_assertion_gets_one_token()
    {
        await using var published = await PublishedCampus.ConnectedAsync();
        var platform = published.Publisher.Platforms[0];
        var assertion = published.Publisher.NewAssertion(platform);

        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => TokenAsync(platform.TokenEndpoint, assertion)));

        answers.Count(status => status == 200).ShouldBe(1);
        answers.Count(status => status == 401).ShouldBe(4);
        // Made for another endpoint, it is worth nothing here.
        (await TokenAsync(platform.TokenEndpoint, published.Publisher.NewAssertion(platform with { TokenEndpoint = platform.TokenEndpoint + "/" }))).ShouldBe(401);
        (await published.Campus.AskAsync<long>("SELECT COUNT(*) FROM PublishedToken")).ShouldBe(1);
    }

    [Fact]
    public async Task Keys_of_an_institution_as_a_platform_are_its_own_and_rotate_like_all_others()
    {
        await using var published = await PublishedCampus.ConnectedAsync();
        var tenant = Guid.Parse((await published.Campus.AskAsync<string>("SELECT TenantId FROM Tenant"))!);
        var platform = Guid.Parse((await published.Campus.AskAsync<string>("SELECT PlatformId FROM Platform"))!);
        var keys = published.Campus.Services.GetRequiredService<ToolKeys>();

        (await keys.CurrentAsync(tenant, CancellationToken.None)).KeyId.ShouldNotBe((await keys.CurrentAsync(platform, CancellationToken.None)).KeyId, StringComparer.Ordinal);
        var rotate = published.Campus.Services.GetRequiredService<RotateKeys>();
        (await rotate.PlatformsAsync(CancellationToken.None)).ShouldBe([platform, tenant], ignoreOrder: true);
        (await rotate.RotateAsync(tenant, CancellationToken.None)).ShouldBe(Rotation.Begun);
        await published.Campus.Services.GetServices<Microsoft.Extensions.Hosting.IHostedService>().OfType<LtiMicroCred.Shell.Housekeeping>().Single().ClearAsync(CancellationToken.None);
        (await published.Campus.Services.GetRequiredService<ListKeys>().AllAsync(tenant, CancellationToken.None)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Nothing_is_made_for_whoever_registers_without_a_link()
    {
        await using var campus = await Campus.FurnishedAsync();
        var tenant = await campus.AskAsync<string>("SELECT TenantId FROM Tenant");
        var before = await campus.AskAsync<long>("SELECT COUNT(*) FROM ToolKey");
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{campus.Tool}/platform/{tenant}/register");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", new string('A', 43));
        request.Content = new StringContent("""{"client_name":"T","initiate_login_uri":"https://a.example/l","redirect_uris":["https://a.example/r"],"jwks_uri":"https://a.example/k","https://purl.imsglobal.org/spec/lti-tool-configuration":{"target_link_uri":"https://a.example/r"}}""");

        ((int)(await http.SendAsync(request)).StatusCode).ShouldBe(401);

        (await campus.AskAsync<long>("SELECT COUNT(*) FROM ToolKey")).ShouldBe(before);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM PublishedTool")).ShouldBe(0);
        ((int)(await http.GetAsync($"{campus.Tool}/platform/{tenant}/jwks")).StatusCode).ShouldBe(404, "no tool, no keys");
    }

    [Fact]
    [Attack(15)]
    public async Task Who_has_left_the_course_earns_nothing_by_a_score_that_comes_later()
    {
        var clock = new MovedClock();
        await using var published = await PublishedCampus.InUseAsync(clock);
        var school = published.Campus.Lms.School;
        await published.TakeAsync(await published.StartAsync("learner"), rightAnswers: 5);
        school.RemoveMember(school.FindCourse(DemoStory.Course)!, school.Person("learner"));
        clock.Move(TimeSpan.FromMinutes(11));

        (await published.Publisher.SyncGradesAsync(CancellationToken.None)).ShouldHaveSingleItem().Status.ShouldBe(200);

        (await published.Campus.AskAsync<long>("SELECT COUNT(*) FROM Result")).ShouldBe(1, "it is kept");
        (await published.Campus.AskAsync<long>("SELECT COUNT(*) FROM Award")).ShouldBe(0);
    }

    [Fact]
    public async Task A_score_that_comes_while_the_lms_lists_nobody_counts_once_it_does()
    {
        var clock = new MovedClock();
        await using var published = await PublishedCampus.InUseAsync(clock);
        var campus = published.Campus;
        await published.TakeAsync(await published.StartAsync("learner"), rightAnswers: 5);
        await campus.ExecuteAsync("UPDATE LineItem SET InUse = 0 WHERE Way <> 'published'");
        await Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken); // a reading that is under way
        campus.Lms.Faults.Answer(LmsService.Memberships, 503);
        await campus.ExecuteAsync("UPDATE CourseMember SET Seen = 'launch', IsActive = 1");
        await campus.ExecuteAsync("UPDATE Course SET RosterReadAt = NULL");

        (await published.Publisher.SyncGradesAsync(CancellationToken.None)).ShouldHaveSingleItem().Status.ShouldBe(200);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Result")).ShouldBe(1);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Award")).ShouldBe(0);

        campus.Lms.Faults.Clear();
        clock.Move(TimeSpan.FromMinutes(2));
        await campus.Services.GetRequiredService<AwaitedRosters>().RunAsync(CancellationToken.None);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Award")).ShouldBe(1);
    }

    private static async Task<string> GetAsync(string url)
    {
        using var answer = await SendAsync(HttpMethod.Get, url);
        ((int)answer.StatusCode).ShouldBe(200, url);
        return await answer.Content.ReadAsStringAsync();
    }

    private static async Task<int> StatusAsync(HttpMethod method, string url)
    {
        using var answer = await SendAsync(method, url);
        return (int)answer.StatusCode;
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpMethod method, string url)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(method, url);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", new string('t', 43));
        return await http.SendAsync(request);
    }

    private static async Task<int> TokenAsync(string endpoint, string assertion)
    {
        using var http = new HttpClient();
        using var content = new FormUrlEncodedContent(
        [
            new("grant_type", "client_credentials"),
            new("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            new("client_assertion", assertion),
            new("scope", "https://purl.imsglobal.org/spec/lti-ags/scope/score"),
        ]);
        return (int)(await http.PostAsync(new Uri(endpoint), content)).StatusCode;
    }
}
