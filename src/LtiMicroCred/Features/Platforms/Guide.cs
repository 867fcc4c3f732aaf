using System.Reflection;

namespace LtiMicroCred.Features.Platforms;

/// <summary>
/// How to connect an LMS, click by click: one text each, beside this file, with holes for addresses. The server's pages and the files of lti-config
/// are both made of it, so neither can go stale.
/// </summary>
internal sealed record Guide(string Title, IReadOnlyList<GuideSection> Sections, string Text)
{
    /// <summary>The heading of what the LMS shows and this tool has to know.</summary>
    public const string AskedBack = "What this tool needs to know";

    /// <summary>How many sections come before a form that asks for that; those after it are no steps.</summary>
    public int BeforeForm => Sections.TakeWhile(section => section.Heading != AskedBack).Count() + 1;

    public static Guide Of(Lms lms, ToolAddresses addresses) => Parse(Fill(Read(lms.Id), addresses, lms));

    public static Guide DynamicRegistration(ToolAddresses addresses) => Parse(Fill(Read("dynamic-registration"), addresses, lms: null));

    private static string Read(string name)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream($"guides.{name}")!); // embedded, one for each LMS; a test reads them all
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }

    private static string Fill(string text, ToolAddresses addresses, Lms? lms)
    {
        (string Hole, string? Value)[] holes =
        [
            ("{login}", addresses.Login),
            ("{launch}", addresses.Launch),
            ("{icon}", addresses.Icon),
            ("{jwks}", addresses.Jwks),
            ("{registration}", addresses.Registration),
            ("{canvas-json}", addresses.CanvasJson),
            ("{domain}", addresses.PublicUrl.Authority),
            ("{public}", addresses.PublicUrl.AbsoluteUri.TrimEnd('/')),
            ("{custom}", string.Join(", ", RegisterPlatform.CustomParameters.Select(p => $"`{p.Key}={p.Value}`"))),
            ("{algorithms}", string.Join(", ", SignatureAlgorithms.All)),
            ("{issuer}", lms?.Issuer),
            ("{authorization}", lms?.Authorization),
            ("{token}", lms?.Token),
            ("{platform-jwks}", lms?.Jwks),
            ("{authorization-server}", lms?.AuthorizationServer),
        ];
        return holes.Where(h => h.Value is not null).Aggregate(text, (filled, hole) => filled.Replace(hole.Hole, hole.Value, StringComparison.Ordinal));
    }

    // A title, then sections of lines; what stands before the first section is a section without a heading.
    private static Guide Parse(string text)
    {
        var parts = text.Split("\n## ");
        var (title, opening) = Cut(parts[0][2..]);
        var sections = parts.Skip(1).Select(part => Cut(part)).Select(cut => new GuideSection(cut.First, Blocks(cut.Others)));
        return new Guide(title, opening.Trim().Length == 0 ? [.. sections] : [new GuideSection(null, Blocks(opening)), .. sections], text);
    }

    private static (string First, string Others) Cut(string text) => text.Split('\n', 2) is [var first, var rest] ? (first, rest) : (text, "");

    private static List<GuideLine> Blocks(string text) =>
    [
        .. text.Split('\n').Where(line => line.Trim().Length > 0).Select(line => line switch
        {
            _ when line.StartsWith("   - ", StringComparison.Ordinal) => new GuideLine(GuideLineKind.Inner, line[5..]),
            _ when line.StartsWith("- ", StringComparison.Ordinal) => new GuideLine(GuideLineKind.Point, line[2..]),
            _ when char.IsAsciiDigit(line[0]) && line.IndexOf(". ", StringComparison.Ordinal) is > 0 and var dot => new GuideLine(GuideLineKind.Step, line[(dot + 2)..]),
            _ => new GuideLine(GuideLineKind.Paragraph, line),
        }),
    ];
}

/// <param name="Heading">Null for what stands under the title.</param>
/// <param name="Lines">In order; an inner line belongs to the step or point before it.</param>
internal sealed record GuideSection(string? Heading, IReadOnlyList<GuideLine> Lines);

internal enum GuideLineKind
{
    Paragraph,
    Step,
    Point,
    Inner,
}

internal sealed record GuideLine(GuideLineKind Kind, string Text);
