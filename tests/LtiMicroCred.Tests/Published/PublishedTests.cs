using System.Text.Json.Nodes;

namespace LtiMicroCred.Tests.Published;

/// <summary>A quiz that an LMS publishes as an LTI tool: from our activity to the quiz and back to a credential.</summary>
public sealed class PublishedTests
{
    [Fact]
    public async Task A_learner_starts_the_quiz_from_our_activity_and_comes_back_to_a_credential()
    {
        await using var published = await PublishedCampus.InUseAsync();
        var campus = published.Campus;

        var quiz = await published.StartAsync("learner");
        quiz.Url.AbsolutePath.ShouldEndWith($"/quiz/{published.Quiz.Id}");
        await published.TakeAsync(quiz, rightAnswers: 5);
        var sent = (await published.Publisher.SyncGradesAsync(CancellationToken.None)).ShouldHaveSingleItem();

        sent.Status.ShouldBe(200, sent.Answer);
        sent.Body.ShouldContain("\"scoreGiven\":\"100.00000\"");
        // The way back that the launch told of leads to the learner's own page, and names nobody.
        var visitor = published.VisitorOf();
        visitor.ReturnUrl.ShouldNotBeNull().ShouldEndWith("/return");
        var back = await campus.Story.BrowserOf("learner").OpenAsync(visitor.ReturnUrl, CancellationToken.None);
        back.Text.ShouldContain("You earned this credential");
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Award")).ShouldBe(1);
        (await campus.AskAsync<string>("SELECT i.Way FROM Evidence v JOIN EvidenceResult y ON y.AwardId = v.AwardId JOIN Result r ON r.ResultId = y.ResultId JOIN LineItem i ON i.LineItemId = r.LineItemId")).ShouldBe("published");
        (await campus.World.VerifyAsync(CancellationToken.None)).Break.ShouldBeNull();
        var evidence = await campus.OpenAsync("instructor");
        evidence.Text.ShouldContain("Score at least 60% in “Ethics check”");
    }

    [Fact]
    public async Task Each_assessment_of_a_rule_can_be_a_quiz_of_its_own()
    {
        await using var published = await PublishedCampus.InUseAsync();
        var campus = published.Campus;
        var school = campus.Lms.School;
        await campus.AskForTwoAsync();
        var essay = school.AddQuiz(school.FindCourse("3")!, "Ethics essay", "essay", 20, published.Quiz.Questions);
        var custom = $"id={published.Publisher.Publish(essay).Uuid}";

        var twice = await published.ChooseAsync(assessment: "Essay", title: "Ethics check again");
        twice.Status.ShouldBe(400);
        twice.Text.ShouldContain("its grade would count twice");
        var chosen = await published.ChooseAsync(custom: custom, assessment: "Essay", title: "Ethics essay");
        await chosen.SubmitAsync("form[action*='handler=Use'] button", CancellationToken.None);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM PublishedLink")).ShouldBe(2);

        await published.TakeAsync(await published.StartAsync("learner"), rightAnswers: 5);
        (await published.Publisher.SyncGradesAsync(CancellationToken.None)).ShouldHaveSingleItem().Status.ShouldBe(200);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Award")).ShouldBe(0, "one of two");
        await PublishedCampus.TakeAsync(await published.StartAsync("learner", "#start-2"), essay, rightAnswers: 5);
        (await published.Publisher.SyncGradesAsync(CancellationToken.None)).ShouldHaveSingleItem().Status.ShouldBe(200);
        (await campus.AskAsync<string>("SELECT GROUP_CONCAT(i.Assessment) FROM EvidenceResult y JOIN Result r ON r.ResultId = y.ResultId JOIN LineItem i ON i.LineItemId = r.LineItemId ORDER BY 1")).ShouldBe("1,2");
        (await campus.World.VerifyAsync(CancellationToken.None)).Break.ShouldBeNull();
    }

