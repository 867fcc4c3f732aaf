using System.Text.RegularExpressions;

namespace LtiMicroCred.Lti;

/// <summary>Core 5.4.6.1: a variable that a platform does not know, or may not tell, comes back as it was asked for, such as <c>$Person.name.full</c>.</summary>
internal static partial class SubstitutionVariable
{
    public static bool IsOne(string text) => text.Length is > 1 and <= 255 && text[0] == '$' && Variable().IsMatch(text);

    [GeneratedRegex(@"^\$[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)+\z", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Variable();
}
