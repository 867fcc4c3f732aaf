using System.Text.Json.Nodes;

namespace LtiMicroCred.DemoLms.Tests;

/// <summary>A gradebook that shows tools the columns of its own quizzes, to be read and nothing else.</summary>
public sealed class SakaiMannersTests
{
    private const string ItemType = "application/vnd.ims.lis.v2.lineitem+json", ReadOnly = "https://www.sakailms.org/spec/lti-ags/v2p0/readOnly";

    [Fact]
    public async Task Quizzes_are_listed_as_read_only_beside_the_tools_own_columns()
    {
        await using var campus = await Campus.OpenAsync(Manners.Sakai);
        var answer = await campus.Tool.CallAsync(campus.Lms, HttpMethod.Get, campus.LineItems, await campus.Tool.TokenAsync(campus.Lms), "application/vnd.ims.lis.v2.lineitemcontainer+json");
        var items = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!.AsArray();

        items.Select(item => (item!["label"]!.GetValue<string>(), item[ReadOnly]?.GetValue<bool>())).ShouldBe([("Final quiz", true), ("Credential A", null)]);
        items[0]!.AsObject().ContainsKey("resourceLinkId").ShouldBeFalse();
    }

    [Fact]
    public async Task A_quizs_results_can_be_read()
    {
        await using var campus = await Campus.OpenAsync(Manners.Sakai);
        campus.School.TakeQuiz(campus.Quiz, campus.Learner, rightAnswers: 4);
        var answer = await campus.GetResultsAsync(campus.QuizColumn, await campus.Tool.TokenAsync(campus.Lms));
        var result = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!.AsArray().ShouldHaveSingleItem();

        (result!["userId"]!.GetValue<string>(), result["resultScore"]!.GetValue<decimal>(), result["resultMaximum"]!.GetValue<decimal>()).ShouldBe((campus.Learner.Id, 80, 100));
    }

    [Fact]
    public async Task A_quizs_column_cannot_be_scored_changed_or_deleted()
    {
        await using var campus = await Campus.OpenAsync(Manners.Sakai);
        var token = await campus.Tool.TokenAsync(campus.Lms);

        ((int)(await campus.PostScoreAsync(campus.QuizColumn, token, Campus.Score(campus.Learner, DateTimeOffset.UtcNow))).StatusCode).ShouldBe(403);
        ((int)(await campus.Tool.CallAsync(campus.Lms, HttpMethod.Put, campus.Item(campus.QuizColumn), token, null, "{\"label\":\"x\",\"scoreMaximum\":1}", ItemType)).StatusCode).ShouldBe(403);
        ((int)(await campus.Tool.CallAsync(campus.Lms, HttpMethod.Delete, campus.Item(campus.QuizColumn), token)).StatusCode).ShouldBe(403);
        campus.Gradebook.GradesOf(campus.QuizColumn).ShouldBeEmpty();
    }
}