    [Fact]
    public async Task A_failing_grade_is_kept_and_the_same_grade_is_kept_once()
    {
        await using var published = await PublishedCampus.InUseAsync();
        await published.TakeAsync(await published.StartAsync("learner"), rightAnswers: 1);

        (await published.Publisher.SyncGradesAsync(CancellationToken.None)).ShouldHaveSingleItem().Status.ShouldBe(200);
        (await published.Publisher.SyncGradesAsync(CancellationToken.None)).ShouldBeEmpty();
        var visitor = published.VisitorOf();
        var again = LtiMicroCred.DemoLms.Publisher.ScoreBody(visitor.Subject, 20, 100, DateTimeOffset.UtcNow.AddSeconds(2));
        (await published.Publisher.PostAsync(visitor, visitor.LineItem!, again, CancellationToken.None)).Status.ShouldBe(200);
        (await published.Publisher.PostAsync(visitor, visitor.LineItem!, again, CancellationToken.None)).Status.ShouldBe(200);

        (await published.Campus.AskAsync<long>("SELECT COUNT(*) FROM Result")).ShouldBe(2, "one at each time");
        (await published.Campus.AskAsync<long>("SELECT COUNT(*) FROM Award")).ShouldBe(0);
        (await published.Campus.OpenAsync("learner")).Text.ShouldContain("20%");
    }

    [Fact]
    public async Task An_older_score_is_refused_and_changes_nothing()
    {
        await using var published = await PublishedCampus.InUseAsync();
        await published.TakeAsync(await published.StartAsync("learner"), rightAnswers: 5);
        (await published.Publisher.SyncGradesAsync(CancellationToken.None)).ShouldHaveSingleItem().Status.ShouldBe(200);
        var visitor = published.VisitorOf();

        async Task<int> PostAsync(string body) => (await published.Publisher.PostAsync(visitor, visitor.LineItem!, body, CancellationToken.None)).Status;
        (await PostAsync(LtiMicroCred.DemoLms.Publisher.ScoreBody(visitor.Subject, 10, 100, DateTimeOffset.UtcNow.AddHours(-1)))).ShouldBe(409);
        (await PostAsync(LtiMicroCred.DemoLms.Publisher.ScoreBody(visitor.Subject, 10, 100, DateTimeOffset.UtcNow.AddHours(1)))).ShouldBe(400);
        (await PostAsync(LtiMicroCred.DemoLms.Publisher.ScoreBody(visitor.Subject, 99999999999, 100, DateTimeOffset.UtcNow.AddSeconds(5)))).ShouldBe(400);
        (await PostAsync("{}")).ShouldBe(400);

        (await published.Campus.AskAsync<long>("SELECT COUNT(*) FROM Result")).ShouldBe(1);
    }

    [Fact]
    public async Task A_score_that_is_not_fully_graded_earns_nothing_yet()
    {
        await using var published = await PublishedCampus.InUseAsync();
        await published.StartAsync("learner");
        var visitor = published.VisitorOf();
        var pending = LtiMicroCred.DemoLms.Publisher.ScoreBody(visitor.Subject, 100, 100, DateTimeOffset.UtcNow.AddSeconds(-5)).Replace("FullyGraded", "PendingManual", StringComparison.Ordinal);

        (await published.Publisher.PostAsync(visitor, visitor.LineItem!, pending, CancellationToken.None)).Status.ShouldBe(200);

        (await published.Campus.AskAsync<long>("SELECT COUNT(*) FROM Award")).ShouldBe(0);
    }

    [Fact]
    public async Task What_came_before_the_instructor_used_it_is_seen_and_counts_from_then_on()
    {
        await using var published = await PublishedCampus.InUseAsync();
        await published.TakeAsync(await published.StartAsync("learner"), rightAnswers: 4);
        await (await published.SetUpAsync()).SubmitAsync("form[action*='handler=Stop'] button", CancellationToken.None);
        (await published.Campus.OpenAsync("learner")).Has("#start").ShouldBeFalse("it counts no longer");
        await published.Publisher.SyncGradesAsync(CancellationToken.None);
        (await published.Campus.AskAsync<long>("SELECT COUNT(*) FROM Award")).ShouldBe(0);

        var page = await published.SetUpAsync();
        page.Text.ShouldContain("We see 1 result, it would pass.");
        await page.SubmitAsync("form[action*='handler=Use'] button", CancellationToken.None);

        (await published.Campus.AskAsync<long>("SELECT COUNT(*) FROM Award")).ShouldBe(1);
    }

