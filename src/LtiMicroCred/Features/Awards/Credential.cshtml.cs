using Dapper;
using LtiMicroCred.Features.Achievements;
using LtiMicroCred.Features.Ledgers;
using LtiMicroCred.Ledger;
using LtiMicroCred.Storage;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace LtiMicroCred.Features.Awards;

/// <summary>No credential has this code, or its holder keeps it private: nobody can tell which.</summary>
internal sealed class NoSuchCredentialException() : Exception("no public credential has this code");

/// <summary>Whose credential this was, nobody knows any more: its learner was erased.</summary>
internal sealed class ErasedCredentialException() : Exception("the learner of this credential was erased");

/// <summary>The public page of one award, readable by anyone once its holder says so. Status and ledger entries are read at every view.</summary>
internal sealed class CredentialModel(Database database, AchievementDirectory achievements, LedgerReader ledger, Settings settings, TimeProvider clock) : PageModel
{
    [FromRoute]
    public string Code { get; set; } = "";

    public AwardFacts Award { get; private set; } = null!;
    public Achievement Achievement { get; private set; } = null!;

    /// <summary>Null where the ledger has no entry for this award, or one that does not hold: the page then says so instead of “Valid”.</summary>
    public LedgerProof? Proof { get; private set; }

    /// <summary>What it was given for, the first first.</summary>
    public IReadOnlyList<AwardReason> Reasons { get; private set; } = [];

    public DateTimeOffset Now { get; private set; }
    public string Address => $"{settings.PublicBase}/c/{Code}";

    public async Task OnGetAsync(CancellationToken ct)
    {
        Now = clock.GetUtcNow();
        await ReadAsync(ct);
        // An award that changes between the two looks is looked at once more.
        if (Proof is null)
            await ReadAsync(ct);
        Achievement = await achievements.VersionAsync(Award.TenantId, Award.AchievementId, Award.AchievementVersion, ct);
        Reasons = await ReasonsAsync(ct);
        Response.Headers.CacheControl = "no-store";
        Response.Headers["X-Robots-Tag"] = "noindex";
    }

    /// <summary>The bytes of the entry that issued the award, as they lie in the ledger: what was hashed.</summary>
    public async Task<IActionResult> OnGetEntryAsync(CancellationToken ct)
    {
        await ReadAsync(ct);
        var entry = (Proof ?? throw new NoSuchCredentialException()).Entries[0];
        return File(entry.EntryBytes, "application/json", $"ledger-entry-{entry.Number}.json");
    }

    private async Task ReadAsync(CancellationToken ct)
    {
        Award = await FindAsync(ct) ?? throw await MissingAsync(ct);
        Proof = await ledger.ProveAsync(Award, ct);
    }

