using LtiMicroCred.Features.Achievements;
using LtiMicroCred.Features.Courses;
using LtiMicroCred.Features.Launches;
using LtiMicroCred.Features.Results;
using LtiMicroCred.Lti;
using LtiMicroCred.Shell;
using MediatR;
using Microsoft.AspNetCore.Mvc;

namespace LtiMicroCred.Features.FollowUps;

/// <summary>What follows an award: the switch for the LMS's column, and what could not be done, with its cause and another try.</summary>
internal sealed class FollowUpsPageModel(
    CourseOverview overview, AchievementDirectory achievements, FollowUpList list, IPlatforms platforms, AssignmentAndGradeServices grades, IMediator mediator, Settings settings) : ActivityPage(overview, achievements)
{

    /// <summary>The activity's own column; null where the LMS has none for it.</summary>
    public ReadColumn? Column { get; private set; }
    public bool IsOn { get; private set; }
    public bool HasMail => settings.Smtp is not null;
    public IReadOnlyList<ShownFollowUp> Troubled { get; private set; } = [];

    /// <summary>Why the column could not be made.</summary>
    public ServiceFailure? Failure { get; private set; }

    public async Task<IActionResult> OnGetAsync(CancellationToken ct) => await LoadAsync(ct) ?? Page();

    public async Task<IActionResult> OnPostSwitchAsync(CancellationToken ct)
    {
        if (await LoadAsync(ct) is { } elsewhere)
            return elsewhere;
        var form = await PostedForm.ReadAsync(HttpContext);
        var on = form["on"] == "true";
        try
        {
            if (on && Column is null)
                await MakeAsync(ct);
        }
        catch (LtiServiceException failure)
        {
            Failure = failure.Failure;
            return Page();
        }

        // Its grades count no longer: we would read what we wrote.
        if (on && Column is { InUse: true } && form["stop"] == "true")
            await mediator.Send(new UseColumn(Session.TenantId, Activity.ActivityId, "own", Column.Assessment, On: false), ct);
        await mediator.Send(new ShowScores(Session.TenantId, Activity.ActivityId, on), ct);
        return Back();
    }

    public async Task<IActionResult> OnPostRetryAsync(CancellationToken ct)
    {
        if (await LoadAsync(ct) is { } elsewhere)
            return elsewhere;
        var form = await PostedForm.ReadAsync(HttpContext);
        var one = Guid.TryParseExact(form["follow"], "D", out var id) ? id : default(Guid?);
        if (one is not null || form["all"] == "true")
            await mediator.Send(new RetryFollowUps(Session.TenantId, Activity.ActivityId, one), ct);
        return Back();
    }

    private RedirectResult Back() => Redirect($"{Request.PathBase}/l/{LaunchId}/follow-ups");

    private async Task MakeAsync(CancellationToken ct)
    {
        if (Activity.LineItemsUrl is not { } columns)
            return;
        var platform = await platforms.FindAsync(Activity.PlatformId, ct) ?? throw new NoSuchLaunchException("the platform is gone");
        var made = await grades.FindOrCreateLineItemAsync(platform, new Uri(columns), new LineItem { Label = Achievement.Title, ScoreMaximum = 100, ResourceLinkId = Session.ResourceLinkId }, ct);
        await mediator.Send(new KeepColumn(Session.TenantId, Activity.ActivityId, "own", 1, made.Id!, made.Label, InUse: false), ct);
    }

    protected override async Task<IActionResult?> LoadMoreAsync(CancellationToken ct)
    {
        Column = (await Overview.ColumnsAsync(Session.TenantId, Activity.ActivityId, ct)).FirstOrDefault(c => c.Way == "own");
        IsOn = await list.IsOnAsync(Activity.ActivityId, ct);
        Troubled = await list.TroubledAsync(Session.TenantId, Activity.ActivityId, ct);
        return null;
    }
}
