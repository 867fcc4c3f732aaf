using System.Collections.Concurrent;
using System.Data.Common;
using Dapper;
using LtiMicroCred.Features.Courses;
using LtiMicroCred.Features.Gates;
using LtiMicroCred.Lti;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Features.Results;

/// <summary>One column that is due, with what is needed to read it.</summary>
internal sealed record DueColumn
{
    public required Guid LineItemId { get; init; }
    public required string Way { get; init; }
    public required string Url { get; init; }
    public required DateTimeOffset ActiveAt { get; init; }
    public required int Failures { get; init; }
    public required Guid PlatformId { get; init; }
    public required Guid CourseId { get; init; }
    public string? MembershipsUrl { get; init; }
    public DateTimeOffset? RosterReadAt { get; init; }

    /// <summary>How the last ones went, see <see cref="ReadingLog"/>.</summary>
    public string? Readings { get; init; }

    /// <summary>Of its activity, as it is stored.</summary>
    public required string PassRule { get; init; }
}

/// <summary>
/// Reads the columns that are due. Each is leased by one statement, so two nodes never read one at the same time; the lease is renewed while it is read, and that of a
/// dead node soon runs out.
/// Every platform has its own two places: an LMS that is slow or down holds up nobody else, and its columns come back later and later, at most half an hour apart, what is gone a day.
/// </summary>
internal sealed partial class ReadColumns(
    Database database,
    IServiceScopeFactory scopes,
    IPlatforms platforms,
    AssignmentAndGradeServices grades,
    NamesAndRoles roster,
    RecordRoster record,
    ReadGate gate,
    Settings settings,
    TimeProvider clock,
    ILogger<ReadColumns> log)
{
    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(30), s_renew = TimeSpan.FromSeconds(10), s_longest = TimeSpan.FromSeconds(100), s_quiet = TimeSpan.FromMinutes(30), s_gone = TimeSpan.FromDays(1), s_rosterAge = TimeSpan.FromMinutes(10), s_active = TimeSpan.FromHours(24);
    private const int PerPlatform = 2, AtOnce = 64, PerLook = 50;

    /// <summary>How long a place is kept while others may wait for it, and how far apart readings of one place begin at least.</summary>
    private static readonly TimeSpan s_turn = TimeSpan.FromSeconds(5), s_pace = TimeSpan.FromMilliseconds(50);

    private readonly ConcurrentDictionary<Guid, PlatformQueue> _queues = new();
    private int _places;

    /// <summary>Starts what is due of a shard and has a place; waits for none of it.</summary>
    public async Task StartDueAsync(Shard shard, CancellationToken ct)
    {
        if (Volatile.Read(ref _places) >= AtOnce)
            return;
        foreach (var due in (await DueAsync(ct)).Where(c => shard.Has(c.PlatformId)).GroupBy(c => c.PlatformId))
        {
            var queue = _queues.GetOrAdd(due.Key, _ => new PlatformQueue());
            queue.Fill(due);
            while (Volatile.Read(ref _places) < AtOnce && queue.TakePlace(PerPlatform))
            {
                Interlocked.Increment(ref _places);
                queue.Keep(Task.Run(() => WorkAsync(queue, ct), CancellationToken.None));
            }
        }
    }

    /// <summary>Ends when the readings under way have ended.</summary>
    public Task DrainAsync() => Task.WhenAll(_queues.Values.SelectMany(q => q.Working));

    /// <summary>One place: a column after the other, until none waits or it is others' turn.</summary>
    private async Task WorkAsync(PlatformQueue queue, CancellationToken ct)
    {
        var began = clock.GetTimestamp();
        try
        {
            while (!ct.IsCancellationRequested && clock.GetElapsedTime(began) < s_turn && queue.Next() is { } column)
            {
                var started = clock.GetTimestamp();
                if (await LeaseAsync(column, ct) is { } lease)
                    await ReadAsync(column, lease, ct);
                queue.Done(column);
                if (s_pace - clock.GetElapsedTime(started) is { Ticks: > 0 } rest)
                    await Task.Delay(rest, clock, ct);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // What is due is read after the next start.
        }
        catch (Exception exception)
        {
            Log.Stopped(log, exception);
        }
        finally
        {
            queue.GivePlace();
            Interlocked.Decrement(ref _places);
        }
    }

    // No more of a platform than it can read until the next look: one with ten thousand columns that are due must not crowd out the others.
    private async Task<IReadOnlyList<DueColumn>> DueAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return (await connection.QueryAsync<DueColumn>(
            """
            SELECT LineItemId, Way, Url, ActiveAt, Failures, Readings, PlatformId, CourseId, MembershipsUrl, RosterReadAt,
                   (SELECT r.Content FROM PassRule r WHERE r.ActivityId = due.ActivityId AND r.Version = (SELECT MAX(Version) FROM PassRule WHERE ActivityId = due.ActivityId)) AS PassRule
            FROM (
              SELECT i.LineItemId, i.ActivityId, i.Way, i.Url, i.ActiveAt, i.Failures, i.Readings, i.NextReadAt, c.PlatformId, c.CourseId, c.MembershipsUrl, c.RosterReadAt,
                     ROW_NUMBER() OVER (PARTITION BY c.PlatformId ORDER BY i.NextReadAt) AS Place
              FROM LineItem i JOIN Activity a ON a.ActivityId = i.ActivityId JOIN Course c ON c.CourseId = a.CourseId
              WHERE i.InUse = 1 AND i.Way NOT IN ('published', 'import') AND i.NextReadAt <= @Now AND (i.LeasedUntil IS NULL OR i.LeasedUntil < @Now)) due
            WHERE Place <= @PerLook ORDER BY NextReadAt
            """,
            new { Now = clock.GetUtcNow(), PerLook })).AsList();
    }

    private async Task<Lease?> LeaseAsync(DueColumn column, CancellationToken ct)
    {
        using var turn = await database.WriteTurnAsync(ct);
        await using var connection = await database.OpenUnhurriedAsync(ct);
        var now = clock.GetUtcNow();
        var until = (now + s_lease).ToMicroseconds();
        var leased = await connection.ExecuteAsync(
            "UPDATE LineItem SET LeasedUntil = @until WHERE LineItemId = @LineItemId AND NextReadAt <= @now AND (LeasedUntil IS NULL OR LeasedUntil < @now)",
            new { until, column.LineItemId, now });
        return leased == 1 ? new Lease(column.LineItemId, until) : null;
    }

    private async Task ReadAsync(DueColumn column, Lease lease, CancellationToken ct)
    {
        var began = clock.GetUtcNow();
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(ct);
        reading.CancelAfter(s_longest);
        try
        {
            var (next, failure) = await ReadLeasedAsync(column, lease, reading, ct);
            await ReleaseAsync(lease, began, next, failure, ReadingLog.Append(column.Readings, new Reading(began, clock.GetUtcNow() - began, failure)));
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            await GiveBackAsync(lease);
        }
        catch (Exception exception)
        {
            Log.Broke(log, exception, column.LineItemId);
        }
    }

    /// <summary>When to read it next, and what failed.</summary>
    private async Task<(DateTimeOffset Next, string? Failure)> ReadLeasedAsync(DueColumn column, Lease lease, CancellationTokenSource reading, CancellationToken ct)
    {
        using var over = new CancellationTokenSource();
        var keeping = KeepAsync(lease, reading, over.Token);
        try
        {
            await ReadOnceAsync(column, reading.Token);
            return (NextAfter(column, 0), null);
        }
        catch (LtiServiceException failure)
        {
            Log.NotRead(log, column.LineItemId, failure.Failure, failure.Message);
            var slowest = failure.Failure == ServiceFailure.NotFound ? s_gone : s_quiet;
            return (Later(NextAfter(column, column.Failures + 1, slowest), failure.RetryAfter), failure.Failure.ToString());
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            Log.NotRead(log, column.LineItemId, ServiceFailure.TimedOut, lease.IsLost ? "another server took over" : $"it took longer than {s_longest.TotalSeconds} s");
            return (NextAfter(column, column.Failures + 1), nameof(ServiceFailure.TimedOut));
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            Log.Broke(log, exception, column.LineItemId);
            return (NextAfter(column, column.Failures + 1), "Own");
        }
        finally
        {
            await over.CancelAsync();
            await keeping;
        }
    }

    /// <summary>Renews the lease until that is over; if it was lost, the reading ends: somebody else may have newer grades.</summary>
    private async Task KeepAsync(Lease lease, CancellationTokenSource reading, CancellationToken over)
    {
        using var timer = new PeriodicTimer(s_renew, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(over))
            {
                if (await IsRenewedAsync(lease, over))
                    continue;
                lease.IsLost = true;
                await reading.CancelAsync();
                return;
            }
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // Read in time.
        }
    }

    private async Task<bool> IsRenewedAsync(Lease lease, CancellationToken ct)
    {
        try
        {
            using var turn = await database.WriteTurnAsync(ct);
            await using var connection = await database.OpenUnhurriedAsync(ct);
            var until = (clock.GetUtcNow() + s_lease).ToMicroseconds();
            var renewed = await connection.ExecuteAsync("UPDATE LineItem SET LeasedUntil = @until WHERE LineItemId = @LineItemId AND LeasedUntil = @Until", new { until, lease.LineItemId, lease.Until });
            if (renewed == 1)
                lease.Until = until;
            return renewed == 1;
        }
        catch (DbException exception)
        {
            Log.NotRenewed(log, exception, lease.LineItemId);
            return clock.GetUtcNow() + s_renew < lease.Until;
        }
    }

    private async Task ReadOnceAsync(DueColumn column, CancellationToken ct)
    {
        var platform = await platforms.FindAsync(column.PlatformId, ct) ?? throw new InvalidOperationException($"platform {column.PlatformId} of line item {column.LineItemId} is gone");
        if (column.Way == "gate")
        {
            var seen = await gate.RunAsync(platform, column.LineItemId, ct);
            if (seen.New > 0)
                Log.Recorded(log, column.LineItemId, seen.New, seen.Awarded);
            return;
        }

        var page = await grades.GetResultsAsync(platform, new Uri(column.Url), ct);
        foreach (var refused in page.Refused)
            Log.RowRefused(log, column.LineItemId, refused);
        var usable = RecordResultsHandler.Usable(page.Results.Select(NewResult.Of));
        if (usable.Count < page.Results.Count)
            Log.RowRefused(log, column.LineItemId, $"{page.Results.Count - usable.Count} came twice or hold a number that no gradebook has");
        var news = await NewsAsync(column, usable, ct);
        var rosterFailure = news.Count > 0 || column.RosterReadAt is not { } readAt || readAt < clock.GetUtcNow() - s_rosterAge ? await ReadRosterAsync(platform, column, ct) : null;

        // Also without a list: what was seen is kept, and whoever is on the list that we know may earn.
        foreach (var part in news.Chunk(RecordResults.Page))
        {
            var recorded = await scopes.SendAsync(new RecordResults(column.LineItemId, part), ct);
            Log.Recorded(log, column.LineItemId, recorded.New, recorded.Awarded);
        }

        if (rosterFailure is not null)
            throw rosterFailure;
    }

    private async Task<LtiServiceException?> ReadRosterAsync(Platform platform, DueColumn column, CancellationToken ct)
    {
        if (column.MembershipsUrl is null)
            return null;
        try
        {
            var asked = clock.GetUtcNow();
            var members = await roster.GetMembersAsync(platform, new Uri(column.MembershipsUrl), resourceLinkId: null, ct);
            await record.RunAsync(column.CourseId, members.Members, asked, ct);
            return null;
        }
        catch (LtiServiceException failure)
        {
            return failure;
        }
    }

    private async Task<IReadOnlyList<NewResult>> NewsAsync(DueColumn column, IReadOnlyList<NewResult> usable, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        var latest = await RecordResultsHandler.LatestAsync(connection, column.LineItemId);
        return [.. usable.Where(r => RecordResultsHandler.SaysSomethingNew(latest, r))];
    }

    /// <summary>Active columns every PollSeconds and just after the rule's date, quiet ones every half hour; failing ones at doubling distances up to that.</summary>
    private DateTimeOffset NextAfter(DueColumn column, int failures) => NextAfter(column, failures, s_quiet);

    /// <param name="slowest">What an LMS says is not there is mostly gone for ever, but some say so of a passing trouble as well: it is looked for less and less, up to this.</param>
    private DateTimeOffset NextAfter(DueColumn column, int failures, TimeSpan slowest)
    {
        var now = clock.GetUtcNow();
        var every = now - column.ActiveAt > s_active ? s_quiet : settings.PollEvery;
        var distance = Math.Min(every.TotalSeconds * Math.Pow(2, Math.Min(failures, 17)), slowest.TotalSeconds);
        var next = now + TimeSpan.FromSeconds(distance);
        // What was graded in time is to be seen soon after the date.
        var afterDeadline = failures == 0 && Awards.PassRule.Parse(column.PassRule).Deadline is { } deadline ? deadline.At + settings.PollEvery : default;
        return afterDeadline > now && afterDeadline < next ? afterDeadline : next;
    }

    private DateTimeOffset Later(DateTimeOffset next, TimeSpan? retryAfter) =>
        retryAfter is { } wait && clock.GetUtcNow() + wait > next ? clock.GetUtcNow() + (wait < TimeSpan.FromHours(6) ? wait : TimeSpan.FromHours(6)) : next;

    // A launch during the reading asks for another one: its earlier NextReadAt stays.
    private async Task ReleaseAsync(Lease lease, DateTimeOffset began, DateTimeOffset next, string? failure, string readings)
    {
        using var turn = await database.WriteTurnAsync(CancellationToken.None);
        await using var connection = await database.OpenUnhurriedAsync(CancellationToken.None);
        var facts = new { lease.LineItemId, lease.Until, began, next, failure, readings, Now = clock.GetUtcNow(), Reference = failure is null ? null : Secrets.NewCode()[..9] };
        await connection.ExecuteAsync(
            failure is null
                ? """
                  UPDATE LineItem SET LeasedUntil = NULL, NextReadAt = CASE WHEN NextReadAt > @began THEN NextReadAt ELSE @next END,
                    ReadAt = @Now, Readings = @readings, FailingSince = NULL, Failures = 0, FailureKind = NULL, FailureReference = NULL
                  WHERE LineItemId = @LineItemId AND LeasedUntil = @Until
                  """
                : """
                  UPDATE LineItem SET LeasedUntil = NULL, NextReadAt = @next, Readings = @readings, FailingSince = COALESCE(FailingSince, @Now),
                    Failures = Failures + 1, FailureKind = @failure, FailureReference = COALESCE(FailureReference, @Reference)
                  WHERE LineItemId = @LineItemId AND LeasedUntil = @Until
                  """,
            facts);
    }

    // A stop in the middle: as if it had not begun.
    private async Task GiveBackAsync(Lease lease)
    {
        using var turn = await database.WriteTurnAsync(CancellationToken.None);
        await using var connection = await database.OpenUnhurriedAsync(CancellationToken.None);
        await connection.ExecuteAsync("UPDATE LineItem SET LeasedUntil = NULL WHERE LineItemId = @LineItemId AND LeasedUntil = @Until", new { lease.LineItemId, lease.Until });
    }

    /// <summary>Ours as long as the row says the same.</summary>
    private sealed class Lease(Guid lineItemId, DateTimeOffset until)
    {
        public Guid LineItemId { get; } = lineItemId;

        public DateTimeOffset Until { get; set; } = until;

        public bool IsLost { get; set; }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Column {LineItemId}: {New} new results, {Awarded} awards")]
        public static partial void Recorded(ILogger log, Guid lineItemId, int @new, int awarded);

        [LoggerMessage(2, LogLevel.Warning, "Column {LineItemId} could not be read ({Failure}): {Reason}. Nothing is lost; it is read again later.")]
        public static partial void NotRead(ILogger log, Guid lineItemId, ServiceFailure failure, string reason);

        [LoggerMessage(3, LogLevel.Warning, "Column {LineItemId}: a result was left out: {Reason}. The others count.")]
        public static partial void RowRefused(ILogger log, Guid lineItemId, string reason);

        [LoggerMessage(4, LogLevel.Error, "Column {LineItemId}: the reading failed on our side. It is tried again later.")]
        public static partial void Broke(ILogger log, Exception exception, Guid lineItemId);

        [LoggerMessage(6, LogLevel.Error, "Reading columns stopped for a moment; what is due is read with the next look.")]
        public static partial void Stopped(ILogger log, Exception exception);

        [LoggerMessage(5, LogLevel.Warning, "Column {LineItemId}: its lease could not be renewed. It is tried again.")]
        public static partial void NotRenewed(ILogger log, Exception exception, Guid lineItemId);
    }
}
