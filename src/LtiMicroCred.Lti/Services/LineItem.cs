using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace LtiMicroCred.Lti;

/// <summary>A column of a platform's gradebook (AGS 2.0, 3.2).</summary>
public sealed record LineItem
{
    private const string SakaiReadOnly = "https://www.sakailms.org/spec/lti-ags/v2p0/readOnly";

    /// <summary>Its address, as the platform wrote it; null on a column that is yet to be created.</summary>
    public string? Id { get; init; }

    /// <summary>Never blank.</summary>
    public required string Label { get; init; }

    /// <summary>In points, above zero.</summary>
    public required decimal ScoreMaximum { get; init; }

    /// <summary>The tool's own name for what is graded; not unique.</summary>
    public string? ResourceId { get; init; }

    /// <summary>The tool's own name for what the column is for; not unique.</summary>
    public string? Tag { get; init; }

    /// <summary>The link that the column belongs to; without one the tool may create any number.</summary>
    public string? ResourceLinkId { get; init; }

    /// <summary>From when learners can send work. Null where the platform says none, or one without a zone.</summary>
    public DateTimeOffset? StartDateTime { get; init; }

    /// <summary>Until when learners can send work. Null where the platform says none, or one without a zone.</summary>
    public DateTimeOffset? EndDateTime { get; init; }

    /// <summary>Whether learners may see the grades; null leaves it to the platform.</summary>
    public bool? GradesReleased { get; init; }

    /// <summary>How learners' work can be opened from the gradebook; null if it cannot.</summary>
    public LineItemReview? SubmissionReview { get; init; }

    /// <summary>True where the platform says that tools may only read the column (Sakai, for columns of its own); never sent.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>Null for what is no usable column of <paramref name="container"/>'s host: no address, or one elsewhere, no label, no positive maximum.</summary>
    internal static LineItem? Read(JsonElement json, Uri container)
    {
        var isUsable = json.Text("id") is { } id
            && Uri.TryCreate(id, UriKind.Absolute, out var address)
            && WebAddress.SameOrigin(address, container)
            && !string.IsNullOrWhiteSpace(json.Text("label"));
        if (!isUsable || !json.TryGetProperty("scoreMaximum", out var written) || !ExactDecimal.TryRead(written, out var maximum) || maximum <= 0)
            return null;

        return new LineItem
        {
            Id = json.Text("id"),
            Label = json.Text("label")!, // not blank, as checked above
            ScoreMaximum = maximum,
            ResourceId = json.TextOrNumber("resourceId"),
            Tag = json.Text("tag"),
            ResourceLinkId = json.TextOrNumber("resourceLinkId"),
            StartDateTime = Timestamp.Read(json.Text("startDateTime")),
            EndDateTime = Timestamp.Read(json.Text("endDateTime")),
            GradesReleased = json.Flag("gradesReleased"),
            SubmissionReview = LineItemReview.Read(json),
            IsReadOnly = json.Flag(SakaiReadOnly) ?? false,
        };
    }

    internal byte[] ToJson() => Encoding.UTF8.GetBytes(ToNode().ToJsonString());

    /// <summary>The column as the platform wrote it, with only those members replaced that differ from <paramref name="before"/>: PUT replaces everything, so what is unknown here has to go back as it came.</summary>
    internal byte[] ToJson(ReadOnlySpan<byte> written, LineItem before)
    {
        var whole = JsonNode.Parse(written) as JsonObject ?? throw new ArgumentException("the column is not an object", nameof(written));
        var (old, changed) = (before.ToNode(), ToNode());
        foreach (var name in old.Select(member => member.Key).Union(changed.Select(member => member.Key), StringComparer.Ordinal).ToList())
        {
            if (JsonNode.DeepEquals(old[name], changed[name]))
                continue;
            if (changed[name] is { } value)
                whole[name] = value.DeepClone();
            else
                whole.Remove(name);
        }

        return Encoding.UTF8.GetBytes(whole.ToJsonString());
    }

    internal bool SaysTheSameAs(LineItem other) => JsonNode.DeepEquals(ToNode(), other.ToNode());

    private JsonObject ToNode()
    {
        var json = new JsonObject { ["label"] = Label, ["scoreMaximum"] = ScoreMaximum };
        SetIfGiven(json, "resourceId", ResourceId);
        SetIfGiven(json, "tag", Tag);
        SetIfGiven(json, "resourceLinkId", ResourceLinkId);
        SetIfGiven(json, "startDateTime", StartDateTime?.ToString("O", CultureInfo.InvariantCulture));
        SetIfGiven(json, "endDateTime", EndDateTime?.ToString("O", CultureInfo.InvariantCulture));
        SetIfGiven(json, "gradesReleased", GradesReleased);
        SetIfGiven(json, "submissionReview", SubmissionReview?.ToNode());
        return json;
    }

    private static void SetIfGiven(JsonObject json, string name, JsonNode? value)
    {
        if (value is not null)
            json[name] = value;
    }
}

/// <summary>Which columns to list (AGS 3.2); what is null does not filter. Not every platform filters by all of it.</summary>
public sealed record LineItemFilter
{
    /// <summary>Columns of this link only; those without a link are not listed then.</summary>
    public string? ResourceLinkId { get; init; }

    /// <summary>As in <see cref="LineItem.ResourceId"/>.</summary>
    public string? ResourceId { get; init; }

    /// <summary>As in <see cref="LineItem.Tag"/>.</summary>
    public string? Tag { get; init; }

    /// <summary>How many columns the platform is asked to put on one page; all pages are read whatever it does. Null leaves it to the platform.</summary>
    public int? PageSize { get; init; }
}
