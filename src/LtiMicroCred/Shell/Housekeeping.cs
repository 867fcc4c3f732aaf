using Dapper;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Shell;

/// <summary>Clears what has run out: nonces, launch sessions, operator links, logins and tokens of published activities, files that nobody entered, keys of registrations that never came about, old traces. Every ten minutes, on any node.</summary>
internal sealed partial class Housekeeping(Database database, TimeProvider clock, ILogger<Housekeeping> log) : BackgroundService
{
    private static readonly string[] s_statements =
    [
        "DELETE FROM UsedNonce WHERE ExpiresAt < @now",
        "DELETE FROM LaunchSession WHERE ExpiresAt < @now",
        Features.Launches.LaunchSessions.Crowded,
        "DELETE FROM OperatorLink WHERE ExpiresAt < @now",
        "DELETE FROM OperatorSession WHERE ExpiresAt < @now",
        "DELETE FROM LaunchTrace WHERE At < @twoWeeksAgo",
        "DELETE FROM PublishedStart WHERE ExpiresAt < @now",
        "DELETE FROM PublishedToken WHERE ExpiresAt < @now",
        "DELETE FROM PublishedInvite WHERE ExpiresAt < @now",
        "DELETE FROM ImportDraft WHERE ExpiresAt < @now",
        """
        DELETE FROM ToolKey
        WHERE CreatedAt < @yesterday AND NOT EXISTS (SELECT 1 FROM Platform p WHERE p.PlatformId = ToolKey.PlatformId)
          AND NOT EXISTS (SELECT 1 FROM Tenant t WHERE t.TenantId = ToolKey.PlatformId)
          AND NOT EXISTS (SELECT 1 FROM PlatformInvite i WHERE i.PlatformId = ToolKey.PlatformId AND i.ExpiresAt > @yesterday)
        """,
    ];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMinutes(10), clock);
        do
        {
            try
            {
                await ClearAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(log, exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    internal async Task ClearAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        var now = clock.GetUtcNow();
        foreach (var statement in s_statements)
        {
            using var turn = await database.WriteTurnAsync(ct);
            await connection.ExecuteAsync(statement, new { now, settled = now.AddMinutes(-15), yesterday = now.AddDays(-1), twoWeeksAgo = now.AddDays(-14) });
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Clearing what has run out failed; it is tried again in ten minutes.")]
        public static partial void Failed(ILogger log, Exception exception);
    }
}
