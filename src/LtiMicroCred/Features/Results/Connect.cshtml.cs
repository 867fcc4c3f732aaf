using Dapper;
using LtiMicroCred.Features.Achievements;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Features.Courses;
using LtiMicroCred.Features.Launches;
using LtiMicroCred.Lti;
using LtiMicroCred.Storage;
using MediatR;
using Microsoft.AspNetCore.Mvc;

namespace LtiMicroCred.Features.Results;

/// <summary>How the grade reaches us: the formula column and the own column, each set up in three steps, the last one a live reading.</summary>
internal sealed class ConnectModel(
    CourseOverview overview, AchievementDirectory achievements, Database database, IPlatforms platforms, AssignmentAndGradeServices grades, IMediator mediator, TimeProvider clock) : LaunchPage
{
    protected override LaunchKind[] For => [LaunchKind.Staff];

    /// <summary><c>formula</c> or <c>own</c>.</summary>
    [FromQuery(Name = "way")]
    public string Way { get; set; } = "formula";

    /// <summary>The quiz's ID number as the instructor typed it in the LMS.</summary>
    [FromQuery(Name = "id")]
    public string? QuizId { get; set; }

    public ActivityFacts Activity { get; private set; } = null!;
    public Achievement Achievement { get; private set; } = null!;
    public IReadOnlyList<ReadColumn> Columns { get; private set; } = [];

    /// <summary>The column of this way; null before it is made or known.</summary>
    public ReadColumn? Column => Columns.FirstOrDefault(c => c.Way == Way);

    public string Formula => $"=[[{(string.IsNullOrWhiteSpace(QuizId) ? "quiz1" : QuizId.Trim())}]]";
    public string ColumnLabel => FormulaColumn.LabelFor(Achievement.Title);

    /// <summary>What the column holds now, read live; null when it was not read.</summary>
    public IReadOnlyList<SeenRow>? Seen { get; private set; }

    /// <summary>Why the column could not be read or made.</summary>
    public ServiceFailure? Failure { get; private set; }

    public DateTimeOffset Now { get; private set; }
    public bool CanManageColumns => Activity.LineItemsUrl is not null;

    public async Task<IActionResult> OnGetAsync(CancellationToken ct) => await LoadAsync(ct) ?? await ShowAsync(ct);

    public async Task<IActionResult> OnPostMakeAsync(CancellationToken ct)
    {
        if (await LoadAsync(ct) is { } elsewhere)
            return elsewhere;
        try
        {
            if (Column is null && CanManageColumns)
                await MakeAsync(ct);
            return Redirect($"{Request.PathBase}/l/{LaunchId}/connect?way={Way}");
        }
        catch (LtiServiceException failure)
        {
            Failure = failure.Failure;
            return Page();
        }
    }

    public async Task<IActionResult> OnPostUseAsync(CancellationToken ct)
    {
        // From the address, and on its way into another.
        Way = Way == "own" ? "own" : "formula";
        if (Session.ActivityId is { } activityId)
            await mediator.Send(new UseColumn(Session.TenantId, activityId, Way), ct);
        return Redirect($"{Request.PathBase}/l/{LaunchId}/connect?way={Way}");
    }

    private async Task<IActionResult?> LoadAsync(CancellationToken ct)
    {
        if (Session.ActivityId is not { } activityId)
            return Redirect($"{Request.PathBase}/l/{LaunchId}/pick");
        Way = Way == "own" || !OffersFormula ? "own" : "formula";
        Now = clock.GetUtcNow();
        if (QuizId is { Length: > 100 } || QuizId?.IndexOfAny(['[', ']', '\n', '\r']) >= 0)
            QuizId = null;
        Activity = await overview.ActivityAsync(Session.TenantId, activityId, ct) ?? throw new NoSuchLaunchException("the activity is gone");
        Achievement = await achievements.VersionAsync(Session.TenantId, Activity.AchievementId, Activity.AchievementVersion, ct);
        Columns = await overview.ColumnsAsync(Session.TenantId, activityId, ct);
        return null;
    }

    private async Task<IActionResult> ShowAsync(CancellationToken ct)
    {
        if (Column is null)
            return Page();
        // An LMS that asked for time gets it, however often this page is opened.
        if (Column is { FailureKind: nameof(ServiceFailure.Busy), FailingSince: not null } && Column.NextReadAt > Now)
        {
            Failure = ServiceFailure.Busy;
            return Page();
        }

        try
        {
            Seen = await ReadAsync(Column, ct);
        }
        catch (LtiServiceException failure)
        {
            Failure = failure.Failure;
        }

        return Page();
    }

    private async Task<IReadOnlyList<SeenRow>> ReadAsync(ReadColumn column, CancellationToken ct)
    {
        var platform = await platforms.FindAsync(Activity.PlatformId, ct) ?? throw new NoSuchLaunchException("the platform is gone");
        await using var connection = await database.OpenAsync(ct);
        var url = await connection.QuerySingleAsync<string>("SELECT Url FROM LineItem WHERE LineItemId = @LineItemId", column);
        var page = await grades.GetResultsAsync(platform, new Uri(url), ct);
        var names = (await connection.QueryAsync<Named>(
            """
            SELECT l.Subject, p.Name FROM CourseMember m JOIN Learner l ON l.LearnerId = m.LearnerId LEFT JOIN LearnerProfile p ON p.LearnerId = l.LearnerId
            WHERE m.CourseId = @CourseId AND l.TenantId = @TenantId
            """,
            new { Activity.CourseId, Session.TenantId })).ToDictionary(n => n.Subject, n => n.Name, StringComparer.Ordinal);
        return [.. page.Results
            .Where(r => r.ResultScore is not null)
            .Select(r => new SeenRow(names.GetValueOrDefault(r.UserId), r.ResultScore!.Value, r.ResultMaximum, Meets(r)))
            .OrderByDescending(r => r.WouldPass).ThenBy(r => r.Name, StringComparer.CurrentCultureIgnoreCase)];
    }

    private bool Meets(Result result) =>
        AwardPolicy.Meets(Activity.ThresholdPercent, new Observation(default, default, result.ResultScore, result.ResultMaximum, result.Timestamp, Now, 0));

    private async Task MakeAsync(CancellationToken ct)
    {
        var platform = await platforms.FindAsync(Activity.PlatformId, ct) ?? throw new NoSuchLaunchException("the platform is gone");
        var wanted = Way == "formula" ? FormulaColumn.For(Activity.ActivityId, Achievement.Title) : OwnColumn();
        // A page posted twice must not leave a second column.
        var made = await grades.FindOrCreateLineItemAsync(platform, new Uri(Activity.LineItemsUrl!), wanted, ct);
        await mediator.Send(new KeepColumn(Session.TenantId, Activity.ActivityId, Way, made.Id!, made.Label, InUse: Way == "own"), ct);
    }

    /// <summary>Whatever column the LMS has for this link is the one.</summary>
    private LineItem OwnColumn() => new() { Label = Achievement.Title, ScoreMaximum = 100, ResourceLinkId = Session.ResourceLinkId };

    private sealed record Named
    {
        public required string Subject { get; init; }
        public string? Name { get; init; }
    }
}

