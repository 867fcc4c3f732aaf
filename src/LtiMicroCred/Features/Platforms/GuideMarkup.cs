using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.RegularExpressions;
using LtiMicroCred.Features.Shared;
using Microsoft.AspNetCore.Html;

namespace LtiMicroCred.Features.Platforms;

/// <summary>A guide's section as HTML; what is pasted into the LMS stands at the end of its line and gets a button that copies it.</summary>
internal static partial class GuideMarkup
{
    private const RegexOptions Fixed = RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking;

    /// <param name="section">Of a guide.</param>
    /// <param name="copy">The word on the button.</param>
    /// <param name="prefix">Of the ids on this page.</param>
    public static IHtmlContent Of(GuideSection section, string copy, string prefix)
    {
        var html = new HtmlContentBuilder();
        var goesToLms = section.Heading != Guide.AskedBack;
        for (var i = 0; i < section.Lines.Count;)
        {
            var kind = section.Lines[i].Kind;
            if (kind == GuideLineKind.Paragraph)
            {
                html.AppendHtml("<p>").AppendHtml(Next()).AppendHtml("</p>");
                continue;
            }

            var list = kind == GuideLineKind.Step ? "ol" : "ul";
            html.AppendHtml($"<{list} class=\"list\">");
            while (Is(kind))
            {
                html.AppendHtml("<li>").AppendHtml(Next());
                var hasInner = Is(GuideLineKind.Inner);
                if (hasInner)
                    html.AppendHtml("<ul class=\"list\">");
                while (Is(GuideLineKind.Inner))
                    html.AppendHtml("<li>").AppendHtml(Next()).AppendHtml("</li>");
                html.AppendHtml(hasInner ? "</ul></li>" : "</li>");
            }

            html.AppendHtml($"</{list}>");

            bool Is(GuideLineKind wanted) => i < section.Lines.Count && section.Lines[i].Kind == wanted;
            HtmlContentBuilder Next() => Line(section.Lines[i].Text, goesToLms ? copy : null, prefix + i++.ToString(CultureInfo.InvariantCulture));
        }

        return html;
    }

    private static HtmlContentBuilder Line(string text, string? copy, string id)
    {
        var html = new HtmlContentBuilder();
        if (copy is not null && Pasted().Match(text) is { Success: true } pasted)
        {
            // Many buttons of one page say the same word: to a screen reader each adds what it copies.
            html.AppendHtml($"<span id=\"{id}-of\">").AppendHtml(Inline(pasted.Groups["label"].Value)).AppendHtml($"</span><div class=\"copy\"><code id=\"{id}\">")
                .Append(pasted.Groups["values"].Value.Replace("`, `", "\n", StringComparison.Ordinal))
                .AppendHtml($"</code><button class=\"button small\" type=\"button\" id=\"{id}-copy\" aria-labelledby=\"{id}-copy {id}-of\" data-copy=\"{id}\">").AppendHtml(Icons.Of("copy")).Append(" " + copy).AppendHtml("</button></div>");
            return html;
        }

        html.AppendHtml(Inline(text));
        return html;
    }

    private static string Inline(string text) =>
        Code().Replace(Bold().Replace(HtmlEncoder.Default.Encode(text).Replace("&#x60;", "`", StringComparison.Ordinal), "<strong>${text}</strong>"), "<code>${text}</code>");

    // An address, alone or in a JSON list, or parameters. What has angle brackets is known only once there is a registration link.
    [GeneratedRegex("^(?<label>[^`]*[^ :`]):? `(?<values>(\\[\")?https?://[^`<]+|[^`<=]+=[^`<]+(`, `[^`<=]+=[^`<]+)*)`$", Fixed)]
    private static partial Regex Pasted();

    [GeneratedRegex(@"\*\*(?<text>[^*]+)\*\*", Fixed)]
    private static partial Regex Bold();

    [GeneratedRegex("`(?<text>[^`]+)`", Fixed)]
    private static partial Regex Code();
}
