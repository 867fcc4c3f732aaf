using System.Globalization;
using Dapper;
using LtiMicroCred.Features.Achievements;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Features.Courses;
using LtiMicroCred.Features.Launches;
using LtiMicroCred.Features.Results;
using LtiMicroCred.Lti;
using LtiMicroCred.Shell;
using LtiMicroCred.Storage;
using MediatR;
using Microsoft.AspNetCore.Mvc;

namespace LtiMicroCred.Features.Gradebooks;

/// <summary>A column that the LMS fills itself and shows to tools, to be read only: chosen here, seen to work, and then read like any other.</summary>
internal sealed class GradebookModel(
    CourseOverview overview, AchievementDirectory achievements, Database database, IPlatforms platforms, AssignmentAndGradeServices grades, ReadNow read, IMediator mediator, TimeProvider clock) : WayPage(overview, achievements)
{
    public override string Way => ChooseColumn.Way;

    /// <summary>Null before one is chosen.</summary>
    public ReadColumn? Column { get; private set; }

    /// <summary>What can be chosen: read-only columns that feed no other assessment of this activity; null once results of the chosen one are kept.</summary>
    public IReadOnlyList<LineItem>? Offered { get; private set; }

    public IReadOnlyList<SeenRow>? Seen { get; private set; }
    public ServiceFailure? Failure { get; private set; }
    public DateTimeOffset Now { get; private set; }

    public async Task<IActionResult> OnGetAsync(CancellationToken ct) => await LoadAsync(ct) ?? await ShowAsync(ct);

    public async Task<IActionResult> OnPostChooseAsync(CancellationToken ct)
    {
        if (await LoadAsync(ct) is { } elsewhere)
            return elsewhere;
        var form = await PostedForm.ReadAsync(HttpContext);
        try
        {
            // An address is the LMS's own word, never a person's: it has to be one that the LMS lists now.
            if ((await OfferedAsync(ct)).FirstOrDefault(item => item.Id == form["column"].ToString()) is { } chosen)
                await mediator.Send(new ChooseColumn(Session.TenantId, Activity.ActivityId, Number, chosen.Id!, chosen.Label), ct);
            return Redirect(Here);
        }
        catch (LtiServiceException failure)
        {
            Failure = failure.Failure;
            return Page();
        }
    }

    public Task<IActionResult> OnPostUseAsync(CancellationToken ct) => UseAsync(on: true, ct);

    public Task<IActionResult> OnPostStopAsync(CancellationToken ct) => UseAsync(on: false, ct);

    private async Task<IActionResult> UseAsync(bool on, CancellationToken ct)
    {
        if (await LoadAsync(ct) is { } elsewhere)
            return elsewhere;
        await mediator.Send(new UseColumn(Session.TenantId, Activity.ActivityId, Way, Number, on), ct);
        return Redirect(Here);
    }

    protected override async Task<IActionResult?> LoadWayAsync(CancellationToken ct)
    {
        Now = clock.GetUtcNow();
        Column = (await Overview.ColumnsAsync(Session.TenantId, Activity.ActivityId, ct)).FirstOrDefault(c => c.Way == Way && c.Assessment == Number);
        return null;
    }

    private async Task<IActionResult> ShowAsync(CancellationToken ct)
    {
        // An LMS that asked for time gets it, however often this page is opened.
        if (Column is { FailureKind: nameof(ServiceFailure.Busy), FailingSince: not null } && Column.NextReadAt > Now)
        {
            Failure = ServiceFailure.Busy;
            return Page();
        }

        try
        {
            if (Column is null || !await HasResultsAsync(Column, ct))
                Offered = await OfferedAsync(ct);
            if (Column is not null)
                Seen = await read.RunAsync(Session.TenantId, Activity, Column, Number, ct);
        }
        catch (LtiServiceException failure)
        {
            Failure = failure.Failure;
        }

        return Page();
    }

    private async Task<IReadOnlyList<LineItem>> OfferedAsync(CancellationToken ct)
    {
        if (Activity.LineItemsUrl is null)
            return [];
        var platform = await platforms.FindAsync(Activity.PlatformId, ct) ?? throw new NoSuchLaunchException("the platform is gone");
        var items = await grades.GetLineItemsAsync(platform, new Uri(Activity.LineItemsUrl), filter: null, ct);
        await using var connection = await database.OpenAsync(ct);
        var taken = (await connection.QueryAsync<string>(
            "SELECT Url FROM LineItem WHERE ActivityId = @ActivityId AND TenantId = @TenantId AND Way = @Way AND Assessment <> @Number", new { Activity.ActivityId, Session.TenantId, Way, Number })).ToHashSet(StringComparer.Ordinal);
        return [.. items.Where(item => item.IsReadOnly && !taken.Contains(item.Id!))]; // what was listed has an address
    }

    private async Task<bool> HasResultsAsync(ReadColumn column, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return await connection.ExecuteScalarAsync<bool>("SELECT CASE WHEN EXISTS (SELECT 1 FROM Result WHERE LineItemId = @LineItemId) THEN 1 ELSE 0 END", column);
    }
}