/// <summary>One result as the LMS holds it now, and whether it would pass.</summary>
internal sealed record SeenRow(string? Name, decimal Score, decimal Maximum, bool WouldPass);

/// <summary>The column that an instructor gives a formula: stand-alone (no resourceLinkId), or the LMS would not take one. We never post a score there.</summary>
internal static class FormulaColumn
{
    public static string LabelFor(string title) => $"{title}: counted";

    public static LineItem For(Guid activityId, string title) => new() { Label = LabelFor(title), ScoreMaximum = 100, ResourceId = activityId.ToString("D"), Tag = "counted" };
}

/// <summary>Remembers a column of an activity; one of each way.</summary>
internal sealed record KeepColumn(Guid TenantId, Guid ActivityId, string Way, string Url, string Label, bool InUse) : IWrite<bool>;

internal sealed class KeepColumnHandler(Work work, TimeProvider clock) : IRequestHandler<KeepColumn, bool>
{
    public async Task<bool> Handle(KeepColumn request, CancellationToken cancellationToken) => await work.Connection.ExecuteAsync(
        """
        INSERT INTO LineItem (LineItemId, TenantId, ActivityId, Way, Url, Label, InUse, ActiveAt, NextReadAt, Failures)
        SELECT @Id, @TenantId, @ActivityId, @Way, @Url, @Label, @InUse, @Now, @Now, 0
        WHERE NOT EXISTS (SELECT 1 FROM LineItem WHERE ActivityId = @ActivityId AND Way = @Way)
        """,
        new
        {
            Id = Guid.CreateVersion7(),
            request.TenantId,
            request.ActivityId,
            request.Way,
            request.Url,
            Label = request.Label.Length > 255 ? request.Label[..255] : request.Label,
            request.InUse,
            Now = clock.GetUtcNow(),
        },
        work.Transaction) == 1;
}

/// <summary>From now on the column's results count; its first reading is due at once.</summary>
internal sealed record UseColumn(Guid TenantId, Guid ActivityId, string Way) : IWrite<bool>;

internal sealed class UseColumnHandler(Work work, TimeProvider clock) : IRequestHandler<UseColumn, bool>
{
    public async Task<bool> Handle(UseColumn request, CancellationToken cancellationToken) => await work.Connection.ExecuteAsync(
        "UPDATE LineItem SET InUse = 1, ActiveAt = @Now, NextReadAt = CASE WHEN FailureKind = 'Busy' THEN NextReadAt ELSE @Now END WHERE TenantId = @TenantId AND ActivityId = @ActivityId AND Way = @Way",
        new { Now = clock.GetUtcNow(), request.TenantId, request.ActivityId, request.Way },
        work.Transaction) == 1;
}
