using LtiMicroCred.Features.Achievements;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Features.Courses;
using LtiMicroCred.Features.Launches;
using LtiMicroCred.Texts;
using MediatR;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Localization;

namespace LtiMicroCred.Features.Decisions;

/// <summary>What is to become of one learner's award, with the reason. The course's page posts here; what has to be corrected is asked again here.</summary>
internal sealed class DecideModel(CourseOverview overview, AchievementDirectory achievements, IMediator mediator, IStringLocalizer<Words> words) : ActivityPage(overview, achievements)
{
    public const int LongestReason = 1000;

    [BindProperty(SupportsGet = true, Name = "learner")]
    public Guid LearnerId { get; set; }

    /// <summary>Keep, Suspend or Revoke.</summary>
    [BindProperty(SupportsGet = true, Name = "decision")]
    public string? Decision { get; set; }

    [BindProperty(Name = "reason")]
    public string? Reason { get; set; }

    public LearnerInCourse Learner { get; private set; } = null!;
    public Dictionary<string, string> Errors { get; } = new(StringComparer.Ordinal);

    /// <summary>In the order in which they are offered; what is so already is left out.</summary>
    public IReadOnlyList<RulingKind> Choices => Learner.Award is { IsSuspended: true } ? [RulingKind.Keep, RulingKind.Revoke] : [RulingKind.Keep, RulingKind.Suspend, RulingKind.Revoke];

    public async Task<IActionResult> OnGetAsync(CancellationToken ct) => await LoadAsync(ct) ?? Page();

    public async Task<IActionResult> OnPostAsync(CancellationToken ct)
    {
        if (await LoadAsync(ct) is { } elsewhere)
            return elsewhere;
        var chosen = Enum.TryParse<RulingKind>(Decision, out var kind) && Choices.Contains(kind);
        if (!chosen)
            Errors["decision"] = words["Error.Decision"];
        if (StaffReason.Read(Reason) is not { } reason)
            Errors["reason"] = words["Error.Reason"];
        else if (LearnerId == Session.LearnerId)
            Errors["decision"] = words["Error.Decision.Own"];
        else if (chosen && Session.LearnerId is { } by)
        {
            await mediator.Send(new DecideAward(Session.TenantId, Activity.ActivityId, LearnerId, kind, reason, by), ct);
            return Redirect($"{Request.PathBase}/l/{LaunchId}/course?evidence={LearnerId:D}#learner-{LearnerId:N}");
        }

        return Page();
    }

    protected override async Task<IActionResult?> LoadMoreAsync(CancellationToken ct)
    {
        // Nobody of this course, or without an award that it earned: there is nothing to decide.
        if ((await Overview.LearnersAsync(Session.TenantId, Activity, LearnerId, ct)).SingleOrDefault() is not { Award.IsFromHere: true } learner)
            return Redirect($"{Request.PathBase}/l/{LaunchId}/course");
        Learner = learner;
        return null;
    }
}

/// <summary>A reason as it is typed.</summary>
internal static class StaffReason
{
    public static string? Read(string? typed, int longest = DecideModel.LongestReason) =>
        typed?.Trim() is { Length: > 0 } text && text.Length <= longest && !text.Any(c => char.IsControl(c) && c is not ('\n' or '\r' or '\t')) ? text : null;
}
