using System.Data.Common;
using Dapper;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Features.Platforms;

/// <summary>All that is known of one registration, for its operators.</summary>
internal sealed record ShownPlatform
{
    public required Guid PlatformId { get; init; }
    public required string Tenant { get; init; }
    public string? Name { get; init; }
    public required string Issuer { get; init; }
    public required string ClientId { get; init; }
    public required string AuthorizationEndpoint { get; init; }
    public required string TokenEndpoint { get; init; }
    public required string JwksUri { get; init; }
    public string? AuthorizationServer { get; init; }
    public required string Algorithms { get; init; }
    public required bool Anonymous { get; init; }
    public required bool ByHand { get; init; }
    public string? ProductFamily { get; init; }
    public string? ProductVersion { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public IReadOnlyList<ShownDeployment> Deployments { get; init; } = [];
    public PlatformReading Reading { get; init; } = new() { Columns = 0, Failing = 0 };

    public string Host => Uri.TryCreate(Issuer, UriKind.Absolute, out var uri) ? uri.Host : Issuer;
}

internal sealed record ShownDeployment
{
    public required Guid DeploymentKey { get; init; }
    public required string DeploymentId { get; init; }
    public required Guid TenantId { get; init; }
    public required string Tenant { get; init; }
    public DateTimeOffset? ApprovedAt { get; init; }
    public required DateTimeOffset FirstSeenAt { get; init; }
    public DateTimeOffset? LastLaunchAt { get; init; }
    public required int TurnedAway { get; init; }

    /// <summary>When its LMS last took the address that notices go to.</summary>
    public DateTimeOffset? NoticesRegisteredAt { get; init; }
}

/// <summary>How reading its columns goes: those that count, and that we ask it for.</summary>
internal sealed record PlatformReading
{
    public required int Columns { get; init; }
    public required int Failing { get; init; }

    /// <summary>Of those that fail the longest; null where none does.</summary>
    public DateTimeOffset? FailingSince { get; init; }

    /// <summary>When one was read last.</summary>
    public DateTimeOffset? ReadAt { get; init; }

    public IReadOnlyList<PlatformTrouble> Troubles { get; init; } = [];
}

/// <summary>Columns that fail for one reason.</summary>
internal sealed record PlatformTrouble
{
    public required string FailureKind { get; init; }
    public required int Columns { get; init; }
    public required DateTimeOffset Since { get; init; }
}

internal sealed class ShowPlatform(Database database)
{
    /// <param name="id">Of the registration, or of one of its deployments.</param>
    /// <param name="ct">Ends the reading.</param>
    public async Task<ShownPlatform?> FindAsync(Guid id, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        var platform = await connection.QuerySingleOrDefaultAsync<ShownPlatform>(
            """
            SELECT p.PlatformId, t.Name AS Tenant, p.Name, p.Issuer, p.ClientId, p.AuthorizationEndpoint, p.TokenEndpoint, p.JwksUri, p.AuthorizationServer,
                   p.Algorithms, p.Anonymous, p.ByHand, p.ProductFamily, p.ProductVersion, p.CreatedAt
            FROM Platform p JOIN Tenant t ON t.TenantId = p.TenantId
            WHERE p.PlatformId = @id OR p.PlatformId IN (SELECT PlatformId FROM Deployment WHERE DeploymentKey = @id)
            """,
            new { id });
        return platform is null ? null : platform with
        {
            Deployments = (await connection.QueryAsync<ShownDeployment>(
                """
                SELECT d.DeploymentKey, d.DeploymentId, d.TenantId, t.Name AS Tenant, d.ApprovedAt, d.FirstSeenAt, d.LastLaunchAt, d.TurnedAway, d.NoticesRegisteredAt
                FROM Deployment d JOIN Tenant t ON t.TenantId = d.TenantId
                WHERE d.PlatformId = @PlatformId ORDER BY d.FirstSeenAt
                """,
                new { platform.PlatformId })).AsList(),
            Reading = await ReadingAsync(connection, platform.PlatformId),
        };
    }
    public async Task<PlatformReading> ReadingAsync(Guid platformId, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return await ReadingAsync(connection, platformId);
    }

    private static async Task<PlatformReading> ReadingAsync(DbConnection connection, Guid platformId)
    {
        const string read = "FROM LineItem i JOIN Activity a ON a.ActivityId = i.ActivityId JOIN Course c ON c.CourseId = a.CourseId WHERE c.PlatformId = @platformId AND i.InUse = 1 AND i.Way NOT IN ('published', 'import')";
        var reading = await connection.QuerySingleAsync<PlatformReading>(
            $"SELECT COUNT(*) AS Columns, COUNT(i.FailingSince) AS Failing, MIN(i.FailingSince) AS FailingSince, MAX(i.ReadAt) AS ReadAt {read}", new { platformId });
        return reading.Failing == 0 ? reading : reading with
        {
            Troubles = (await connection.QueryAsync<PlatformTrouble>(
                $"SELECT i.FailureKind, COUNT(*) AS Columns, MIN(i.FailingSince) AS Since {read} AND i.FailingSince IS NOT NULL GROUP BY i.FailureKind ORDER BY MIN(i.FailingSince)", new { platformId })).AsList(),
        };
    }
}
