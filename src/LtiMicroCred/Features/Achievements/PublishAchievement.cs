using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Dapper;
using LtiMicroCred.Ledger;
using LtiMicroCred.Storage;
using MediatR;

namespace LtiMicroCred.Features.Achievements;

/// <summary>What can be earned. A published version never changes; an edit makes the next one.</summary>
internal sealed record Achievement
{
    public required Guid AchievementId { get; init; }
    public required int Version { get; init; }
    public required string Title { get; init; }
    public required string Description { get; init; }

    /// <summary>A JSON array of texts.</summary>
    public required string Outcomes { get; init; }
    public required decimal Hours { get; init; }

    /// <summary>ECTS; null where none are claimed.</summary>
    public decimal? Credits { get; init; }

    /// <summary>Level of the European Qualifications Framework, 1 to 8.</summary>
    public required int Level { get; init; }

    /// <summary>How many months an award counts; null: for ever.</summary>
    public int? ValidMonths { get; init; }

    /// <summary>How many learners hold it.</summary>
    public int Awarded { get; init; }

    public IReadOnlyList<string> OutcomeList => JsonSerializer.Deserialize<string[]>(Outcomes)!;

    /// <summary>What the ledger keeps of a version: what it is worth, and the hash of all else.</summary>
    public AchievementPublished ToEntry(byte[] hash, DateTimeOffset publishedAt) => new()
    {
        At = publishedAt,
        AchievementId = AchievementId,
        AchievementVersion = Version,
        AchievementHash = hash,
        Hours = Hours,
        Credits = Credits,
        CreditSystem = Credits is null ? null : AchievementContent.CreditSystem,
    };
}

/// <summary>Publishes version 1 of a new achievement of the tenant.</summary>
internal sealed record PublishAchievement(Guid TenantId, AchievementDraft Draft) : IWrite<Achievement>;

internal sealed record AchievementDraft(string Title, string Description, IReadOnlyList<string> Outcomes, decimal Hours, decimal? Credits, int Level, int? ValidMonths = null);

internal sealed class PublishAchievementHandler(Work work, Database database, TimeProvider clock) : IRequestHandler<PublishAchievement, Achievement>
{
    public async Task<Achievement> Handle(PublishAchievement request, CancellationToken cancellationToken)
    {
        var draft = request.Draft;
        var achievement = new Achievement
        {
            AchievementId = Guid.CreateVersion7(),
            Version = 1,
            Title = draft.Title,
            Description = draft.Description,
            Outcomes = JsonSerializer.Serialize(draft.Outcomes),
            Hours = draft.Hours,
            Credits = draft.Credits,
            Level = draft.Level,
            ValidMonths = draft.ValidMonths,
        };
        var now = clock.GetUtcNow().ToMicroseconds();
        var content = AchievementContent.Encode(achievement);
        var hash = SHA256.HashData(content);
        await work.Connection.ExecuteAsync(
            "INSERT INTO Achievement (AchievementId, TenantId, CreatedAt) VALUES (@AchievementId, @TenantId, @now)", new { achievement.AchievementId, request.TenantId, now }, work.Transaction);
        await work.Connection.ExecuteAsync(
            """
            INSERT INTO AchievementVersion (AchievementId, Version, Title, Description, Outcomes, Hours, Credits, Level, ValidMonths, Content, Hash, PublishedAt)
            VALUES (@AchievementId, @Version, @Title, @Description, @Outcomes, @Hours, @Credits, @Level, @ValidMonths, @content, @Hash, @now)
            """,
            new
            {
                achievement.AchievementId,
                achievement.Version,
                achievement.Title,
                achievement.Description,
                achievement.Outcomes,
                achievement.Hours,
                achievement.Credits,
                achievement.Level,
                achievement.ValidMonths,
                content,
                Hash = hash,
                now,
            },
            work.Transaction);
        await new LedgerLog(database.Engine).AppendAsync(work.Connection, work.Transaction, request.TenantId, [achievement.ToEntry(hash, now)], cancellationToken);
        return achievement;
    }
}

/// <summary>The bytes whose SHA-256 an award's ledger entry names: RFC 8785 JSON of a version's whole content.</summary>
internal static class AchievementContent
{
    public const string CreditSystem = "ECTS";

    public static byte[] Encode(Achievement achievement)
    {
        var json = new CanonicalJson().Member("achievement", achievement.AchievementId.ToString("D"));
        if (achievement.Credits is { } credits)
            json.Member("creditSystem", CreditSystem).Member("credits", Plain(credits));
        json.Member("description", achievement.Description)
            .Member("eqfLevel", achievement.Level)
            .Member("hours", Plain(achievement.Hours))
            .Member("outcomes", achievement.OutcomeList)
            .Member("title", achievement.Title)
            .Member("v", 1);
        if (achievement.ValidMonths is { } months)
            json.Member("validMonths", months);
        return json.Member("version", achievement.Version).ToBytes();
    }

    private static string Plain(decimal number) => number.ToString("0.############################", CultureInfo.InvariantCulture);
}

internal sealed class AchievementDirectory(Database database)
{
    private const string Columns =
        """
        SELECT v.AchievementId, v.Version, v.Title, v.Description, v.Outcomes, v.Hours, v.Credits, v.Level, v.ValidMonths,
               (SELECT COUNT(*) FROM HeldAward h WHERE h.AchievementId = v.AchievementId) AS Awarded
        FROM AchievementVersion v JOIN Achievement a ON a.AchievementId = v.AchievementId
        """;

    /// <summary>The newest version of each of the tenant's achievements, by title.</summary>
    public async Task<IReadOnlyList<Achievement>> AllAsync(Guid tenantId, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return (await connection.QueryAsync<Achievement>(
            $"{Columns} WHERE a.TenantId = @tenantId AND v.Version = (SELECT MAX(Version) FROM AchievementVersion WHERE AchievementId = v.AchievementId) ORDER BY v.Title",
            new { tenantId })).AsList();
    }

    public async Task<Achievement?> FindAsync(Guid tenantId, Guid achievementId, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<Achievement>(
            $"{Columns} WHERE a.TenantId = @tenantId AND v.AchievementId = @achievementId AND v.Version = (SELECT MAX(Version) FROM AchievementVersion WHERE AchievementId = v.AchievementId)",
            new { tenantId, achievementId });
    }

    public async Task<Achievement> VersionAsync(Guid tenantId, Guid achievementId, int version, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return await connection.QuerySingleAsync<Achievement>(
            $"{Columns} WHERE a.TenantId = @tenantId AND v.AchievementId = @achievementId AND v.Version = @version", new { tenantId, achievementId, version });
    }
}