/// <summary>
/// From now on this is the read-only column of an assessment. Once results of the one before are kept it stays: they would pass for results of this one. False where it
/// stays, or feeds another assessment.
/// </summary>
internal sealed record ChooseColumn(Guid TenantId, Guid ActivityId, int Assessment, string Url, string Label) : IWrite<bool>
{
    public const string Way = "gradebook";
}

internal sealed class ChooseColumnHandler(Work work, TimeProvider clock) : IRequestHandler<ChooseColumn, bool>
{
    private const int LongestLabel = 255;

    public async Task<bool> Handle(ChooseColumn request, CancellationToken cancellationToken)
    {
        var facts = new
        {
            Id = Guid.CreateVersion7(),
            request.TenantId,
            request.ActivityId,
            request.Assessment,
            request.Url,
            Label = request.Label.Length > LongestLabel ? request.Label[..LongestLabel] : request.Label,
            ChooseColumn.Way,
            Now = clock.GetUtcNow(),
        };
        // The activity's row lock: two who choose at once do so one after the other.
        await work.Connection.ExecuteAsync("UPDATE Activity SET Revision = Revision WHERE ActivityId = @ActivityId AND TenantId = @TenantId", facts, work.Transaction);
        if (await work.Connection.ExecuteScalarAsync<bool>(
            "SELECT CASE WHEN EXISTS (SELECT 1 FROM LineItem WHERE ActivityId = @ActivityId AND Way = @Way AND Url = @Url AND Assessment <> @Assessment) THEN 1 ELSE 0 END", facts, work.Transaction))
            return false;
        var changed = await work.Connection.ExecuteAsync(
            """
            UPDATE LineItem SET Url = @Url, Label = @Label, InUse = 0, ActiveAt = @Now, NextReadAt = @Now, ReadAt = NULL, FailingSince = NULL, Failures = 0, FailureKind = NULL, FailureReference = NULL
            WHERE ActivityId = @ActivityId AND TenantId = @TenantId AND Way = @Way AND Assessment = @Assessment AND Url <> @Url
              AND NOT EXISTS (SELECT 1 FROM Result r WHERE r.LineItemId = LineItem.LineItemId)
            """,
            facts,
            work.Transaction);
        return changed == 1 || await work.Connection.ExecuteAsync(
            """
            INSERT INTO LineItem (LineItemId, TenantId, ActivityId, Assessment, Way, Url, Label, InUse, ActiveAt, NextReadAt, Failures)
            SELECT @Id, a.TenantId, a.ActivityId, @Assessment, @Way, @Url, @Label, 0, @Now, @Now, 0 FROM Activity a
            WHERE a.ActivityId = @ActivityId AND a.TenantId = @TenantId
              AND NOT EXISTS (SELECT 1 FROM LineItem i WHERE i.ActivityId = a.ActivityId AND i.Way = @Way AND i.Assessment = @Assessment)
            """,
            facts,
            work.Transaction) == 1;
    }
}
