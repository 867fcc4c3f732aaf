using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Html;

namespace LtiMicroCred.Features.Shared;

/// <summary>The eight levels of the European Qualifications Framework as steps, filled up to the credential's own.</summary>
internal static class LevelPicture
{
    private const int Levels = 8;

    public static IHtmlContent Steps(int level, string sentence)
    {
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg width=\"157\" height=\"18\" viewBox=\"0 0 157 18\" role=\"img\" aria-label=\"{HtmlEncoder.Default.Encode(sentence)}\">");
        for (var i = 0; i < Levels; i++)
            svg.Append(CultureInfo.InvariantCulture, $"<rect class=\"{(i < level ? "f-now" : "f-track")}\" x=\"{i * 20}\" y=\"{14 - (i * 2)}\" width=\"17\" height=\"{4 + (i * 2)}\"/>");
        return new HtmlString(svg.Append("</svg>").ToString());
    }
}
