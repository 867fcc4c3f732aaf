using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace LtiMicroCred.DemoLms.Tests;

public sealed class ScoreAndResultTests(MoodleCampus moodle) : IClassFixture<MoodleCampus>
{
    private const string RecordedHost = "http://localhost:8090";

    private readonly Campus campus = moodle.Campus;

    [Fact]
    public async Task Scores_and_results_are_answered_as_recorded()
    {
        await using var own = await Campus.OpenAsync();
        var token = await own.Tool.TokenAsync(own.Lms);
        var made = await own.MakeColumnAsync(token, "{\"label\":\"Created by tool\",\"scoreMaximum\":10}");
        made.Id.ShouldBe("4");
        foreach (var (name, entry) in Recorded.File("ags-scores-results"))
        {
            var recorded = Recorded.Of(entry!);
            var request = entry!["request"]!;
            var headers = request["headers"]!;
            var answer = await own.Tool.CallAsync(
                own.Lms, HttpMethod.Parse(request["method"]!.GetValue<string>()), request["url"]!.GetValue<string>()[RecordedHost.Length..], token,
                headers["Accept"]?.GetValue<string>(), request["body"]?.ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }), headers["Content-Type"]?.GetValue<string>());

            var body = await recorded.ShouldMatchAsync(answer, name);
            answer.ReasonPhrase.ShouldBe(recorded.Reason, name);
            if (name.StartsWith("results", StringComparison.Ordinal) && recorded.Body is JsonArray expected && name != "results of coupled item 3")
                Comparable(JsonNode.Parse(body)!, own).ShouldBe(Comparable(expected, own), name);
            else if (recorded.Body is not JsonValue)
                Recorded.Shape(JsonNode.Parse(body)).ShouldBe(name == "results of coupled item 3" ? "[]" : Recorded.Shape(recorded.Body), name);
        }
    }

    [Fact]
    public async Task Refused_score_with_line_breaks_arrives_as_success_with_an_empty_list()
    {
        var entry = Recorded.File("grades-of-others")["bad score, indented JSON"]!;
        var answer = await campus.PostScoreAsync(campus.OwnColumn, await campus.Tool.TokenAsync(campus.Lms), entry["request"]!["body"]!.GetValue<string>());
        (await Recorded.Of(entry).ShouldMatchAsync(answer, "indented")).ShouldBe("[]");
    }

    [Fact]
    public async Task Instructors_change_is_seen_with_the_recorded_fields()
    {
        var token = await campus.Tool.TokenAsync(campus.Lms);
        var column = campus.Gradebook.ColumnsOf(campus.AddLink("Edited", graded: true))[0];
        campus.Gradebook.SetGrade(column, campus.School.Person("learner2"), 70, "well done");
        campus.Gradebook.SetGrade(column, campus.School.Person("learner3"), 0);
        campus.Gradebook.SetGrade(column, campus.School.Person("learner"), 85);
        campus.Gradebook.SetGrade(column, campus.School.Person("learner"), null);

        var answer = await campus.GetResultsAsync(column, token);
        var expected = Recorded.Case("results-after-teacher-edits", "teacher cleared the grade of user 4, gave 0 to user 6 in the activity").Body!;
        var body = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!.AsArray();
        body.Select(Recorded.Shape).ShouldBe(expected.AsArray().Select(Recorded.Shape));
        body[1]!["resultScore"]!.GetValue<decimal>().ShouldBe(0);
        body[0]!["timestamp"]!.GetValue<string>().ShouldEndWith("+01:00");
    }

    [Fact]
    public async Task Instructors_override_wins_over_later_scores()
    {
        var token = await campus.Tool.TokenAsync(campus.Lms);
        campus.Gradebook.SetGrade(campus.OwnColumn, campus.Learner, 85);
        var answer = await campus.PostScoreAsync(campus.OwnColumn, token, Campus.Score(campus.Learner, DateTimeOffset.UtcNow.AddSeconds(5), ",\"scoreGiven\":40,\"scoreMaximum\":100"));
        ((int)answer.StatusCode).ShouldBe(200);
        campus.Gradebook.GradeOf(campus.OwnColumn, campus.Learner)!.Points.ShouldBe(85);

        campus.Gradebook.ReleaseGrade(campus.OwnColumn, campus.Learner);
        campus.Gradebook.GradeOf(campus.OwnColumn, campus.Learner)!.Points.ShouldBe(40);
    }

    [Fact]
    public async Task Score_posted_into_a_calculated_column_freezes_it_for_that_learner()
    {
        var token = await campus.Tool.TokenAsync(campus.Lms);
        var column = await campus.MakeColumnAsync(token, "{\"label\":\"Pass\",\"scoreMaximum\":20}");
        campus.Gradebook.SetFormula(column, "=[[quiz1]]/5");
        var (frozen, live) = (campus.School.Person("learner4"), campus.School.Person("learner5"));
        campus.School.TakeQuiz(campus.Quiz, frozen, 3);
        campus.School.TakeQuiz(campus.Quiz, live, 3);

        var answer = await campus.PostScoreAsync(column, token, Campus.Score(frozen, DateTimeOffset.UtcNow.AddSeconds(5), ",\"scoreGiven\":4,\"scoreMaximum\":20"));
        ((int)answer.StatusCode).ShouldBe(200);
        campus.School.TakeQuiz(campus.Quiz, frozen, 5);
        campus.School.TakeQuiz(campus.Quiz, live, 5);

        campus.Gradebook.GradeOf(column, frozen)!.Points.ShouldBe(4);
        campus.Gradebook.GradeOf(column, live)!.Points.ShouldBe(20);
        campus.Gradebook.ReleaseGrade(column, frozen);
        campus.Gradebook.GradeOf(column, frozen)!.Points.ShouldBe(20);
    }

    [Fact]
    public async Task The_two_ways_to_learn_of_a_pass_go_as_recorded()
    {
        await using var own = await Campus.OpenAsync();
        own.School.Restrict(own.Link, new Restriction(own.Quiz.ColumnId, 60));
        var token = await own.Tool.TokenAsync(own.Lms);
        var column = await own.MakeColumnAsync(token);
        own.Gradebook.SetFormula(column, "=[[quiz1]]");
        var (first, second) = (own.School.Person("learner"), own.School.Person("learner2"));
        Action[] steps =
        [
            () => { },
            () => own.School.TakeQuiz(own.Quiz, first, 0),
            () => own.School.TakeQuiz(own.Quiz, first, 5),
            () => own.School.TakeQuiz(own.Quiz, second, 5),
            () => own.Gradebook.SetGrade(own.QuizColumn, second, 10),
            () => own.Gradebook.SetFormula(column, "=if([[quiz1]]>=60,100,0)"),
        ];
        foreach (var (step, recorded) in steps.Zip(Recorded.File("learning-of-a-pass")["steps"]!.AsArray()))
        {
            step();
            var results = JsonNode.Parse(await (await own.GetResultsAsync(column, token)).Content.ReadAsStringAsync())!.AsArray();
            results.Select(result => $"{result!["userId"]} {result["resultScore"]} {result["resultMaximum"]}")
                .ShouldBe(recorded!["ags"]!.AsArray().Select(row => $"{row![0]} {row[1]} {row[2]}"));
            var members = await own.Tool.CallAsync(own.Lms, HttpMethod.Get, $"{own.Members}?rlid={own.Link.Id}&role=Learner", token, "application/vnd.ims.lti-nrps.v2.membershipcontainer+json");
            JsonNode.Parse(await members.Content.ReadAsStringAsync())!["members"]!.AsArray().Select(member => member!["user_id"]!.GetValue<string>()).Order(StringComparer.Ordinal)
                .ShouldBe(recorded["nrps"]!.AsArray().Select(name => name!.GetValue<string>() == "student1" ? "4" : "5"));
        }
    }

    /// <summary>Timestamps depend on what Moodle stores of equal grades; hosts on the port.</summary>
    private static string Comparable(JsonNode results, Campus own) =>
        Regex.Replace(results.ToJsonString().Replace(own.Lms.BaseUrl.GetLeftPart(UriPartial.Authority), RecordedHost, StringComparison.Ordinal), "\"timestamp\":\"2026-11-22T05:55:\\d\\d", "\"timestamp\":\"");
}
