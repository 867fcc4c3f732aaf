using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace LtiMicroCred.Tests.Mutations;

/// <summary>One change to a JSON object: what was done where, and the text that came out, which need not be JSON any more.</summary>
public sealed record JsonMutation(string What, string Member, string Text)
{
    private const string Mark = "\u0001mark\u0001";

    private static readonly string s_markText = JsonSerializer.Serialize(Mark);

    // As they stand in the text: none of them needs to be something that a JSON writer would write.
    private static readonly (string Name, string Json)[] s_values =
    [
        ("null", "null"), ("true", "true"), ("false", "false"), ("an object", "{}"), ("an object with a member", """{"id":"1"}"""),
        ("a list", "[]"), ("a list of null", "[null]"), ("a list of text", """["x"]"""), ("a list of lists", "[[[\"x\"]]]"),
        ("text", "\"x\""), ("empty text", "\"\""), ("white space", "\" \\t \""), ("a number as text", "\"5\""),
        ("zero", "0"), ("minus one", "-1"), ("minus zero", "-0"), ("a fraction", "0.1"), ("a huge number", "1e308"), ("beyond every number", "1e999"), ("tiny", "1e-999"),
        ("a long number", new string('9', 400)), ("the largest long", "9223372036854775807"), ("beyond a long", "9223372036854775808"), ("last second", "253402300799"), ("after the last second", "253402300800"),
        ("NaN", "NaN"), ("Infinity", "-Infinity"), ("a number with a leading zero", "01"), ("hexadecimal", "0x10"),
        ("NUL", "\"a\\u0000b\""), ("control characters", "\"\\u0001\\u0007\\u001b[31m\\u007f\""), ("raw control character", "\"a\u0001b\""), ("line breaks", "\"a\\r\\nSet-Cookie: b=c\""),
        ("right to left", "\"\\u202e\\u2066gnihtemos\\u2069\""), ("a high surrogate", "\"\\ud800\""), ("a low surrogate", "\"\\udc00x\""), ("surrogates the wrong way", "\"\\udc00\\ud800\""), ("a noncharacter", "\"\\uffff\\ufdd0\""),
        ("markup", "\"<script>alert(1)</script>'\\\"--><img src=x onerror=alert(1)>\""), ("SQL", "\"'; DROP TABLE Platform; --\""), ("a script address", "\"javascript:alert(1)\""), ("a file address", "\"file:///etc/passwd\""),
        ("an odd address", "\"https://[::1%25lo]:99999/\\\\..\\\\\""), ("format marks", "\"{0} %s %n ${jndi:ldap://x}\""),
        ("300 characters", $"\"{new string('a', 300)}\""), ("5,000 characters", $"\"{new string('a', 5000)}\""), ("20,000 wide characters", $"\"{new string('\u00fc', 20_000)}\""), ("too much text", $"\"{new string('a', 100_000)}\""),
        ("60 levels", new string('[', 60) + new string(']', 60)), ("70 levels", new string('[', 70) + new string(']', 70)), ("5,000 levels", new string('[', 5000) + new string(']', 5000)), ("200 levels of objects", string.Concat(Enumerable.Repeat("{\"a\":", 200)) + "1" + new string('}', 200)),
        ("10,000 entries", "[" + string.Join(',', Enumerable.Repeat("\"x\"", 10_000)) + "]"), ("a broken list", "[\"x\""), ("nothing", ""),
    ];

    /// <summary>Every single change: each member and entry at any depth removed, doubled, renamed, and replaced by each value.</summary>
    public static IEnumerable<JsonMutation> AllOf(JsonObject whole)
    {
        foreach (var path in PathsIn(whole, []))
        {
            var (top, where) = (path[0].ToString()!, string.Join('/', path));
            yield return new(where + " removed", top, Without(whole, path));
            var marked = Marked(whole, path, out var original);
            foreach (var (name, json) in s_values)
                yield return new($"{where} is {name}", top, marked.Replace(s_markText, json, StringComparison.Ordinal));
            if (path[^1] is not string member)
                continue;

            var quoted = JsonSerializer.Serialize(member);
            yield return new(where + " twice, the same", top, marked.Replace(s_markText, $"{original},{quoted}:{original}", StringComparison.Ordinal));
            yield return new(where + " twice, another first", top, marked.Replace(s_markText, $"\"x\",{quoted}:{original}", StringComparison.Ordinal));
            yield return new(where + " twice, another last", top, marked.Replace(s_markText, $"{original},{quoted}:\"x\"", StringComparison.Ordinal));
            yield return new(where + " twice, once in escapes", top, marked.Replace(s_markText, $"{original},\"{string.Concat(member.Select(letter => $"\\u{(int)letter:x4}"))}\":\"x\"", StringComparison.Ordinal));
            yield return new(where + " in capitals too", top, marked.Replace(s_markText, $"{original},{quoted.ToUpperInvariant()}:\"x\"", StringComparison.Ordinal));
            yield return new(where + " beside an unknown member", top, marked.Replace(s_markText, $"{original},\"constructor\":{{\"__proto__\":null}}", StringComparison.Ordinal));
        }
    }

    /// <summary>One place of the text damaged by chance: a character lost, doubled, changed or put in, or the text cut off.</summary>
    public static JsonMutation Chance(string text, Random random)
    {
        var at = random.Next(text.Length);
        var letter = "\"\\{}[]:,0-e.\0\u202e\ud800 \n\u00fctruefalsenull"[random.Next(30)];
        return random.Next(5) switch
        {
            0 => new($"character {at} lost", "", text.Remove(at, 1)),
            1 => new($"character {at} doubled", "", text.Insert(at, text[at].ToString())),
            2 => new($"character {at} is U+{(int)letter:x4}", "", new StringBuilder(text) { [at] = letter }.ToString()),
            3 => new($"U+{(int)letter:x4} at {at}", "", text.Insert(at, letter.ToString())),
            _ => new($"cut at {at}", "", text[..at]),
        };
    }

    private static IEnumerable<object[]> PathsIn(JsonNode? node, object[] at)
    {
        if (at.Length > 0)
            yield return at;
        var inner = node switch
        {
            JsonObject members => members.Select(member => (Step: (object)member.Key, member.Value)),
            JsonArray entries => entries.Select((entry, index) => (Step: (object)index, entry)),
            _ => [],
        };
        foreach (var path in inner.SelectMany(step => PathsIn(step.Item2, [.. at, step.Step])))
            yield return path;
    }

    private static string Without(JsonObject whole, object[] path)
    {
        var copy = whole.DeepClone();
        var holder = Holder(copy, path);
        if (holder is JsonObject members)
            members.Remove((string)path[^1]);
        else
            holder.AsArray().RemoveAt((int)path[^1]);
        return copy.ToJsonString();
    }

    private static string Marked(JsonObject whole, object[] path, out string original)
    {
        var copy = whole.DeepClone();
        var holder = Holder(copy, path);
        if (holder is JsonObject members)
        {
            original = members[(string)path[^1]]?.ToJsonString() ?? "null";
            members[(string)path[^1]] = Mark;
        }
        else
        {
            original = holder[(int)path[^1]]?.ToJsonString() ?? "null";
            holder[(int)path[^1]] = Mark;
        }

        return copy.ToJsonString();
    }

    private static JsonNode Holder(JsonNode whole, object[] path) =>
        path[..^1].Aggregate(whole, (node, step) => (step is string name ? node[name] : node[(int)step])!);
}
