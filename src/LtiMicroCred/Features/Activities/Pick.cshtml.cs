using System.Globalization;
using LtiMicroCred.Features.Achievements;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Features.Launches;
using LtiMicroCred.Lti;
using LtiMicroCred.Texts;
using MediatR;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Localization;

namespace LtiMicroCred.Features.Activities;

/// <summary>
/// Choose or design what is earned. Answers a deep linking request; the same page serves an activity that the LMS made without deep linking,
/// which is then bound to the choice.
/// </summary>
internal sealed class PickModel(
    AchievementDirectory achievements, DeepLinkingResponse answers, IPlatforms platforms, IMediator mediator, Settings settings, IStringLocalizer<Words> words) : LaunchPage
{
    protected override LaunchKind[] For => [LaunchKind.Pick, LaunchKind.Staff];

    public IReadOnlyList<Achievement> Achievements { get; private set; } = [];

    /// <summary>Show the form for a new one.</summary>
    [FromQuery(Name = "new")]
    public bool Designing { get; set; }

    /// <summary>What was typed; kept when something has to be corrected.</summary>
    [BindProperty]
    public PickForm Form { get; set; } = new();

    /// <summary>Field name to what is wrong with it.</summary>
    public Dictionary<string, string> Errors { get; } = new(StringComparer.Ordinal);

    /// <summary>Set once the answer is signed: the page posts it to the LMS.</summary>
    public string? Answer { get; private set; }

    public Uri? ReturnUrl { get; private set; }

    /// <summary>True while a deep linking request is answered; false when a link without a choice is bound.</summary>
    public bool ForDeepLinking => Launch.DeepLinking is not null;

    /// <summary>The LMS asks for something else than a link, so nothing that is chosen here could be inserted.</summary>
    public bool NothingFits => Launch.DeepLinking is { AcceptsLinks: false };

    public async Task<IActionResult> OnGetAsync(CancellationToken ct)
    {
        if (!ForDeepLinking && Session.ActivityId is not null)
            return Redirect($"{Request.PathBase}/l/{LaunchId}/course");
        Achievements = await achievements.AllAsync(Session.TenantId, ct);
        Designing |= Achievements.Count == 0;
        Form.Achievement = Achievements.FirstOrDefault()?.AchievementId.ToString();
        return Page();
    }

    public async Task<IActionResult> OnPostInsertAsync(CancellationToken ct)
    {
        if (NothingFits)
            return Page();
        Achievements = await achievements.AllAsync(Session.TenantId, ct);
        var rule = RuleForm.Simple(Form.Threshold, Form.Unit, Form.Until, Errors, words);
        var chosen = Guid.TryParse(Form.Achievement, out var id) ? await achievements.FindAsync(Session.TenantId, id, ct) : null;
        if (chosen is null)
            Errors["achievement"] = words["Error.ChooseOne"];
        return chosen is null || rule is null ? Page() : await FinishAsync(chosen, rule, ct);
    }

    public async Task<IActionResult> OnPostDesignAsync(CancellationToken ct)
    {
        if (NothingFits)
            return Page();
        Designing = true;
        var draft = Draft();
        var rule = RuleForm.Simple(Form.Threshold, Form.Unit, Form.Until, Errors, words);
        if (draft is null || rule is null || Errors.Count > 0)
        {
            Achievements = await achievements.AllAsync(Session.TenantId, ct);
            return Page();
        }

        var achievement = await mediator.Send(new PublishAchievement(Session.TenantId, draft), ct);
        return await FinishAsync(achievement, rule, ct);
    }

    public async Task<IActionResult> OnPostCancelAsync(CancellationToken ct) =>
        ForDeepLinking ? await AnswerAsync([], null, ct) : Redirect($"{Request.PathBase}/l/{LaunchId}/course");

    private async Task<IActionResult> FinishAsync(Achievement achievement, PassRule rule, CancellationToken ct)
    {
        if (!ForDeepLinking)
        {
            if (Session is { CourseId: { } course, ResourceLinkId: { } link })
                await mediator.Send(new BindActivity(LaunchId, Session.TenantId, course, link, Launch.LineItemUrl, Launch.LinkTitle, achievement, rule), ct);
            return Redirect($"{Request.PathBase}/l/{LaunchId}/course");
        }

        var picked = await mediator.Send(new PickCredential(Session.TenantId, achievement, rule), ct);
        var item = new ResourceLinkItem
        {
            Url = new Uri(settings.PublicBase + "/lti/launch"),
            Title = achievement.Title,
            Text = achievement.Description,
            Custom = new Dictionary<string, string>(StringComparer.Ordinal) { [ActivityDirectory.CustomParameter] = picked.ToString("D") },
            LineItem = Launch.DeepLinking!.AcceptLineItem ? new NewLineItem { Label = achievement.Title, ScoreMaximum = 100, ResourceId = picked.ToString("D"), Tag = "credential" } : null,
        };
        return await AnswerAsync([item], words["Pick.Inserted", achievement.Title], ct);
    }

    private async Task<IActionResult> AnswerAsync(IReadOnlyList<ResourceLinkItem> items, string? message, CancellationToken ct)
    {
        var platform = await platforms.FindAsync(Session.PlatformId, ct) ?? throw new NoSuchLaunchException("the platform is gone");
        ReturnUrl = new Uri(Launch.DeepLinking!.ReturnUrl);
        var request = new DeepLinkingSettings { ReturnUrl = ReturnUrl, Data = Launch.DeepLinking.Data, AcceptLineItem = Launch.DeepLinking.AcceptLineItem };
        Answer = await answers.SignAsync(platform, new DeepLinkingAnswer { DeploymentId = Session.DeploymentId, Settings = request, Items = items, Message = message }, ct);
        Shell.ContentPolicy.Set(Response, $"'self' {Launch.FrameOrigins}", $"'self' {ReturnUrl.GetLeftPart(UriPartial.Authority)}");
        return Page();
    }

    private AchievementDraft? Draft()
    {
        var title = Text(Form.Title, "title", 60, words["Error.Title"]);
        var description = Text(Form.Description, "description", 1000, words["Error.Description"]);
        var outcomes = (Form.Outcomes ?? "").ReplaceLineEndings("\n").Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (outcomes.Length is 0 or > 20 || outcomes.Any(o => o.Length > 300))
            Errors["outcomes"] = words["Error.Outcomes"];
        var hours = Number(Form.Hours, "hours", 0.5m, 10_000, words["Error.Hours"]);
        var credits = string.IsNullOrWhiteSpace(Form.Credits) ? null : Number(Form.Credits, "credits", 0.01m, 1000, words["Error.Credits"]);
        var months = string.IsNullOrWhiteSpace(Form.ValidMonths) ? null : Number(Form.ValidMonths, "validMonths", 1, 600, words["Error.ValidMonths"]);
        if (months is { } counted && decimal.Truncate(counted) != counted)
            Errors["validMonths"] = words["Error.ValidMonths"];
        if (!int.TryParse(Form.Level, NumberStyles.None, CultureInfo.InvariantCulture, out var level) || level is < 1 or > 8)
            Errors["level"] = words["Error.Level"];
        return Errors.Count == 0 ? new AchievementDraft(title!, description!, outcomes, hours!.Value, credits, level, (int?)months) : null;
    }

    private string? Text(string? typed, string field, int longest, string error)
    {
        var text = typed?.Trim() ?? "";
        if (text.Length > 0 && text.Length <= longest && !text.Any(char.IsControl))
            return text;
        Errors[field] = error;
        return null;
    }

    // Two decimals are kept; more would be rounded, and nothing is rounded silently.
    private decimal? Number(string? typed, string field, decimal least, decimal most, string error)
    {
        if (decimal.TryParse(typed?.Trim().Replace(',', '.'), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && number >= least && number <= most && decimal.Round(number, 2) == number)
            return number;
        Errors[field] = error;
        return null;
    }
}

internal sealed record PickForm
{
    public string? Achievement { get; set; }
    public string? Title { get; set; }
    public string? Description { get; set; }
    public string? Outcomes { get; set; }
    public string? Hours { get; set; } = "25";
    public string? Credits { get; set; } = "1";
    public string? Level { get; set; } = "6";

    /// <summary>How many months an award counts; empty for ever.</summary>
    public string? ValidMonths { get; set; }
    public string? Threshold { get; set; } = "60";

    /// <summary><c>percent</c> or <c>points</c>.</summary>
    public string? Unit { get; set; } = "percent";

    /// <summary>Graded by, in UTC; empty for no date.</summary>
    public string? Until { get; set; }
}
