using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using LtiMicroCred.Features.Courses;
using Microsoft.AspNetCore.Html;

namespace LtiMicroCred.Features.Shared;

/// <summary>Where the learners of a course are, as one bar; its sentence says the same numbers.</summary>
internal static class CoursePicture
{
    private const int Width = 420, Gap = 2;
    private static readonly (Place Place, string Fill)[] s_parts =
        [(Place.NeedsAttention, "f-warn"), (Place.Awarded, "f-ok"), (Place.Passed, "f-soft"), (Place.InProgress, "f-now"), (Place.NotStarted, "f-idle")];

    public static IHtmlContent Bar(IReadOnlyDictionary<Place, int> counts, string sentence)
    {
        var there = s_parts.Where(p => counts.GetValueOrDefault(p.Place) > 0).ToList();
        var total = counts.Values.Sum();
        var room = Width - (Gap * Math.Max(0, there.Count - 1));
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg class=\"bar-picture\" viewBox=\"0 0 {Width} 40\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{HtmlEncoder.Default.Encode(sentence)}\">");
        var at = 0m;
        foreach (var (place, fill) in there)
        {
            var width = decimal.Round((decimal)room * counts[place] / total, 1);
            svg.Append(CultureInfo.InvariantCulture, $"<rect class=\"{fill}\" x=\"{at}\" width=\"{width}\" height=\"40\"/>");
            at += width + Gap;
        }

        return new HtmlString(svg.Append("</svg>").ToString());
    }
}
