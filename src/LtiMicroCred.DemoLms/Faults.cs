using System.Collections.Concurrent;

namespace LtiMicroCred.DemoLms;

/// <summary>What a tool asks of an LMS.</summary>
public enum LmsService
{
    Configuration,
    Registration,
    Keys,
    Authentication,
    Token,
    LineItems,
    Scores,
    Results,
    Memberships,
    Notices,
}

/// <summary>Makes services fail as real LMSs do, one fault per service, until it is cleared.</summary>
public sealed class Faults
{
    private readonly ConcurrentDictionary<LmsService, Fault> faults = new();

    /// <summary>Results come back without <c>resultScore</c>, as before anything is graded.</summary>
    public bool ResultsWithoutScore { get; set; }

    /// <summary>Scopes and message types that this LMS says it does not have.</summary>
    public IReadOnlyCollection<string> Lacking { get; set; } = [];

    /// <summary>The connection breaks before an answer.</summary>
    public void Down(LmsService service) => faults[service] = new Fault.Aborted();

    public void Answer(LmsService service, int status, TimeSpan? retryAfter = null) => faults[service] = new Fault.Refused(status, retryAfter);

    /// <summary>The right answer, late.</summary>
    public void Slow(LmsService service, TimeSpan delay) => faults[service] = new Fault.Late(delay);

    /// <summary>The right answer breaks off in the middle of its body.</summary>
    public void HalfPage(LmsService service) => faults[service] = new Fault.CutOff();

    public void Clear(LmsService service) => faults.TryRemove(service, out _);

    public void Clear()
    {
        faults.Clear();
        ResultsWithoutScore = false;
        Lacking = [];
    }

    internal Fault? Of(LmsService service) => faults.GetValueOrDefault(service);
}

internal abstract record Fault
{
    public sealed record Aborted : Fault;

    public sealed record Refused(int Status, TimeSpan? RetryAfter) : Fault;

    public sealed record Late(TimeSpan Delay) : Fault;

    public sealed record CutOff : Fault;
}
