using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace LtiMicroCred.Lti;

/// <summary>A column of a platform's gradebook (AGS 3.2).</summary>
public sealed record LineItem
{
    /// <summary>Its address, as the platform wrote it; null on a column that is yet to be created.</summary>
    public string? Id { get; init; }

    public required string Label { get; init; }

    public required decimal ScoreMaximum { get; init; }

    public string? ResourceId { get; init; }

    public string? Tag { get; init; }

    /// <summary>The link that the column belongs to; without one the tool may create any number.</summary>
    public string? ResourceLinkId { get; init; }

    public DateTimeOffset? StartDateTime { get; init; }

    public DateTimeOffset? EndDateTime { get; init; }

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
        };
    }

    internal byte[] ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("label", Label);
            json.WriteNumber("scoreMaximum", ScoreMaximum);
            WriteIfGiven(json, "resourceId", ResourceId);
            WriteIfGiven(json, "tag", Tag);
            WriteIfGiven(json, "resourceLinkId", ResourceLinkId);
            WriteIfGiven(json, "startDateTime", StartDateTime?.ToString("O", CultureInfo.InvariantCulture));
            WriteIfGiven(json, "endDateTime", EndDateTime?.ToString("O", CultureInfo.InvariantCulture));
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteIfGiven(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
            json.WriteString(name, value);
    }
}

/// <summary>Which columns to list; what is null does not filter.</summary>
public sealed record LineItemFilter
{
    public string? ResourceLinkId { get; init; }

    public string? ResourceId { get; init; }

    public string? Tag { get; init; }
}
