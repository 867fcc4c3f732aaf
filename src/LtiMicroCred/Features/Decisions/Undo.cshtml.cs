using System.Globalization;
using LtiMicroCred.Features.Achievements;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Features.Courses;
using LtiMicroCred.Features.Launches;
using LtiMicroCred.Texts;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Localization;

namespace LtiMicroCred.Features.Decisions;

/// <summary>Takes back what a mistake gave out: awards of this activity since a moment, seen before they go.</summary>
internal sealed class UndoModel(CourseOverview overview, AchievementDirectory achievements, UndoAwards undo, IStringLocalizer<Words> words, TimeProvider clock) : ActivityPage(overview, achievements)
{
    public const int Shown = 50;
    private const string Typed = "yyyy-MM-dd'T'HH:mm";

    /// <summary>In UTC, as a browser's field for date and time writes it.</summary>
    [BindProperty(SupportsGet = true, Name = "from")]
    public string? From { get; set; }

    /// <summary>Up to when awards were looked for: what comes later was not seen, and stays.</summary>
    [BindProperty(Name = "to")]
    public string? To { get; set; }

    [BindProperty(Name = "reason")]
    public string? Reason { get; set; }


    /// <summary>Null before anything was looked for.</summary>
    public IReadOnlyList<MistakenAward>? Awards { get; private set; }
    public int? Done { get; private set; }
    public Dictionary<string, string> Errors { get; } = new(StringComparer.Ordinal);

    public async Task<IActionResult> OnGetAsync(CancellationToken ct)
    {
        if (await LoadAsync(ct) is { } elsewhere)
            return elsewhere;
        if (From is null)
            return Page();
        if (Moment(From) is not { } from)
        {
            Errors["from"] = words["Error.Rule.Until"];
            return Page();
        }

        var now = clock.GetUtcNow();
        To = now.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);
        Awards = await undo.PreviewAsync(Session.TenantId, Activity.ActivityId, from, now, ct);
        return Page();
    }

    public async Task<IActionResult> OnPostAsync(CancellationToken ct)
    {
        if (await LoadAsync(ct) is { } elsewhere)
            return elsewhere;
        if (Moment(From) is not { } from || !DateTimeOffset.TryParse(To, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var to) || Session.LearnerId is not { } by)
            return Redirect($"{Request.PathBase}/l/{LaunchId}/undo");
        if (StaffReason.Read(Reason) is { } reason)
        {
            Done = await undo.RunAsync(Session.TenantId, Activity.ActivityId, from, to, reason, by, ct);
            return Page();
        }

        Errors["reason"] = words["Error.Reason"];
        Awards = await undo.PreviewAsync(Session.TenantId, Activity.ActivityId, from, to, ct);
        return Page();
    }

    private static DateTimeOffset? Moment(string? typed) =>
        DateTimeOffset.TryParseExact(typed?.Trim(), [Typed, Typed + ":ss"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;
}
