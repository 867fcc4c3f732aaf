using System.Text;
using Dapper;
using LtiMicroCred.Features.Achievements;
using LtiMicroCred.Ledger;
using LtiMicroCred.Storage;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace LtiMicroCred.Features.Awards;

/// <summary>No credential has this code, or its holder keeps it private: nobody can tell which.</summary>
internal sealed class NoSuchCredentialException() : Exception("no public credential has this code");

/// <summary>The public page of one award, readable by anyone once its holder says so. Status and ledger entry are read at every view.</summary>
internal sealed class CredentialModel(Database database, AchievementDirectory achievements, LedgerReader ledger, Settings settings, TimeProvider clock) : PageModel
{
    [FromRoute]
    public string Code { get; set; } = "";

    public AwardFacts Award { get; private set; } = null!;
    public Achievement Achievement { get; private set; } = null!;

    /// <summary>Null where the ledger has no entry for this award, or one that does not hold: the page then says so instead of “Valid”.</summary>
    public LedgerProof? Proof { get; private set; }

    public DateTimeOffset Now { get; private set; }
    public string Address => $"{settings.PublicBase}/c/{Code}";

    public async Task OnGetAsync(CancellationToken ct)
    {
        Now = clock.GetUtcNow();
        Award = await FindAsync(ct) ?? throw new NoSuchCredentialException();
        Achievement = await achievements.VersionAsync(Award.TenantId, Award.AchievementId, Award.AchievementVersion, ct);
        Proof = await ledger.ProveAsync(Award, ct);
        Response.Headers.CacheControl = "no-store";
        Response.Headers["X-Robots-Tag"] = "noindex";
    }

    /// <summary>The entry's bytes as they lie in the ledger: what was hashed.</summary>
    public async Task<IActionResult> OnGetEntryAsync(CancellationToken ct)
    {
        Award = await FindAsync(ct) ?? throw new NoSuchCredentialException();
        var proof = await ledger.ProveAsync(Award, ct) ?? throw new NoSuchCredentialException();
        return File(Encoding.UTF8.GetBytes(proof.EntryText), "application/json", $"ledger-entry-{proof.Number}.json");
    }

    private async Task<AwardFacts?> FindAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<AwardFacts>(
            """
            SELECT w.AwardId, w.TenantId, t.Name AS Issuer, w.AchievementId, w.AchievementVersion, w.State, w.IssuedAt, f.Name AS Holder, f.Locale AS HolderLocale,
                   r.ThresholdPercent, i.Way, x.ReceivedAt, x.GradedAt, p.Issuer AS Platform, p.ProductFamily, i.Label AS ColumnLabel
            FROM CredentialPage c
            JOIN Award w ON w.AwardId = c.AwardId JOIN Tenant t ON t.TenantId = w.TenantId
            JOIN Evidence v ON v.AwardId = w.AwardId JOIN PassRule r ON r.PassRuleId = v.PassRuleId
            JOIN Result x ON x.ResultId = v.ResultId JOIN LineItem i ON i.LineItemId = x.LineItemId
            JOIN Learner l ON l.LearnerId = w.LearnerId JOIN Platform p ON p.PlatformId = l.PlatformId
            LEFT JOIN LearnerProfile f ON f.LearnerId = w.LearnerId
            WHERE c.Code = @Code AND c.PublicSince IS NOT NULL
            """,
            new { Code = Code.ToUpperInvariant() });
    }
}

internal sealed record AwardFacts
{
    public required Guid AwardId { get; init; }
    public required Guid TenantId { get; init; }
    public required string Issuer { get; init; }
    public required Guid AchievementId { get; init; }
    public required int AchievementVersion { get; init; }
    public required string State { get; init; }
    public required DateTimeOffset IssuedAt { get; init; }
    public string? Holder { get; init; }
    public string? HolderLocale { get; init; }
    public required decimal ThresholdPercent { get; init; }
    public required string Way { get; init; }
    public required DateTimeOffset ReceivedAt { get; init; }
    public DateTimeOffset? GradedAt { get; init; }
    public required string Platform { get; init; }
    public string? ProductFamily { get; init; }
    public required string ColumnLabel { get; init; }
}

/// <summary>One award's entry, checked now: its bytes hash to the leaf that the log counts, and say what the award says.</summary>
internal sealed record LedgerProof(long Number, long Size, string Origin, string EntryText, string LeafHash, string Root);

internal sealed class LedgerReader(Database database)
{
    public async Task<LedgerProof?> ProveAsync(AwardFacts award, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        var log = new LedgerLog(database.Engine);
        if (await log.EntriesOfAsync(connection, award.AwardId, ct) is not [var row, ..] || await log.HeadAsync(connection, row.LogId, ct) is not { } head)
            return null;
        try
        {
            var decoded = EntryFormat.Decode(row.EntryBytes);
            var fits = row.LogId == award.TenantId
                && decoded.Origin == head.Origin && decoded.Number == row.Number && row.Number <= head.Size
                && Merkle.LeafHash(row.EntryBytes).AsSpan().SequenceEqual(row.LeafHash)
                && decoded.Entry is AwardIssued issued && issued.AwardId == award.AwardId && issued.AchievementId == award.AchievementId
                && issued.AchievementVersion == award.AchievementVersion && issued.At == award.IssuedAt;
            return fits
                ? new LedgerProof(row.Number, head.Size, head.Origin, Encoding.UTF8.GetString(row.EntryBytes), Convert.ToHexStringLower(row.LeafHash), Convert.ToHexStringLower(head.Root))
                : null;
        }
        catch (LedgerFormatException)
        {
            return null;
        }
    }
}
