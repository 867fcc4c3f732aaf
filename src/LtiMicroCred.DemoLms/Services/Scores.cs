using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using LtiMicroCred.DemoLms.Lti;
using Scope = LtiMicroCred.DemoLms.Lti.Scopes;

namespace LtiMicroCred.DemoLms.Services;

/// <summary>AGS 2.0, 3.4: a tool posts a score.</summary>
internal static class Scores
{
    private const string ScoreType = "application/vnd.ims.lis.v1.score+json";

    public static ServiceResource Of(string courseId, string itemId) => new(["POST"], [], ScoreType, call => PostAsync(call, courseId, itemId));

    private static async Task PostAsync(ServiceCall call, string courseId, string itemId)
    {
        call.Demand(Scope.Score);
        var column = LineItems.Own(call, courseId, itemId);
        using var reader = new StreamReader(call.Context.Request.Body, Encoding.UTF8);
        var sent = await reader.ReadToEndAsync(call.Context.RequestAborted);
        var likeMoodle = call.Platform.LikeMoodle;
        if (Score.Read(sent) is not { } score || call.School.RoleOf(score.UserId, courseId) != CourseRole.Learner)
        {
            await RefuseAsync(call, 400, likeMoodle ? "Incorrect score received" + sent : "The score is not complete or not for a learner of this course");
            return;
        }
        // Moodle compares whole seconds.
        var precision = likeMoodle ? TimeSpan.FromSeconds(1) : TimeSpan.FromTicks(1);
        if (call.Gradebook.Post(column, score.UserId, Points(score, column, likeMoodle), score.Comment, score.Timestamp, precision))
            await Answers.TextAsync(call.Context, likeMoodle ? 200 : 204, "", ScoreType + "; charset=utf-8");
        else
            await RefuseAsync(call, 409, $"Refusing score with an earlier timestamp for item {itemId} and user {score.UserId}");
    }

    /// <summary>On the column's scale; nothing counts before it is fully graded. Moodle cuts at the maximum.</summary>
    private static decimal? Points(Score score, Column column, bool likeMoodle)
    {
        if (score.ScoreGiven is not { } given || score.GradingProgress != "FullyGraded")
            return null;
        var points = Math.Round(given * column.Maximum / score.ScoreMaximum, 5);
        return likeMoodle ? Math.Min(points, column.Maximum) : points;
    }

    private static async Task RefuseAsync(ServiceCall call, int status, string reason)
    {
        if (!call.Platform.LikeMoodle)
            throw new ServiceRefusal(status, reason);
        // Recorded: the reason carries the body, and a line break in it spoils the status line, so that the refusal arrives as 200.
        if (reason.Contains('\n', StringComparison.Ordinal))
            status = 200;
        else
            Answers.Reason(call.Context, reason);
        await call.AnswerAsync(status, ScoreType, new JsonArray());
    }
}

internal sealed record Score(
    string UserId, DateTimeOffset Timestamp, string GradingProgress, decimal? ScoreGiven, decimal ScoreMaximum, string Comment)
{
    private static readonly string[] Activity = ["Initialized", "Started", "InProgress", "Submitted", "Completed"];
    private static readonly string[] Grading = ["FullyGraded", "Pending", "PendingManual", "Failed", "NotReady"];

    /// <returns>Null when something that AGS 3.4 requires is missing or wrong.</returns>
    public static Score? Read(string text)
    {
        JsonObject? body;
        try
        {
            body = JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
        if (body is null)
            return null;
        var userId = RegistrationRequest.AsText(body["userId"]);
        var gradingProgress = RegistrationRequest.AsText(body["gradingProgress"]);
        var hasTime = DateTimeOffset.TryParse(RegistrationRequest.AsText(body["timestamp"]), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var timestamp);
        if (userId.Length == 0 || !hasTime || !Grading.Contains(gradingProgress, StringComparer.Ordinal)
            || !Activity.Contains(RegistrationRequest.AsText(body["activityProgress"]), StringComparer.Ordinal))
            return null;
        var given = Amount(body["scoreGiven"]);
        var maximum = Amount(body["scoreMaximum"]);
        if ((body["scoreGiven"] is not null && given is null) || (given is not null && maximum is null or <= 0))
            return null;
        return new Score(userId, timestamp, gradingProgress, given, maximum ?? 1, RegistrationRequest.AsText(body["comment"]));
    }

    /// <summary>From 0 to a million; null for anything else.</summary>
    private static decimal? Amount(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue<decimal>(out var amount) && amount is >= 0 and <= 1_000_000 ? amount : null;
}
