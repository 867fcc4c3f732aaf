using Dapper;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Features.Results;
using LtiMicroCred.Storage;
using MediatR;

namespace LtiMicroCred.Features.Imports;

/// <summary>What came of a file.</summary>
internal sealed record ImportEntered(Guid ImportBatchId, int New, int Awarded);

/// <summary>
/// Enters what an instructor has looked through: by the one door, in parts. Pressed twice it is one file; cut off in the middle, the next press goes on, and what was
/// entered already is not entered again.
/// </summary>
internal sealed class EnterImport(ImportDrafts drafts, IServiceScopeFactory scopes)
{
    /// <param name="label">What the column is called where columns are listed.</param>
    /// <returns>Null where there is no such draft any more.</returns>
    public async Task<ImportEntered?> RunAsync(DraftPlace place, Guid draftId, string label, CancellationToken ct)
    {
        if (await drafts.FindAsync(place, draftId, ct) is not { } draft)
            return null;
        var counting = draft.Rows.Where(r => r.Counts).ToList();
        if (counting.Count == 0 || await scopes.SendAsync(new BeginImport(place, draftId, label, counting.Count), ct) is not { } begun)
            return null;

        var entered = new ImportEntered(begun.ImportBatchId, 0, 0);
        foreach (var part in counting.Select(r => ToResult(r, place.DraftedBy, begun.ImportBatchId)).Chunk(RecordResults.Page))
        {
            // From here on it goes through, whether the browser waits or not.
            var recorded = await scopes.SendAsync(new RecordResults(begun.LineItemId, part), CancellationToken.None);
            entered = entered with { New = entered.New + recorded.New, Awarded = entered.Awarded + recorded.Awarded };
        }

        await scopes.SendAsync(new EndImport(place, draftId), CancellationToken.None);
        return entered;
    }

    public static NewResult ToResult(ImportRow row, Guid enteredBy, Guid batch) => new()
    {
        Subject = row.Subject!, // of a row that counts
        Score = row.Score,
        Maximum = row.Maximum,
        GradedAt = row.GradedAt,
        SubmittedAt = row.SubmittedAt,
        Supervision = row.Supervision,
        EnteredBy = enteredBy,
        ImportBatchId = batch,
        MessageHash = row.Hash,
    };
}

internal sealed record ImportBegun(Guid LineItemId, Guid ImportBatchId);

/// <summary>The column that entered grades go to, and the file as one batch; the same again for a draft that has begun. Null where there is no such draft.</summary>
internal sealed record BeginImport(DraftPlace Place, Guid ImportDraftId, string Label, int Results) : IWrite<ImportBegun?>;

internal sealed class BeginImportHandler(Work work, TimeProvider clock) : IRequestHandler<BeginImport, ImportBegun?>
{
    /// <summary>Nobody asks an LMS for it.</summary>
    private static readonly DateTimeOffset s_never = new(9999, 12, 31, 0, 0, 0, TimeSpan.Zero);

    public async Task<ImportBegun?> Handle(BeginImport request, CancellationToken cancellationToken)
    {
        var facts = new
        {
            draftId = request.ImportDraftId,
            request.Place.TenantId,
            request.Place.ActivityId,
            request.Place.LaunchId,
            request.Place.DraftedBy,
            request.Label,
            request.Results,
            Batch = Secrets.NewId(),
            LineItem = Guid.CreateVersion7(),
            Now = clock.GetUtcNow(),
            Never = s_never,
        };
        // The draft's row: of two presses at once the second waits here, and finds that it has begun.
        var isFirst = await work.Connection.ExecuteAsync($"UPDATE ImportDraft SET ImportBatchId = @Batch WHERE {ImportDrafts.Mine} AND ImportBatchId IS NULL", facts, work.Transaction) == 1;
        if (isFirst)
            await BeginAsync(facts);
        return await work.Connection.QuerySingleOrDefaultAsync<ImportBegun>(
            $"""
            SELECT b.LineItemId, b.ImportBatchId FROM ImportBatch b
            WHERE b.ImportBatchId = (SELECT ImportBatchId FROM ImportDraft WHERE {ImportDrafts.Mine}) AND b.TenantId = @TenantId
            """,
            facts,
            work.Transaction);
    }

    private async Task BeginAsync(object facts)
    {
        await work.Connection.ExecuteAsync(
            """
            INSERT INTO LineItem (LineItemId, TenantId, ActivityId, Assessment, Way, Url, Label, InUse, ActiveAt, NextReadAt, Failures)
            SELECT @LineItem, d.TenantId, d.ActivityId, d.Assessment, 'import', '', @Label, 1, @Now, @Never, 0 FROM ImportDraft d
            WHERE d.ImportDraftId = @draftId AND NOT EXISTS (SELECT 1 FROM LineItem i WHERE i.ActivityId = d.ActivityId AND i.Assessment = d.Assessment AND i.Way = 'import')
            """,
            facts,
            work.Transaction);
        await work.Connection.ExecuteAsync(
            "UPDATE LineItem SET InUse = 1, NextReadAt = @Never WHERE ActivityId = @ActivityId AND TenantId = @TenantId AND Way = 'import' AND Assessment = (SELECT Assessment FROM ImportDraft WHERE ImportDraftId = @draftId)",
            facts,
            work.Transaction);
        await work.Connection.ExecuteAsync(
            """
            INSERT INTO ImportBatch (ImportBatchId, TenantId, ActivityId, LineItemId, EnteredBy, EnteredAt, FileName, FileHash, Results)
            SELECT @Batch, d.TenantId, d.ActivityId, i.LineItemId, d.DraftedBy, @Now, d.FileName, d.FileHash, @Results
            FROM ImportDraft d JOIN LineItem i ON i.ActivityId = d.ActivityId AND i.Assessment = d.Assessment AND i.Way = 'import' WHERE d.ImportDraftId = @draftId
            """,
            facts,
            work.Transaction);
    }
}

/// <summary>All of it is entered.</summary>
internal sealed record EndImport(DraftPlace Place, Guid ImportDraftId) : IWrite<bool>;

internal sealed class EndImportHandler(Work work) : IRequestHandler<EndImport, bool>
{
    public async Task<bool> Handle(EndImport request, CancellationToken cancellationToken) => await work.Connection.ExecuteAsync(
        "DELETE FROM ImportDraft WHERE ImportDraftId = @ImportDraftId AND TenantId = @TenantId AND DraftedBy = @DraftedBy",
        new { request.ImportDraftId, request.Place.TenantId, request.Place.DraftedBy },
        work.Transaction) == 1;
}
