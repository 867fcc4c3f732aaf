using System.Globalization;
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
    CourseOverview overview, AchievementDirectory achievements, IPlatforms platforms, AssignmentAndGradeServices grades, ReadNow read, IMediator mediator, TimeProvider clock) : WayPage(overview, achievements)
{
    /// <summary><c>formula</c> or <c>own</c>.</summary>
    [FromQuery(Name = "way")]
    public string Asked { get; set; } = "formula";

    public override string Way => Asked == "own" || !OffersFormula ? "own" : "formula";

    /// <summary>The quiz's ID number as the instructor typed it in the LMS.</summary>
    [FromQuery(Name = "id")]
    public string? QuizId { get; set; }

    public IReadOnlyList<ReadColumn> Columns { get; private set; } = [];

    /// <summary>The column of this way; null before it is made or known.</summary>
    public ReadColumn? Column => Columns.FirstOrDefault(c => c.Way == Way && (c.Assessment == Number || IsShared(c)));

    /// <summary>The column's grades count for this assessment.</summary>
    public bool Counts => Column is { InUse: true } column && column.Assessment == Number;

    /// <summary>See <see cref="ReadColumn.IsWritten"/>: there is nothing to read.</summary>
    public bool IsWritten => Column is { IsWritten: true, InUse: false };


    public string Formula => $"=[[{(string.IsNullOrWhiteSpace(QuizId) ? "quiz1" : QuizId.Trim())}]]";
    public string ColumnLabel => FormulaColumn.LabelFor(Achievement.Title, Activity.Rule.Assessments.Count > 1 ? Assessed.Name : null);

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
            return Redirect(Here);
        }
        catch (LtiServiceException failure)
        {
            Failure = failure.Failure;
            return Page();
        }
    }

    public async Task<IActionResult> OnPostUseAsync(CancellationToken ct)
    {
        if (await LoadAsync(ct) is { } elsewhere)
            return elsewhere;
        await mediator.Send(new UseColumn(Session.TenantId, Activity.ActivityId, Way, Number, On: true), ct);
        return Redirect(Here);
    }

    public async Task<IActionResult> OnPostStopAsync(CancellationToken ct)
    {
        if (await LoadAsync(ct) is { } elsewhere)
            return elsewhere;
        await mediator.Send(new UseColumn(Session.TenantId, Activity.ActivityId, Way, Number, On: false), ct);
        return Redirect(Here);
    }

    protected override async Task<IActionResult?> LoadWayAsync(CancellationToken ct)
    {
        Now = clock.GetUtcNow();
        if (QuizId is { Length: > 100 } || QuizId?.IndexOfAny(['[', ']', '\n', '\r']) >= 0)
            QuizId = null;
        Columns = await Overview.ColumnsAsync(Session.TenantId, Activity.ActivityId, ct);
        return null;
    }

    // A link has one column of its own, whichever assessment it feeds.
    private static bool IsShared(ReadColumn column) => column.Way == "own";

    private async Task<IActionResult> ShowAsync(CancellationToken ct)
    {
        if (Column is null || IsWritten)
            return Page();
        // An LMS that asked for time gets it, however often this page is opened.
        if (Column is { FailureKind: nameof(ServiceFailure.Busy), FailingSince: not null } && Column.NextReadAt > Now)
        {
            Failure = ServiceFailure.Busy;
            return Page();
        }

        try
        {
            Seen = await read.RunAsync(Session.TenantId, Activity, Column, Number, ct);
        }
        catch (LtiServiceException failure)
        {
            Failure = failure.Failure;
        }

        return Page();
    }

    private async Task MakeAsync(CancellationToken ct)
    {
        var platform = await platforms.FindAsync(Activity.PlatformId, ct) ?? throw new NoSuchLaunchException("the platform is gone");
        var wanted = Way == "formula" ? FormulaColumn.For(Activity.ActivityId, Number, ColumnLabel) : OwnColumn();
        // A page posted twice must not leave a second column.
        var made = await grades.FindOrCreateLineItemAsync(platform, new Uri(Activity.LineItemsUrl!), wanted, ct);
        await mediator.Send(new KeepColumn(Session.TenantId, Activity.ActivityId, Way, Number, made.Id!, made.Label, InUse: Way == "own"), ct);
    }

    /// <summary>Whatever column the LMS has for this link is the one.</summary>
    private LineItem OwnColumn() => new() { Label = Achievement.Title, ScoreMaximum = 100, ResourceLinkId = Session.ResourceLinkId };
}

