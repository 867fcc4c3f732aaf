using System.Globalization;
using System.Text.Json.Nodes;
using LtiMicroCred.DemoLms.Lti;
using Microsoft.AspNetCore.Http;

namespace LtiMicroCred.DemoLms.Services;

/// <summary>A service says no; the reason goes beside the status code.</summary>
internal sealed class ServiceRefusal(int status, string reason) : Exception(reason)
{
    public int Status => status;
}

/// <summary>One call of an LTI service by a tool that showed a valid access token.</summary>
internal sealed record ServiceCall(HttpContext Context, Platform Platform, Tool Tool, AccessGrant Grant)
{
    public School School => Platform.School;

    public Gradebook Gradebook => Platform.School.Gradebook;

    public string Query(string name) => Context.Request.Query[name].ToString();

    /// <summary>Moodle's addresses carry the tool's id; a call without it gets addresses without.</summary>
    public string TypeSuffix => Query("type_id") is { Length: > 0 } typeId ? "type_id=" + typeId : "";

    /// <summary>0 when no page size is asked for.</summary>
    public int Limit => Count("limit");

    public int From => Count("from");

    /// <exception cref="ServiceRefusal">The token does not allow any of these.</exception>
    public void Demand(params string[] scopes)
    {
        if (!scopes.Any(scope => Grant.Scopes.Contains(scope, StringComparer.Ordinal)))
            throw new ServiceRefusal(Platform.LikeMoodle ? 401 : 403, Platform.LikeMoodle ? "Unauthorized" : "Insufficient scope");
    }

    public Course Course(string id) =>
        School.FindCourse(id) ?? throw new ServiceRefusal(404, $"Not Found: Course {id} doesn't exist");

    public Task AnswerAsync(int status, string mediaType, JsonNode body) =>
        Answers.JsonAsync(Context, status, body, mediaType + "; charset=utf-8");

    /// <summary>A number from 0 on; 0 for anything else.</summary>
    public int Count(string name) => int.TryParse(Query(name), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? Math.Min(count, 100_000) : 0;
}

/// <summary>One address pattern of the services and what it takes and gives.</summary>
/// <param name="Gives">Media types that a GET may ask for.</param>
/// <param name="Takes">The media type of a POST or PUT; null for none.</param>
internal sealed record ServiceResource(
    IReadOnlyList<string> Methods, IReadOnlyList<string> Gives, string? Takes, Func<ServiceCall, Task> HandleAsync);
