using System.Text.Json;

namespace LtiMicroCred.Lti;

/// <summary>A link that the instructor chose (Deep Linking 3.2). The platform may never create it, and teachers can edit its custom parameters.</summary>
public sealed record ResourceLinkItem
{
    public required Uri Url { get; init; }

    public required string Title { get; init; }

    public string? Text { get; init; }

    public IReadOnlyDictionary<string, string> Custom { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The gradebook column that should come with the link.</summary>
    public NewLineItem? LineItem { get; init; }

    internal void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "ltiResourceLink");
        json.WriteString("url", Url.OriginalString);
        json.WriteString("title", Title);
        if (Text is not null)
            json.WriteString("text", Text);
        if (Custom.Count > 0)
        {
            json.WriteStartObject("custom");
            foreach (var (name, value) in Custom)
                json.WriteString(name, value);
            json.WriteEndObject();
        }

        LineItem?.Write(json);
        json.WriteEndObject();
    }
}

/// <summary>A column to be made with a link (Deep Linking 3.2, lineItem).</summary>
public sealed record NewLineItem
{
    public required string Label { get; init; }

    public required decimal ScoreMaximum { get; init; }

    public string? ResourceId { get; init; }

    public string? Tag { get; init; }

    internal void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject("lineItem");
        json.WriteString("label", Label);
        json.WriteNumber("scoreMaximum", ScoreMaximum);
        if (ResourceId is not null)
            json.WriteString("resourceId", ResourceId);
        if (Tag is not null)
            json.WriteString("tag", Tag);
        json.WriteEndObject();
    }
}
