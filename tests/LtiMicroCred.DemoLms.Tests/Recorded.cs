using System.Text.Json.Nodes;

namespace LtiMicroCred.DemoLms.Tests;

/// <summary>What the recorded Moodle answered.</summary>
internal sealed record Recorded(int Status, string Reason, string ContentType, string? Link, JsonNode? Body)
{
    public static JsonObject File(string name) =>
        JsonNode.Parse(System.IO.File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "fixtures", "moodle", name + ".json")))!.AsObject();

    public static Recorded Case(string file, string name) => Of(File(file)[name].ShouldNotBeNull($"{file} has no case '{name}'"));

    public static Recorded Of(JsonNode entry)
    {
        var response = entry["response"]!;
        var headers = (response["headers"] ?? response["rawHeaders"])!.AsArray().Select(header => header!.GetValue<string>()).ToList();
        return new Recorded(
            response["status"]!.GetValue<int>(),
            response["reason"]!.GetValue<string>(),
            Header(headers, "Content-Type") ?? "",
            Header(headers, "Link"),
            response["body"]);
    }

    /// <summary>Status, reason and Content-Type are the recorded ones.</summary>
    public async Task<string> ShouldMatchAsync(HttpResponseMessage answer, string name)
    {
        var body = await answer.Content.ReadAsStringAsync();
        ((int)answer.StatusCode).ShouldBe(Status, $"{name}: {body}");
        answer.Content.Headers.ContentType?.ToString().ShouldBe(ContentType, name);
        return body;
    }

    /// <summary>The names of an object's members in order, and of what is inside it; of a list, those of its first entry.</summary>
    public static string Shape(JsonNode? node) => node switch
    {
        JsonObject body => "{" + string.Join(",", body.Select(pair => pair.Key + Shape(pair.Value))) + "}",
        JsonArray list => list.Count == 0 ? "[]" : "[" + Shape(list[0]) + "]",
        null => "",
        _ => ":" + node.GetValueKind(),
    };

    private static string? Header(IEnumerable<string> headers, string name) =>
        headers.FirstOrDefault(header => header.StartsWith(name + ": ", StringComparison.Ordinal))?[(name.Length + 2)..];
}
