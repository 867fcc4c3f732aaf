using System.Text.Json;
using Dapper;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Features.Launches;

/// <summary>What a launch is for. Staff see the course, learners their standing; Pick answers a deep linking request.</summary>
internal enum LaunchKind
{
    Learner,
    Staff,
    Pick,
}

/// <summary>One launch in one browser, good for eight hours.</summary>
internal sealed record LaunchSession
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(8);
    public const int PerBrowser = 10;

    public required string LaunchId { get; init; }
    public required Guid TenantId { get; init; }
    public required string TenantName { get; init; }
    public required Guid PlatformId { get; init; }
    public required Guid DeploymentKey { get; init; }
    public required string DeploymentId { get; init; }
    public Guid? CourseId { get; init; }
    public Guid? ActivityId { get; init; }
    public string? ResourceLinkId { get; init; }
    public required Guid LearnerId { get; init; }
    public required string Kind { get; init; }
    public required string Details { get; init; }

    public LaunchKind For => Enum.Parse<LaunchKind>(Kind);

    public LaunchDetails Read() => JsonSerializer.Deserialize<LaunchDetails>(Details)!;
}

/// <summary>What the pages need of the launch's claims.</summary>
internal sealed record LaunchDetails
{
    /// <summary>Origins that may frame this launch's pages, parted by spaces (design: 'self', the registered endpoints, the signed return addresses).</summary>
    public required string FrameOrigins { get; init; }
    public required string PlatformOrigin { get; init; }

    /// <summary>The LMS's name in sentences, such as “Moodle”; null where it did not say.</summary>
    public string? Lms { get; init; }
    public string? ReturnUrl { get; init; }
    public DeepLinkingDetails? DeepLinking { get; init; }
    public string? LinkTitle { get; init; }

    /// <summary>The launch's own column, for an activity that is bound after its launch.</summary>
    public string? LineItemUrl { get; init; }
}

internal sealed record DeepLinkingDetails(string ReturnUrl, string? Data, bool AcceptLineItem);

internal sealed class LaunchSessions(Database database, TimeProvider clock)
{
    /// <summary>A browser has ten launches at most: the newest.</summary>
    public static Task<int> KeepNewestAsync(Work work, string browserHash) => work.Connection.ExecuteAsync(
        """
        DELETE FROM LaunchSession WHERE BrowserHash = @browserHash AND LaunchId NOT IN (
          SELECT LaunchId FROM (SELECT LaunchId, ROW_NUMBER() OVER (ORDER BY CreatedAt DESC, LaunchId) AS Place FROM LaunchSession WHERE BrowserHash = @browserHash) newest
          WHERE Place <= @PerBrowser)
        """,
        new { browserHash, LaunchSession.PerBrowser },
        work.Transaction);

    /// <summary>Null unless this browser opened this launch and it has not expired.</summary>
    public async Task<LaunchSession?> FindAsync(string launchId, string browserSecret, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<LaunchSession>(
            """
            SELECT s.LaunchId, s.TenantId, t.Name AS TenantName, s.PlatformId, s.DeploymentKey, d.DeploymentId, s.CourseId, s.ActivityId, s.ResourceLinkId, s.LearnerId, s.Kind, s.Details
            FROM LaunchSession s
            JOIN Tenant t ON t.TenantId = s.TenantId
            JOIN Deployment d ON d.DeploymentKey = s.DeploymentKey
            WHERE s.LaunchId = @launchId AND s.BrowserHash = @BrowserHash AND s.ExpiresAt > @Now
            """,
            new { launchId, BrowserHash = Secrets.Hash(browserSecret), Now = clock.GetUtcNow() });
    }
}