    private async Task<Exception> MissingAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        var erased = await connection.QuerySingleOrDefaultAsync<int?>(
            "SELECT 1 FROM CredentialPage c JOIN Award w ON w.AwardId = c.AwardId WHERE c.Code = @Code AND w.LearnerId IS NULL", new { Code = Code.ToUpperInvariant() });
        return erased is null ? new NoSuchCredentialException() : new ErasedCredentialException();
    }

    private async Task<IReadOnlyList<AwardReason>> ReasonsAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return (await connection.QueryAsync<AwardReason>(
            """
            SELECT v.FoundAt, r.Content, d.Kind, i.Assessment, i.Way, i.Label AS ColumnLabel, x.ReceivedAt, x.GradedAt
            FROM Evidence v
            LEFT JOIN PassRule r ON r.PassRuleId = v.PassRuleId LEFT JOIN StaffDecision d ON d.StaffDecisionId = v.StaffDecisionId
            LEFT JOIN EvidenceResult y ON y.AwardId = v.AwardId AND y.ActivityId = v.ActivityId
            LEFT JOIN Result x ON x.ResultId = y.ResultId LEFT JOIN LineItem i ON i.LineItemId = x.LineItemId
            WHERE v.AwardId = @AwardId ORDER BY v.FoundAt, v.ActivityId, i.Assessment
            """,
            new { Award.AwardId })).AsList();
    }

    private async Task<AwardFacts?> FindAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<AwardFacts>(
            """
            SELECT w.AwardId, w.TenantId, t.Name AS Issuer, w.AchievementId, w.AchievementVersion, w.State, w.IssuedAt, f.Name AS Holder, f.Locale AS HolderLocale,
                   a.ValidMonths, p.Issuer AS Platform, p.ProductFamily
            FROM CredentialPage c
            JOIN Award w ON w.AwardId = c.AwardId JOIN Tenant t ON t.TenantId = w.TenantId
            JOIN AchievementVersion a ON a.AchievementId = w.AchievementId AND a.Version = w.AchievementVersion
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
    public int? ValidMonths { get; init; }
    public required string Platform { get; init; }
    public string? ProductFamily { get; init; }

    /// <summary>Null: for ever.</summary>
    public DateTimeOffset? Until => Validity.Until(IssuedAt, ValidMonths);
}

/// <summary>One thing that an award was given for: a result that a rule asked for, or somebody's decision.</summary>
internal sealed record AwardReason
{
    public required DateTimeOffset FoundAt { get; init; }
    public string? Content { get; init; }
    public string? Kind { get; init; }
    public int? Assessment { get; init; }
    public string? Way { get; init; }
    public string? ColumnLabel { get; init; }
    public DateTimeOffset? ReceivedAt { get; init; }
    public DateTimeOffset? GradedAt { get; init; }

    /// <summary>Null where somebody decided.</summary>
    public PassRule? Rule => Content is null ? null : PassRule.Parse(Content);

    public bool IsCondition => Way == "gate";
}

/// <summary>
/// All that the ledger says of one award, read and checked now: the bytes of each entry hash to the leaf that the log counts, the first one says what
/// the award says, and the last one how it stands.
/// </summary>
internal sealed record LedgerProof
{
    public required string Origin { get; init; }
    public required IReadOnlyList<LedgerRow> Entries { get; init; }

    /// <summary>How many entries the log has.</summary>
    public required long Size { get; init; }

    /// <summary>How many of them its newest checkpoint counts; 0 before the first.</summary>
    public required long Signed { get; init; }

    public LedgerRow Last => Entries[^1];
    public AwardStanding Standing => AwardStandings.After(Last.Entry.Kind);

    /// <summary>Until then the award is in the ledger, and a proof of it seconds away.</summary>
    public bool IsSigned => Entries[0].Number <= Signed;
}

internal sealed class LedgerReader(Database database)
{
    /// <summary>Null where anything does not fit, or cannot be read.</summary>
    public async Task<LedgerProof?> ProveAsync(AwardFacts award, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        var log = new LedgerLog(database.Engine);
        try
        {
            var rows = await log.EntriesOfAsync(connection, award.AwardId, ct);
            if (rows.Count == 0 || await log.HeadAsync(connection, award.TenantId, ct) is not { } head)
                return null;
            var checkpoint = await new LedgerCheckpoints(database.Engine).NewestAsync(connection, transaction: null, award.TenantId, ct);
            var entries = rows.Select(row => Checked(row, head)).ToList();
            var fits = IsOf(award, entries[0]) && award.State == AwardStandings.State(AwardStandings.After(entries[^1].Entry.Kind));
            return fits ? new LedgerProof { Origin = head.Origin, Entries = entries, Size = head.Size, Signed = checkpoint?.Size ?? 0 } : null;
        }
        catch (LedgerFormatException)
        {
            return null;
        }
    }

    /// <summary>With the entry that its bytes say, whatever the columns say.</summary>
    private static LedgerRow Checked(LedgerRow row, LedgerHead head)
    {
        var decoded = EntryFormat.Decode(row.EntryBytes);
        var fits = row.LogId == head.LogId && decoded.Origin == head.Origin && decoded.Number == row.Number && row.Number <= head.Size
            && Merkle.LeafHash(row.EntryBytes).AsSpan().SequenceEqual(row.LeafHash);
        return fits ? row with { Entry = decoded.Entry } : throw new LedgerFormatException(nameof(LedgerRow.EntryBytes), "are not those that the log counts");
    }

    private static bool IsOf(AwardFacts award, LedgerRow row) => row.Entry is AwardIssued issued && issued.AwardId == award.AwardId
        && issued.AchievementId == award.AchievementId && issued.AchievementVersion == award.AchievementVersion && issued.At == award.IssuedAt;
}
