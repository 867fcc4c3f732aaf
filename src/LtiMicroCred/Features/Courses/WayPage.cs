using System.Globalization;
using LtiMicroCred.Features.Achievements;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Features.Launches;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;

namespace LtiMicroCred.Features.Courses;

/// <summary>One of the ways by which grades reach us, set up for an assessment of the activity's rule.</summary>
internal abstract class WayPage(CourseOverview overview, AchievementDirectory achievements) : ActivityPage(overview, achievements)
{
    private static readonly string[] s_ways = ["formula", "own", "gate", "published", "gradebook", "import"];

    /// <summary>Which of the rule's assessments its grades are of.</summary>
    [FromQuery(Name = "assessment")]
    public int Number { get; set; } = 1;

    /// <summary>As columns name it.</summary>
    public abstract string Way { get; }

    /// <summary>Those that the LMS of a launch has.</summary>
    public static IReadOnlyList<string> Of(LaunchPage page) =>
        [.. s_ways.Where(way => way switch { "formula" or "gate" => page.OffersFormula, "gradebook" => page.OffersGradebook, _ => true })];

    /// <summary>Where a way is set up, below the launch.</summary>
    public static string PageOf(string way) => way is "formula" or "own" ? $"connect?way={way}" : way;

    public Assessment Assessed => Activity.Rule.Find(Number) ?? Activity.Rule.Assessments[0];

    public string Here => Address(Way, Number);

    /// <summary>Of the page of a way, for an assessment.</summary>
    public string Address(string way, int assessment)
    {
        var page = $"{Request.PathBase}/l/{LaunchId}/{PageOf(way)}";
        return assessment > 1 ? QueryHelpers.AddQueryString(page, "assessment", assessment.ToString(CultureInfo.InvariantCulture)) : page;
    }

    /// <inheritdoc cref="ActivityPage.LoadMoreAsync"/>
    protected virtual Task<IActionResult?> LoadWayAsync(CancellationToken ct) => Task.FromResult<IActionResult?>(null);

    protected sealed override Task<IActionResult?> LoadMoreAsync(CancellationToken ct)
    {
        Number = Assessed.Number;
        return LoadWayAsync(ct);
    }
}
