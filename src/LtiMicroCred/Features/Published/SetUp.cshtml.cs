using LtiMicroCred.Features.Achievements;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Features.Courses;
using LtiMicroCred.Features.Launches;
using LtiMicroCred.Features.Results;
using LtiMicroCred.Features.Shared;
using LtiMicroCred.Shell;
using MediatR;
using Microsoft.AspNetCore.Mvc;

namespace LtiMicroCred.Features.Published;

/// <summary>Chooses the published activity that learners start here, in three steps, the last one a look at what the LMS really does.</summary>
internal sealed class SetUpModel(CourseOverview overview, AchievementDirectory achievements, PublishedTools tools, PublishedLinks links, IMediator mediator, TimeProvider clock) : LaunchPage
{
    protected override LaunchKind[] For => [LaunchKind.Staff];

    /// <summary>Which of the rule's assessments it is to feed.</summary>
    [FromQuery(Name = "assessment")]
    public int Number { get; set; } = 1;

    public ActivityFacts Activity { get; private set; } = null!;
    public Assessment Assessed => Activity.Rule.Find(Number) ?? Activity.Rule.Assessments[0];
    public Achievement Achievement { get; private set; } = null!;
    public IReadOnlyList<PublishedTool> Tools { get; private set; } = [];

    /// <summary>Null before one is chosen.</summary>
    public PublishedLink? Link { get; private set; }

    /// <summary>What has come of it.</summary>
    public IReadOnlyList<SeenRow> Seen { get; private set; } = [];

    /// <summary>As saved, or as typed where something has to be corrected.</summary>
    public (string? Tool, string? Title, string? Target, string? Custom) Typed { get; private set; }

    /// <summary>The fields that could not be read.</summary>
    public IReadOnlyList<string> Problems { get; private set; } = [];

    /// <summary>A fresh link, for an administrator alone.</summary>
    public ToolInvitation? Invitation { get; private set; }

    public async Task<IActionResult> OnGetAsync(CancellationToken ct) => await LoadAsync(ct) ?? Page();

    public async Task<IActionResult> OnPostInviteAsync(CancellationToken ct)
    {
        if (await LoadAsync(ct) is { } elsewhere)
            return elsewhere;
        if (!Launch.IsAdministrator)
            return NotFound();
        Invitation = await mediator.Send(new InviteTool(Session.TenantId, TimeSpan.FromHours(24)), ct);
        return Page();
    }

    public async Task<IActionResult> OnPostSaveAsync(CancellationToken ct)
    {
        if (await LoadAsync(ct) is { } elsewhere)
            return elsewhere;
        var form = await PostedForm.ReadAsync(HttpContext);
        Typed = (form["tool"], form["title"].ToString().Trim(), form["target"].ToString().Trim(), form["custom"]);
        var custom = PastedActivity.TryReadCustom(Typed.Custom);
        var tool = Tools.FirstOrDefault(t => t.ToolId.ToString("D") == Typed.Tool) ?? (Tools.Count == 1 ? Tools[0] : null);
        var target = Uri.TryCreate(Typed.Target, UriKind.Absolute, out var address) && address.OriginalString.Length <= 2000 && tool?.ToClient().IsIts(address) != false ? address : null;
        string?[] wrong =
        [
            tool is null ? "tool" : null,
            Typed.Title is { Length: > 0 and <= 200 } && !Typed.Title.Any(char.IsControl) ? null : "title",
            target is null ? "target" : null,
            custom is null ? "custom" : null,
        ];
        Problems = [.. wrong.OfType<string>()];
        if (Problems.Count == 0)
            Problems = await SaveAsync(new PastedActivity(tool!.ToolId, Typed.Title!, target!, custom!), ct); // none of them is among the problems
        if (Problems.Count == 0)
            return Redirect(Here);
        Response.StatusCode = StatusCodes.Status400BadRequest;
        return Page();
    }

    public async Task<IActionResult> OnPostUseAsync(CancellationToken ct)
    {
        if (await LoadAsync(ct) is { } elsewhere)
            return elsewhere;
        await mediator.Send(new UsePublished(Session.TenantId, Activity.ActivityId, Number), ct);
        return Redirect(Here);
    }

    private string Here => Url.Content(new ShownWay(this, "published", Activity.Rule, Number).Address("published", Number)) + "#test";

    private async Task<IReadOnlyList<string>> SaveAsync(PastedActivity pasted, CancellationToken ct) => await mediator.Send(new PublishActivity(Session.TenantId, Activity.ActivityId, Number, pasted), ct) switch
    {
        Publishing.Saved => [],
        Publishing.NotOfTheTool => ["target"],
        Publishing.ScoresHaveCome => ["scores"],
        Publishing.FeedsAnother => ["another"],
        var other => throw new InvalidOperationException($"{other} is no outcome"),
    };

    private async Task<IActionResult?> LoadAsync(CancellationToken ct)
    {
        if (Session.ActivityId is not { } activityId)
            return Redirect($"{Request.PathBase}/l/{LaunchId}/pick");
        Activity = await overview.ActivityAsync(Session.TenantId, activityId, ct) ?? throw new NoSuchLaunchException("the activity is gone");
        Achievement = await achievements.VersionAsync(Session.TenantId, Activity.AchievementId, Activity.AchievementVersion, ct);
        Tools = await tools.AllAsync(Session.TenantId, ct);
        Number = Assessed.Number;
        Link = await links.OfActivityAsync(Session.TenantId, activityId, Number, ct);
        Typed = (Link?.ToolId.ToString("D"), Link?.Title, Link?.TargetLinkUri ?? (Tools.Count == 1 ? Tools[0].TargetLinkUri : null), Link?.Custom);
        if (Link is not null)
            Seen = [.. (await links.ScoresAsync(Link, ct)).Where(s => s.Score is not null).OrderByDescending(s => s.ReceivedAt).Select(ToRow)];
        return null;
    }

    private SeenRow ToRow(PublishedScore score) => new(
        score.Name,
        score.Score!.Value, // those without were left out
        score.Maximum,
        AwardPolicy.Meets(Activity.Rule, new Observation(default, default, score.Score, score.Maximum, score.GradedAt, clock.GetUtcNow(), 0) { Assessment = Number }));
}
