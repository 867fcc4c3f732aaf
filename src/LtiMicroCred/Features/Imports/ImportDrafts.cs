using System.Text.Json;
using Dapper;
using LtiMicroCred.Storage;
using MediatR;

namespace LtiMicroCred.Features.Imports;

/// <summary>Whose draft it is: one launch, of one person, for one activity. Nobody else finds it.</summary>
internal sealed record DraftPlace(Guid TenantId, Guid ActivityId, string LaunchId, Guid DraftedBy);

/// <summary>A file as it was read, before it counts.</summary>
internal sealed record ImportDraft
{
    /// <summary>Long enough to look through it; people's grades must not lie about.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    public required Guid ImportDraftId { get; init; }
    public required Guid TenantId { get; init; }
    public required Guid ActivityId { get; init; }
    public required string LaunchId { get; init; }
    public required Guid DraftedBy { get; init; }
    public required int Assessment { get; init; }
    public required string FileName { get; init; }
    public required byte[] FileHash { get; init; }

    /// <summary>See <see cref="CsvText.IsGuessed"/>.</summary>
    public required bool IsGuessed { get; init; }
    public required string Content { get; init; }

    /// <summary>Entering it has begun, and was cut off.</summary>
    public Guid? ImportBatchId { get; init; }

    public IReadOnlyList<ImportRow> Rows => _rows ??= JsonSerializer.Deserialize<List<ImportRow>>(Content)!; // written by KeepDraft

    private IReadOnlyList<ImportRow>? _rows;
}

internal sealed class ImportDrafts(Database database, TimeProvider clock)
{
    public const string Mine = "ImportDraftId = @draftId AND TenantId = @TenantId AND ActivityId = @ActivityId AND LaunchId = @LaunchId AND DraftedBy = @DraftedBy AND ExpiresAt > @Now";

    /// <returns>Null for what is somebody else's, was entered, or has run out.</returns>
    public async Task<ImportDraft?> FindAsync(DraftPlace place, Guid draftId, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<ImportDraft>(
            $"""
            SELECT ImportDraftId, TenantId, ActivityId, LaunchId, DraftedBy, Assessment, FileName, FileHash, IsGuessed, Content, ImportBatchId
            FROM ImportDraft WHERE {Mine}
            """,
            new { draftId, place.TenantId, place.ActivityId, place.LaunchId, place.DraftedBy, Now = clock.GetUtcNow() });
    }
}

/// <summary>Keeps a file's rows as they are shown, so that what is confirmed is what was seen. What the same launch drafted before is gone.</summary>
internal sealed record KeepDraft(DraftPlace Place, int Assessment, string FileName, byte[] FileHash, bool IsGuessed, IReadOnlyList<ImportRow> Rows) : IWrite<Guid>;

internal sealed class KeepDraftHandler(Work work, TimeProvider clock) : IRequestHandler<KeepDraft, Guid>
{
    public async Task<Guid> Handle(KeepDraft request, CancellationToken cancellationToken)
    {
        var facts = new
        {
            Id = Secrets.NewId(),
            request.Place.TenantId,
            request.Place.ActivityId,
            request.Place.LaunchId,
            request.Place.DraftedBy,
            request.Assessment,
            request.FileName,
            request.FileHash,
            request.IsGuessed,
            Content = JsonSerializer.Serialize(request.Rows),
            ExpiresAt = clock.GetUtcNow() + ImportDraft.Lifetime,
        };
        // One that is being entered stays until it is.
        await work.Connection.ExecuteAsync(
            "DELETE FROM ImportDraft WHERE LaunchId = @LaunchId AND DraftedBy = @DraftedBy AND TenantId = @TenantId AND ImportBatchId IS NULL", facts, work.Transaction);
        await work.Connection.ExecuteAsync(
            """
            INSERT INTO ImportDraft (ImportDraftId, TenantId, ActivityId, Assessment, LaunchId, DraftedBy, FileName, FileHash, IsGuessed, Content, ExpiresAt)
            VALUES (@Id, @TenantId, @ActivityId, @Assessment, @LaunchId, @DraftedBy, @FileName, @FileHash, @IsGuessed, @Content, @ExpiresAt)
            """,
            facts,
            work.Transaction);
        return facts.Id;
    }
}
