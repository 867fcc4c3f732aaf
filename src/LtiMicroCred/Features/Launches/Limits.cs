using System.Threading.RateLimiting;

namespace LtiMicroCred.Features.Launches;

/// <summary>More logins or launches than one registration may start. Nothing was looked at; a little later it goes on.</summary>
internal sealed class TooManyLaunchesException(TimeSpan retryAfter) : Exception("more logins or launches of one registration than the limit")
{
    /// <summary>Whole seconds, at least one.</summary>
    public int RetryAfterSeconds { get; } = Math.Max(1, (int)Math.Ceiling(retryAfter.TotalSeconds));
}

/// <summary>
/// Limits per registration and never per address, behind which a whole class may sit. Whatever names no registration of ours shares one limit, so
/// there are no more of them than registrations. Each node counts for itself.
/// </summary>
internal sealed class Limits(Settings settings) : IDisposable
{
    /// <summary>A lecture that begins: so many seconds' worth may come at once.</summary>
    public const int BurstSeconds = 10;

    /// <summary>A login proves nothing, so strangers can use this up too; it costs a tenth of a launch and writes nothing.</summary>
    public const int LoginsPerLaunch = 10;

    private readonly PartitionedRateLimiter<Guid> _logins = Create(settings.LaunchesPerSecond * LoginsPerLaunch);
    private readonly PartitionedRateLimiter<Guid> _launches = Create(settings.LaunchesPerSecond);

    /// <exception cref="TooManyLaunchesException"/>
    public void AdmitLogin(Guid? platformId) => Admit(_logins, platformId);

    /// <exception cref="TooManyLaunchesException"/>
    public void AdmitLaunch(Guid platformId) => Admit(_launches, platformId);

    /// <summary>How many more launches this registration may start now.</summary>
    public long LaunchesLeft(Guid platformId) => _launches.GetStatistics(platformId)?.CurrentAvailablePermits ?? 0;

    public void Dispose()
    {
        _logins.Dispose();
        _launches.Dispose();
    }

    private static void Admit(PartitionedRateLimiter<Guid> limiter, Guid? platformId)
    {
        using var lease = limiter.AttemptAcquire(platformId ?? Guid.Empty);
        if (!lease.IsAcquired)
            throw new TooManyLaunchesException(lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : TimeSpan.FromSeconds(1));
    }

    private static PartitionedRateLimiter<Guid> Create(int perSecond) => PartitionedRateLimiter.Create<Guid, Guid>(platformId => RateLimitPartition.GetTokenBucketLimiter(platformId, _ => new TokenBucketRateLimiterOptions
    {
        TokensPerPeriod = perSecond,
        ReplenishmentPeriod = TimeSpan.FromSeconds(1),
        TokenLimit = perSecond * BurstSeconds,
        QueueLimit = 0,
    }));
}
