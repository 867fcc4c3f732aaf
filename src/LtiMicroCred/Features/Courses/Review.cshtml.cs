using Dapper;
using LtiMicroCred.Features.Achievements;
using LtiMicroCred.Features.Launches;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Features.Courses;

/// <summary>Submission Review: staff come from one learner's grade in the LMS and see that learner's evidence in this activity.</summary>
internal sealed class ReviewModel(CourseOverview overview, AchievementDirectory achievements, Database database) : LaunchPage
{
    protected override LaunchKind[] For => [LaunchKind.Review];

    /// <summary>Null where no credential has been chosen yet.</summary>
    public ActivityFacts? Activity { get; private set; }
    public Achievement Achievement { get; private set; } = null!;
    public IReadOnlyList<ReadColumn> Columns { get; private set; } = [];

    /// <summary>Null for someone of whom nothing is known in this activity.</summary>
    public LearnerInCourse? Learner { get; private set; }

    public async Task OnGetAsync(CancellationToken ct)
    {
        if (Session.ActivityId is not { } activityId)
            return;
        Activity = await overview.ActivityAsync(Session.TenantId, activityId, ct) ?? throw new NoSuchLaunchException("the activity is gone");
        Achievement = await achievements.VersionAsync(Session.TenantId, Activity.AchievementId, Activity.AchievementVersion, ct);
        Columns = await overview.ColumnsAsync(Session.TenantId, activityId, ct);
        if (await ReviewedAsync(ct) is { } learnerId)
            Learner = (await overview.LearnersAsync(Session.TenantId, Activity, learnerId, ct)).SingleOrDefault();
    }

    private async Task<Guid?> ReviewedAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return await connection.ExecuteScalarAsync<Guid?>(
            "SELECT LearnerId FROM Learner WHERE TenantId = @TenantId AND PlatformId = @PlatformId AND Subject = @ReviewOf",
            new { Session.TenantId, Session.PlatformId, Launch.ReviewOf });
    }
}
