using System.Globalization;
using System.Text.Json.Nodes;
using LtiMicroCred.DemoLms.Lti;
using Scope = LtiMicroCred.DemoLms.Lti.Scopes;

namespace LtiMicroCred.DemoLms.Services;

/// <summary>AGS 2.0, 3.3: the current results of a line item, including what was changed in the gradebook.</summary>
internal static class Results
{
    private const string ContainerType = "application/vnd.ims.lis.v2.resultcontainer+json";

    public static ServiceResource Of(string courseId, string itemId) => new(["GET"], [ContainerType], null, call => ListAsync(call, courseId, itemId));

    private static Task ListAsync(ServiceCall call, string courseId, string itemId)
    {
        call.Demand(Scope.ResultRead);
        var column = LineItems.Readable(call, courseId, itemId);
        // Recorded: paging and the tool's id together break Moodle.
        if (call.Platform.LikeMoodle && call.Limit > 0 && call.TypeSuffix.Length > 0)
            return Answers.ErrorPageAsync(call.Context, call.Platform, "Exception - Call to a member function out() on null");
        var userId = call.Query("user_id");
        var grades = call.Gradebook.GradesOf(column).Where(grade => userId.Length == 0 || grade.PersonId == userId).ToList();
        var page = Paging.Page(call, grades);
        return call.AnswerAsync(200, ContainerType, new JsonArray([.. page.Select(grade => (JsonNode)Describe(call, column, grade))]));
    }

    private static JsonObject Describe(ServiceCall call, Column column, Grade grade)
    {
        var likeMoodle = call.Platform.LikeMoodle;
        var result = new JsonObject
        {
            ["id"] = LineItems.Address(call, column, "/results", "user_id=" + grade.PersonId),
            ["userId"] = grade.PersonId,
        };
        var points = call.Platform.Faults.ResultsWithoutScore ? null : grade.Points;
        if (points is null && likeMoodle)
            return result;
        if (points is { } score)
            result["resultScore"] = LineItems.Number(score);
        result["resultMaximum"] = LineItems.Number(column.Maximum);
        if (grade.Comment.Length > 0)
            result["comment"] = grade.Comment;
        result["scoreOf"] = LineItems.Address(call, column);
        result["timestamp"] = likeMoodle
            ? grade.At.ToOffset(Answers.ServerOffset).ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture)
            : grade.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        return result;
    }
}
