using System.Text.Json;

namespace LtiMicroCred.Lti;

/// <summary>A link to the tool that the instructor chose (Deep Linking 3.2). The platform may never create it, and teachers can edit its custom parameters.</summary>
public sealed record ResourceLinkItem : ContentItem
{
    /// <summary>As <see cref="DeepLinkingSettings.AcceptTypes"/> names it.</summary>
    public const string ItemType = "ltiResourceLink";

    /// <inheritdoc/>
    public override string Type => ItemType;

    /// <summary>The target link of its launches. Optional by the specification, but not for every platform.</summary>
    public required Uri Url { get; init; }

    /// <summary>Sent back with every launch of the link; values may hold variables such as <c>$User.id</c>.</summary>
    public IReadOnlyDictionary<string, string> Custom { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The gradebook column that should come with the link.</summary>
    public NewLineItem? LineItem { get; init; }

    /// <summary>If it opens in a window.</summary>
    public WindowPresentation? Window { get; init; }

    /// <summary>If it is shown in a frame.</summary>
    public FramePresentation? Frame { get; init; }

    /// <summary>When learners see it.</summary>
    public ItemPeriod? Available { get; init; }

    /// <summary>When learners can hand something in.</summary>
    public ItemPeriod? Submission { get; init; }

    internal override IEnumerable<string> PresentationTargets => Presentations.Named(Window, Frame, embed: null);

    internal override string? Flaw => this switch
    {
        { LineItem.ScoreMaximum: <= 0 } => "its line item's maximum is not positive",
        { LineItem: { } column } when string.IsNullOrWhiteSpace(column.Label) => "its line item has no label",
        { Available: { Start: { } start, End: { } end } } when end <= start => "it is available until before it begins to be",
        { Submission: { Start: { } start, End: { } end } } when end <= start => "its submissions end before they begin",
        _ => null,
    };

    private protected override void WriteMembers(Utf8JsonWriter json)
    {
        json.WriteString("url", Url.OriginalString);
        if (Custom.Count > 0)
        {
            json.WriteStartObject("custom");
            foreach (var (name, value) in Custom)
                json.WriteString(name, value);
            json.WriteEndObject();
        }

        LineItem?.Write(json);
        Window?.Write(json);
        Frame?.Write(json);
        Write(json, "available", Available);
        Write(json, "submission", Submission);
    }

    private static void Write(Utf8JsonWriter json, string name, ItemPeriod? span)
    {
        if (span is null)
            return;

        json.WriteStartObject(name);
        if (span.Start is { } start)
            json.WriteString("startDateTime", Iso8601(start));
        if (span.End is { } end)
            json.WriteString("endDateTime", Iso8601(end));
        json.WriteEndObject();
    }
}

/// <summary>From when until when; sent in whole seconds.</summary>
/// <param name="Start">Null: from now on.</param>
/// <param name="End">Null: without end.</param>
public sealed record ItemPeriod(DateTimeOffset? Start, DateTimeOffset? End);

/// <summary>A column to be made with a link (Deep Linking 3.2, lineItem).</summary>
public sealed record NewLineItem
{
    /// <summary>The column's heading; not blank.</summary>
    public required string Label { get; init; }

    /// <summary>Above 0.</summary>
    public required decimal ScoreMaximum { get; init; }

    /// <summary>What the tool calls what is graded; comes back with the line item.</summary>
    public string? ResourceId { get; init; }

    /// <summary>Tells apart the columns of one resource; comes back with the line item.</summary>
    public string? Tag { get; init; }

    /// <summary>Whether learners see their grades at once; null leaves it to the platform.</summary>
    public bool? GradesReleased { get; init; }

    internal void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject("lineItem");
        json.WriteString("label", Label);
        json.WriteNumber("scoreMaximum", ScoreMaximum);
        if (ResourceId is not null)
            json.WriteString("resourceId", ResourceId);
        if (Tag is not null)
            json.WriteString("tag", Tag);
        if (GradesReleased is { } released)
            json.WriteBoolean("gradesReleased", released);
        json.WriteEndObject();
    }
}
