using System.Net;
using System.Text.RegularExpressions;

namespace LtiMicroCred.Lti;

/// <summary>Finds the next page, or another related address, in a Link header (RFC 8288), also where quotes are typographic, missing or HTML-encoded.</summary>
internal static partial class LinkHeader
{
    public static string? Next(IEnumerable<string> values) => Find(values, "next");

    public static string? Find(IEnumerable<string> values, string relation)
    {
        foreach (var value in values)
        {
            foreach (Match link in Links().Matches(value))
            {
                var relations = Relation().Match(link.Groups["parameters"].Value).Groups["rel"].Value;
                if (relations.Split(' ').Contains(relation, StringComparer.OrdinalIgnoreCase))
                    return WebUtility.HtmlDecode(link.Groups["target"].Value).Trim();
            }
        }

        return null;
    }

    [GeneratedRegex("<(?<target>[^<>]*)>(?<parameters>[^<]*)", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Links();

    [GeneratedRegex(@";\s*rel\s*=[^A-Za-z0-9]*(?<rel>[A-Za-z0-9 \-]+)", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking | RegexOptions.IgnoreCase)]
    private static partial Regex Relation();
}
