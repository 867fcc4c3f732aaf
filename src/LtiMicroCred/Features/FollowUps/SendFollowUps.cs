using System.Collections.Concurrent;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Net.Mail;
using Dapper;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Features.FollowUps;

/// <summary>One follow-up that is due.</summary>
internal sealed record DueFollowUp
{
    public required Guid FollowUpId { get; init; }
    public required Guid TenantId { get; init; }
    public required Guid ActivityId { get; init; }
    public required Guid LearnerId { get; init; }
    public required Guid AwardId { get; init; }
    public required string Kind { get; init; }
    public required string Event { get; init; }
    public required int Attempts { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? TriedAt { get; init; }
    public required Guid PlatformId { get; init; }
}

/// <summary>Why a follow-up was not done. The name of the cause is a text of the pages: <c>FollowUp.Cause.{name}</c>.</summary>
/// <param name="isFinal">Time does not mend it.</param>
/// <param name="retryAfter">What the other side asked for.</param>
internal sealed class FollowUpException(string cause, bool isFinal, TimeSpan? retryAfter = null, Exception? inner = null) : Exception(cause, inner)
{
    public string Cause => Message;
    public bool IsFinal => isFinal;
    public TimeSpan? RetryAfter => retryAfter;
}

/// <summary>
/// Does what is due, a few at once and those of one platform one after the other. Each is leased, so that of several servers one does it. What fails comes back later and
/// later; what time does not mend, or three days did not, is listed for the instructor. A mail may be sent twice if the process dies between the mail server's answer
/// and our note of it; a score may be posted twice, and says the same.
/// </summary>
internal sealed partial class SendFollowUps(Database database, SendScore scores, SendMail mails, TimeProvider clock, ILogger<SendFollowUps> log) : BackgroundService
{
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1), s_lease = TimeSpan.FromMinutes(3), s_longest = TimeSpan.FromMinutes(2), s_first = TimeSpan.FromSeconds(30), s_farthest = TimeSpan.FromHours(6), s_patience = TimeSpan.FromDays(3);
    private const int PerPlatform = 20;

