using System.Globalization;
using System.Text.Json;

namespace LtiMicroCred.Lti;

/// <summary>Something that the instructor chose (Deep Linking 3). The platform may never create it.</summary>
public abstract record ContentItem
{
    private protected ContentItem()
    {
    }

    /// <summary>As the specification names it, such as <c>ltiResourceLink</c>.</summary>
    public abstract string Type { get; }

    /// <summary>Plain text.</summary>
    public string? Title { get; init; }

    /// <summary>Plain text, longer.</summary>
    public string? Text { get; init; }

    /// <summary>Small, shown beside the title.</summary>
    public Picture? Icon { get; init; }

    /// <summary>Larger, shown instead of the item.</summary>
    public Picture? Thumbnail { get; init; }

    /// <summary>How it may be shown: of <c>window</c>, <c>iframe</c> and <c>embed</c>.</summary>
    internal virtual IEnumerable<string> PresentationTargets => [];

    /// <summary>Null if the item can be sent; else what is wrong with it by itself.</summary>
    internal virtual string? Flaw => null;

    internal void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", Type);
        Optional(json, "title", Title);
        Optional(json, "text", Text);
        Icon?.Write(json, "icon");
        Thumbnail?.Write(json, "thumbnail");
        WriteMembers(json);
        json.WriteEndObject();
    }

    private protected abstract void WriteMembers(Utf8JsonWriter json);

    private protected static void Optional(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
            json.WriteString(name, value);
    }

    private protected static string Iso8601(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}

/// <summary>A link outside of the tool (Deep Linking 3.1).</summary>
public sealed record LinkItem : ContentItem
{
    /// <inheritdoc/>
    public override string Type => "link";

    /// <summary>Of any site.</summary>
    public required Uri Url { get; init; }

    /// <summary>HTML that shows it inside a page.</summary>
    public string? EmbedHtml { get; init; }

    /// <summary>If it opens in a window.</summary>
    public WindowPresentation? Window { get; init; }

    /// <summary>If it is shown in a frame.</summary>
    public LinkFrame? Frame { get; init; }

    internal override IEnumerable<string> PresentationTargets => Presentations.Named(Window, Frame, EmbedHtml);

    private protected override void WriteMembers(Utf8JsonWriter json)
    {
        json.WriteString("url", Url.OriginalString);
        if (EmbedHtml is not null)
        {
            json.WriteStartObject("embed");
            json.WriteString("html", EmbedHtml);
            json.WriteEndObject();
        }

        Window?.Write(json);
        Frame?.Write(json);
    }
}

/// <summary>A file that the platform fetches and keeps (Deep Linking 3.3).</summary>
public sealed record FileItem : ContentItem
{
    /// <inheritdoc/>
    public override string Type => "file";

    /// <summary>Answers without a login, until <see cref="ExpiresAt"/>.</summary>
    public required Uri Url { get; init; }

    /// <summary>Such as <c>application/pdf</c>.</summary>
    public string? MediaType { get; init; }

    /// <summary>Until when the platform can fetch it; sent in whole seconds.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    private protected override void WriteMembers(Utf8JsonWriter json)
    {
        json.WriteString("url", Url.OriginalString);
        Optional(json, "mediaType", MediaType);
        if (ExpiresAt is { } expiresAt)
            json.WriteString("expiresAt", Iso8601(expiresAt));
    }
}

/// <summary>A piece of HTML for the platform's page (Deep Linking 3.4); platforms clean it.</summary>
public sealed record HtmlItem : ContentItem
{
    /// <inheritdoc/>
    public override string Type => "html";

    /// <summary>A fragment, not a document.</summary>
    public required string Html { get; init; }

    private protected override void WriteMembers(Utf8JsonWriter json) => json.WriteString("html", Html);
}

/// <summary>An image to be shown where it is (Deep Linking 3.5).</summary>
public sealed record ImageItem : ContentItem
{
    /// <inheritdoc/>
    public override string Type => "image";

    /// <summary>Answers without a login, for as long as the page lives.</summary>
    public required Uri Url { get; init; }

    /// <summary>In pixels.</summary>
    public int? Width { get; init; }

    /// <summary>In pixels.</summary>
    public int? Height { get; init; }

    internal override string? Flaw => Presentations.SizeFlaw(Width, Height);

    private protected override void WriteMembers(Utf8JsonWriter json)
    {
        json.WriteString("url", Url.OriginalString);
        Presentations.WriteSize(json, Width, Height);
    }
}
