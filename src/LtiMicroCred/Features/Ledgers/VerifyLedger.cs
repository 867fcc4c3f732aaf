using System.Data.Common;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Dapper;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Ledger;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Features.Ledgers;

/// <summary>
/// Re-derives the whole ledger and compares each entry with the award and the achievement version that it speaks of. Needs no key, writes nothing.
/// Values are compared as they lie in the database, as text: one that cannot be read is a difference, never a crash.
/// </summary>
internal sealed class VerifyLedger(Database database)
{
    public async Task<LedgerVerification> RunAsync(IProgress<LedgerProgress>? progress, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        var verification = await new LedgerVerifier(database.Engine).VerifyAsync(connection, progress, new Comparison(connection).CompareAsync, ct);
        return verification.Break is null && await UnrecordedAwardAsync(connection) is { } found ? verification with { Break = found } : verification;
    }

    private static async Task<LedgerBreak?> UnrecordedAwardAsync(DbConnection connection)
    {
        var unrecorded = await connection.QueryAsync("SELECT AwardId FROM Award WHERE NOT EXISTS (SELECT 1 FROM LedgerEntry e WHERE e.AwardId = Award.AwardId)").FirstRowAsync();
        return unrecorded is null ? null : new LedgerBreak(Guid.Empty, 0, "Award", "AwardId", $"award {Stored(unrecorded["AwardId"])} has no entry in the ledger");
    }

