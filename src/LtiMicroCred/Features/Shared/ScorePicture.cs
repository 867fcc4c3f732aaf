using System.Globalization;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Html;

namespace LtiMicroCred.Features.Shared;

/// <summary>A score on its scale, with a mark at what is needed; its sentence says the same numbers.</summary>
internal static class ScorePicture
{
    public static IHtmlContent Meter(decimal score, decimal maximum, decimal thresholdPercent, bool passed, string sentence)
    {
        var reached = decimal.Round(Math.Clamp(score * 100 / maximum, 0, 100), 2);
        var mark = Math.Clamp(thresholdPercent - .4m, 0, 99.2m);
        return new HtmlString(string.Create(
            CultureInfo.InvariantCulture,
            $"""
            <svg class="meter" viewBox="0 0 100 12" preserveAspectRatio="none" role="img" aria-label="{HtmlEncoder.Default.Encode(sentence)}"><rect class="f-track" y="3" width="100" height="6"/><rect class="{(passed ? "f-ok" : "f-now")}" y="3" width="{reached}" height="6"/><rect class="f-ink" x="{mark}" width=".8" height="12"/></svg>
            """));
    }
}
