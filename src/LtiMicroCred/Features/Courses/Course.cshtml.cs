using Dapper;
using LtiMicroCred.Features.Achievements;
using LtiMicroCred.Features.Launches;
using LtiMicroCred.Storage;
using LtiMicroCred.Texts;
using MediatR;
using Microsoft.Extensions.Localization;
using Microsoft.AspNetCore.Mvc;

namespace LtiMicroCred.Features.Courses;

/// <summary>The instructor's page: where the learners are, how reading grades goes, who needs attention, the evidence of each.</summary>
internal sealed class CourseModel(CourseOverview overview, AchievementDirectory achievements, FollowUps.FollowUpList followUps, Platforms.ShowPlatform platforms, IMediator mediator, IStringLocalizer<Words> words, TimeProvider clock) : LaunchPage
{
    public const int PageSize = 50;

    protected override LaunchKind[] For => [LaunchKind.Staff];

    [FromQuery(Name = "standing")]
    public string? Filter { get; set; }

    [FromQuery(Name = "q")]
    public string? Search { get; set; }

    [FromQuery(Name = "page")]
    public int PageNumber { get; set; } = 1;

    /// <summary>The learner whose evidence is open, for browsers without script.</summary>
    [FromQuery(Name = "evidence")]
    public Guid? Evidence { get; set; }

    public ActivityFacts Activity { get; private set; } = null!;
    public Achievement Achievement { get; private set; } = null!;
    public IReadOnlyList<ReadColumn> Columns { get; private set; } = [];
    public IReadOnlyDictionary<Place, int> Counts { get; private set; } = new Dictionary<Place, int>();
    public int Total { get; private set; }
    public int Found { get; private set; }
    public IReadOnlyList<LearnerInCourse> Learners { get; private set; } = [];
    public IReadOnlyList<LearnerInCourse> Attention { get; private set; } = [];
    public DateTimeOffset Now { get; private set; }
    public bool Checking { get; private set; }

    /// <summary>The last ones of all columns that count, the oldest first.</summary>
    public IReadOnlyList<Results.Reading> Readings { get; private set; } = [];

    public IReadOnlyList<FollowUps.ShownFollowUp> FailedFollowUps { get; private set; } = [];

    /// <summary>How reading this LMS goes, all courses together, for its administrators; null for others.</summary>
    public Platforms.PlatformReading? LmsReading { get; private set; }

    /// <summary>What happens when a grade falls after an award.</summary>
    public Awards.WhenBelow Policy { get; private set; }

    public async Task<IActionResult> OnGetAsync(CancellationToken ct)
    {
        if (Session.ActivityId is not { } activityId)
            return RedirectPreserving("pick");
        Activity = await overview.ActivityAsync(Session.TenantId, activityId, ct) ?? throw new NoSuchLaunchException("the activity is gone");
        Achievement = await achievements.VersionAsync(Session.TenantId, Activity.AchievementId, Activity.AchievementVersion, ct);
        Columns = await overview.ColumnsAsync(Session.TenantId, activityId, ct);
        FailedFollowUps = [.. (await followUps.TroubledAsync(Session.TenantId, activityId, ct)).Where(f => f.State == "failed")];
        Policy = await overview.PolicyAsync(Session.TenantId, Activity.AchievementId, ct);
        LmsReading = Launch.IsAdministrator ? await platforms.ReadingAsync(Activity.PlatformId, ct) : null;
        Now = clock.GetUtcNow();
        Readings = [.. Columns.Where(c => c.InUse).SelectMany(c => Results.ReadingLog.Parse(c.Readings)).OrderBy(r => r.At).TakeLast(Results.ReadingLog.Kept)];
        Checking = Columns.Any(c => c.IsBeingRead(Now));
        var all = await overview.LearnersAsync(Session.TenantId, Activity, only: null, ct);
        Total = all.Count;
        Counts = Enum.GetValues<Place>().ToDictionary(p => p, p => all.Count(l => l.Place == p));
        Attention = [.. all.Where(l => l.Place == Place.NeedsAttention)];
        var found = all.Where(Matches).ToList();
        Found = found.Count;
        PageNumber = Math.Clamp(PageNumber, 1, Math.Max(1, (Found + PageSize - 1) / PageSize));
        Learners = [.. found.Skip((PageNumber - 1) * PageSize).Take(PageSize)];
        return Page();
    }

