using System.Threading.RateLimiting;

namespace LtiMicroCred.Features.Launches;

/// <summary>More logins or launches than one registration may start. Nothing was looked at; a little later it goes on.</summary>
internal sealed class TooManyLaunchesException(TimeSpan retryAfter) : Exception("more logins or launches of one registration than the limit")
{
    /// <summary>Whole seconds, at least one.</summary>
    public int RetryAfterSeconds { get; } = Math.Max(1, (int)Math.Ceiling(retryAfter.TotalSeconds));
}

/// <summary>
/// Limits per registration and per link, and never per address, behind which a whole class may sit. Whatever names no registration of ours shares one limit,
/// and links are counted once their launch is genuine, so strangers make no more of them. Each node counts for itself.
/// </summary>
internal sealed class Limits(Settings settings) : IDisposable
{
    /// <summary>A lecture that begins: so many seconds' worth may come at once.</summary>
    public const int BurstSeconds = 10;

    /// <summary>A login proves nothing, so strangers can use this up too; it costs a tenth of a launch and writes nothing.</summary>
    public const int LoginsPerLaunch = 10;

    /// <summary>One link, such as one that a page opens again and again, leaves half of its registration's launches to the others.</summary>
    public const int LinkShare = 2;

    private readonly PartitionedRateLimiter<Guid> _logins = Create<Guid>(settings.LaunchesPerSecond * LoginsPerLaunch);
    private readonly PartitionedRateLimiter<Guid> _launches = Create<Guid>(settings.LaunchesPerSecond);
    private readonly PartitionedRateLimiter<(Guid PlatformId, string DeploymentId, string Link)> _links = Create<(Guid, string, string)>(Math.Max(1, settings.LaunchesPerSecond / LinkShare));

    /// <exception cref="TooManyLaunchesException"/>
    public void AdmitLogin(Guid? platformId) => Admit(_logins, platformId ?? Guid.Empty);

    /// <exception cref="TooManyLaunchesException"/>
    public void AdmitLaunch(Guid platformId) => Admit(_launches, platformId);

    /// <summary>A genuine launch of a link, which is counted first.</summary>
    /// <exception cref="TooManyLaunchesException"/>
    public void AdmitLaunch(Guid platformId, string deploymentId, string link)
    {
        Admit(_links, (platformId, deploymentId, link));
        AdmitLaunch(platformId);
    }

    /// <summary>How many more launches this registration may start now.</summary>
    public long LaunchesLeft(Guid platformId) => _launches.GetStatistics(platformId)?.CurrentAvailablePermits ?? 0;

    public void Dispose()
    {
        _logins.Dispose();
        _launches.Dispose();
        _links.Dispose();
    }

    private static void Admit<T>(PartitionedRateLimiter<T> limiter, T of)
    {
        using var lease = limiter.AttemptAcquire(of);
        if (!lease.IsAcquired)
            throw new TooManyLaunchesException(lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : TimeSpan.FromSeconds(1));
    }

    private static PartitionedRateLimiter<T> Create<T>(int perSecond)
        where T : notnull => PartitionedRateLimiter.Create<T, T>(of => RateLimitPartition.GetTokenBucketLimiter(of, _ => new TokenBucketRateLimiterOptions
    {
        TokensPerPeriod = perSecond,
        ReplenishmentPeriod = TimeSpan.FromSeconds(1),
        TokenLimit = perSecond * BurstSeconds,
        QueueLimit = 0,
    }));
}
