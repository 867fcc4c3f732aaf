using Dapper;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Shell;

/// <summary>Clears what has run out: nonces, launch sessions, operator links. Every ten minutes, on any node.</summary>
internal sealed partial class Housekeeping(Database database, TimeProvider clock, ILogger<Housekeeping> log) : BackgroundService
{
    private static readonly string[] s_statements =
    [
        "DELETE FROM UsedNonce WHERE ExpiresAt < @now",
        "DELETE FROM LaunchSession WHERE ExpiresAt < @now",
        Features.Launches.LaunchSessions.Crowded,
        "DELETE FROM OperatorLink WHERE ExpiresAt < @now",
        "DELETE FROM OperatorSession WHERE ExpiresAt < @now",
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
            catch (System.Data.Common.DbException exception)
            {
                Log.Failed(log, exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task ClearAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        foreach (var statement in s_statements)
        {
            using var turn = await database.WriteTurnAsync(ct);
            await connection.ExecuteAsync(statement, new { now = clock.GetUtcNow(), settled = clock.GetUtcNow() - TimeSpan.FromMinutes(15) });
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Clearing what has run out failed; it is tried again in ten minutes.")]
        public static partial void Failed(ILogger log, Exception exception);
    }
}
