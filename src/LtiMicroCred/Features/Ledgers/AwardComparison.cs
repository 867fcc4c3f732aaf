using System.Data.Common;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Dapper;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Features.Learners;
using LtiMicroCred.Ledger;

namespace LtiMicroCred.Features.Ledgers;

/// <summary>
/// Whether awards and achievement versions say what the entries say. Values are compared as they lie in the database, as text: one that cannot be
/// read is a difference, never a crash. Holds each version's findings, so that ten thousand awards of one read it once.
/// </summary>
internal sealed class AwardComparison(DbConnection connection)
{
    private const string TimeForm = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";
    private const int Looks = 3;

    private readonly Dictionary<(Guid, int), Fault?> _versions = [];
    private readonly HashSet<(string, string)> _published = [];

    private sealed record Fault(string Table, string Column, string Reason);

    /// <summary>Compares the next entries of a log. An award that changes at the same moment is looked at again.</summary>
    public async ValueTask<LedgerBreak?> CompareAsync(Guid log, IReadOnlyList<VerifiedEntry> page)
    {
        for (var look = 1; ; look++)
        {
            var found = await ComparePageAsync(log, page);
            if (found is null || look == Looks)
                return found;
            await Task.Delay(TimeSpan.FromMilliseconds(20 * look));
        }
    }

    /// <summary>After all entries: awards and versions that no entry speaks of.</summary>
    public async Task<LedgerBreak?> UnrecordedAsync()
    {
        var award = await FirstAsync("SELECT AwardId FROM Award WHERE NOT EXISTS (SELECT 1 FROM LedgerEntry e WHERE e.AwardId = Award.AwardId AND e.Kind = 'award.issued')");
        if (award is not null)
            return Unrecorded("Award", "AwardId", $"award {Stored(award["AwardId"])} has no entry in the ledger");
        var held = await FirstAsync("SELECT h.AwardId FROM HeldAward h WHERE NOT EXISTS (SELECT 1 FROM Award w WHERE w.AwardId = h.AwardId)");
        if (held is not null)
            return Unrecorded("HeldAward", "AwardId", $"award {Stored(held["AwardId"])} is held, but is none");
        foreach (var version in await RowsAsync("SELECT AchievementId, Version FROM AchievementVersion", null))
        {
            if (!_published.Contains((Stored(version["AchievementId"]), Stored(version["Version"]))))
                return Unrecorded("AchievementVersion", "AchievementId", $"version {Stored(version["Version"])} of achievement {Stored(version["AchievementId"])} has no entry in the ledger");
        }

        return null;
    }

    private static LedgerBreak Unrecorded(string table, string column, string reason) => new(Guid.Empty, 0, table, column, reason);

    private async Task<LedgerBreak?> ComparePageAsync(Guid log, IReadOnlyList<VerifiedEntry> page)
    {
        var awards = await AwardsAsync(log, page);
        foreach (var verified in page)
        {
            var fault = verified.Entry switch
            {
                AwardIssued issued => AwardFault(log, issued, awards.GetValueOrDefault(issued.AwardId.ToString("D"))) ?? await VersionFaultAsync(issued),
                AwardChange change => ChangeFault(log, change, awards.GetValueOrDefault(change.AwardId.ToString("D"))),
                AchievementPublished published => await PublicationFaultAsync(log, published),
                _ => throw new InvalidOperationException($"{verified.Entry.Kind} has no comparison"),
            };
            if (fault is not null)
                return new LedgerBreak(log, verified.Number, fault.Table, fault.Column, fault.Reason);
        }

        return null;
    }