    private readonly ConcurrentDictionary<(string Kind, Guid PlatformId), Task> _underWay = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_look, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await StartDueAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(log, exception);
            }
        }
    }

    /// <summary>Does what is due now, to its end.</summary>
    internal async Task RunAsync(CancellationToken ct) => await Task.WhenAll(await StartDueAsync(ct));

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await Task.WhenAll(_underWay.Values).WaitAsync(cancellationToken);
    }

    // An LMS that is slow holds up nobody's mail, nor another LMS: what is under way is left alone, and the rest begins.
    private async Task<IReadOnlyList<Task>> StartDueAsync(CancellationToken ct)
    {
        var started = new List<Task>();
        foreach (var some in (await DueAsync(ct)).GroupBy(f => (f.Kind, f.PlatformId)))
        {
            if (_underWay.TryGetValue(some.Key, out var before) && !before.IsCompleted)
                continue;
            var work = Task.Run(() => WorkAsync([.. some], ct), CancellationToken.None);
            _underWay[some.Key] = work;
            started.Add(work);
        }

        return started;
    }

    private async Task WorkAsync(IReadOnlyList<DueFollowUp> some, CancellationToken ct)
    {
        try
        {
            foreach (var followUp in some)
            {
                if (await LeaseAsync(followUp, ct) is { } lease && !await DoAsync(followUp, lease, ct))
                    return;
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // What is leased is free again soon.
        }
        catch (DbException exception)
        {
            Log.Failed(log, exception);
        }
    }

    private async Task<IReadOnlyList<DueFollowUp>> DueAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return (await connection.QueryAsync<DueFollowUp>(
            """
            SELECT FollowUpId, TenantId, ActivityId, LearnerId, AwardId, Kind, Event, Attempts, CreatedAt, TriedAt, PlatformId FROM (
              SELECT f.FollowUpId, f.TenantId, f.ActivityId, f.LearnerId, f.AwardId, f.Kind, f.Event, f.Attempts, f.CreatedAt, f.TriedAt, f.DueAt, c.PlatformId,
                     ROW_NUMBER() OVER (PARTITION BY f.Kind, c.PlatformId ORDER BY f.DueAt) AS Place
              FROM FollowUp f JOIN Activity a ON a.ActivityId = f.ActivityId JOIN Course c ON c.CourseId = a.CourseId
              WHERE f.State = 'waiting' AND f.DueAt <= @Now AND (f.LeasedUntil IS NULL OR f.LeasedUntil < @Now)) due
            WHERE Place <= @PerPlatform ORDER BY DueAt
            """,
            new { Now = clock.GetUtcNow(), PerPlatform })).AsList();
    }

    /// <summary>False where the other side is in no state for the next one either.</summary>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Whatever went wrong, the follow-up waits and says so.")]
    private async Task<bool> DoAsync(DueFollowUp followUp, DateTimeOffset lease, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(s_longest);
        try
        {
            DateTimeOffset? again = null;
            if (followUp.Kind == "score")
                again = await scores.RunAsync(followUp, limit.Token);
            else
                await mails.RunAsync(followUp, limit.Token);
            await NoteAsync(followUp, lease, failure: null, again);
            return true;
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // A stop in the middle: its lease runs out.
            return false;
        }
        catch (OperationCanceledException)
        {
            await NoteAsync(followUp, lease, new FollowUpException("NoAnswer", isFinal: false));
            return false;
        }
        catch (FollowUpException failure)
        {
            // By its kind: what a mail server answers may name people.
            Log.NotDone(log, followUp.FollowUpId, followUp.Kind, failure.Cause, failure.InnerException is SmtpException smtp ? $"SMTP {smtp.StatusCode}, {smtp.InnerException?.GetType().Name ?? "no other error"}" : failure.InnerException?.GetType().Name ?? "our own check");
            await NoteAsync(followUp, lease, failure);
            return failure.IsFinal;
        }
        catch (Exception exception)
        {
            Log.Broke(log, exception, followUp.FollowUpId);
            await NoteAsync(followUp, lease, new FollowUpException("Own", isFinal: false));
            return true;
        }
    }

    private async Task<DateTimeOffset?> LeaseAsync(DueFollowUp followUp, CancellationToken ct)
    {
        using var turn = await database.WriteTurnAsync(ct);
        await using var connection = await database.OpenUnhurriedAsync(ct);
        var now = clock.GetUtcNow();
        var until = (now + s_lease).ToMicroseconds();
        return await connection.ExecuteAsync(
            "UPDATE FollowUp SET LeasedUntil = @until WHERE FollowUpId = @FollowUpId AND State = 'waiting' AND DueAt <= @now AND (LeasedUntil IS NULL OR LeasedUntil < @now)",
            new { until, followUp.FollowUpId, now }) == 1 ? until : null;
    }

    // An award that changed meanwhile has made it due again: that stays. One that ends by itself is due again then, as if it were new.
    private async Task NoteAsync(DueFollowUp followUp, DateTimeOffset lease, FollowUpException? failure, DateTimeOffset? again = null)
    {
        using var turn = await database.WriteTurnAsync(CancellationToken.None);
        await using var connection = await database.OpenAsync(CancellationToken.None);
        var now = clock.GetUtcNow();
        var gaveUp = failure is not null && (failure.IsFinal || now - followUp.CreatedAt > s_patience);
        await connection.ExecuteAsync(
            """
            UPDATE FollowUp SET LeasedUntil = NULL, TriedAt = @now, CreatedAt = COALESCE(@again, CreatedAt), Attempts = @Attempts, Cause = @Cause, Reference = @Reference,
              State = CASE WHEN DueAt > @began THEN State ELSE @State END, DueAt = CASE WHEN DueAt > @began THEN DueAt ELSE @next END
            WHERE FollowUpId = @FollowUpId AND LeasedUntil = @lease
            """,
            new
            {
                now,
                again,
                Attempts = again is null ? followUp.Attempts + 1 : 0,
                failure?.Cause,
                Reference = failure is null ? null : Secrets.NewCode()[..9],
                began = lease - s_lease,
                State = failure is not null && gaveUp ? "failed" : failure is null && again is null ? "done" : "waiting",
                next = again ?? now + Wait(followUp.Attempts, failure),
                followUp.FollowUpId,
                lease,
            });
        if (failure is { IsFinal: false, Cause: "NoAnswer" })
        {
            // Its other rows wait as long: an LMS that asked for patience is not asked again by the next one.
            await connection.ExecuteAsync(
                """
                UPDATE FollowUp SET DueAt = @next WHERE Kind = @Kind AND State = 'waiting' AND DueAt < @next
                  AND ActivityId IN (SELECT a.ActivityId FROM Activity a JOIN Course c ON c.CourseId = a.CourseId WHERE c.PlatformId = @PlatformId)
                """,
                new { next = now + Wait(followUp.Attempts, failure), followUp.Kind, followUp.PlatformId });
        }
    }

    private static TimeSpan Wait(int attempts, FollowUpException? failure)
    {
        if (failure is null)
            return TimeSpan.Zero;
        var wait = Math.Min(s_first.TotalSeconds * Math.Pow(2, Math.Min(attempts, 12)), s_farthest.TotalSeconds);
        // Two scores within a second are too close for some: that is mended at once.
        if (failure.Cause == "Older" && attempts < 3)
            return TimeSpan.FromSeconds(2);
        return failure.RetryAfter is { } asked && asked.TotalSeconds > wait ? TimeSpan.FromSeconds(Math.Min(asked.TotalSeconds, s_farthest.TotalSeconds)) : TimeSpan.FromSeconds(wait);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Follow-ups of awards stopped for a moment. Nothing is lost; they go on in a second.")]
        public static partial void Failed(ILogger log, Exception exception);

        [LoggerMessage(2, LogLevel.Warning, "Follow-up {FollowUpId} ({Kind}) was not done: {Cause} ({Detail}).")]
        public static partial void NotDone(ILogger log, Guid followUpId, string kind, string cause, string detail);

        [LoggerMessage(3, LogLevel.Error, "Follow-up {FollowUpId} failed on our side. It is tried again later.")]
        public static partial void Broke(ILogger log, Exception exception, Guid followUpId);
    }
}
