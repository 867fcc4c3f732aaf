using System.Text.Json;
using System.Text.Json.Nodes;

namespace LtiMicroCred.Lti;

/// <summary>A column's member <c>submissionReview</c> (Submission Review 1.0, 4.2): the platform may open the learner's work of this column in the tool.</summary>
public sealed record LineItemReview
{
    /// <summary>At what progress there is something to see; empty where the tool always has an answer.</summary>
    public IReadOnlyList<ActivityProgress> ReviewableStatus { get; init; } = [];

    /// <summary>What the platform's link says; null for the platform's own words.</summary>
    public string? Label { get; init; }

    /// <summary>Where the review opens, one of the tool's own addresses; null for the tool's usual launch address.</summary>
    public string? Url { get; init; }

    /// <summary>Custom parameters of the review's launch.</summary>
    public IReadOnlyDictionary<string, string> Custom { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Null for anything but an object; members of other kinds than the specification's are left out.</summary>
    internal static LineItemReview? Read(JsonElement lineItem)
    {
        if (!lineItem.TryGetProperty("submissionReview", out var json) || json.ValueKind != JsonValueKind.Object)
            return null;

        return new LineItemReview
        {
            ReviewableStatus = [.. json.Texts("reviewableStatus").Where(Enum.GetNames<ActivityProgress>().Contains).Select(Enum.Parse<ActivityProgress>)],
            Label = json.Text("label"),
            Url = json.Text("url"),
            Custom = json.TextByName("custom"),
        };
    }

    internal JsonObject ToNode()
    {
        var json = new JsonObject { ["reviewableStatus"] = new JsonArray([.. ReviewableStatus.Select(status => JsonValue.Create(status.ToString()))]) };
        if (Label is not null)
            json["label"] = Label;
        if (Url is not null)
            json["url"] = Url;
        if (Custom.Count > 0)
            json["custom"] = new JsonObject(Custom.Select(parameter => KeyValuePair.Create<string, JsonNode?>(parameter.Key, parameter.Value)));
        return json;
    }
}
