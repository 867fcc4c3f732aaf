using Dapper;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Features.Platforms;

/// <summary>One row a deployment; a platform that has none yet has one row, under its own id.</summary>
internal sealed record ListedPlatform
{
    public required Guid Id { get; init; }
    public required Guid PlatformId { get; init; }
    public string? Name { get; init; }
    public required string Issuer { get; init; }
    public required string ClientId { get; init; }
    public string? DeploymentId { get; init; }
    public required Guid TenantId { get; init; }
    public required string Tenant { get; init; }
    public required bool Approved { get; init; }
    public string? ProductFamily { get; init; }
    public string? ProductVersion { get; init; }
    public DateTimeOffset? FirstSeenAt { get; init; }
    public DateTimeOffset? LastLaunchAt { get; init; }
    public required int TurnedAway { get; init; }
}

internal sealed class ListPlatforms(Database database)
{
    public async Task<IReadOnlyList<ListedPlatform>> AllAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return (await connection.QueryAsync<ListedPlatform>(
            """
            SELECT COALESCE(d.DeploymentKey, p.PlatformId) AS Id, p.PlatformId, p.Name, p.Issuer, p.ClientId, d.DeploymentId, t.TenantId, t.Name AS Tenant,
                   CASE WHEN d.ApprovedAt IS NULL THEN 0 ELSE 1 END AS Approved, p.ProductFamily, p.ProductVersion,
                   d.FirstSeenAt, d.LastLaunchAt, COALESCE(d.TurnedAway, 0) AS TurnedAway
            FROM Platform p
            LEFT JOIN Deployment d ON d.PlatformId = p.PlatformId
            JOIN Tenant t ON t.TenantId = COALESCE(d.TenantId, p.TenantId)
            ORDER BY p.CreatedAt, d.FirstSeenAt
            """)).AsList();
    }
}
