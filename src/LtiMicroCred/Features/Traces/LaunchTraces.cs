using System.Collections.Concurrent;
using System.Threading.Channels;
using Dapper;
using LtiMicroCred.Lti;
using LtiMicroCred.Storage;
using MediatR;

namespace LtiMicroCred.Features.Traces;

/// <summary>What a refusal looked like: no names, tokens or scores.</summary>
internal sealed record LaunchTrace
{
    /// <summary>Of logins and registrations that fit no registration here.</summary>
    public static readonly Guid NoPlatform = Guid.Empty;

    /// <summary>What was refused: a launch with the login before it, a registration, a notice.</summary>
    public const string Launch = "launch", Registration = "registration", Notice = "notice";

    public required Guid PlatformId { get; init; }

    /// <summary>The one that the person was shown.</summary>
    public required string Reference { get; init; }
    public required DateTimeOffset At { get; init; }

    /// <summary><see cref="Launch"/>, <see cref="Registration"/> or <see cref="Notice"/>.</summary>
    public required string Message { get; init; }

    /// <summary>A name of <see cref="LtiError"/> or <see cref="RegistrationFailure"/>.</summary>
    public required string Error { get; init; }
    public required string Reason { get; init; }
    public string? Expected { get; init; }
    public string? Got { get; init; }
    public string? Spec { get; init; }
}

/// <summary>
/// Keeps the last refusals of each registration. Noting one never waits and never fails: it is dropped, and counted, where a registration is refused more than
/// <see cref="MostPerMinute"/> times a minute or the database cannot follow.
/// </summary>
internal sealed partial class LaunchTraces(IServiceScopeFactory scopes, Database database, TimeProvider clock, ILogger<LaunchTraces> log) : BackgroundService
{
    public const int Slots = 50, MostPerMinute = 20;

    private readonly Channel<LaunchTrace> _noted = Channel.CreateBounded<LaunchTrace>(new BoundedChannelOptions(256) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
    private readonly ConcurrentDictionary<Guid, Window> _windows = new();
    private long _dropped;

    private sealed record Window(long Minute, int Count);

    /// <summary>Refusals that were not kept since the start.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    public void Note(LtiException refusal, string reference, string message = LaunchTrace.Launch) => Note(new LaunchTrace
    {
        PlatformId = refusal.PlatformId ?? LaunchTrace.NoPlatform,
        Reference = reference,
        At = clock.GetUtcNow(),
        Message = message,
        Error = refusal.Error.ToString(),
        Reason = Cut(refusal.Message)!, // exceptions have a message
        Expected = Cut(refusal.Expected),
        Got = Cut(refusal.Got),
        Spec = refusal.Spec,
    });

    /// <param name="failure">A dynamic registration that did not come about.</param>
    /// <param name="reference">The one that the administrator is shown.</param>
    /// <param name="host">The LMS's, where it is known.</param>
    public void Note(RegistrationException failure, string reference, string? host) => Note(new LaunchTrace
    {
        PlatformId = LaunchTrace.NoPlatform,
        Reference = reference,
        At = clock.GetUtcNow(),
        Message = LaunchTrace.Registration,
        Error = failure.Failure.ToString(),
        Reason = Cut(failure.Message)!, // exceptions have a message
        Got = Cut(host),
    });

    private void Note(LaunchTrace trace)
    {
        if (!IsWithinLimit(trace.PlatformId) || !_noted.Writer.TryWrite(trace))
            Interlocked.Increment(ref _dropped);
    }

    // Registrations are few, and whatever fits none shares one window: the table stays small.
    private bool IsWithinLimit(Guid platformId)
    {
        var minute = clock.GetUtcNow().ToUnixTimeSeconds() / 60;
        return _windows.AddOrUpdate(platformId, _ => new Window(minute, 1), (_, w) => w.Minute == minute ? new Window(minute, Math.Min(w.Count, MostPerMinute) + 1) : new Window(minute, 1)).Count <= MostPerMinute;
    }

    /// <summary>Newest first.</summary>
    public async Task<IReadOnlyList<LaunchTrace>> OfAsync(Guid platformId, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return (await connection.QueryAsync<LaunchTrace>(
            "SELECT PlatformId, Reference, At, Message, Error, Reason, Expected, Got, Spec FROM LaunchTrace WHERE PlatformId = @platformId ORDER BY At DESC", new { platformId })).AsList();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var trace in _noted.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                await scopes.SendAsync(new KeepTrace(trace), stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                Interlocked.Increment(ref _dropped);
                Log.Failed(log, exception, trace.Reference);
            }
        }
    }

    private static string? Cut(string? text) => text is { Length: > 500 } ? text[..500] : text;

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "{Reference}: the refusal could not be kept for the platform's page.")]
        public static partial void Failed(ILogger log, Exception exception, string reference);
    }

    private sealed record KeepTrace(LaunchTrace Trace) : IWrite<bool>;

    private sealed record Slot
    {
        public required int Number { get; init; }
        public required DateTimeOffset At { get; init; }
        public required string Error { get; init; }
    }

    // A ring: the next free slot, or the oldest one of whatever was refused most often. Whoever sends the same nonsense again and again drives out only that. Two nodes that choose the same free slot collide on the key, and one goes on to the next.
    private sealed class KeepTraceHandler(Work work) : IRequestHandler<KeepTrace, bool>
    {
        public async Task<bool> Handle(KeepTrace request, CancellationToken cancellationToken)
        {
            var slots = (await work.Connection.QueryAsync<Slot>(
                "SELECT Slot AS Number, At, Error FROM LaunchTrace WHERE PlatformId = @PlatformId", new { request.Trace.PlatformId }, work.Transaction)).AsList();
            var number = slots.Count < Slots ? Enumerable.Range(0, Slots).Except(slots.Select(s => s.Number)).First() : slots.GroupBy(s => s.Error, StringComparer.Ordinal).MaxBy(error => error.Count())!.MinBy(s => s.At)!.Number; // not empty
            var facts = new
            {
                request.Trace.PlatformId,
                Number = number,
                request.Trace.Reference,
                request.Trace.At,
                request.Trace.Message,
                request.Trace.Error,
                request.Trace.Reason,
                request.Trace.Expected,
                request.Trace.Got,
                request.Trace.Spec,
            };
            return await work.Connection.ExecuteAsync(
                slots.Count < Slots
                    ? "INSERT INTO LaunchTrace (PlatformId, Slot, Reference, At, Message, Error, Reason, Expected, Got, Spec) VALUES (@PlatformId, @Number, @Reference, @At, @Message, @Error, @Reason, @Expected, @Got, @Spec)"
                    : "UPDATE LaunchTrace SET Reference = @Reference, At = @At, Message = @Message, Error = @Error, Reason = @Reason, Expected = @Expected, Got = @Got, Spec = @Spec WHERE PlatformId = @PlatformId AND Slot = @Number",
                facts,
                work.Transaction) == 1;
        }
    }
}
