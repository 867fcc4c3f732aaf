namespace LtiMicroCred.DemoLms;

/// <summary>How the LMS behaves on the wire.</summary>
public enum Manners
{
    /// <summary>Like a recorded Moodle 4.5.6, oddities included.</summary>
    Moodle,

    /// <summary>As the specifications ask, without oddities.</summary>
    Plain,

    /// <summary>As <see cref="Plain"/>, and like Sakai 2026 it shows tools its quizzes' columns too, marked as read-only.</summary>
    Sakai,
}

public sealed record DemoLmsOptions
{
    /// <summary>0 takes any free port.</summary>
    public int Port { get; init; }

    public Manners Manners { get; init; } = Manners.Moodle;

    /// <summary>The time of grades and tokens; the machine's own when null. Delays of <see cref="Faults"/> always use the machine's.</summary>
    public TimeProvider? Clock { get; init; }

    /// <summary>Shown in the head of every page, so that several demo LMSs can be told apart.</summary>
    public string? SessionName { get; init; }
}
