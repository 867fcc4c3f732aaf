using System.Globalization;
using LtiMicroCred.Features.Achievements;
using LtiMicroCred.Features.Awards;
using Microsoft.AspNetCore.Mvc;

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

    /// <summary>Those that this LMS has.</summary>
    public IReadOnlyList<string> Ways =>
        [.. s_ways.Where(way => way switch { "formula" or "gate" => OffersFormula, "gradebook" => OffersGradebook, _ => true })];

    public Assessment Assessed => Activity.Rule.Find(Number) ?? Activity.Rule.Assessments[0];

    public string Here => Address(Way, Number);

    /// <summary>Of the page of a way, for an assessment.</summary>
    public string Address(string way, int assessment)
    {
        var query = new Dictionary<string, string?>(StringComparer.Ordinal);
        if (way is "formula" or "own")
            query["way"] = way;
        if (assessment > 1)
            query["assessment"] = assessment.ToString(CultureInfo.InvariantCulture);
        return $"{Request.PathBase}/l/{LaunchId}/{(way is "formula" or "own" ? "connect" : way)}{QueryString.Create(query)}";
    }

    /// <inheritdoc cref="ActivityPage.LoadMoreAsync"/>
    protected virtual Task<IActionResult?> LoadWayAsync(CancellationToken ct) => Task.FromResult<IActionResult?>(null);

    protected sealed override Task<IActionResult?> LoadMoreAsync(CancellationToken ct)
    {
        Number = Assessed.Number;
        return LoadWayAsync(ct);
    }
}
