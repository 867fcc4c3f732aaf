using System.Text.Json;

namespace LtiMicroCred.Lti;

/// <summary>An icon or thumbnail.</summary>
/// <param name="Url">Answers without a login.</param>
/// <param name="Width">In pixels.</param>
/// <param name="Height">In pixels.</param>
public sealed record Picture(Uri Url, int? Width = null, int? Height = null)
{
    internal void Write(Utf8JsonWriter json, string name)
    {
        json.WriteStartObject(name);
        json.WriteString("url", Url.OriginalString);
        Presentations.WriteSize(json, Width, Height);
        json.WriteEndObject();
    }
}

/// <summary>A window that an item opens in.</summary>
public sealed record WindowPresentation
{
    /// <summary>Items with the same name share a window.</summary>
    public string? TargetName { get; init; }

    /// <summary>In pixels.</summary>
    public int? Width { get; init; }

    /// <summary>In pixels.</summary>
    public int? Height { get; init; }

    /// <summary>As <c>window.open</c> takes them.</summary>
    public string? Features { get; init; }

    internal void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject("window");
        if (TargetName is not null)
            json.WriteString("targetName", TargetName);
        Presentations.WriteSize(json, Width, Height);
        if (Features is not null)
            json.WriteString("windowFeatures", Features);
        json.WriteEndObject();
    }
}

/// <summary>A frame that the tool is shown in.</summary>
/// <param name="Width">In pixels.</param>
/// <param name="Height">In pixels.</param>
public sealed record FramePresentation(int? Width = null, int? Height = null)
{
    internal void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject("iframe");
        Presentations.WriteSize(json, Width, Height);
        json.WriteEndObject();
    }
}

/// <summary>A frame that a link is shown in.</summary>
/// <param name="Source">What the frame loads; may differ from the link.</param>
/// <param name="Width">In pixels.</param>
/// <param name="Height">In pixels.</param>
public sealed record LinkFrame(Uri Source, int? Width = null, int? Height = null)
{
    internal void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject("iframe");
        json.WriteString("src", Source.OriginalString);
        Presentations.WriteSize(json, Width, Height);
        json.WriteEndObject();
    }
}

internal static class Presentations
{
    public static IEnumerable<string> Named(object? window, object? frame, object? embed)
    {
        if (window is not null)
            yield return "window";
        if (frame is not null)
            yield return "iframe";
        if (embed is not null)
            yield return "embed";
    }

    public static string? SizeFlaw(int? width, int? height) => width is <= 0 || height is <= 0 ? "its size is not positive" : null;

    public static void WriteSize(Utf8JsonWriter json, int? width, int? height)
    {
        if (width is { } wide)
            json.WriteNumber("width", wide);
        if (height is { } high)
            json.WriteNumber("height", high);
    }
}