    /// <summary>In one statement, so that an award and the last word on it are of the same moment.</summary>
    private async Task<Dictionary<string, IDictionary<string, object?>>> AwardsAsync(Guid log, IReadOnlyList<VerifiedEntry> page)
    {
        var rows = await RowsAsync(
            """
            SELECT w.AwardId, w.TenantId, w.LearnerId, w.AchievementId, w.AchievementVersion, w.State, w.IssuedAt, last.Kind AS LastKind,
                   f.SubjectKey, p.Issuer, p.ClientId, l.Subject, h.LearnerId AS HeldBy, h.AchievementId AS HeldAchievement,
                   r.DueAt AS ErasureDueAt
            FROM LedgerEntry e JOIN Award w ON w.AwardId = e.AwardId
            LEFT JOIN LedgerEntry last ON last.AwardId = w.AwardId
              AND NOT EXISTS (SELECT 1 FROM LedgerEntry later WHERE later.AwardId = w.AwardId AND later.Number > last.Number)
            LEFT JOIN Learner l ON l.LearnerId = w.LearnerId LEFT JOIN Platform p ON p.PlatformId = l.PlatformId
            LEFT JOIN LearnerProfile f ON f.LearnerId = w.LearnerId
            LEFT JOIN HeldAward h ON h.AwardId = w.AwardId
            LEFT JOIN Erasure r ON r.AwardId = w.AwardId
            WHERE e.LogId = @log AND e.Number >= @First AND e.Number <= @Last
            """,
            new { log, First = page[0].Number, Last = page[^1].Number });
        // An award of several entries is there as often.
        return rows.DistinctBy(row => Stored(row["AwardId"]), StringComparer.Ordinal).ToDictionary(row => Stored(row["AwardId"]), StringComparer.Ordinal);
    }

    private static Fault? AwardFault(Guid log, AwardIssued entry, IDictionary<string, object?>? award)
    {
        if (award is null)
            return new Fault("Award", "AwardId", $"the award {entry.AwardId:D} of this entry is missing");
        var state = StateAfter(Stored(award["LastKind"]));
        return Differs(award, "Award", "TenantId", log.ToString("D"))
            ?? Differs(award, "Award", "AchievementId", entry.AchievementId.ToString("D"))
            ?? Differs(award, "Award", "AchievementVersion", entry.AchievementVersion.ToString(CultureInfo.InvariantCulture))
            ?? Differs(award, "Award", "State", state)
            ?? Differs(award, "Award", "IssuedAt", Time(entry.At))
            ?? LearnerFault(award, entry, state)
            ?? HolderFault(award, state);
    }

    private static Fault? ChangeFault(Guid log, AwardChange entry, IDictionary<string, object?>? award) => award is null
        ? new Fault("Award", "AwardId", $"the award {entry.AwardId:D} of this entry is missing")
        : Differs(award, "Award", "TenantId", log.ToString("D"));

    private static string StateAfter(string kind) => kind switch
    {
        "award.issued" or "award.reinstated" => AwardState.Issued,
        "award.suspended" => AwardState.Suspended,
        "award.superseded" => AwardState.Superseded,
        "award.revoked" => AwardState.Revoked,
        "learner.erased" => AwardState.Erased,
        _ => $"what follows from {kind}",
    };

    private static Fault? LearnerFault(IDictionary<string, object?> award, AwardIssued entry, string state)
    {
        // What was erased can't be checked any more; that is what erasure means.
        if (state == AwardState.Erased)
            return award["LearnerId"] is null ? null : new Fault("Award", "LearnerId", "still names a learner, whom the ledger says to be erased");
        if (IsErased(award))
            return null;
        return award["SubjectKey"] switch
        {
            byte[] key when Named(award, key).RefFor(entry.AwardId).AsSpan().SequenceEqual(entry.SubjectRef) => null,
            byte[] => new Fault("Award", "LearnerId", "names another learner, or one under another name, than the entry's subjectRef"),
            _ => new Fault("Award", "LearnerId", "names nobody whom the entry's subjectRef could name, and the ledger says nothing of an erasure"),
        };
    }

    // The learner is gone, and the entry that says so has not come yet: it waits for days at most.
    private static bool IsErased(IDictionary<string, object?> award) => award["LearnerId"] is null
        && string.CompareOrdinal(Stored(award["ErasureDueAt"]), Time(DateTimeOffset.UtcNow + EraseLearnerHandler.Spread)) <= 0;

    private static LedgerSubject Named(IDictionary<string, object?> award, byte[] key) =>
        new() { SubjectKey = key, Issuer = Stored(award["Issuer"]), ClientId = Stored(award["ClientId"]), Subject = Stored(award["Subject"]) };

    private static Fault? HolderFault(IDictionary<string, object?> award, string state)
    {
        if (!AwardState.IsHeld(state) || IsErased(award))
            return award["HeldBy"] is null ? null : new Fault("HeldAward", "AwardId", $"an award that is {state} is not held");
        if (Stored(award["HeldBy"]) != Stored(award["LearnerId"]))
            return new Fault("HeldAward", "LearnerId", "does not name the learner of this award");
        return Stored(award["HeldAchievement"]) == Stored(award["AchievementId"]) ? null : new Fault("HeldAward", "AchievementId", "does not name the achievement of this award");
    }

