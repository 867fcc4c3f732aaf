namespace LtiMicroCred.Lti;

/// <summary>How patient the service calls are with a platform. A value out of its bounds stops the first call with an <see cref="ArgumentException"/> that names it.</summary>
public sealed record ServiceOptions
{
    /// <summary>How often one request is sent at most, the first time included: 1 to 10. Only requests that change nothing when repeated are sent again.</summary>
    public int Attempts { get; init; } = 3;

    /// <summary>Before the second attempt, about; each further pause is about twice as long, and chance spreads them. Above zero, at most <see cref="LongestWait"/>.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest pause; a platform that asks for a longer one with Retry-After is <see cref="ServiceFailure.Busy"/> at once. At most a minute.</summary>
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>No attempt begins later than this after the first one. At most ten minutes.</summary>
    public TimeSpan Budget { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>So many requests within <see cref="BreakerWindow"/>, of which the part <see cref="BreakerRatio"/> failed, open the circuit to one host of one registration: 2 to 1000.</summary>
    public int BreakerRequests { get; init; } = 5;

    /// <summary>The part of failed requests that opens the circuit: above 0, at most 1. Failed means no connection, no answer in time, or a status of 500 and above.</summary>
    public double BreakerRatio { get; init; } = 0.5;

    /// <summary>One second to an hour.</summary>
    public TimeSpan BreakerWindow { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>While the circuit is open nothing is sent; then one request tries whether the host is back. One second to an hour.</summary>
    public TimeSpan BreakDuration { get; init; } = TimeSpan.FromSeconds(10);

    internal ServiceOptions Validated()
    {
        Require(Attempts is >= 1 and <= 10, nameof(Attempts), "3");
        Require(LongestWait > TimeSpan.Zero && LongestWait <= TimeSpan.FromMinutes(1), nameof(LongestWait), "00:00:05");
        Require(RetryDelay > TimeSpan.Zero && RetryDelay <= LongestWait, nameof(RetryDelay), "00:00:00.5");
        Require(Budget >= TimeSpan.Zero && Budget <= TimeSpan.FromMinutes(10), nameof(Budget), "00:00:20");
        Require(BreakerRequests is >= 2 and <= 1000, nameof(BreakerRequests), "5");
        Require(BreakerRatio is > 0 and <= 1, nameof(BreakerRatio), "0.5");
        Require(BreakerWindow >= TimeSpan.FromSeconds(1) && BreakerWindow <= TimeSpan.FromHours(1), nameof(BreakerWindow), "00:02:00");
        Require(BreakDuration >= TimeSpan.FromSeconds(1) && BreakDuration <= TimeSpan.FromHours(1), nameof(BreakDuration), "00:00:10");
        return this;
    }

    private static void Require(bool holds, string name, string example)
    {
        if (!holds)
            throw new ArgumentException($"{nameof(ServiceOptions)}.{name} is out of its bounds; for example {example}", name);
    }
}