/// <summary>The column that an instructor gives a formula: stand-alone (no resourceLinkId), or the LMS would not take one. We never post a score there.</summary>
internal static class FormulaColumn
{
    public static string LabelFor(string title, string? assessment) => $"{title}: {assessment ?? "counted"}";

    public static LineItem For(Guid activityId, int assessment, string label) => new()
    {
        Label = label,
        ScoreMaximum = 100,
        ResourceId = activityId.ToString("D"),
        Tag = assessment == 1 ? "counted" : string.Create(CultureInfo.InvariantCulture, $"counted-{assessment}"),
    };
}

/// <summary>Remembers a column of an activity; one of each way for an assessment.</summary>
internal sealed record KeepColumn(Guid TenantId, Guid ActivityId, string Way, int Assessment, string Url, string Label, bool InUse) : IWrite<bool>;

internal sealed class KeepColumnHandler(Work work, TimeProvider clock) : IRequestHandler<KeepColumn, bool>
{
    public async Task<bool> Handle(KeepColumn request, CancellationToken cancellationToken) => await work.Connection.ExecuteAsync(
        """
        INSERT INTO LineItem (LineItemId, TenantId, ActivityId, Assessment, Way, Url, Label, InUse, ActiveAt, NextReadAt, Failures)
        SELECT @Id, @TenantId, @ActivityId, @Assessment, @Way, @Url, @Label, @InUse, @Now, @Now, 0
        WHERE NOT EXISTS (SELECT 1 FROM LineItem WHERE ActivityId = @ActivityId AND Way = @Way AND (Assessment = @Assessment OR @Way = 'own'))
        """,
        new
        {
            Id = Guid.CreateVersion7(),
            request.TenantId,
            request.ActivityId,
            request.Way,
            request.Assessment,
            request.Url,
            Label = request.Label.Length > 255 ? request.Label[..255] : request.Label,
            request.InUse,
            Now = clock.GetUtcNow(),
        },
        work.Transaction) == 1;
}

/// <summary>
/// From now on the column's results count for an assessment, those that are known at once and the rest as they come, mostly with the next reading, which is due; or they count no longer for
/// those who hold nothing yet. The activity's own column is not read once it shows, or showed, who holds the credential: what we wrote is no grade.
/// </summary>
internal sealed record UseColumn(Guid TenantId, Guid ActivityId, string Way, int Assessment, bool On) : IWrite<bool>;

internal sealed class UseColumnHandler(Work work, JudgeActivity judge, TimeProvider clock) : IRequestHandler<UseColumn, bool>
{
    public async Task<bool> Handle(UseColumn request, CancellationToken cancellationToken)
    {
        var changed = await work.Connection.ExecuteAsync(
            $"""
            UPDATE LineItem SET InUse = @On, Assessment = @Assessment, ActiveAt = @Now, NextReadAt = CASE WHEN FailureKind = 'Busy' OR Way = 'published' THEN NextReadAt ELSE @Now END
            WHERE TenantId = @TenantId AND ActivityId = @ActivityId AND Way = @Way AND (Assessment = @Assessment OR @Way = 'own')
              AND (@On = 0 OR NOT {ReadColumn.WrittenBySql})
            """,
            new { Now = clock.GetUtcNow(), request.TenantId, request.ActivityId, request.Way, request.Assessment, request.On },
            work.Transaction);
        if (changed == 1 && request.On)
            await judge.AllAsync(work, request.ActivityId, cancellationToken);
        return changed == 1;
    }
}
