namespace LtiMicroCred.Features.Platforms;

/// <summary>An LMS as people call it: “Moodle 4.5.6”, where it says “moodle” and “4.5.6+ (Build: 20250814)”.</summary>
internal static class ProductName
{
    public static string? Of(string? family, string? version)
    {
        if (string.IsNullOrWhiteSpace(family))
            return null;
        // The number that the version begins with; what follows tells builds apart, not people.
        var number = string.Concat((version ?? "").Trim().TakeWhile(c => char.IsAsciiDigit(c) || c == '.')).Trim('.');
        return number.Length is > 0 and < 20 ? $"{Written(family.Trim())} {number}" : Written(family.Trim());
    }

    private static string Written(string family) => family.ToLowerInvariant() switch
    {
        "moodle" => "Moodle",
        "canvas" => "Canvas",
        "blackboardlearn" or "blackboard" => "Blackboard",
        "desire2learn" or "brightspace" or "d2l" => "Brightspace",
        "sakai" => "Sakai",
        "open edx" or "edx" or "openedx" => "Open edX",
        _ => family,
    };
}
