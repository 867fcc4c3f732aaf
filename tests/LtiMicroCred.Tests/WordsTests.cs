using System.Text.RegularExpressions;
using System.Xml.Linq;
using LtiMicroCred.Features.Errors;
using LtiMicroCred.Lti;

namespace LtiMicroCred.Tests;

/// <summary>Every text that code or a page asks for is in Words.resx, and everything in Words.resx is asked for.</summary>
public sealed partial class WordsTests
{
    private static readonly string s_source = SourceFolder();
    private static readonly Dictionary<string, string> s_words = XDocument.Load(Path.Combine(s_source, "Texts", "Words.resx")).Root!
        .Elements("data").ToDictionary(d => d.Attribute("name")!.Value, d => d.Element("value")!.Value, StringComparer.Ordinal);

    /// <summary>What is asked for, as patterns: a key as it stands, or one with a part that is filled in.</summary>
    private static readonly List<(string File, string Text, bool Filled)> s_asked = [.. Directory.EnumerateFiles(s_source, "*.cs*", SearchOption.AllDirectories)
        .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal))
        .SelectMany(f => Asked(File.ReadAllText(f)).Select(a => (Path.GetFileName(f), a.Text, a.Filled)))];

    [Fact]
    public void Every_text_that_is_asked_for_is_there()
    {
        s_asked.Count.ShouldBeGreaterThan(200, "the search finds what is asked for");
        var missing = s_asked.Where(a => a.Filled ? !s_words.Keys.Any(Pattern(a.Text).IsMatch) : !s_words.ContainsKey(a.Text)).Select(a => $"{a.File}: {a.Text}");
        missing.ShouldBeEmpty();
    }

    [Fact]
    public void Every_text_that_is_there_is_asked_for()
    {
        var plain = s_asked.Where(a => !a.Filled).Select(a => a.Text).ToHashSet(StringComparer.Ordinal);
        var filled = s_asked.Where(a => a.Filled).Select(a => Pattern(a.Text)).ToList();
        s_words.Keys.Where(k => !plain.Contains(k) && !filled.Exists(p => p.IsMatch(k))).ShouldBeEmpty();
    }

    [Fact]
    public void Every_reason_to_refuse_a_launch_has_a_title_what_happened_and_what_to_do()
    {
        foreach (var kind in Enum.GetValues<LtiError>().Select(ErrorModel.KindOf).Concat(["LaunchGone", "QuizNotOpened", "NoCredential", "Erased", "NotOperator", "BadRequest", "NotFound", "Own"]))
        {
            foreach (var part in new[] { "Title", "What", "Do1" })
                s_words.ContainsKey($"Error.{kind}.{part}").ShouldBeTrue($"Error.{kind}.{part}");
        }
    }

    // T["…"], L[$"…{x}"], words[a ? "…" : "…"], T["Stem." + x]: the literals of the index's first argument.
    private static IEnumerable<(string Text, bool Filled)> Asked(string code)
    {
        foreach (Match at in Ask().Matches(code))
        {
            var operands = Operands(code, at.Index + at.Length);
            foreach (Match literal in Literal().Matches(Condition().Replace(operands[0], "")))
            {
                var text = Hole().Replace(literal.Groups[2].Value, "*") + (operands.Count > 1 ? "*" : "");
                yield return (text, text.Contains('*', StringComparison.Ordinal));
            }
        }
    }

    // What stands between the pluses, up to the first comma or the end of the index.
    private static List<string> Operands(string code, int from)
    {
        var (operands, began, depth, quoted, hole) = (new List<string>(), from, 0, false, 0);
        for (var i = from; i < code.Length; i++)
        {
            var sign = code[i];
            if (quoted)
            {
                hole += sign == '{' ? 1 : sign == '}' ? -1 : 0;
                quoted = sign != '"' || hole > 0;
            }
            else if (sign == '"')
            {
                quoted = true;
            }
            else if (depth == 0 && sign is ('+' or ',' or ']'))
            {
                operands.Add(code[began..i]);
                began = i + 1;
                if (sign != '+')
                    return operands;
            }
            else
            {
                depth += sign is '(' or '[' or '{' ? 1 : sign is ')' or ']' or '}' ? -1 : 0;
            }
        }

        return [""];
    }

    private static Regex Pattern(string text) => new("^" + Regex.Escape(text).Replace("\\*", ".+", StringComparison.Ordinal) + "$", RegexOptions.CultureInvariant);

    private static string SourceFolder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "LtiMicroCred.sln")))
                return Path.Combine(folder.FullName, "src", "LtiMicroCred");
        }

        throw new DirectoryNotFoundException("The tests run outside of the repository.");
    }

    [GeneratedRegex(@"(?<![\w.\]])(?:T|L|words|plain)\[")]
    private static partial Regex Ask();

    [GeneratedRegex("""(\$?)"((?:[^"{]|\{[^}]*\})*)" """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Literal();

    // What is compared with is no key: x == "formula", is "a" or "b".
    [GeneratedRegex("""(?:==|!=|\bis|\bor)\s*"[^"]*" """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Condition();

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Hole();
}