    /// <summary>Everybody who is shown, as a file.</summary>
    public async Task<IActionResult> OnGetListAsync(CancellationToken ct)
    {
        if (Session.ActivityId is not { } activityId)
            return RedirectPreserving("pick");
        Activity = await overview.ActivityAsync(Session.TenantId, activityId, ct) ?? throw new NoSuchLaunchException("the activity is gone");
        Columns = await overview.ColumnsAsync(Session.TenantId, activityId, ct);
        var learners = (await overview.LearnersAsync(Session.TenantId, Activity, only: null, ct)).Where(Matches).ToList();
        Response.Headers.CacheControl = "no-store";
        return File(Downloads.List(words, Columns, learners), "text/csv; charset=utf-8", "learners.csv");
    }

    /// <summary>What was seen of one learner, and decided, as a file.</summary>
    public async Task<IActionResult> OnGetEvidenceAsync(CancellationToken ct)
    {
        if (Session.ActivityId is not { } activityId || Evidence is not { } learnerId)
            return RedirectPreserving("course");
        Activity = await overview.ActivityAsync(Session.TenantId, activityId, ct) ?? throw new NoSuchLaunchException("the activity is gone");
        if ((await overview.LearnersAsync(Session.TenantId, Activity, learnerId, ct)).SingleOrDefault() is not { } learner)
            return RedirectPreserving("course");
        Columns = await overview.ColumnsAsync(Session.TenantId, activityId, ct);
        Response.Headers.CacheControl = "no-store";
        return File(Downloads.Evidence(Activity, Columns, learner), "application/json", "evidence.json");
    }

    public async Task<IActionResult> OnPostCheckAsync(CancellationToken ct)
    {
        if (Session.ActivityId is { } activityId)
            await mediator.Send(new CheckNow(Session.TenantId, activityId), ct);
        return RedirectPreserving("course");
    }

    /// <summary>This page with another filter, page or open evidence; the search stays.</summary>
    public string Address(string? standing, int number = 1, Guid? evidence = null)
    {
        var parts = new Dictionary<string, string?>(StringComparer.Ordinal);
        if (!string.IsNullOrEmpty(standing))
            parts["standing"] = standing;
        if (!string.IsNullOrWhiteSpace(Search))
            parts["q"] = Search.Trim();
        if (number > 1)
            parts["page"] = number.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (evidence is { } learner)
            parts["evidence"] = learner.ToString("D");
        return $"{Request.PathBase}/l/{LaunchId}/course{QueryString.Create(parts)}";
    }

    /// <summary>The address name of a place, as the legend's links carry it.</summary>
    public static string Slug(Place place) => place switch
    {
        Place.NeedsAttention => "attention",
        Place.Awarded => "awarded",
        Place.Passed => "passed",
        Place.Expired => "expired",
        Place.Revoked => "revoked",
        Place.InProgress => "progress",
        _ => "not-started",
    };

    private bool Matches(LearnerInCourse learner) =>
        (string.IsNullOrEmpty(Filter) || Slug(learner.Place) == Filter)
        && (string.IsNullOrWhiteSpace(Search) || (learner.Name ?? "").Contains(Search.Trim(), StringComparison.CurrentCultureIgnoreCase));

    private RedirectResult RedirectPreserving(string page) => Redirect($"{Request.PathBase}/l/{LaunchId}/{page}");
}

/// <summary>Brings the reading of an activity's columns forward. Pressing again joins the one that is under way.</summary>
internal sealed record CheckNow(Guid TenantId, Guid ActivityId) : IWrite<int>;

internal sealed class CheckNowHandler(Work work, TimeProvider clock) : IRequestHandler<CheckNow, int>
{
    public Task<int> Handle(CheckNow request, CancellationToken cancellationToken) => work.Connection.ExecuteAsync(
        """
        UPDATE LineItem SET NextReadAt = @Now, ActiveAt = @Now
        WHERE ActivityId = @ActivityId AND TenantId = @TenantId AND InUse = 1 AND Way NOT IN ('published', 'import') AND NextReadAt > @Now AND (FailureKind IS NULL OR FailureKind <> 'Busy') AND (LeasedUntil IS NULL OR LeasedUntil < @Now)
        """,
        new { Now = clock.GetUtcNow(), request.ActivityId, request.TenantId },
        work.Transaction);
}
