using System.Globalization;
using System.Text.Json.Nodes;
using LtiMicroCred.Lti.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace LtiMicroCred.Lti.Tests.Quirks;

/// <summary>A site that answers scores as Canvas does: 403 without a User-Agent, 400 for a timestamp that is not newer, 422 for people who are no students, an object on success.</summary>
public sealed class CanvasTests(LoopbackServer server)
{
    private const string Student = "535fa085-f22b-4655-f48a-5a36a9215f64";

    [Fact]
    public async Task Score_is_taken_and_its_answer_is_an_object()
    {
        using var tool = new TestTool(Canvas());

        await PostAsync(tool, Student, tool.Clock.Now);

        tool.Site.Last("/api/lti/courses/1/line_items/2/scores").Headers["User-Agent"].ShouldBe("TestTool/1.0");
    }

    [Fact]
    public async Task Old_timestamp_is_refused_for_good_and_the_next_one_handed_out_is_taken()
    {
        using var tool = new TestTool(Canvas());
        var stamps = tool.Get<ScoreTimestamps>();
        var first = stamps.After(null);
        await PostAsync(tool, Student, first);

        (await RefusedAsync(tool, Student, first)).Status.ShouldBe(400);
        // Also on a clock that went back.
        tool.Clock.Now -= TimeSpan.FromMinutes(5);
        await PostAsync(tool, Student, stamps.After(first));
    }

    [Fact]
    public async Task Test_student_gets_no_score_and_is_not_tried_again()
    {
        using var tool = new TestTool(Canvas());

        (await RefusedAsync(tool, "test-student", tool.Clock.Now)).Status.ShouldBe(422);

        tool.Site.Count("/api/lti/courses/1/line_items/2/scores").ShouldBe(1);
    }

    [Fact]
    public async Task Institutions_of_the_shared_issuer_have_tokens_of_their_own()
    {
        using var tool = new TestTool(Canvas());
        var one = tool.Platform with { Issuer = "https://canvas.instructure.com" };
        var other = one with { Id = Guid.NewGuid() };
        var tokens = tool.Get<ServiceTokens>();

        var first = await tokens.GetAsync(one, [LtiScopes.Score], CancellationToken.None);

        first.ShouldBe("token-1");
        (await tokens.GetAsync(other, [LtiScopes.Score], CancellationToken.None)).ShouldBe("token-2");
        (await tokens.GetAsync(one, [LtiScopes.Score], CancellationToken.None)).ShouldBe("token-1");
    }

    private Site Canvas()
    {
        var site = server.NewSite();
        DateTimeOffset? newest = null;
        site.On("/api/lti/courses/1/line_items/2/scores", context =>
        {
            var score = JsonNode.Parse(((Seen)context.Items[typeof(Seen)]!).Body)!;
            var timestamp = DateTimeOffset.Parse(score["timestamp"]!.GetValue<string>(), CultureInfo.InvariantCulture);
            context.Response.StatusCode = context.Request.Headers.UserAgent.Count == 0 ? 403
                : score["userId"]!.GetValue<string>() != Student ? 422
                : timestamp <= newest ? 400
                : 200;
            if (context.Response.StatusCode != 200)
                return context.Response.WriteAsync("""{"errors":{"type":"unprocessable_entity","message":"refused"}}""");

            newest = timestamp;
            return context.Response.WriteAsync($$"""{"resultUrl":"{{site.Address}}/api/lti/courses/1/line_items/2/results/3"}""");
        });
        return site;
    }

    private static async Task<LtiServiceException> RefusedAsync(TestTool tool, string userId, DateTimeOffset timestamp)
    {
        var refusal = await Should.ThrowAsync<LtiServiceException>(() => PostAsync(tool, userId, timestamp));
        refusal.Failure.ShouldBe(ServiceFailure.Rejected);
        refusal.Retryable.ShouldBeFalse();
        return refusal;
    }

    private static Task PostAsync(TestTool tool, string userId, DateTimeOffset timestamp) => tool.Get<AssignmentAndGradeServices>().PostScoreAsync(
        tool.Platform,
        tool.Site.Uri("/api/lti/courses/1/line_items/2"),
        new Score { UserId = userId, Timestamp = timestamp, ActivityProgress = ActivityProgress.Completed, GradingProgress = GradingProgress.FullyGraded, ScoreGiven = 1, ScoreMaximum = 1 },
        CancellationToken.None);
}
