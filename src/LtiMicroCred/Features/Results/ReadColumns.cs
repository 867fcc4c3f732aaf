using Dapper;
using LtiMicroCred.Features.Courses;
using LtiMicroCred.Lti;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Features.Results;

/// <summary>One column that is due, with what is needed to read it.</summary>
internal sealed record DueColumn
{
    public required Guid LineItemId { get; init; }
    public required string Url { get; init; }
    public required DateTimeOffset ActiveAt { get; init; }
    public required int Failures { get; init; }
    public required Guid PlatformId { get; init; }
    public required Guid CourseId { get; init; }
    public string? MembershipsUrl { get; init; }
    public DateTimeOffset? RosterReadAt { get; init; }
}

/// <summary>
/// Reads the columns that are due. Each is leased by one statement, so two nodes never read one at the same time; a lease of a dead node runs out.
/// An LMS that fails holds up nobody else: its columns come back later and later, at most half an hour apart.
/// </summary>
internal sealed partial class ReadColumns(
    Database database,
    IServiceScopeFactory scopes,
    IPlatforms platforms,
    AssignmentAndGradeServices grades,
    NamesAndRoles roster,
    Settings settings,
    TimeProvider clock,
    ILogger<ReadColumns> log)
{
    private static readonly TimeSpan s_lease = TimeSpan.FromMinutes(2), s_quiet = TimeSpan.FromMinutes(30), s_rosterAge = TimeSpan.FromMinutes(10), s_active = TimeSpan.FromHours(24);
    private const int AtOnce = 8, PerPlatform = 2, Page = 200;

    /// <returns>How many columns were read or tried.</returns>
    public async Task<int> RunAsync(CancellationToken ct)
    {
        var due = await DueAsync(ct);
        using var total = new SemaphoreSlim(AtOnce);
        var lanes = due.GroupBy(c => c.PlatformId).SelectMany(platform => platform.Select((column, i) => (Lane: (platform.Key, i % PerPlatform), column))).GroupBy(c => c.Lane, c => c.column);
        await Task.WhenAll(lanes.Select(async lane =>
        {
            foreach (var column in lane)
            {
                await total.WaitAsync(ct);
                try
                {
                    if (await LeaseAsync(column, ct))
                        await ReadAsync(column, ct);
                }
                finally
                {
                    total.Release();
                }
            }
        }));
        return due.Count;
    }

    private async Task<IReadOnlyList<DueColumn>> DueAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return (await connection.QueryAsync<DueColumn>(
            """
            SELECT LineItemId, Url, ActiveAt, Failures, PlatformId, CourseId, MembershipsUrl, RosterReadAt FROM (
              SELECT i.LineItemId, i.Url, i.ActiveAt, i.Failures, c.PlatformId, c.CourseId, c.MembershipsUrl, c.RosterReadAt, ROW_NUMBER() OVER (ORDER BY i.NextReadAt) AS Place
              FROM LineItem i JOIN Activity a ON a.ActivityId = i.ActivityId JOIN Course c ON c.CourseId = a.CourseId
              WHERE i.InUse = 1 AND i.NextReadAt <= @Now AND (i.LeasedUntil IS NULL OR i.LeasedUntil < @Now)) due
            WHERE Place <= @Page ORDER BY Place
            """,
            new { Now = clock.GetUtcNow(), Page })).AsList();
    }

    private async Task<bool> LeaseAsync(DueColumn column, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        var now = clock.GetUtcNow();
        return await connection.ExecuteAsync(
            "UPDATE LineItem SET LeasedUntil = @Until WHERE LineItemId = @LineItemId AND NextReadAt <= @now AND (LeasedUntil IS NULL OR LeasedUntil < @now)",
            new { Until = now + s_lease, column.LineItemId, now }) == 1;
    }

    private async Task ReadAsync(DueColumn column, CancellationToken ct)
    {
        var began = clock.GetUtcNow();
        try
        {
            await ReadOnceAsync(column, ct);
            await ReleaseAsync(column.LineItemId, began, NextAfter(column, 0), failure: null);
        }
        catch (LtiServiceException failure)
        {
            Log.NotRead(log, column.LineItemId, failure.Failure, failure.Message);
            await ReleaseAsync(column.LineItemId, began, Later(NextAfter(column, column.Failures + 1), failure.RetryAfter), failure.Failure.ToString());
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            Log.Broke(log, exception, column.LineItemId);
            await ReleaseAsync(column.LineItemId, began, NextAfter(column, column.Failures + 1), "Own");
        }
    }

    private async Task ReadOnceAsync(DueColumn column, CancellationToken ct)
    {
        var platform = await platforms.FindAsync(column.PlatformId, ct) ?? throw new InvalidOperationException($"platform {column.PlatformId} of line item {column.LineItemId} is gone");
        var page = await grades.GetResultsAsync(platform, new Uri(column.Url), ct);
        foreach (var refused in page.Refused)
            Log.RowRefused(log, column.LineItemId, refused);
        var anythingNew = await AnythingNewAsync(column, page, ct);
        if (column.MembershipsUrl is { } memberships && (anythingNew || column.RosterReadAt is not { } readAt || readAt < clock.GetUtcNow() - s_rosterAge))
        {
            var members = await roster.GetMembersAsync(platform, new Uri(memberships), resourceLinkId: null, ct);
            await scopes.SendAsync(new RecordRoster(column.CourseId, members.Members), ct);
        }

        if (anythingNew)
        {
            var recorded = await scopes.SendAsync(new RecordResults(column.LineItemId, page.Results), ct);
            Log.Recorded(log, column.LineItemId, recorded.New, recorded.Awarded);
            if (recorded.Refused > 0)
                Log.RowRefused(log, column.LineItemId, $"{recorded.Refused} results hold a number that no gradebook has");
        }
    }

    private async Task<bool> AnythingNewAsync(DueColumn column, ResultsPage page, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        var latest = await RecordResultsHandler.LatestAsync(connection, null, column.LineItemId);
        return page.Results.Any(r => !latest.TryGetValue(r.UserId, out var hash) || !hash.AsSpan().SequenceEqual(r.MessageHash));
    }

    /// <summary>Active columns every PollSeconds, quiet ones every half hour; failing ones at doubling distances up to that.</summary>
    private DateTimeOffset NextAfter(DueColumn column, int failures)
    {
        var now = clock.GetUtcNow();
        var every = now - column.ActiveAt > s_active ? s_quiet : settings.PollEvery;
        var distance = Math.Min(every.TotalSeconds * Math.Pow(2, Math.Min(failures, 12)), s_quiet.TotalSeconds);
        return now + TimeSpan.FromSeconds(distance);
    }

    private DateTimeOffset Later(DateTimeOffset next, TimeSpan? retryAfter) =>
        retryAfter is { } wait && clock.GetUtcNow() + wait > next ? clock.GetUtcNow() + (wait < TimeSpan.FromHours(6) ? wait : TimeSpan.FromHours(6)) : next;

    // A launch during the reading asks for another one: its earlier NextReadAt stays.
    private async Task ReleaseAsync(Guid lineItemId, DateTimeOffset began, DateTimeOffset next, string? failure)
    {
        await using var connection = await database.OpenAsync(CancellationToken.None);
        var facts = new { lineItemId, began, next, failure, Now = clock.GetUtcNow(), Reference = failure is null ? null : Secrets.NewCode()[..9] };
        await connection.ExecuteAsync(
            failure is null
                ? """
                  UPDATE LineItem SET LeasedUntil = NULL, NextReadAt = CASE WHEN NextReadAt > @began THEN NextReadAt ELSE @next END,
                    ReadAt = @Now, FailingSince = NULL, Failures = 0, FailureKind = NULL, FailureReference = NULL
                  WHERE LineItemId = @lineItemId
                  """
                : """
                  UPDATE LineItem SET LeasedUntil = NULL, NextReadAt = @next, FailingSince = COALESCE(FailingSince, @Now),
                    Failures = Failures + 1, FailureKind = @failure, FailureReference = COALESCE(FailureReference, @Reference)
                  WHERE LineItemId = @lineItemId
                  """,
            facts);
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
    }
}
