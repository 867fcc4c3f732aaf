using System.Net.Http.Headers;
using LtiMicroCred.DemoLms;
using LtiMicroCred.Features.Demo;
using Microsoft.AspNetCore.WebUtilities;

namespace LtiMicroCred.Tests.Published;

/// <summary>What learners, strangers and other institutions' tools try with published activities.</summary>
public sealed class PublishedAttackTests : IAsyncLifetime
{
    private PublishedCampus _published = null!;

    private Campus Campus => _published.Campus;

    public async ValueTask InitializeAsync() => _published = await PublishedCampus.InUseAsync();

    public ValueTask DisposeAsync() => _published.DisposeAsync();

    [Theory]
    [Attack(21)]
    [InlineData("login_hint", "11111111-1111-4111-8111-111111111111")]
    [InlineData("login_hint", "another")]
    [InlineData("lti_message_hint", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task A_learner_who_changes_a_hint_comes_to_nobodys_quiz(string name, string value)
    {
        // Somebody else's hint is no better than one that nobody has.
        await _published.StartAsync("learner2");
        var other = _published.VisitorOf().Subject;
        var begun = await _published.BeginAsync("learner");

        var refused = await begun.SubmitAsync("form[data-submit]", CancellationToken.None, (name, value == "another" ? other : value));

        refused.Status.ShouldBe(400);
        refused.Text.ShouldContain("The quiz could not be opened");
        refused.Document.QuerySelector("#reference").ShouldNotBeNull();
        _published.Publisher.Visitors.Count.ShouldBe(1);
    }

    [Fact]
    [Attack(4)]
    public async Task A_handle_serves_once_also_when_it_comes_twice_at_once()
    {
        var begun = await _published.BeginAsync("learner");
        var asked = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => begun.SubmitAsync("form[data-submit]", CancellationToken.None)));

        asked.Count(answer => answer.Status == 200).ShouldBe(1);
        asked.Count(answer => answer.Status == 400).ShouldBe(5);
        (await begun.SubmitAsync("form[data-submit]", CancellationToken.None)).Status.ShouldBe(400);
    }

    [Fact]
    [Attack(4)]
    public async Task A_handle_is_over_after_a_minute()
    {
        var begun = await _published.BeginAsync("learner");
        await Campus.ExecuteAsync("UPDATE PublishedStart SET ExpiresAt = '2020-01-01T00:00:00.000000Z'");

        (await begun.SubmitAsync("form[data-submit]", CancellationToken.None)).Status.ShouldBe(400);
    }

    [Fact]
    [Attack(5)]
    public async Task A_login_begun_in_one_browser_opens_nothing_in_another()
    {
        // The attacker begins, and gets somebody else's browser to finish: the victim's work would count for the attacker.
        var begun = await _published.BeginAsync("learner");
        var fields = Fields(begun);
        using var victim = new Browser();

        var refused = await victim.SendAsync(HttpMethod.Post, new Uri(_published.Publisher.LoginUrl), fields, CancellationToken.None);

        refused.Status.ShouldBe(400);
        // Nor where the other browser has a launch of its own.
        var second = Campus.Story.BrowserOf("learner2");
        await _published.StartAsync("learner2");
        (await second.SendAsync(HttpMethod.Post, new Uri(_published.Publisher.LoginUrl), fields, CancellationToken.None)).Status.ShouldBe(400);
        _published.Publisher.Visitors.Count.ShouldBe(1);
    }

    [Theory]
    [Attack(11)]
    [InlineData("redirect_uri", "https://evil.example/launch")]
    [InlineData("client_id", "evil")]
    [InlineData("nonce", "")]
    [InlineData("response_mode", "query")]
    public async Task An_authentication_request_that_is_not_the_tools_own_is_refused_and_sent_nowhere(string name, string value)
    {
        var begun = await _published.BeginAsync("learner");
        var platform = _published.Publisher.Platforms[0];
        var fields = Fields(begun).ToDictionary(StringComparer.Ordinal);
        var query = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["scope"] = "openid",
            ["response_type"] = "id_token",
            ["response_mode"] = "form_post",
            ["prompt"] = "none",
            ["client_id"] = platform.ClientId,
            ["redirect_uri"] = _published.Publisher.LaunchUrl,
            ["state"] = "s",
            ["nonce"] = "n",
            ["login_hint"] = fields["login_hint"],
            ["lti_message_hint"] = fields["lti_message_hint"],
        };
        var browser = Campus.Story.BrowserOf("learner");

