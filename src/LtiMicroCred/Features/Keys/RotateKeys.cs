using Dapper;
using LtiMicroCred.Features.Ledgers;
using LtiMicroCred.Storage;
using MediatR;

namespace LtiMicroCred.Features.Keys;

internal enum Rotation
{
    Begun,

    /// <summary>A new key waits already; it takes over by itself.</summary>
    UnderWay,
}

/// <summary>
/// Brings a new key to registrations: published at once, signing two hours later, the old one published for another day and then gone.
/// </summary>
internal sealed class RotateKeys(ToolKeys keys, Database database, IServiceScopeFactory scopes, TimeProvider clock)
{
    public Task<Rotation> RotateAsync(Guid platformId, CancellationToken ct) => scopes.SendAsync(new BeginRotation(keys.New(platformId)), ct);

    /// <summary>For a key that has leaked: the new one signs at once, and every other one is gone. Nodes see it within <see cref="ToolKeys.Fresh"/>; an LMS that has kept our old set refuses us until it reads it anew.</summary>
    public Task<bool> WithdrawAsync(Guid platformId, CancellationToken ct) => scopes.SendAsync(new WithdrawKeys(keys.New(platformId)), ct);

    /// <summary>All registrations, and the institutions that are platforms themselves.</summary>
    public async Task<IReadOnlyList<Guid>> PlatformsAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return (await connection.QueryAsync<Guid>(
            """
            SELECT PlatformId FROM Platform
            UNION SELECT k.PlatformId FROM ToolKey k JOIN Tenant t ON t.TenantId = k.PlatformId
            ORDER BY PlatformId
            """)).AsList();
    }

    /// <summary>Registrations whose newest key is older than that.</summary>
    public async Task<IReadOnlyList<Guid>> DueAsync(TimeSpan age, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return (await connection.QueryAsync<Guid>(
            """
            SELECT k.PlatformId FROM ToolKey k
            WHERE EXISTS (SELECT 1 FROM Platform p WHERE p.PlatformId = k.PlatformId) OR EXISTS (SELECT 1 FROM Tenant t WHERE t.TenantId = k.PlatformId)
            GROUP BY k.PlatformId HAVING MAX(COALESCE(k.SignsFrom, k.CreatedAt)) < @Before
            """,
            new { Before = clock.GetUtcNow() - age })).AsList();
    }

    /// <summary>Takes the private half of keys that are published no more. The row stays: a key id never comes back.</summary>
    public Task<int> RetireAsync(CancellationToken ct) => scopes.SendAsync(new RetireKeys(), ct);

    private sealed record BeginRotation(NewToolKey Key) : IWrite<Rotation>;

    private sealed class BeginRotationHandler(Work work, TimeProvider clock) : IRequestHandler<BeginRotation, Rotation>
    {
        public async Task<Rotation> Handle(BeginRotation request, CancellationToken cancellationToken)
        {
            var now = clock.GetUtcNow();
            var facts = new { request.Key.KeyId, request.Key.PlatformId, request.Key.SealedKey, Now = now, SignsFrom = now + KeyTimes.Notice, Until = now + KeyTimes.Notice + KeyTimes.Overlap };
            var begun = await work.Connection.ExecuteAsync(
                """
                INSERT INTO ToolKey (KeyId, PlatformId, SealedKey, CreatedAt, SignsFrom)
                SELECT @KeyId, @PlatformId, @SealedKey, @Now, @SignsFrom
                WHERE NOT EXISTS (SELECT 1 FROM ToolKey WHERE PlatformId = @PlatformId AND SignsFrom > @Now)
                """,
                facts,
                work.Transaction);
            if (begun == 0)
                return Rotation.UnderWay;
            await work.Connection.ExecuteAsync(
                "UPDATE ToolKey SET PublishedUntil = @Until WHERE PlatformId = @PlatformId AND KeyId <> @KeyId AND PublishedUntil IS NULL", facts, work.Transaction);
            return Rotation.Begun;
        }
    }

    private sealed record WithdrawKeys(NewToolKey Key) : IWrite<bool>;

    private sealed class WithdrawKeysHandler(Work work, TimeProvider clock) : IRequestHandler<WithdrawKeys, bool>
    {
        public async Task<bool> Handle(WithdrawKeys request, CancellationToken cancellationToken)
        {
            var facts = new { request.Key.KeyId, request.Key.PlatformId, request.Key.SealedKey, Now = clock.GetUtcNow() };
            await work.Connection.ExecuteAsync("UPDATE ToolKey SET SealedKey = '', PublishedUntil = @Now WHERE PlatformId = @PlatformId AND SealedKey <> ''", facts, work.Transaction);
            return await work.Connection.ExecuteAsync(
                "INSERT INTO ToolKey (KeyId, PlatformId, SealedKey, CreatedAt, SignsFrom) VALUES (@KeyId, @PlatformId, @SealedKey, @Now, @Now)", facts, work.Transaction) == 1;
        }
    }

    private sealed record RetireKeys : IWrite<int>;

    private sealed class RetireKeysHandler(Work work, TimeProvider clock) : IRequestHandler<RetireKeys, int>
    {
        public Task<int> Handle(RetireKeys request, CancellationToken cancellationToken) => work.Connection.ExecuteAsync(
            "UPDATE ToolKey SET SealedKey = '' WHERE PublishedUntil <= @Now AND SealedKey <> ''", new { Now = clock.GetUtcNow() }, work.Transaction);
    }
}

/// <summary>Rotates what is due by <c>Keys:RotateAfterDays</c> and retires what is over, every hour, on any node.</summary>
internal sealed partial class KeySchedule(RotateKeys rotate, LogKeys logs, Settings settings, TimeProvider clock, ILogger<KeySchedule> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromHours(1), clock);
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
        if (settings.RotateKeysAfter is { } age)
        {
            foreach (var platformId in await rotate.DueAsync(age, ct))
            {
                if (await rotate.RotateAsync(platformId, ct) == Rotation.Begun)
                    Log.Begun(log, platformId);
            }

            foreach (var (logId, origin) in await logs.DueAsync(age, ct))
            {
                await logs.RotateAsync(logId, origin, leaked: false, ct);
                Log.LogBegun(log, logId);
            }
        }

        await rotate.RetireAsync(ct);
        await logs.RetireAsync(ct);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "A new key of registration {PlatformId} is published; it signs in two hours.")]
        public static partial void Begun(ILogger log, Guid platformId);

        [LoggerMessage(3, LogLevel.Information, "A new key signs the checkpoints of log {LogId}, the old one beside it for 35 days.")]
        public static partial void LogBegun(ILogger log, Guid logId);

        [LoggerMessage(2, LogLevel.Warning, "Rotating keys failed; it is tried again in an hour.")]
        public static partial void Failed(ILogger log, Exception exception);
    }
}
