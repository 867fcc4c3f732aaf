using System.Text.Json;
using Dapper;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Features.Launches;

/// <summary>What a launch is for. Staff see the course, learners their standing; Pick answers a deep linking request; Review shows staff the evidence of one learner.</summary>
internal enum LaunchKind
{
    Learner,
    Staff,
    Pick,
    Review,
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

    /// <summary>Who launched; null where the LMS told nobody's name, so that nothing is kept about anyone.</summary>
    public Guid? LearnerId { get; init; }
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

    /// <summary>Of a submission review: whose work it is, by the LMS's id.</summary>
    public string? ReviewOf { get; init; }

    /// <summary>An administrator of the institution, or of the whole LMS: may connect what the institution's instructors choose from.</summary>
    public bool IsAdministrator { get; init; }

    /// <summary>Of a launch that was opened again in a new window: the one that came from the LMS.</summary>
    public string? Root { get; init; }

    /// <summary>The launch's own column, for an activity that is bound after its launch.</summary>
    public string? LineItemUrl { get; init; }
}

/// <param name="AcceptsLinks">False where the LMS asks for something else, such as a file or a picture.</param>
internal sealed record DeepLinkingDetails(string ReturnUrl, string? Data, bool AcceptLineItem, bool AcceptsLinks = true);

internal sealed class LaunchSessions(Database database, TimeProvider clock)
{
    /// <summary>Beyond the ten newest of a browser nothing opens any more. The rows stay as long as their nonces could come back.</summary>
    public const string Crowded =
        """
        DELETE FROM LaunchSession WHERE CreatedAt < @settled AND LaunchId IN (
          SELECT LaunchId FROM (SELECT LaunchId, ROW_NUMBER() OVER (PARTITION BY BrowserHash ORDER BY CreatedAt DESC, LaunchId DESC) AS Place FROM LaunchSession) ranked
          WHERE Place > 10)
        """;

    /// <summary>Null unless this browser opened this launch, it has not expired, and it is among the browser's ten newest.</summary>
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
              AND (SELECT COUNT(*) FROM LaunchSession n
                   WHERE n.BrowserHash = s.BrowserHash AND (n.CreatedAt > s.CreatedAt OR (n.CreatedAt = s.CreatedAt AND n.LaunchId > s.LaunchId))) < @PerBrowser
            """,
            new { launchId, LaunchSession.PerBrowser, BrowserHash = Secrets.Hash(browserSecret), Now = clock.GetUtcNow() });
    }
}