    private async Task<Fault?> PublicationFaultAsync(Guid log, AchievementPublished entry)
    {
        if (await VersionFaultAsync(entry) is { } fault)
            return fault;
        _published.Add((entry.AchievementId.ToString("D"), entry.AchievementVersion.ToString(CultureInfo.InvariantCulture)));
        var version = await FirstAsync(
            """
            SELECT v.PublishedAt, a.TenantId FROM AchievementVersion v LEFT JOIN Achievement a ON a.AchievementId = v.AchievementId
            WHERE v.AchievementId = @AchievementId AND v.Version = @AchievementVersion
            """,
            new { entry.AchievementId, entry.AchievementVersion });
        return Differs(version!, "AchievementVersion", "PublishedAt", Time(entry.At)) // not null: compared just now
            ?? Differs(version!, "Achievement", "TenantId", log.ToString("D"));
    }

    private async Task<Fault?> VersionFaultAsync(AchievementEntry entry)
    {
        if (!_versions.TryGetValue((entry.AchievementId, entry.AchievementVersion), out var fault))
            _versions[(entry.AchievementId, entry.AchievementVersion)] = fault = await ReadVersionFaultAsync(entry);
        return fault;
    }

    private async Task<Fault?> ReadVersionFaultAsync(AchievementEntry entry)
    {
        const string table = "AchievementVersion";
        var version = await FirstAsync(
            """
            SELECT AchievementId, Version, Title, Description, Outcomes, Hours, Credits, Level, ValidMonths, Content, Hash FROM AchievementVersion
            WHERE AchievementId = @AchievementId AND Version = @AchievementVersion
            """,
            new { entry.AchievementId, entry.AchievementVersion });
        if (version is null)
            return new Fault(table, "AchievementId", $"version {entry.AchievementVersion} of achievement {entry.AchievementId:D} is missing");
        if (version["Content"] is not byte[] content)
            return new Fault(table, "Content", "cannot be read");
        var hash = Convert.ToHexStringLower(entry.AchievementHash);
        return Differs(version, table, "Hash", hash)
            ?? (Convert.ToHexStringLower(SHA256.HashData(content)) == hash ? null : new Fault(table, "Content", "does not hash to what the entry names"))
            ?? ContentFault(version, table, content)
            ?? Differs(version, table, "Hours", Plain(entry.Hours))
            ?? Differs(version, table, "Credits", entry.Credits is { } credits ? Plain(credits) : "NULL");
    }

    // The content's hash is proven by now, so it is ours and well-formed.
    private static Fault? ContentFault(IDictionary<string, object?> version, string table, byte[] content)
    {
        using var json = JsonDocument.Parse(content);
        var facts = json.RootElement;
        return Differs(version, table, "Title", facts.GetProperty("title").GetString()!)
            ?? Differs(version, table, "Description", facts.GetProperty("description").GetString()!)
            ?? Differs(version, table, "Outcomes", JsonSerializer.Serialize(facts.GetProperty("outcomes").EnumerateArray().Select(o => o.GetString())))
            ?? Differs(version, table, "Level", facts.GetProperty("eqfLevel").GetRawText())
            ?? Differs(version, table, "ValidMonths", facts.TryGetProperty("validMonths", out var months) ? months.GetRawText() : "NULL");
    }

    private static Fault? Differs(IDictionary<string, object?> row, string table, string column, string expected) =>
        Stored(row[column]) == expected ? null : new Fault(table, column, "differs from the entry");

    /// <summary>How a value reads, whatever type the engine gives it.</summary>
    private static string Stored(object? value) => value switch
    {
        null or DBNull => "NULL",
        Guid id => id.ToString("D"),
        DateTime time => time.ToString(TimeForm, CultureInfo.InvariantCulture),
        decimal number => Plain(number),
        byte[] bytes => Convert.ToHexStringLower(bytes),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "NULL",
    };

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString(TimeForm, CultureInfo.InvariantCulture);

    private static string Plain(decimal number) => number.ToString("0.############################", CultureInfo.InvariantCulture);

    private async Task<IDictionary<string, object?>?> FirstAsync(string sql, object? parameters = null) => (await RowsAsync(sql, parameters)).FirstOrDefault();

    private async Task<IEnumerable<IDictionary<string, object?>>> RowsAsync(string sql, object? parameters) =>
        (await connection.QueryAsync(sql, parameters)).Cast<IDictionary<string, object?>>();
}