        query[name] = value;
        var refused = await browser.OpenAsync(QueryHelpers.AddQueryString(platform.AuthorizationEndpoint, query), CancellationToken.None);

        refused.Status.ShouldBe(400);
        refused.Source.ShouldNotContain("id_token\"");
        refused.Has("form[data-submit]").ShouldBeFalse();
    }

    [Fact]
    [Attack(21)]
    public async Task A_learner_can_post_no_score()
    {
        await _published.StartAsync("learner");
        var visitor = _published.VisitorOf();
        var body = Publisher.ScoreBody(visitor.Subject, 100, 100, DateTimeOffset.UtcNow);
        var begun = await _published.BeginAsync("learner");
        var idToken = (await begun.SubmitAsync("form[data-submit]", CancellationToken.None)).Document.QuerySelector("input[name=id_token]")!.GetAttribute("value")!;

        foreach (var token in new[] { null, "", Fields(begun).First(f => f.Key == "lti_message_hint").Value, idToken, new string('A', 43) })
            (await PostAsync(visitor.LineItem!, token, body)).ShouldBe(401);

        (await Campus.AskAsync<long>("SELECT COUNT(*) FROM Result")).ShouldBe(0);
    }

    [Fact]
    [Attack(21)]
    public async Task A_score_for_someone_who_never_came_through_us_leaves_no_row()
    {
        await _published.StartAsync("learner");
        var visitor = _published.VisitorOf();
        await Campus.OpenAsync("learner2");
        string[] strangers = [Campus.Lms.School.Person("learner2").Id, Campus.Lms.School.Person("learner").Id, "11111111-1111-4111-8111-111111111111", visitor.Subject.ToUpperInvariant(), visitor.Subject + " "];

        foreach (var stranger in strangers)
            (await _published.Publisher.PostAsync(visitor, visitor.LineItem!, Publisher.ScoreBody(stranger, 100, 100, DateTimeOffset.UtcNow), CancellationToken.None)).Status.ShouldBe(404);

        (await Campus.AskAsync<long>("SELECT COUNT(*) FROM Result")).ShouldBe(0);
        (await Campus.AskAsync<long>("SELECT COUNT(*) FROM Award")).ShouldBe(0);
    }

    [Fact]
    [Attack(6)]
    [Attack(12)]
    public async Task A_tool_of_another_institution_can_neither_read_nor_grade_here()
    {
        await _published.StartAsync("learner");
        var visitor = _published.VisitorOf();
        var (lms, _) = await Campus.JoinAsync("Elsewhere College");
        var (mine, foreign) = (_published.Publisher.Platforms[0], await ConnectAsync(lms, "Elsewhere College"));
        var body = Publisher.ScoreBody(visitor.Subject, 100, 100, DateTimeOffset.UtcNow);

        // With the other institution's own token, at this one's addresses.
        var sent = await lms.Publisher.PostAsync(visitor with { Platform = foreign }, visitor.LineItem!, body, CancellationToken.None);
        sent.Status.ShouldBe(401);
        // At its own addresses, for this one's link.
        var there = visitor.LineItem!.Replace(mine.Issuer, foreign.Issuer, StringComparison.Ordinal);
        (await lms.Publisher.PostAsync(visitor with { Platform = foreign }, there, body, CancellationToken.None)).Status.ShouldBe(404);
        // And it gets no token of this institution, whatever it calls itself.
        (await lms.Publisher.PostAsync(visitor with { Platform = mine }, visitor.LineItem, body, CancellationToken.None)).Answer.ShouldBe("no token");

        (await Campus.AskAsync<long>("SELECT COUNT(*) FROM Result")).ShouldBe(0);
    }

    [Fact]
    [Attack(12)]
    public async Task Another_tool_of_the_same_institution_has_no_such_link()
    {
        await _published.StartAsync("learner");
        var visitor = _published.VisitorOf();
        var second = await DemoLmsServer.StartAsync(new DemoLmsOptions(), CancellationToken.None);
        await using var _ = second;
        var platform = await ConnectAsync(second, null);

        var sent = await second.Publisher.PostAsync(visitor with { Platform = platform }, visitor.LineItem!, Publisher.ScoreBody(visitor.Subject, 100, 100, DateTimeOffset.UtcNow), CancellationToken.None);

        sent.Status.ShouldBe(404);
        (await Campus.AskAsync<long>("SELECT COUNT(*) FROM Result")).ShouldBe(0);
    }

    [Fact]
    public async Task What_a_token_is_not_for_it_does_not_open()
    {
        await _published.StartAsync("learner");
        var visitor = _published.VisitorOf();
        await Campus.ExecuteAsync("UPDATE PublishedTool SET Scopes = 'https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly'");

        var sent = await _published.Publisher.PostAsync(visitor, visitor.LineItem!, Publisher.ScoreBody(visitor.Subject, 100, 100, DateTimeOffset.UtcNow), CancellationToken.None);

        sent.Status.ShouldBe(403);
        sent.Answer.ShouldContain("insufficient_scope");
        (await Campus.AskAsync<long>("SELECT COUNT(*) FROM Result")).ShouldBe(0);
    }

    [Fact]
    public async Task Secrets_of_handles_and_tokens_are_kept_as_hashes_only()
    {
        var begun = await _published.BeginAsync("learner");
        var handle = Fields(begun).First(f => f.Key == "lti_message_hint").Value;
        await begun.SubmitAsync("form[data-submit]", CancellationToken.None);

        (await Campus.AskAsync<long>("SELECT COUNT(*) FROM PublishedStart WHERE HandleHash = @handle", new { handle })).ShouldBe(0);
        (await Campus.AskAsync<long>("SELECT COUNT(*) FROM PublishedStart WHERE LENGTH(HandleHash) = 64 AND SpentAt IS NOT NULL")).ShouldBe(1);
    }

    [Fact]
    public async Task A_learner_who_was_erased_is_gone_from_here_and_graded_no_more()
    {
        await _published.StartAsync("learner");
        var visitor = _published.VisitorOf();
        var subject = Campus.Lms.School.Person("learner").Id;
        var platformId = Guid.Parse((await Campus.AskAsync<string>("SELECT PlatformId FROM Platform"))!);

        await ((LtiMicroCred.Features.Learners.EraseLearners)Campus.Services.GetService(typeof(LtiMicroCred.Features.Learners.EraseLearners))!).RunAsync(platformId, subject, CancellationToken.None);

        foreach (var table in new[] { "PublishedPerson", "PublishedVisit", "PublishedStart" })
            (await Campus.AskAsync<long>($"SELECT COUNT(*) FROM {table}")).ShouldBe(0, table);
        (await _published.Publisher.PostAsync(visitor, visitor.LineItem!, Publisher.ScoreBody(visitor.Subject, 100, 100, DateTimeOffset.UtcNow), CancellationToken.None)).Status.ShouldBe(404);
    }

    private async Task<KnownPlatform> ConnectAsync(DemoLmsServer lms, string? tenant)
    {
        var id = Guid.Parse((await Campus.AskAsync<string>("SELECT TenantId FROM Tenant WHERE @tenant IS NULL OR Name = @tenant ORDER BY CreatedAt", new { tenant }))!);
        var link = await LtiMicroCred.Storage.Messages.SendAsync(Campus.World.Scopes, new LtiMicroCred.Features.Published.InviteTool(id, TimeSpan.FromHours(1)), CancellationToken.None);
        using var browser = new Browser();
        var page = await browser.OpenAsync(link.Url, CancellationToken.None);
        (await page.SubmitAsync("form[action*='handler=Open']", CancellationToken.None, ("url", lms.Publisher.NewRegistration()))).Text.ShouldContain("can open what is published here");
        return lms.Publisher.Platforms.Single();
    }

    private static List<KeyValuePair<string, string>> Fields(BrowserPage page) =>
        [.. page.Document.QuerySelectorAll("form[data-submit] input[name]").Select(i => KeyValuePair.Create(i.GetAttribute("name")!, i.GetAttribute("value") ?? ""))];

    private static async Task<int> PostAsync(string lineItem, string? token, string body)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, lineItem + "/scores") { Content = new StringContent(body, new MediaTypeHeaderValue("application/vnd.ims.lis.v1.score+json")) };
        if (token is not null)
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token);
        return (int)(await http.SendAsync(request)).StatusCode;
    }
}
