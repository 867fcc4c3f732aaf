using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Html;

namespace LtiMicroCred.Features.Achievements;

/// <summary>
/// The default artwork of a credential: an SVG drawn from title and level, the same for the same input, here and in artwork.js.
/// The ring has one segment per level, lit up to the credential's own; the rosette follows from the title.
/// </summary>
internal static class Artwork
{
    private const int Levels = 8, BrandHue = 310, Columns = 14;

    /// <summary>Title and level in words. <paramref name="alt"/> empty: decorative beside its own title.</summary>
    public static IHtmlContent Full(string title, int level, string alt = "") => new HtmlString(Draw(title, level, words: true, alt, "art"));

    /// <summary>For less than 64 px: the level alone.</summary>
    public static IHtmlContent Mark(string title, int level) => new HtmlString(Draw(title, level, words: false, "", "art mark"));

    private static string Draw(string title, int level, bool words, string alt, string css)
    {
        var hash = 2166136261u; // FNV-1a, 32 bits
        foreach (var unit in Encoding.UTF8.GetBytes(title.Normalize(NormalizationForm.FormC)))
            hash = unchecked((hash ^ unit) * 16777619u);
        var shade = (BrandHue + (int)((hash % 5) * 9) - 18 + 360) % 360;
        var (deep, tint, line) = (Hex(shade, .38, .2), Hex(shade, .5, .84), Hex(shade, .4, .62));

        var svg = new StringBuilder();
        var named = alt.Length > 0 ? $"role=\"img\" aria-label=\"{Escape(alt)}\"" : "aria-hidden=\"true\"";
        svg.Append(CultureInfo.InvariantCulture, $"<svg class=\"{css}\" viewBox=\"0 0 240 240\" {named}><circle cx=\"120\" cy=\"120\" r=\"119\" fill=\"{deep}\"/><g fill=\"none\" stroke-width=\"9\">");
        for (var i = 0; i < Levels; i++)
        {
            var ((x1, y1), (x2, y2)) = (At(107, (i + .07) / Levels), At(107, (i + .93) / Levels));
            var (state, opacity) = i < level ? ("lit", "1") : ("unlit", "0.22");
            svg.Append(CultureInfo.InvariantCulture, $"<path class=\"{state}\" d=\"M{x1} {y1}A107 107 0 0 1 {x2} {y2}\" stroke=\"{tint}\" stroke-opacity=\"{opacity}\"/>");
        }

        svg.Append(CultureInfo.InvariantCulture, $"</g><g fill=\"none\" stroke=\"{line}\" stroke-width=\".8\" stroke-opacity=\".75\">");
        var (count, offset) = (16 + (int)((hash >> 4) % 13), 44 + (int)((hash >> 9) % 14));
        for (var i = 0; i < count; i++)
        {
            var (x, y) = At(offset, (double)i / count);
            svg.Append(CultureInfo.InvariantCulture, $"<circle cx=\"{x}\" cy=\"{y}\" r=\"{96 - offset}\"/>");
        }

        svg.Append(CultureInfo.InvariantCulture, $"</g><circle cx=\"120\" cy=\"120\" r=\"{(words ? 69 : 50)}\" fill=\"{deep}\"/><g fill=\"#fff\" text-anchor=\"middle\" font-family=\"Palatino Linotype, Palatino, TeX Gyre Pagella, serif\" font-weight=\"600\">");
        if (words)
            Words(svg, title, level, tint);
        else
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"120\" y=\"142\" font-size=\"64\">{level}</text>");
        return svg.Append("</g></svg>").ToString();
    }

    private static void Words(StringBuilder svg, string title, int level, string tint)
    {
        var lines = Wrap(title);
        var shown = lines.Count > 4 ? [.. lines.Take(3), lines[3] + "…"] : lines;
        var size = Math.Round(Math.Min(21, Math.Min(226.0 / Math.Max(6, shown.Max(Width)), 66.0 / shown.Count)), 1);
        var top = (shown.Count > 3 ? 104 : 110) - ((shown.Count - 1) * size * .56);
        for (var i = 0; i < shown.Count; i++)
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"120\" y=\"{Math.Round(top + (i * size * 1.14) + (size * .35), 1)}\" font-size=\"{size}\">{Escape(shown[i])}</text>");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"120\" y=\"168\" font-size=\"13\" font-family=\"sans-serif\" fill=\"{tint}\">EQF {level}</text>");
    }

    // At 14 columns; a longer word is cut, East Asian letters count two columns and need no hyphen.
    private static List<string> Wrap(string title)
    {
        var lines = new List<string>();
        foreach (var piece in title.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).SelectMany(Cut))
        {
            if (lines.Count > 0 && Width(lines[^1] + " " + piece) <= Columns)
                lines[^1] += " " + piece;
            else
                lines.Add(piece);
        }

        return lines.Count > 0 ? lines : [""];
    }

    private static IEnumerable<string> Cut(string word)
    {
        if (Width(word) <= Columns)
            return [word];
        var parts = new List<string> { "" };
        foreach (var letter in word.EnumerateRunes())
        {
            if (Width(parts[^1] + letter) > Columns - 2)
            {
                if (!IsWide(letter))
                    parts[^1] += "-";
                parts.Add("");
            }

            parts[^1] += letter;
        }

        return parts;
    }

    private static bool IsWide(Rune letter) => letter.Value >= 0x2e80;

    private static int Width(string text) => text.EnumerateRunes().Sum(r => IsWide(r) ? 2 : 1);

    private static (double X, double Y) At(double radius, double turn) =>
        (Math.Round(120 + (radius * Math.Sin(turn * 2 * Math.PI)), 1), Math.Round(120 - (radius * Math.Cos(turn * 2 * Math.PI)), 1));

    private static string Hex(double hue, double saturation, double lightness)
    {
        return "#" + Channel(0) + Channel(8) + Channel(4);

        string Channel(int n)
        {
            var k = (n + (hue / 30)) % 12;
            var value = lightness - (saturation * Math.Min(lightness, 1 - lightness) * Math.Max(-1, Math.Min(k - 3, Math.Min(9 - k, 1))));
            return ((int)Math.Round(255 * value, MidpointRounding.AwayFromZero)).ToString("x2", CultureInfo.InvariantCulture);
        }
    }

    private static string Escape(string text) => HtmlEncoder.Default.Encode(text);
}