    /// <summary>How a value reads, whatever type the engine gives it.</summary>
    private static string Stored(object? value) => value switch
    {
        null or DBNull => "NULL",
        Guid id => id.ToString("D"),
        DateTime time => time.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture),
        decimal number => Plain(number),
        byte[] bytes => Convert.ToHexStringLower(bytes),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "NULL",
    };

    private static string Plain(decimal number) => number.ToString("0.############################", CultureInfo.InvariantCulture);

    /// <summary>Holds each achievement version's findings, so that ten thousand awards of one read it once.</summary>
    private sealed class Comparison(DbConnection connection)
    {
        private readonly Dictionary<(Guid, int), (string Table, string Column, string Reason)?> _versions = [];

        public async ValueTask<LedgerBreak?> CompareAsync(Guid log, VerifiedEntry verified)
        {
            if (verified.Entry is not AwardIssued entry)
                return null;
            var fault = await AwardFaultAsync(log, entry) ?? await VersionFaultAsync(entry);
            return fault is { } found ? new LedgerBreak(log, verified.Number, found.Table, found.Column, found.Reason) : null;
        }

        private async Task<(string Table, string Column, string Reason)?> AwardFaultAsync(Guid log, AwardIssued entry)
        {
            var award = await connection.QueryAsync(
                """
                SELECT w.TenantId, w.LearnerId, w.AchievementId, w.AchievementVersion, w.State, w.IssuedAt, f.SubjectKey, p.Issuer, p.ClientId, l.Subject, h.LearnerId AS HeldBy, h.AchievementId AS HeldAchievement
                FROM Award w
                LEFT JOIN Learner l ON l.LearnerId = w.LearnerId LEFT JOIN Platform p ON p.PlatformId = l.PlatformId
                LEFT JOIN LearnerProfile f ON f.LearnerId = w.LearnerId
                LEFT JOIN HeldAward h ON h.AwardId = w.AwardId
                WHERE w.AwardId = @AwardId
                """,
                new { entry.AwardId }).FirstRowAsync();
            if (award is null)
                return ("Award", "AwardId", $"the award {entry.AwardId:D} of this entry is missing");
            return Differs(award, "Award", "TenantId", log.ToString("D"))
                ?? Differs(award, "Award", "AchievementId", entry.AchievementId.ToString("D"))
                ?? Differs(award, "Award", "AchievementVersion", entry.AchievementVersion.ToString(CultureInfo.InvariantCulture))
                ?? Differs(award, "Award", "State", "issued")
                ?? Differs(award, "Award", "IssuedAt", entry.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture))
                ?? LearnerFault(award, entry)
                ?? (Stored(award["HeldBy"]) == Stored(award["LearnerId"]) ? default((string, string, string)?) : ("HeldAward", "LearnerId", "does not name the learner of this award"))
                ?? (Stored(award["HeldAchievement"]) == Stored(award["AchievementId"]) ? default((string, string, string)?) : ("HeldAward", "AchievementId", "does not name the achievement of this award"));
        }

        // A learner whose key was destroyed can't be checked any more; that is what erasure means.
        private static (string, string, string)? LearnerFault(IDictionary<string, object?> award, AwardIssued entry) => award["SubjectKey"] switch
        {
            null or DBNull => null,
            byte[] key when Named(award, key).RefFor(entry.AwardId).AsSpan().SequenceEqual(entry.SubjectRef) => null,
            _ => ("Award", "LearnerId", "names another learner, or one under another name, than the entry's subjectRef"),
        };

        private static LedgerSubject Named(IDictionary<string, object?> award, byte[] key) =>
            new() { SubjectKey = key, Issuer = Stored(award["Issuer"]), ClientId = Stored(award["ClientId"]), Subject = Stored(award["Subject"]) };

        private async Task<(string Table, string Column, string Reason)?> VersionFaultAsync(AwardIssued entry)
        {
            if (!_versions.TryGetValue((entry.AchievementId, entry.AchievementVersion), out var fault))
                _versions[(entry.AchievementId, entry.AchievementVersion)] = fault = await ReadVersionFaultAsync(entry);
            return fault;
        }

        private async Task<(string Table, string Column, string Reason)?> ReadVersionFaultAsync(AwardIssued entry)
        {
            const string table = "AchievementVersion";
            var version = await connection.QueryAsync(
                """
                SELECT AchievementId, Version, Title, Description, Outcomes, Hours, Credits, Level, Content, Hash FROM AchievementVersion
                WHERE AchievementId = @AchievementId AND Version = @AchievementVersion
                """,
                new { entry.AchievementId, entry.AchievementVersion }).FirstRowAsync();
            if (version is null)
                return (table, "AchievementId", $"version {entry.AchievementVersion} of achievement {entry.AchievementId:D} is missing");
            if (version["Content"] is not byte[] content)
                return (table, "Content", "cannot be read");
            var hash = Convert.ToHexStringLower(entry.AchievementHash);
            return Differs(version, table, "Hash", hash)
                ?? (Convert.ToHexStringLower(SHA256.HashData(content)) == hash ? default((string, string, string)?) : (table, "Content", "does not hash to what the entry names"))
                ?? ColumnFault(version, content)
                ?? Differs(version, table, "Hours", Plain(entry.Hours))
                ?? Differs(version, table, "Credits", entry.Credits is { } credits ? Plain(credits) : "NULL");
        }

        // The content's hash is proven by now, so it is ours and well-formed.
        private static (string, string, string)? ColumnFault(IDictionary<string, object?> version, byte[] content)
        {
            using var json = JsonDocument.Parse(content);
            var facts = json.RootElement;
            return Differs(version, "AchievementVersion", "Title", facts.GetProperty("title").GetString()!)
                ?? Differs(version, "AchievementVersion", "Description", facts.GetProperty("description").GetString()!)
                ?? Differs(version, "AchievementVersion", "Outcomes", JsonSerializer.Serialize(facts.GetProperty("outcomes").EnumerateArray().Select(o => o.GetString())))
                ?? Differs(version, "AchievementVersion", "Level", facts.GetProperty("eqfLevel").GetRawText());
        }

        private static (string Table, string Column, string Reason)? Differs(IDictionary<string, object?> row, string table, string column, string expected) =>
            Stored(row[column]) == expected ? null : (table, column, "differs from the entry");
    }
}

internal static class Rows
{
    /// <summary>The first row by column name, or null.</summary>
    public static async Task<IDictionary<string, object?>?> FirstRowAsync(this Task<IEnumerable<dynamic>> query) => (IDictionary<string, object?>?)(await query).FirstOrDefault();
}
