using System.Collections.Concurrent;
using System.Data.Common;
using Dapper;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Features.Launches;

/// <summary>
/// What a launch leaves to be written after its answer, together with others of the same second: when the deployment was last used, and that the activity's
/// columns are to be read now. Lost with a killed process, the columns are read at their usual time.
/// </summary>
internal sealed partial class LaunchNotes(Database database, TimeProvider clock, ILogger<LaunchNotes> log) : BackgroundService
{
    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<Guid, DateTimeOffset> _deployments = new();
    private readonly ConcurrentDictionary<Guid, DateTimeOffset> _activities = new();

    public void Note(Guid deploymentKey, Guid? activityId)
    {
        var now = clock.GetUtcNow();
        _deployments[deploymentKey] = now;
        if (activityId is { } activity)
            _activities[activity] = now;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_every, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await WriteAsync();
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await WriteAsync();
        }
    }

    private async Task WriteAsync()
    {
        if (_deployments.IsEmpty && _activities.IsEmpty)
            return;
        try
        {
            using var turn = await database.WriteTurnAsync(CancellationToken.None);
            await using var connection = await database.OpenAsync(CancellationToken.None);
            await WriteAsync(connection, "UPDATE Deployment SET LastLaunchAt = @at WHERE DeploymentKey = @id", _deployments);
            // A column that fails waits for its own next try; one that is posted to us is never read.
            await WriteAsync(connection, "UPDATE LineItem SET ActiveAt = @at, NextReadAt = @at WHERE ActivityId = @id AND FailingSince IS NULL AND Way NOT IN ('published', 'import')", _activities);
        }
        catch (Exception exception)
        {
            Log.Failed(log, exception);
        }
    }

    // Taken out only once written, and only if no later launch has come meanwhile.
    private static async Task WriteAsync(DbConnection connection, string statement, ConcurrentDictionary<Guid, DateTimeOffset> notes)
    {
        var taken = notes.ToArray();
        if (taken.Length == 0)
            return;
        await using var transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync(statement, taken.Select(note => new { id = note.Key, at = note.Value }), transaction);
        await transaction.CommitAsync();
        foreach (var note in taken)
            notes.TryRemove(note);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The notes of the last launches could not be written; they are tried again in a second.")]
        public static partial void Failed(ILogger log, Exception exception);
    }
}
