using Dapper;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Features.Keys;

/// <summary>A key as operators see it; never what it signs with.</summary>
internal sealed record ListedKey
{
    public required Guid PlatformId { get; init; }
    public required string KeyId { get; init; }
    public required DateTimeOffset SignsFrom { get; init; }
    public DateTimeOffset? PublishedUntil { get; init; }
    public KeyStanding Standing { get; init; }
}

internal sealed class ListKeys(Database database, TimeProvider clock)
{
    /// <summary>Of all registrations or of one, newest first.</summary>
    public async Task<IReadOnlyList<ListedKey>> AllAsync(Guid? platformId, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        var keys = await connection.QueryAsync<ListedKey>(
            """
            SELECT k.PlatformId, k.KeyId, COALESCE(k.SignsFrom, k.CreatedAt) AS SignsFrom, k.PublishedUntil
            FROM ToolKey k LEFT JOIN Platform p ON p.PlatformId = k.PlatformId LEFT JOIN Tenant t ON t.TenantId = k.PlatformId
            WHERE (p.PlatformId IS NOT NULL OR t.TenantId IS NOT NULL) AND (@platformId IS NULL OR k.PlatformId = @platformId)
            ORDER BY COALESCE(p.CreatedAt, t.CreatedAt), k.PlatformId, COALESCE(k.SignsFrom, k.CreatedAt) DESC
            """,
            new { platformId });
        var now = clock.GetUtcNow();
        return [.. keys.GroupBy(k => k.PlatformId).SelectMany(set =>
        {
            var newest = set.Where(k => Times(k).MaySign(now)).Select(k => k.SignsFrom).DefaultIfEmpty(now).Max();
            return set.Select(k => k with { Standing = Times(k).At(now, newest) });
        })];
    }

    private static KeyTimes Times(ListedKey key) => new(key.SignsFrom, key.PublishedUntil);
}
