using Dapper;
using LtiMicroCred.Features.Achievements;
using LtiMicroCred.Features.Courses;
using LtiMicroCred.Features.Launches;
using LtiMicroCred.Shell;
using LtiMicroCred.Storage;
using MediatR;
using Microsoft.AspNetCore.Mvc;

namespace LtiMicroCred.Features.Gates;

/// <summary>The gated activity, set up in three steps: the condition, the switch, and what we see, with those who wait for a word.</summary>
internal sealed class GateModel(CourseOverview overview, AchievementDirectory achievements, Database database, IMediator mediator, TimeProvider clock) : WayPage(overview, achievements)
{
    public override string Way => "gate";

    /// <summary>Null before it was first switched on.</summary>
    public ReadColumn? Column { get; private set; }

    /// <summary>It counts for this assessment.</summary>
    public bool IsOn => Column is { InUse: true } column && column.Assessment == Number;

    public bool HasRoster { get; private set; }
    public IReadOnlyList<GateLearner> Learners { get; private set; } = [];
    public IReadOnlyList<IGrouping<(Guid Batch, string Doubt), GateLearner>> Waiting { get; private set; } = [];
    public DateTimeOffset Now { get; private set; }

    public int Count(params GateStanding[] standings) => Learners.Count(l => standings.Contains(l.IsAt));

    public async Task<IActionResult> OnGetAsync(CancellationToken ct) => await LoadAsync(ct) ?? Page();

    public async Task<IActionResult> OnPostSwitchAsync(CancellationToken ct)
    {
        if (await LoadAsync(ct) is { } elsewhere)
            return elsewhere;
        var form = await PostedForm.ReadAsync(HttpContext);
        await mediator.Send(new UseGate(Session.TenantId, Activity.ActivityId, Achievement.Title, Number, On: form["on"] == "true"), ct);
        return Back();
    }

    public Task<IActionResult> OnPostConfirmAsync(CancellationToken ct) => DecideAsync(counts: true, ct);

    public Task<IActionResult> OnPostDismissAsync(CancellationToken ct) => DecideAsync(counts: false, ct);

    private async Task<IActionResult> DecideAsync(bool counts, CancellationToken ct)
    {
        if (await LoadAsync(ct) is { } elsewhere)
            return elsewhere;
        var form = await PostedForm.ReadAsync(HttpContext);
        if (Guid.TryParseExact(form["batch"], "D", out var batch) && Session.LearnerId is { } by)
            await mediator.Send(new DecideGate(Session.TenantId, Activity.ActivityId, batch, counts, by), ct);
        return Back();
    }

    private RedirectResult Back() => Redirect(Here);

    protected override async Task<IActionResult?> LoadWayAsync(CancellationToken ct)
    {
        if (!OffersFormula)
            return Redirect(Address("own", Number));
        Now = clock.GetUtcNow();
        Column = (await Overview.ColumnsAsync(Session.TenantId, Activity.ActivityId, ct)).FirstOrDefault(c => c.Way == "gate");
        await using var connection = await database.OpenAsync(ct);
        HasRoster = await connection.ExecuteScalarAsync<string?>("SELECT MembershipsUrl FROM Course WHERE CourseId = @CourseId", Activity) is not null;
        if (Column is { InUse: true })
            await ReadAsync(Column);
        return null;
    }

    private async Task ReadAsync(ReadColumn column)
    {
        await using var connection = await database.OpenAsync(HttpContext.RequestAborted);
        Learners = (await connection.QueryAsync<GateLearner>(
            """
            SELECT p.Name, g.Standing, g.GateBatchId, b.Doubt FROM GateMember g
            JOIN CourseMember m ON m.LearnerId = g.LearnerId AND m.CourseId = @CourseId AND m.IsLearner = 1 AND m.IsActive = 1
            LEFT JOIN LearnerProfile p ON p.LearnerId = g.LearnerId LEFT JOIN GateBatch b ON b.GateBatchId = g.GateBatchId
            WHERE g.LineItemId = @LineItemId
            """,
            new { Activity.CourseId, column.LineItemId })).OrderBy(l => l.Name, StringComparer.CurrentCultureIgnoreCase).ToList();
        Waiting = [.. Learners.Where(l => l is { IsAt: GateStanding.Waiting, GateBatchId: not null }).GroupBy(l => (l.GateBatchId!.Value, l.Doubt!)).OrderBy(b => b.Key.Item2, StringComparer.Ordinal)];
    }
}

internal sealed record GateLearner
{
    public string? Name { get; init; }
    public required string Standing { get; init; }
    public Guid? GateBatchId { get; init; }
    public string? Doubt { get; init; }

    public GateStanding IsAt => Enum.Parse<GateStanding>(Standing);
}
