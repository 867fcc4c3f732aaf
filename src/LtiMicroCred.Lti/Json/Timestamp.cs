using System.Globalization;
using System.Text.RegularExpressions;

namespace LtiMicroCred.Lti;

/// <summary>ISO 8601 times as platforms write them: any number of fraction digits, zones also without colon. A time without zone is no point in time.</summary>
internal static partial class Timestamp
{
    public static DateTimeOffset? Read(string? text)
    {
        if (text is null || text.Length > 64 || Iso8601().Match(text) is not { Success: true } parts)
            return null;

        var zone = parts.Groups["zone"].Value;
        var offset = zone is "Z" or "z" ? "+00:00" : zone.Length == 5 ? zone.Insert(3, ":") : zone;
        return DateTimeOffset.TryParse(parts.Groups["time"].Value + offset, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? time : null;
    }

    [GeneratedRegex(@"^(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,7})?)[0-9]*(?<zone>[Zz]|[+-][0-9]{2}:?[0-9]{2})\z", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Iso8601();
}
