namespace LtiMicroCred.Features.Keys;

internal enum KeyStanding
{
    /// <summary>Published, so that platforms have it before it signs.</summary>
    Waiting,
    Signing,

    /// <summary>Still published: something that it signed may be on its way.</summary>
    Leaving,
    Retired,
}

/// <summary>When a key signs and until when platforms may fetch it. Pure: the same at every node.</summary>
internal sealed record KeyTimes(DateTimeOffset SignsFrom, DateTimeOffset? PublishedUntil)
{
    /// <summary>Twice what platforms may keep our key set for.</summary>
    public static readonly TimeSpan Notice = TimeSpan.FromHours(2);

    /// <summary>How long the old key stays published after the new one signs.</summary>
    public static readonly TimeSpan Overlap = TimeSpan.FromHours(24);

    public bool IsPublished(DateTimeOffset now) => PublishedUntil is not { } until || now < until;

    /// <summary>Of several that may, the newest does.</summary>
    public bool MaySign(DateTimeOffset now) => SignsFrom <= now && IsPublished(now);

    /// <param name="now">The time to judge at.</param>
    /// <param name="newestSignsFrom">Of the registration's keys that may sign now.</param>
    public KeyStanding At(DateTimeOffset now, DateTimeOffset newestSignsFrom)
    {
        if (!IsPublished(now))
            return KeyStanding.Retired;
        if (SignsFrom > now)
            return KeyStanding.Waiting;
        return SignsFrom < newestSignsFrom ? KeyStanding.Leaving : KeyStanding.Signing;
    }
}