    [Fact]
    public async Task The_instructor_tests_it_as_a_teacher_whom_nobody_grades()
    {
        await using var published = await PublishedCampus.ConnectedAsync();
        (await published.ChooseAsync()).Text.ShouldContain("Nobody has opened it yet");

        var begun = await published.BeginAsync("instructor", "form[action$='/window/quiz']");
        var answer = await begun.SubmitAsync("form[data-submit]", CancellationToken.None);
        await answer.SubmitAsync("form[data-submit]", CancellationToken.None);

        var visitor = published.VisitorOf();
        visitor.IsLearner.ShouldBeFalse();
        (await published.SetUpAsync()).Text.ShouldContain("The LMS let somebody in");
        var posted = await published.Publisher.PostAsync(visitor, visitor.LineItem!, LtiMicroCred.DemoLms.Publisher.ScoreBody(visitor.Subject, 100, 100, DateTimeOffset.UtcNow), CancellationToken.None);
        posted.Status.ShouldBe(404);
        (await published.Campus.AskAsync<long>("SELECT COUNT(*) FROM Result")).ShouldBe(0);
        (await published.Publisher.SyncMembersAsync(CancellationToken.None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Only_those_who_came_through_us_are_listed_and_by_names_of_this_tool_alone()
    {
        await using var published = await PublishedCampus.InUseAsync();
        await published.StartAsync("learner");
        await published.Campus.OpenAsync("learner2");

        var listed = await published.Publisher.SyncMembersAsync(CancellationToken.None);

        listed.ShouldHaveSingleItem().ShouldBe(published.VisitorOf().Subject);
        (listed[0] == published.Campus.Lms.School.Person("learner").Id).ShouldBeFalse();
        Guid.TryParse(listed[0], out _).ShouldBeTrue();
    }

    [Fact]
    public async Task A_learner_can_not_start_what_does_not_count_yet()
    {
        await using var published = await PublishedCampus.ConnectedAsync();
        await published.ChooseAsync();

        var learner = await published.Campus.OpenAsync("learner");
        learner.Has("#start").ShouldBeFalse();
        var direct = await published.Campus.Story.BrowserOf("learner").OpenAsync(new Uri(learner.Url, "quiz"), CancellationToken.None);
        direct.Text.ShouldContain("There is nothing to start here");
    }

    [Theory]
    [InlineData("https://elsewhere.example/launch", "id=1", "Paste the whole launch URL")]
    [InlineData("javascript:alert(1)", "id=1", "Paste the whole launch URL")]
    [InlineData(null, "no parameter", "Write one property a line")]
    public async Task What_the_instructor_pastes_must_be_of_that_lms(string? target, string custom, string saying)
    {
        await using var published = await PublishedCampus.ConnectedAsync();

        var page = await published.ChooseAsync(target, custom);

        page.Status.ShouldBe(400);
        page.Text.ShouldContain(saying);
        (await published.Campus.AskAsync<long>("SELECT COUNT(*) FROM PublishedLink")).ShouldBe(0);
    }

    [Fact]
    public async Task Once_scores_have_come_the_quiz_behind_them_stays()
    {
        await using var published = await PublishedCampus.InUseAsync();
        (await published.ChooseAsync(custom: "id=another")).Status.ShouldBe(200, "nothing has come yet");
        await published.ChooseAsync();
        await published.TakeAsync(await published.StartAsync("learner"), rightAnswers: 5);
        await published.Publisher.SyncGradesAsync(CancellationToken.None);

        var refused = await published.ChooseAsync(custom: "id=another");

        refused.Status.ShouldBe(400);
        refused.Text.ShouldContain("make another activity for it");
        (await published.Campus.AskAsync<string>("SELECT Custom FROM PublishedLink")).ShouldBe($"id={published.Published.Uuid}");
        (await published.ChooseAsync()).Status.ShouldBe(200, "the same again");
    }

    [Fact]
    public async Task An_administrator_of_the_institution_makes_the_link_and_an_instructor_does_not()
    {
        await using var campus = await Campus.FurnishedAsync();
        var admin = await (await campus.OpenAsync("admin")).FollowAsync("a[href$='/published']", CancellationToken.None);
        var made = await admin.SubmitAsync("form[action*='handler=Invite'] button", CancellationToken.None);
        var link = made.Document.QuerySelector("a[href*='/published/']").ShouldNotBeNull().GetAttribute("href")!;
        var page = await campus.Story.BrowserOf("admin").OpenAsync(link, CancellationToken.None);
        page.Text.ShouldContain("Let University of Lindhaven receive grades of published activities");

        var instructor = await (await campus.OpenAsync("instructor")).FollowAsync("a[href$='/published']", CancellationToken.None);
        instructor.Has("form[action*='handler=Invite']").ShouldBeFalse();
        instructor.Text.ShouldContain("Your LMS administrator connects it once");
        var token = (await campus.OpenAsync("instructor")).Document.QuerySelector("input[name=__RequestVerificationToken]")!.GetAttribute("value")!;
        var forced = await campus.Story.BrowserOf("instructor").SendAsync(HttpMethod.Post, new Uri(instructor.Url, "published?handler=Invite"), [KeyValuePair.Create("__RequestVerificationToken", token)], CancellationToken.None);
        forced.Status.ShouldBe(404);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM PublishedInvite")).ShouldBe(1);
    }

    [Fact]
    public async Task A_registration_link_connects_one_lms_once()
    {
        await using var published = await PublishedCampus.ConnectedAsync();
        var link = await published.InviteAsync();

        (await published.ConnectAsync(link)).Text.ShouldContain("can open what is published here");
        (await published.Campus.Story.BrowserOf("admin").OpenAsync(link, CancellationToken.None)).Text.ShouldContain("is connected");

        // The token of that link registers nobody else.
        var configuration = JsonNode.Parse((await published.Campus.Story.BrowserOf("admin").OpenAsync($"{published.Publisher.Platforms[0].Issuer}/.well-known/openid-configuration", CancellationToken.None)).Source)!;
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, (string)configuration["registration_endpoint"]!);
        request.Headers.Authorization = new("Bearer", link.Segments[^1]);
        request.Content = new StringContent("""{"client_name":"Second","initiate_login_uri":"https://a.example/l","redirect_uris":["https://a.example/r"],"jwks_uri":"https://a.example/k","https://purl.imsglobal.org/spec/lti-tool-configuration":{"target_link_uri":"https://a.example/r"}}""");
        ((int)(await http.SendAsync(request)).StatusCode).ShouldBe(401);
        (await published.Campus.AskAsync<long>("SELECT COUNT(*) FROM PublishedTool")).ShouldBe(2);
    }

    [Fact]
    public async Task An_lms_connected_by_hand_works_like_any_other()
    {
        await using var published = await PublishedCampus.ConnectedAsync();
        var page = await published.Campus.Story.BrowserOf("admin").OpenAsync(await published.InviteAsync(), CancellationToken.None);
        var wrong = await page.SubmitAsync("form[action*='handler=ByHand']", CancellationToken.None, ("client_name", "By hand"), ("initiate_login_uri", "ftp://x"));
        wrong.Status.ShouldBe(400);
        wrong.Document.QuerySelector("#initiate_login_uri-error").ShouldNotBeNull();
        wrong.Document.QuerySelector("#client_name")!.GetAttribute("value").ShouldBe("By hand");

        var done = await wrong.SubmitAsync(
            "form[action*='handler=ByHand']",
            CancellationToken.None,
            ("initiate_login_uri", published.Publisher.LoginUrl),
            ("redirect_uris", published.Publisher.LaunchUrl),
            ("jwks_uri", published.Publisher.JwksUrl),
            ("target_link_uri", published.Publisher.LaunchUrl));

        done.Text.ShouldContain("Give these to the LMS");
        var given = done.Document.QuerySelectorAll("dl.facts dd").Select(fact => fact.TextContent).ToList();
        published.Publisher.Know(new() { Issuer = given[0], ClientId = given[1], DeploymentId = given[2], AuthorizationEndpoint = given[3], TokenEndpoint = given[4], JwksUri = given[5] });
        await published.Campus.ExecuteAsync("DELETE FROM PublishedTool WHERE ByHand = 0");
        var chosen = await published.ChooseAsync();
        await chosen.SubmitAsync("form[action*='handler=Use'] button", CancellationToken.None);
        await published.TakeAsync(await published.StartAsync("learner"), rightAnswers: 5);
        (await published.Publisher.SyncGradesAsync(CancellationToken.None)).ShouldHaveSingleItem().Status.ShouldBe(200);
        (await published.Campus.AskAsync<long>("SELECT COUNT(*) FROM Award")).ShouldBe(1);
    }

    [Fact]
    public async Task Nobody_reads_a_column_that_is_posted_to_us()
    {
        await using var published = await PublishedCampus.InUseAsync();
        await published.StartAsync("learner");

        (await published.Campus.AskAsync<string>("SELECT NextReadAt FROM LineItem WHERE Way = 'published'")).ShouldStartWith("9999");
        await Task.Delay(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken);
        (await published.Campus.AskAsync<string>("SELECT NextReadAt FROM LineItem WHERE Way = 'published'")).ShouldStartWith("9999", Case.Sensitive, "the launch brought the other columns forward");
        (await published.Campus.AskAsync<string>("SELECT FailureKind FROM LineItem WHERE Way = 'published'")).ShouldBeNull();
    }
}
