namespace LtiMicroCred.Features.Shared;

/// <summary>The open one of the ways by which grades reach us.</summary>
/// <param name="IsMoodle">Formula columns and conditions that a list tells are known of Moodle alone.</param>
/// <param name="Assessment">For which assessment of the rule.</param>
internal sealed record ShownWay(string LaunchId, string Way, bool IsMoodle, int Assessment = 1)
{
    public string Of => Assessment > 1 ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"&assessment={Assessment}") : "";
}
