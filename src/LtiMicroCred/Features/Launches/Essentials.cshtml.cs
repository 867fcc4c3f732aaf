using LtiMicroCred.Features.Achievements;
using LtiMicroCred.Features.Courses;
using LtiMicroCred.Shell;

namespace LtiMicroCred.Features.Launches;

/// <summary>
/// The answer to a launch in a browser that keeps none of our cookies: where the learner stands, or where the course is. It has no address, so no
/// address carries a session; its one form hands the launch over to a new window, sealed, for half an hour.
/// </summary>
internal sealed class EssentialsModel(CourseOverview overview, AchievementDirectory achievements) : LaunchPage
{
    public const string At = "/lti/in-place/essentials";

    protected override LaunchKind[] For => [LaunchKind.Learner, LaunchKind.Staff, LaunchKind.Pick, LaunchKind.Review];

    /// <summary>The page that the new window opens.</summary>
    public string Onward { get; private set; } = "";

    /// <summary>Null where no credential has been chosen yet, and where one is about to be.</summary>
    public ActivityFacts? Activity { get; private set; }
    public Achievement Achievement { get; private set; } = null!;

    /// <summary>Null for staff, and for someone who is no learner here.</summary>
    public LearnerInCourse? Learner { get; private set; }
    public IReadOnlyDictionary<Place, int> Counts { get; private set; } = new Dictionary<Place, int>();

    public async Task OnGetAsync(CancellationToken ct)
    {
        Onward = HttpContext.Features.Get<OpenedLaunch>()!.Page; // the page would not run without it
        if (Session.For == LaunchKind.Pick || Session.ActivityId is not { } activityId)
            return;
        Activity = await overview.ActivityAsync(Session.TenantId, activityId, ct) ?? throw new NoSuchLaunchException("the activity is gone");
        var isStaff = Session.For is LaunchKind.Staff or LaunchKind.Review;
        var learners = isStaff ? await overview.LearnersAsync(Session.TenantId, Activity, only: null, ct)
            : Session.LearnerId is { } learnerId ? await overview.LearnersAsync(Session.TenantId, Activity, learnerId, ct)
            : [];
        Learner = isStaff ? null : learners.SingleOrDefault();
        Counts = Enum.GetValues<Place>().ToDictionary(p => p, p => learners.Count(l => l.Place == p));
        Achievement = await achievements.VersionAsync(Session.TenantId, Activity.AchievementId, Learner?.Award?.AchievementVersion ?? Activity.AchievementVersion, ct);
    }
}

/// <summary>A launch that was just received, for the one answer that needs no cookie to show it.</summary>
internal sealed record OpenedLaunch(string LaunchId, string BrowserSecret, string Page);
