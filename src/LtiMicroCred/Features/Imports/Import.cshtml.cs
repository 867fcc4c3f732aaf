using Microsoft.Extensions.Localization;
using LtiMicroCred.Texts;
using LtiMicroCred.Features.Decisions;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using LtiMicroCred.Features.Achievements;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Features.Courses;
using LtiMicroCred.Features.Launches;
using LtiMicroCred.Features.Published;
using LtiMicroCred.Features.Results;
using LtiMicroCred.Shell;
using LtiMicroCred.Storage;
using MediatR;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.AspNetCore.Mvc;

namespace LtiMicroCred.Features.Imports;

/// <summary>Grades from a file, in two steps: the file, then every row as it would count. Nothing counts before the instructor says so.</summary>
[TooLargeIsSaid(MostSent)]
[RequestSizeLimit(16 * 1024 * 1024)]
[RequestFormLimits(MultipartBodyLengthLimit = MostSent, ValueLengthLimit = MostSent, MemoryBufferThreshold = MostSent, ValueCountLimit = 100)]
internal sealed class ImportModel(
    CourseOverview overview, AchievementDirectory achievements, Database database, ImportDrafts drafts, EnterImport enter, UndoImport undo, AwaitedRosters rosters, IMediator mediator, IStringLocalizer<Words> words, TimeProvider clock) : WayPage(overview, achievements)
{
    public const int PageSize = 50;

    /// <summary>A form around the largest file; it is held in memory, and grades never lie in a temporary file.</summary>
    private const int MostSent = CsvFile.MostBytes + (512 * 1024);

    private const int MostBatches = 10, LongestName = 200;

    public override string Way => "import";

    [FromQuery(Name = "draft")]
    public Guid? DraftId { get; set; }

    [FromQuery(Name = "page")]
    public int PageNumber { get; set; } = 1;

    /// <summary>The file that was just entered.</summary>
    [FromQuery(Name = "entered")]
    public Guid? EnteredId { get; set; }

    /// <summary>Why nothing of the file can be used.</summary>
    [FromQuery(Name = "problem")]
    public FileProblem? Problem { get; set; }

    public TypedImport Typed { get; private set; } = new("", "", "", "");

    /// <summary>The headings of a file in which we found no score.</summary>
    public IReadOnlyList<string> Headings { get; private set; } = [];

    public ImportDraft? Draft { get; private set; }
    public IReadOnlyDictionary<Guid, string?> Names { get; private set; } = new Dictionary<Guid, string?>();
    public IReadOnlyList<EnteredFile> Entered { get; private set; } = [];

    /// <summary>What is wrong with the reason for taking one of them back.</summary>
    public (Guid Batch, string What)? UndoError { get; private set; }

    public bool CanEnter => Session.LearnerId is not null;

    /// <summary>Those that need a look first.</summary>
    public IReadOnlyList<ImportRow> Shown => [.. Draft!.Rows.OrderBy(r => r.Refusal is null).ThenBy(r => r.IsKnown).ThenBy(r => r.Number).Skip((PageNumber - 1) * PageSize).Take(PageSize)];

    public bool WouldPass(ImportRow row) => row is { Counts: true, Score: not null } && AwardPolicy.Meets(
        Activity.Rule, new Observation(default, default, row.Score, row.Maximum, row.GradedAt, clock.GetUtcNow(), 0) { Assessment = Assessed.Number, SubmittedAt = row.SubmittedAt, Supervision = row.Supervision });

    /// <summary>Of a page of a file's rows.</summary>
    public string PageOf(Guid draft, int page = 1)
    {
        var address = QueryHelpers.AddQueryString(Here, "draft", draft.ToString("D"));
        return page > 1 ? QueryHelpers.AddQueryString(address, "page", page.ToString(CultureInfo.InvariantCulture)) : address;
    }

    public async Task<IActionResult> OnGetAsync(CancellationToken ct)
    {
        if (await LoadAsync(ct) is { } elsewhere)
            return elsewhere;
        // Of all problems the address may name one alone: the others are found in a file.
        Problem = Problem == FileProblem.TooLarge ? Problem : null;
        if (DraftId is { } id && Place is { } place)
            Draft = await drafts.FindAsync(place, id, ct);
        if (Draft is { } draft)
        {
            Number = draft.Assessment;
            PageNumber = Math.Clamp(PageNumber, 1, Math.Max(1, (draft.Rows.Count + PageSize - 1) / PageSize));
            Names = (await PeopleAsync(ct)).ToDictionary(p => p.LearnerId, p => p.Name);
        }

        Entered = await EnteredAsync(ct);
        return Page();
    }

    /// <summary>A file to fill in.</summary>
    public async Task<IActionResult> OnGetExampleAsync(CancellationToken ct) =>
        await LoadAsync(ct) ?? File(ExampleFile.Of(await PeopleAsync(ct)), "text/csv; charset=utf-8", "grades.csv");

    public async Task<IActionResult> OnPostReadAsync(CancellationToken ct)
    {
        if (await LoadAsync(ct) is { } elsewhere)
            return elsewhere;
        if (Place is not { } place)
            return Redirect(Here);
        var form = await PostedForm.ReadAsync(HttpContext);
        Typed = new TypedImport(form["text"].ToString(), form["maximum"].ToString(), form["score"].ToString(), form["by"].ToString());
        var (bytes, name) = await SentAsync(form, ct);
        if (await ReadAsync(bytes, ct) is not { } read)
        {
            Entered = await EnteredAsync(ct);
            return Page();
        }

        var draft = await mediator.Send(new KeepDraft(place, Assessed.Number, name, SHA256.HashData(bytes), read.IsGuessed, read.Rows), ct);
        return Redirect(PageOf(draft));
    }

    public async Task<IActionResult> OnPostEnterAsync(CancellationToken ct)
    {
        if (await LoadAsync(ct) is { } elsewhere)
            return elsewhere;
        var form = await PostedForm.ReadAsync(HttpContext);
        if (Place is not { } place || !Guid.TryParseExact(form["draft"], "D", out var draft))
            return Redirect(Here);
        // One that is gone was entered already, or ran out: the list below the form says which.
        var entered = await enter.RunAsync(place, draft, Achievement.Title, ct);
        return Redirect(entered is null ? Here : QueryHelpers.AddQueryString(Here, "entered", entered.ImportBatchId.ToString("D")));
    }

    /// <summary>A file that was entered by mistake: its grades count no longer.</summary>
    public async Task<IActionResult> OnPostUndoAsync(CancellationToken ct)
    {
        if (await LoadAsync(ct) is { } elsewhere)
            return elsewhere;
        var form = await PostedForm.ReadAsync(HttpContext);
        if (Session.LearnerId is not { } by || !Guid.TryParseExact(form["batch"], "D", out var batch))
            return Redirect(Here);
        if (StaffReason.Read(form["reason"]) is not { } reason)
        {
            UndoError = (batch, words["Error.Reason"]);
            Entered = await EnteredAsync(ct);
            return Page();
        }

        await undo.RunAsync(Session.TenantId, Activity.ActivityId, batch, reason, by, ct);
        return Redirect(Here);
    }

    private DraftPlace? Place => Session.LearnerId is { } by ? new DraftPlace(Session.TenantId, Activity.ActivityId, LaunchId, by) : null;

    // Whatever the file is called, it is shown as text; a path that a browser sends along says nothing.
    private async Task<(byte[] Bytes, string Name)> SentAsync(IFormCollection form, CancellationToken ct)
    {
        if (form.Files.GetFile("file") is not { Length: > 0 } file)
            return (Encoding.UTF8.GetBytes(Typed.Text), "");
        using var bytes = new MemoryStream();
        await file.CopyToAsync(bytes, ct);
        var name = string.Concat(file.FileName[(file.FileName.LastIndexOfAny(['/', '\\']) + 1)..].Where(c => !char.IsControl(c)));
        return (bytes.ToArray(), name.Length > LongestName ? name[..LongestName] : name);
    }

    /// <returns>Null where <see cref="Problem"/> says why not.</returns>
    private async Task<ReadImport?> ReadAsync(byte[] bytes, CancellationToken ct)
    {
        if (bytes.Length > CsvFile.MostBytes)
            return Refuse(FileProblem.TooLarge);
        if (bytes.Length == 0)
            return Refuse(FileProblem.Nothing);
        if (CsvText.Of(bytes) is not { } text)
            return Refuse(FileProblem.NotText);
        var (file, problem) = CsvFile.Read(text.Text);
        if (file is null)
            return Refuse(problem!.Value);
        var columns = CsvColumns.Of(file.Headings, Typed.Score);
        var asked = Enum.TryParse<NamedBy>(Typed.By, out var wanted) && Enum.IsDefined(wanted) ? wanted : columns.Surest;
        if (asked is not { } by || !columns.Has(by))
            return Refuse(FileProblem.NoPerson);
        Headings = file.Headings;
        if (columns.Score < 0)
            return Refuse(FileProblem.NoScore);
        var maximum = CsvNumber.Read(Typed.Maximum, commaIsDecimal: false);
        if (maximum is null or 0 && (columns.Maximum < 0 || Typed.Maximum.Trim().Length > 0))
            return Refuse(FileProblem.NoMaximum);
        await rosters.RefreshAsync(Activity.CourseId, ct);
        var rows = ImportRows.Of(file, columns, by, maximum, await PeopleAsync(ct), clock.GetUtcNow());
        return new ReadImport(text.IsGuessed, await ComparedAsync(rows, ct));
    }

    private ReadImport? Refuse(FileProblem problem)
    {
        Problem = problem;
        return null;
    }

    private async Task<IReadOnlyList<ImportRow>> ComparedAsync(IReadOnlyList<ImportRow> rows, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        var column = await connection.QuerySingleOrDefaultAsync<Guid?>(
            "SELECT LineItemId FROM LineItem WHERE ActivityId = @ActivityId AND TenantId = @TenantId AND Way = 'import' AND Assessment = @Number", new { Activity.ActivityId, Session.TenantId, Assessed.Number });
        if (column is not { } lineItemId)
            return rows;
        var latest = await RecordResultsHandler.LatestAsync(connection, lineItemId);
        return [.. rows.Select(row => row.Refusal is null && !RecordResultsHandler.SaysSomethingNew(latest, EnterImport.ToResult(row, default, default)) ? row with { IsKnown = true } : row)];
    }

    private async Task<IReadOnlyList<CoursePerson>> PeopleAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return [.. (await connection.QueryAsync<CoursePerson>(
            """
            SELECT l.LearnerId, l.Subject, p.Name, p.Email,
                   CASE WHEN m.IsLearner = 1 AND m.IsActive = 1 AND (m.Seen = 'roster' OR c.MembershipsUrl IS NULL) THEN 1 ELSE 0 END AS MayEarn,
                   CASE WHEN l.LearnerId = @LearnerId THEN 1 ELSE 0 END AS BringsIt
            FROM CourseMember m JOIN Course c ON c.CourseId = m.CourseId JOIN Learner l ON l.LearnerId = m.LearnerId LEFT JOIN LearnerProfile p ON p.LearnerId = l.LearnerId
            WHERE m.CourseId = @CourseId AND l.TenantId = @TenantId
            """,
            new { Activity.CourseId, Session.TenantId, Session.LearnerId })).OrderBy(p => p.Name, StringComparer.CurrentCultureIgnoreCase)];
    }

    private async Task<IReadOnlyList<EnteredFile>> EnteredAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return [.. (await connection.QueryAsync<EnteredFile>(
            """
            SELECT b.ImportBatchId, b.EnteredAt, b.FileName, p.Name AS EnteredBy, b.Results,
                   (SELECT COUNT(*) FROM Result r WHERE r.ImportBatchId = b.ImportBatchId AND r.WithdrawnAt IS NULL) AS Counting
            FROM ImportBatch b LEFT JOIN LearnerProfile p ON p.LearnerId = b.EnteredBy
            WHERE b.ActivityId = @ActivityId AND b.TenantId = @TenantId ORDER BY b.EnteredAt DESC
            """,
            new { Activity.ActivityId, Session.TenantId })).Take(MostBatches)];
    }
}

/// <summary>What was typed; kept when something has to be corrected.</summary>
internal sealed record TypedImport(string Text, string Maximum, string Score, string By);

internal sealed record ReadImport(bool IsGuessed, IReadOnlyList<ImportRow> Rows);

/// <summary>A file that was entered for an activity.</summary>
internal sealed record EnteredFile
{
    public required Guid ImportBatchId { get; init; }
    public required DateTimeOffset EnteredAt { get; init; }

    /// <summary>Empty for what was pasted.</summary>
    public required string FileName { get; init; }
    public string? EnteredBy { get; init; }
    public required int Results { get; init; }

    /// <summary>How many of its grades count: none after it was taken back.</summary>
    public required int Counting { get; init; }
}
