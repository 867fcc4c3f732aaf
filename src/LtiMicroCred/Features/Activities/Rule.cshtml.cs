using LtiMicroCred.Features.Achievements;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Features.Courses;
using LtiMicroCred.Features.Launches;
using LtiMicroCred.Texts;
using MediatR;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Localization;

namespace LtiMicroCred.Features.Activities;

/// <summary>What is asked in an activity, and another rule for it: tried on the grades that are there before it is used.</summary>
internal sealed class RuleModel(CourseOverview overview, AchievementDirectory achievements, IMediator mediator, IStringLocalizer<Words> words) : ActivityPage(overview, achievements)
{
    [BindProperty]
    public RuleForm Form { get; set; } = new();

    /// <summary>The version of the rule that the instructor saw when they began to change it.</summary>
    [BindProperty]
    public Guid Replaces { get; set; }

    public IReadOnlyList<ReadColumn> Columns { get; private set; } = [];
    public int Versions { get; private set; }
    public Dictionary<string, string> Errors { get; } = new(StringComparer.Ordinal);

    /// <summary>What was typed, as a rule, once it is in order.</summary>
    public PassRule? Typed { get; private set; }

    /// <summary>What it would mean for those who are there.</summary>
    public RulePreview? Preview { get; private set; }

    /// <summary>Somebody else changed the rule meanwhile.</summary>
    public bool IsOutdated { get; private set; }

    public async Task<IActionResult> OnGetAsync(CancellationToken ct)
    {
        if (await LoadAsync(ct) is { } elsewhere)
            return elsewhere;
        Form = RuleForm.Of(Activity.Rule);
        Replaces = Activity.PassRuleId;
        return Page();
    }

    /// <summary>One more row for an assessment; nothing is kept.</summary>
    public async Task<IActionResult> OnPostAddAsync(CancellationToken ct)
    {
        if (await LoadAsync(ct) is { } elsewhere)
            return elsewhere;
        if (Form.Assessments.Count < PassRule.MostAssessments)
            Form.Assessments.Add(new AssessmentForm());
        return Page();
    }

    public async Task<IActionResult> OnPostTryAsync(CancellationToken ct)
    {
        if (await LoadAsync(ct) is { } elsewhere)
            return elsewhere;
        Typed = Form.Read(await HighestAsync(ct), Errors, words);
        if (Typed is { } rule)
            Preview = RulePreview.Of(Activity.PassRuleId, rule, await Overview.LearnersAsync(Session.TenantId, Activity, only: null, ct));
        return Page();
    }

    public async Task<IActionResult> OnPostUseAsync(CancellationToken ct)
    {
        if (await LoadAsync(ct) is { } elsewhere)
            return elsewhere;
        if (Form.Read(await HighestAsync(ct), Errors, words) is not { } rule || Session.LearnerId is not { } by)
            return Page();
        if ((await mediator.Send(new ChangeRule(Session.TenantId, Activity.ActivityId, Replaces, rule, by), ct)).IsChanged)
            return Redirect($"{Request.PathBase}/l/{LaunchId}/course");
        IsOutdated = true;
        Replaces = Activity.PassRuleId;
        return Page();
    }

    protected override async Task<IActionResult?> LoadMoreAsync(CancellationToken ct)
    {
        Columns = await Overview.ColumnsAsync(Session.TenantId, Activity.ActivityId, ct);
        Versions = (await Overview.RulesAsync(Session.TenantId, Activity.ActivityId, ct)).Count;
        return null;
    }

    private async Task<int> HighestAsync(CancellationToken ct) =>
        (await Overview.RulesAsync(Session.TenantId, Activity.ActivityId, ct)).SelectMany(r => r.Assessments).Max(a => a.Number);
}

/// <summary>What a rule would mean for the learners of an activity, by the grades that are there.</summary>
/// <param name="Passing">How many meet it.</param>
/// <param name="Awarded">How many of them it would award at once.</param>
/// <param name="Kept">How many hold the award under an earlier rule, and keep it.</param>
internal sealed record RulePreview(int Passing, int Awarded, int Kept)
{
    public static RulePreview Of(Guid current, PassRule rule, IReadOnlyList<LearnerInCourse> learners)
    {
        var passing = learners.Where(l => AwardPolicy.Decide(rule, l.Results.Select(r => r.Observation)).Standing == Standing.Passed).ToList();
        var last = passing.Where(l => l is { Award: null, IsActive: true }).Select(l => l.Words.Count > 0 ? l.Words[^1].ToRuling() : null);
        // The new rule has no id yet: what was undone under the current one is not barred by it.
        return new RulePreview(passing.Count, last.Count(said => !Regrading.IsBarred(said is { PassRuleId: { } id } && id == current ? said with { PassRuleId = null } : said, Guid.Empty)), learners.Count(l => l.Award is not null));
    }
}
