using LtiMicroCred.Features.Achievements;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Features.Courses;
using LtiMicroCred.Features.Launches;
using LtiMicroCred.Texts;
using MediatR;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Localization;

namespace LtiMicroCred.Features.Decisions;

/// <summary>An award that no grade earned: for a reason, or for what was learnt elsewhere.</summary>
internal sealed class ByHandModel(CourseOverview overview, AchievementDirectory achievements, IMediator mediator, IStringLocalizer<Words> words) : ActivityPage(overview, achievements)
{
    public const int LongestAssessor = 200, LongestStatement = 4000, Shown = 50;

    [FromQuery(Name = "q")]
    public string? Search { get; set; }

    [BindProperty(SupportsGet = true, Name = "learner")]
    public Guid? LearnerId { get; set; }

    /// <summary>Award or Recognise.</summary>
    [BindProperty(Name = "kind")]
    public string? Kind { get; set; } = nameof(RulingKind.Award);

    [BindProperty(Name = "reason")]
    public string? Reason { get; set; }

    [BindProperty(Name = "assessor")]
    public string? Assessor { get; set; }

    [BindProperty(Name = "statement")]
    public string? Statement { get; set; }


    /// <summary>Those who could be awarded and match what was searched for, not more than <see cref="Shown"/>.</summary>
    public IReadOnlyList<LearnerInCourse> Learners { get; private set; } = [];
    public int Found { get; private set; }
    public LearnerInCourse? Learner { get; private set; }
    public Dictionary<string, string> Errors { get; } = new(StringComparer.Ordinal);

    public async Task<IActionResult> OnGetAsync(CancellationToken ct) => await LoadAsync(ct) ?? Page();

    public async Task<IActionResult> OnPostAsync(CancellationToken ct)
    {
        if (await LoadAsync(ct) is { } elsewhere)
            return elsewhere;
        var kind = Kind == nameof(RulingKind.Recognise) ? RulingKind.Recognise : RulingKind.Award;
        var reason = Text(Reason, DecideModel.LongestReason, "reason", words["Error.Reason"]);
        var assessor = kind == RulingKind.Recognise ? Text(Assessor, LongestAssessor, "assessor", words["Error.Assessor"]) : null;
        var statement = kind == RulingKind.Recognise ? Text(Statement, LongestStatement, "statement", words["Error.Statement"]) : null;
        if (Learner is null)
            Errors["learner"] = words["Error.Learner"];
        if (Errors.Count > 0 || Learner is not { } learner || Session.LearnerId is not { } by)
            return Page();
        var outcome = await mediator.Send(new AwardByHand(Session.TenantId, Activity.ActivityId, learner.LearnerId, kind, reason!, assessor, statement, by), ct);
        if (outcome == AwardedByHand.Awarded)
            return Redirect($"{Request.PathBase}/l/{LaunchId}/course?evidence={learner.LearnerId:D}#learner-{learner.LearnerId:N}");
        Errors["learner"] = words[outcome == AwardedByHand.Held ? "Error.Learner.Holds" : "Error.Learner"];
        return Page();
    }

    private string? Text(string? typed, int longest, string field, string error)
    {
        var text = StaffReason.Read(typed, longest);
        if (text is null)
            Errors[field] = error;
        return text;
    }

    protected override async Task<IActionResult?> LoadMoreAsync(CancellationToken ct)
    {
        var open = (await Overview.LearnersAsync(Session.TenantId, Activity, only: null, ct))
            .Where(l => l.IsActive && l.LearnerId != Session.LearnerId && (l.Award is null || l.Place == Place.Expired)).ToList();
        var found = open.Where(l => string.IsNullOrWhiteSpace(Search) || (l.Name ?? "").Contains(Search.Trim(), StringComparison.CurrentCultureIgnoreCase)).ToList();
        (Learners, Found) = ([.. found.Take(Shown)], found.Count);
        Learner = open.Find(l => l.LearnerId == LearnerId);
        return null;
    }
}
