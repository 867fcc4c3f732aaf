using LtiMicroCred.Features.Achievements;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Features.Courses;
using LtiMicroCred.Features.Launches;
using LtiMicroCred.Features.Results;
using LtiMicroCred.Shell;
using MediatR;
using Microsoft.AspNetCore.Mvc;

namespace LtiMicroCred.Features.Published;

/// <summary>Chooses the published activity that learners start here, in three steps, the last one a look at what the LMS really does.</summary>
internal sealed class SetUpModel(CourseOverview overview, AchievementDirectory achievements, PublishedTools tools, PublishedLinks links, IMediator mediator, TimeProvider clock) : WayPage(overview, achievements)
{
    public override string Way => "published";

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
            return Redirect(Here + "#test");
        Response.StatusCode = StatusCodes.Status400BadRequest;
        return Page();
    }

    public Task<IActionResult> OnPostUseAsync(CancellationToken ct) => UseAsync(on: true, ct);

    public Task<IActionResult> OnPostStopAsync(CancellationToken ct) => UseAsync(on: false, ct);

    private async Task<IActionResult> UseAsync(bool on, CancellationToken ct)
    {
        if (await LoadAsync(ct) is { } elsewhere)
            return elsewhere;
        await mediator.Send(new UseColumn(Session.TenantId, Activity.ActivityId, Way, Number, on), ct);
        return Redirect(Here + "#test");
    }

    private async Task<IReadOnlyList<string>> SaveAsync(PastedActivity pasted, CancellationToken ct) => await mediator.Send(new PublishActivity(Session.TenantId, Activity.ActivityId, Number, pasted), ct) switch
    {
        Publishing.Saved => [],
        Publishing.NotOfTheTool => ["target"],
        Publishing.ScoresHaveCome => ["scores"],
        Publishing.FeedsAnother => ["another"],
        var other => throw new InvalidOperationException($"{other} is no outcome"),
    };

    protected override async Task<IActionResult?> LoadWayAsync(CancellationToken ct)
    {
        Tools = await tools.AllAsync(Session.TenantId, ct);
        Link = await links.OfActivityAsync(Session.TenantId, Activity.ActivityId, Number, ct);
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
