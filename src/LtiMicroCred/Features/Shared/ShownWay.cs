using System.Globalization;
using LtiMicroCred.Features.Launches;

namespace LtiMicroCred.Features.Shared;

/// <summary>The open one of the ways by which grades reach us; the page knows which of them its LMS has.</summary>
/// <param name="Assessment">For which assessment of the rule.</param>
internal sealed record ShownWay(LaunchPage Page, string Way, int Assessment = 1)
{
    /// <summary>For an address that has a query, or none yet.</summary>
    public string Of(char sign) => Assessment > 1 ? string.Create(CultureInfo.InvariantCulture, $"{sign}assessment={Assessment}") : "";
}
