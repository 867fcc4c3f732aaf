using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace LtiMicroCred.DemoLms.Pages;

/// <summary>HTML that is safe to send: literals as written, every hole encoded unless it is markup itself.</summary>
internal readonly record struct Markup(string Html)
{
    public static readonly Markup None = new("");

    public static Markup Of(MarkupHandler text) => new(text.ToString());

    public static Markup Join(IEnumerable<Markup> parts) => new(string.Concat(parts.Select(part => part.Html)));

    public override string ToString() => Html;
}

[InterpolatedStringHandler]
internal readonly struct MarkupHandler(int literalLength, int holes)
{
    private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

    private readonly StringBuilder text = new(literalLength + (holes * 16));

    public void AppendLiteral(string literal) => text.Append(literal);

    public void AppendFormatted(Markup markup) => text.Append(markup.Html);

    public void AppendFormatted(string? hole) => text.Append(Encoder.Encode(hole ?? ""));

    public void AppendFormatted(int hole) => text.Append(hole);

    public void AppendFormatted(decimal hole) => text.Append(hole.ToString("0.#####", CultureInfo.InvariantCulture));

    public override string ToString() => text.ToString();
}
