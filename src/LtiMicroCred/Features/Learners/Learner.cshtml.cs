using Dapper;
using LtiMicroCred.Features.Achievements;
using LtiMicroCred.Features.Courses;
using LtiMicroCred.Features.Launches;
using LtiMicroCred.Storage;
using MediatR;
using Microsoft.AspNetCore.Mvc;

namespace LtiMicroCred.Features.Learners;

/// <summary>The learner's page: what is asked, where they stand, and the credential once it is there.</summary>
internal sealed class LearnerModel(CourseOverview overview, AchievementDirectory achievements, IMediator mediator, Settings settings, TimeProvider clock) : LaunchPage
{
    protected override LaunchKind[] For => [LaunchKind.Learner];

    /// <summary>Null where the instructor has not chosen a credential yet.</summary>
    public ActivityFacts? Activity { get; private set; }
    public Achievement Achievement { get; private set; } = null!;
    public IReadOnlyList<ReadColumn> Columns { get; private set; } = [];

    /// <summary>Null for someone who is no learner here (no role, or a guest): they see what is asked.</summary>
    public LearnerInCourse? Learner { get; private set; }
    public DateTimeOffset? PublicSince => Learner?.Award?.PublicSince;
    public bool Celebrate { get; private set; }
    public DateTimeOffset? LastRead { get; private set; }

    /// <summary>What can be started from here: activities that the LMS publishes to us.</summary>
    public IReadOnlyList<ReadColumn> Quizzes { get; private set; } = [];

    public string PublicUrl => $"{settings.PublicBase}/c/{Learner?.Award?.Code}";

    public async Task OnGetAsync(CancellationToken ct)
    {
        if (Session.ActivityId is not { } activityId)
            return;
        Activity = await overview.ActivityAsync(Session.TenantId, activityId, ct) ?? throw new NoSuchLaunchException("the activity is gone");
        Columns = await overview.ColumnsAsync(Session.TenantId, activityId, ct);
        Quizzes = [.. Columns.Where(c => c is { InUse: true, Way: "published" } && Activity.Rule.Find(c.Assessment) is not null)];
        LastRead = Columns.Where(c => c.InUse).Max(c => c.ReadAt);
        // Without a name there is no standing: never everybody's.
        Learner = Session.LearnerId is { } learnerId ? (await overview.LearnersAsync(Session.TenantId, Activity, learnerId, ct)).SingleOrDefault() : null;
        // Who holds the credential sees the version under which it was earned.
        var version = Learner?.Award?.AchievementVersion ?? Activity.AchievementVersion;
        Achievement = await achievements.VersionAsync(Session.TenantId, Activity.AchievementId, version, ct);
        Celebrate = Learner?.Award is { CelebratedAt: null } award && await mediator.Send(new Celebrate(award.AwardId), ct);
    }

    public async Task<IActionResult> OnPostVisibilityAsync(bool show, CancellationToken ct)
    {
        if (Session is { ActivityId: { } activityId, LearnerId: { } learnerId })
            await mediator.Send(new ShowCredential(Session.TenantId, learnerId, activityId, show), ct);
        return Redirect($"{Request.PathBase}/l/{LaunchId}/learner");
    }

    /// <summary>LinkedIn's add-to-profile address (credentials are listed under the institution's name).</summary>
    public string LinkedInUrl(HeldBy award)
    {
        var parts = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["startTask"] = "CERTIFICATION_NAME",
            ["name"] = Achievement.Title,
            ["organizationName"] = Session.TenantName,
            ["issueYear"] = award.IssuedAt.Year.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["issueMonth"] = award.IssuedAt.Month.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["certUrl"] = PublicUrl,
            ["certId"] = award.Code,
        };
        if (award.Until is { } until)
        {
            parts["expirationYear"] = until.Year.ToString(System.Globalization.CultureInfo.InvariantCulture);
            parts["expirationMonth"] = until.Month.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        return "https://www.linkedin.com/profile/add" + QueryString.Create(parts);
    }

    public DateTimeOffset Now => clock.GetUtcNow();
}

/// <summary>True the first time that a learner sees the award, and never again.</summary>
internal sealed record Celebrate(Guid AwardId) : IWrite<bool>;

internal sealed class CelebrateHandler(Work work, TimeProvider clock) : IRequestHandler<Celebrate, bool>
{
    public async Task<bool> Handle(Celebrate request, CancellationToken cancellationToken) => await work.Connection.ExecuteAsync(
        "UPDATE CredentialPage SET CelebratedAt = @Now WHERE AwardId = @AwardId AND CelebratedAt IS NULL", new { Now = clock.GetUtcNow(), request.AwardId }, work.Transaction) == 1;
}

/// <summary>The learner's own word: the page of the credential is public, or not.</summary>
internal sealed record ShowCredential(Guid TenantId, Guid LearnerId, Guid ActivityId, bool Show) : IWrite<bool>;

internal sealed class ShowCredentialHandler(Work work, TimeProvider clock) : IRequestHandler<ShowCredential, bool>
{
    public async Task<bool> Handle(ShowCredential request, CancellationToken cancellationToken) => await work.Connection.ExecuteAsync(
        """
        UPDATE CredentialPage SET PublicSince = CASE WHEN @Show = 1 THEN COALESCE(PublicSince, @Now) ELSE NULL END
        WHERE AwardId = (
          SELECT h.AwardId FROM HeldAward h JOIN Award w ON w.AwardId = h.AwardId
          JOIN Activity a ON a.ActivityId = @ActivityId AND a.TenantId = @TenantId AND a.AchievementId = h.AchievementId
          WHERE h.LearnerId = @LearnerId AND w.TenantId = @TenantId)
        """,
        new { request.Show, Now = clock.GetUtcNow(), request.ActivityId, request.TenantId, request.LearnerId },
        work.Transaction) == 1;
}
