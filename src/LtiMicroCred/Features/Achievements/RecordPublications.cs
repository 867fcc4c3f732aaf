using Dapper;
using LtiMicroCred.Ledger;
using LtiMicroCred.Storage;
using MediatR;

namespace LtiMicroCred.Features.Achievements;

/// <summary>
/// Brings versions to the ledger that were published before the ledger had entries for that; in a database made by this version there are none.
/// </summary>
internal sealed record RecordPublications : IWrite<int>;

/// <summary>The outcome counts the entries.</summary>
internal sealed class RecordPublicationsHandler(Work work, Database database) : IRequestHandler<RecordPublications, int>
{
    private sealed record Published
    {
        public required Guid TenantId { get; init; }
        public required byte[] Hash { get; init; }
        public required DateTimeOffset PublishedAt { get; init; }
    }

    public async Task<int> Handle(RecordPublications request, CancellationToken cancellationToken)
    {
        var missing = await work.Connection.QueryAsync<Achievement, Published, (Achievement Achievement, Published Published)>(
            """
            SELECT v.AchievementId, v.Version, v.Title, v.Description, v.Outcomes, v.Hours, v.Credits, v.Level, a.TenantId, v.Hash, v.PublishedAt
            FROM AchievementVersion v JOIN Achievement a ON a.AchievementId = v.AchievementId
            WHERE NOT EXISTS (
              SELECT 1 FROM LedgerEntry e
              WHERE e.Kind = 'achievement.published' AND e.AchievementId = v.AchievementId AND e.AchievementVersion = v.Version)
            ORDER BY a.TenantId, v.PublishedAt, v.AchievementId, v.Version
            """,
            (achievement, published) => (achievement, published),
            transaction: work.Transaction,
            splitOn: "TenantId");
        var appended = 0;
        foreach (var log in missing.GroupBy(m => m.Published.TenantId))
        {
            List<LedgerEntry> entries = [.. log.Select(m => m.Achievement.ToEntry(m.Published.Hash, m.Published.PublishedAt))];
            await new LedgerLog(database.Engine).AppendAsync(work.Connection, work.Transaction, log.Key, entries, cancellationToken);
            appended += entries.Count;
        }

        return appended;
    }
}
