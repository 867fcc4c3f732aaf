namespace LtiMicroCred.Lti;

/// <summary>
/// Hands out timestamps for scores (AGS 3.4.4): each strictly later than the last of the same learner and column, also when the clock went back. The host keeps the
/// last one, so that this holds after a restart and on several nodes.
/// </summary>
public sealed class ScoreTimestamps(TimeProvider time)
{
    /// <summary>
    /// Now in UTC, in whole milliseconds, if that is in a later second than <paramref name="last"/>; else the beginning of the second after it.
    /// Whole seconds, because some platforms compare no finer and refuse the second score with 409.
    /// </summary>
    /// <param name="last">The last timestamp sent for this learner and column; null before the first.</param>
    public DateTimeOffset After(DateTimeOffset? last)
    {
        var now = DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());
        return last is { } previous && now.ToUnixTimeSeconds() <= previous.ToUnixTimeSeconds()
            ? DateTimeOffset.FromUnixTimeSeconds(previous.ToUnixTimeSeconds() + 1)
            : now;
    }
}
