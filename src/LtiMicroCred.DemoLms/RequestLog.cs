namespace LtiMicroCred.DemoLms;

/// <param name="Query">With its question mark; empty for the authentication endpoint, whose parameters are secrets of a launch.</param>
/// <param name="Status">0 when the connection was broken off before an answer.</param>
public sealed record RecordedRequest(DateTimeOffset At, LmsService Service, string Method, string Path, string Query, int Status);

internal sealed class RequestLog
{
    private const int Capacity = 10_000;

    private readonly Lock gate = new();
    private readonly Queue<RecordedRequest> requests = new();

    public IReadOnlyList<RecordedRequest> All
    {
        get
        {
            lock (gate)
                return [.. requests];
        }
    }

    public void Add(RecordedRequest request)
    {
        lock (gate)
        {
            if (requests.Count == Capacity)
                requests.Dequeue();
            requests.Enqueue(request);
        }
    }
}
