using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using LtiMicroCred.Features.Results;
using Microsoft.AspNetCore.Html;

namespace LtiMicroCred.Features.Shared;

/// <summary>One bar for each of the last readings, taller where it failed; its sentence says the same.</summary>
internal static class SparkPicture
{
    private const int Step = 8;

    public static IHtmlContent Of(IReadOnlyList<Reading> readings, string sentence)
    {
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"""<svg width="{ReadingLog.Kept * Step}" height="24" viewBox="0 0 {ReadingLog.Kept * Step} 24" class="bar-spark" role="img" aria-label="{HtmlEncoder.Default.Encode(sentence)}">""");
        for (var i = 0; i < readings.Count; i++)
            svg.Append(CultureInfo.InvariantCulture, $"""<rect class="{(readings[i].Failure is null ? "f-ok" : "f-bad")}" x="{i * Step}" y="{(readings[i].Failure is null ? 8 : 0)}" width="5" height="{(readings[i].Failure is null ? 16 : 24)}"/>""");
        return new HtmlString(svg.Append("</svg>").ToString());
    }
}
