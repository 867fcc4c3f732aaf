using LtiMicroCred.Lti.Tests.Support;

namespace LtiMicroCred.Lti.Tests.Services;

public sealed class ScoreTests(LoopbackServer server)
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, 250, TimeSpan.FromHours(1));

    private static Score Passed => new()
    {
        UserId = "4", Timestamp = Noon, ActivityProgress = ActivityProgress.Completed, GradingProgress = GradingProgress.FullyGraded, ScoreGiven = 8, ScoreMaximum = 10,
    };

    [Fact]
    public async Task Score_is_compact_json_below_the_path_of_the_column()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/item/scores", 200);

        await Grades(tool).PostScoreAsync(tool.Platform, tool.Site.Uri("/item?type_id=2"), Passed with
        {
            ScoreGiven = 12.5m,
            Comment = "Gut",
            Submission = new ScoreSubmission { StartedAt = Noon.AddHours(-1), SubmittedAt = Noon.AddMinutes(-1) },
            ScoringUserId = "3",
        }, CancellationToken.None);

        var sent = tool.Site.Last("/item/scores");
        sent.Query.ShouldBe("?type_id=2");
        sent.Headers["Content-Type"].ShouldBe("application/vnd.ims.lis.v1.score+json");
        sent.Body.ShouldBe(
            """{"userId":"4","timestamp":"2026-11-22T11:00:00.250Z","activityProgress":"Completed","gradingProgress":"FullyGraded","scoreGiven":12.5,"scoreMaximum":10,"comment":"Gut","submission":{"startedAt":"2026-11-22T10:00:00.250Z","submittedAt":"2026-11-22T10:59:00.250Z"},"scoringUserId":"3"}""");
    }

    [Fact]
    public async Task Zero_is_sent_and_an_absent_score_clears()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/item/scores", 204);

        await PostAsync(tool, Passed with { ScoreGiven = 0 });
        tool.Site.Last("/item/scores").Body.ShouldContain("\"scoreGiven\":0,");

        await PostAsync(tool, Passed with { ScoreGiven = null, ScoreMaximum = null, ActivityProgress = ActivityProgress.Started, GradingProgress = GradingProgress.NotReady });
        tool.Site.Last("/item/scores").Body.ShouldBe("""{"userId":"4","timestamp":"2026-11-22T11:00:00.250Z","activityProgress":"Started","gradingProgress":"NotReady"}""");
    }

    [Theory]
    [InlineData("score", null)]
    [InlineData("score zero", null)]
    [InlineData("score above maximum", null)]
    [InlineData("score no scoreGiven", null)]
    [InlineData("score same second again", ServiceFailure.OlderScore)]
    [InlineData("score earlier", ServiceFailure.OlderScore)]
    [InlineData("score instructor", ServiceFailure.Rejected)]
    [InlineData("score unknown user", ServiceFailure.Rejected)]
    [InlineData("bad score, indented JSON", ServiceFailure.Rejected)]
    public async Task Answer_of_a_real_moodle_is_understood(string name, ServiceFailure? failure)
    {
        using var tool = new TestTool(server.NewSite());
        var address = Recorded.Play(tool.Site, name.Contains("indented", StringComparison.Ordinal) ? "grades-of-others" : "ags-scores-results", name);
        var lineItem = new Uri(address.AbsoluteUri.Replace("/scores", "", StringComparison.Ordinal));

        if (failure is null)
        {
            await Grades(tool).PostScoreAsync(tool.Platform, lineItem, Passed, CancellationToken.None);
            return;
        }

        var refusal = await Should.ThrowAsync<LtiServiceException>(() => Grades(tool).PostScoreAsync(tool.Platform, lineItem, Passed, CancellationToken.None));
        refusal.Failure.ShouldBe(failure.Value);
        refusal.Retryable.ShouldBe(failure == ServiceFailure.OlderScore);
        if (failure == ServiceFailure.OlderScore)
            refusal.RetryAfter.ShouldBe(TimeSpan.FromSeconds(1));
        tool.Site.Requests.Count(seen => seen.Method == "POST" && seen.Path.EndsWith("/scores", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public async Task Score_is_sent_again_with_the_same_timestamp_when_no_answer_came()
    {
        using var tool = new TestTool(server.NewSite());
        var attempts = 0;
        tool.Site.On("/item/scores", context =>
        {
            if (++attempts < 3)
                context.Abort();
            return Task.CompletedTask;
        });

        await PostAsync(tool, Passed);

        tool.Site.Requests.Where(seen => seen.Path == "/item/scores").Select(seen => seen.Body).Distinct(StringComparer.Ordinal).ShouldHaveSingleItem();
        attempts.ShouldBe(3);
    }

    [Fact]
    public async Task Column_that_tools_may_only_read_gets_no_score()
    {
        using var tool = new TestTool(server.NewSite());
        var item = new LineItem { Id = tool.Site.Address + "/item", Label = "Quiz", ScoreMaximum = 10, IsReadOnly = true };

        (await Should.ThrowAsync<LtiServiceException>(() => Grades(tool).PostScoreAsync(tool.Platform, item, Passed, CancellationToken.None))).Failure.ShouldBe(ServiceFailure.ReadOnly);

        tool.Site.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Score_that_no_platform_could_take_is_not_sent()
    {
        using var tool = new TestTool(server.NewSite());
        Score[] wrong =
        [
            Passed with { UserId = "" }, Passed with { Timestamp = default }, Passed with { ScoreGiven = -0.5m }, Passed with { ScoreMaximum = null }, Passed with { ScoreMaximum = 0 },
            Passed with { ActivityProgress = (ActivityProgress)9 }, Passed with { GradingProgress = (GradingProgress)9 },
        ];

        foreach (var score in wrong)
            await Should.ThrowAsync<ArgumentException>(() => PostAsync(tool, score));

        tool.Site.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(null, "2026-11-22T05:00:00.123Z")]
    [InlineData("2026-11-22T04:59:59.999Z", "2026-11-22T05:00:00.123Z")]
    [InlineData("2026-11-22T05:00:00.000Z", "2026-11-22T05:00:01Z")]
    [InlineData("2026-11-22T05:00:00.999Z", "2026-11-22T05:00:01Z")]
    [InlineData("2026-11-22T07:00:05.5+01:00", "2026-11-22T06:00:06Z")]
    public void Each_timestamp_is_of_a_later_second_than_the_last(string? last, string expected)
    {
        var clock = new TestClock();
        clock.Now += TimeSpan.FromTicks(1_234_567);

        var stamp = new ScoreTimestamps(clock).After(last is null ? null : DateTimeOffset.Parse(last, System.Globalization.CultureInfo.InvariantCulture));

        stamp.ShouldBe(DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture));
        stamp.Offset.ShouldBe(TimeSpan.Zero);
    }

    private static AssignmentAndGradeServices Grades(TestTool tool) => tool.Get<AssignmentAndGradeServices>();

    private static Task PostAsync(TestTool tool, Score score) => Grades(tool).PostScoreAsync(tool.Platform, tool.Site.Uri("/item"), score, CancellationToken.None);
}
