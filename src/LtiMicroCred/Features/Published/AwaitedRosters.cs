using System.Collections.Concurrent;
using Dapper;
using LtiMicroCred.Features.Courses;
using LtiMicroCred.Lti;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Features.Published;

/// <summary>
/// Scores that are posted to us are judged by the LMS's own list of members, like all others, but no reading of a column brings that list along. It is read when a score
/// comes and ours is old, and again, ever less often, while somebody with a score is not on it yet.
/// </summary>
internal sealed partial class AwaitedRosters(Database database, IPlatforms platforms, NamesAndRoles roster, RecordRoster record, TimeProvider clock, ILogger<AwaitedRosters> log) : BackgroundService
{
    private static readonly TimeSpan s_age = TimeSpan.FromMinutes(10), s_patience = TimeSpan.FromSeconds(10), s_longest = TimeSpan.FromMinutes(30);
    private readonly ConcurrentDictionary<Guid, (DateTimeOffset Until, int Tries)> _waiting = new();

    private sealed record Place
    {
        public required Guid PlatformId { get; init; }
        public string? MembershipsUrl { get; init; }
        public DateTimeOffset? RosterReadAt { get; init; }
    }

    /// <summary>Reads the list where ours is older than ten minutes. Whatever keeps it from coming does not keep the score from being recorded.</summary>
    public async Task RefreshAsync(Guid courseId, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        if (await FindAsync(courseId, ct) is { MembershipsUrl: not null } place && (place.RosterReadAt is not { } readAt || readAt < now - s_age) && !IsWaiting(courseId, now))
            await ReadAsync(courseId, place, ct);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMinutes(1), clock);
        do
        {
            try
            {
                await RunAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(log, exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    internal async Task RunAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        foreach (var courseId in await AwaitedAsync(ct))
        {
            if (!IsWaiting(courseId, now) && await FindAsync(courseId, ct) is { MembershipsUrl: not null } place)
                await ReadAsync(courseId, place, ct);
        }
    }

    private bool IsWaiting(Guid courseId, DateTimeOffset now) => _waiting.TryGetValue(courseId, out var waiting) && now < waiting.Until;

    private async Task ReadAsync(Guid courseId, Place place, CancellationToken ct)
    {
        using var inTime = CancellationTokenSource.CreateLinkedTokenSource(ct);
        inTime.CancelAfter(s_patience);
        // Also after a list that came: who is still not on it is looked for less and less often.
        Later(courseId);
        try
        {
            var platform = await platforms.FindAsync(place.PlatformId, inTime.Token) ?? throw new InvalidOperationException($"platform {place.PlatformId} of course {courseId} is gone");
            var asked = clock.GetUtcNow();
            var members = await roster.GetMembersAsync(platform, new Uri(place.MembershipsUrl!), resourceLinkId: null, inTime.Token); // asked for by both callers
            await record.RunAsync(courseId, members.Members, asked, ct);
        }
        catch (LtiServiceException failure)
        {
            Log.NotRead(log, courseId, failure.Failure, failure.Message);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            Log.NotRead(log, courseId, ServiceFailure.TimedOut, $"it took longer than {s_patience.TotalSeconds} s");
        }
    }

    private void Later(Guid courseId)
    {
        var tries = _waiting.TryGetValue(courseId, out var before) && clock.GetUtcNow() < before.Until + s_longest ? before.Tries + 1 : 0;
        var wait = TimeSpan.FromSeconds(Math.Min(30 * Math.Pow(2, Math.Min(tries, 10)), s_longest.TotalSeconds));
        _waiting[courseId] = (clock.GetUtcNow() + wait, tries);
    }

    private async Task<Place?> FindAsync(Guid courseId, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<Place>("SELECT PlatformId, MembershipsUrl, RosterReadAt FROM Course WHERE CourseId = @courseId", new { courseId });
    }

    /// <summary>Courses with somebody who has a score that counts, and whom the LMS has not listed yet.</summary>
    private async Task<IReadOnlyList<Guid>> AwaitedAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return (await connection.QueryAsync<Guid>(
            """
            SELECT DISTINCT a.CourseId
            FROM PublishedLink k
            JOIN LineItem i ON i.LineItemId = k.LineItemId AND i.InUse = 1
            JOIN Activity a ON a.ActivityId = k.ActivityId
            JOIN Course c ON c.CourseId = a.CourseId AND c.MembershipsUrl IS NOT NULL
            JOIN CourseMember m ON m.CourseId = a.CourseId AND m.Seen = 'launch' AND m.IsActive = 1
            WHERE EXISTS (SELECT 1 FROM Result r WHERE r.LineItemId = i.LineItemId AND r.LearnerId = m.LearnerId)
            """)).AsList();
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The members of course {CourseId} could not be read ({Failure}): {Reason}. Nothing is lost; they are read again later.")]
        public static partial void NotRead(ILogger log, Guid courseId, ServiceFailure failure, string reason);

        [LoggerMessage(2, LogLevel.Warning, "Looking for members who were not listed yet failed; it is tried again in a minute.")]
        public static partial void Failed(ILogger log, Exception exception);
    }
}
