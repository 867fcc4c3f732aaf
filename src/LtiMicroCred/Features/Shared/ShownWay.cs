using System.Globalization;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Features.Launches;

namespace LtiMicroCred.Features.Shared;

/// <summary>The open one of the ways by which grades reach us; the page knows which of them its LMS has.</summary>
/// <param name="Assessment">For which assessment of the rule.</param>
internal sealed record ShownWay(LaunchPage Page, string Way, PassRule Rule, int Assessment)
{
    /// <summary>Of the page of a way, for an assessment.</summary>
    public string Address(string way, int assessment)
    {
        var page = way is "formula" or "own" ? $"connect?way={way}" : way;
        var sign = page.Contains('?', StringComparison.Ordinal) ? '&' : '?';
        return $"~/l/{Page.LaunchId}/{page}" + (assessment > 1 ? string.Create(CultureInfo.InvariantCulture, $"{sign}assessment={assessment}") : "");
    }
}
