using LtiMicroCred.Features.Achievements;
using LtiMicroCred.Features.Launches;
using Microsoft.AspNetCore.Mvc;

namespace LtiMicroCred.Features.Courses;

/// <summary>A page for the staff of a course, about the activity that was launched.</summary>
internal abstract class ActivityPage(CourseOverview overview, AchievementDirectory achievements) : LaunchPage
{
    protected override LaunchKind[] For => [LaunchKind.Staff];

    protected CourseOverview Overview => overview;

    public ActivityFacts Activity { get; private set; } = null!;
    public Achievement Achievement { get; private set; } = null!;

    /// <summary>What else the page needs.</summary>
    /// <returns>Where to go instead; null to stay.</returns>
    protected virtual Task<IActionResult?> LoadMoreAsync(CancellationToken ct) => Task.FromResult<IActionResult?>(null);

    /// <returns>Where to go instead: nothing was chosen yet for this link. Null to stay.</returns>
    protected async Task<IActionResult?> LoadAsync(CancellationToken ct)
    {
        if (Session.ActivityId is not { } activityId)
            return Redirect($"{Request.PathBase}/l/{LaunchId}/pick");
        Activity = await overview.ActivityAsync(Session.TenantId, activityId, ct) ?? throw new NoSuchLaunchException("the activity is gone");
        Achievement = await achievements.VersionAsync(Session.TenantId, Activity.AchievementId, Activity.AchievementVersion, ct);
        return await LoadMoreAsync(ct);
    }
}
