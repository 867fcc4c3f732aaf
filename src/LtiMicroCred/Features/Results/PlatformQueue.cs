namespace LtiMicroCred.Features.Results;

/// <summary>What is due of one platform, in order, and the places that work on it. Each look fills it anew.</summary>
internal sealed class PlatformQueue
{
    private readonly Lock _lock = new();
    private readonly List<Task> _working = [];
    private readonly HashSet<Guid> _reading = [];
    private Queue<DueColumn> _due = new();
    private int _places;

    public IReadOnlyList<Task> Working
    {
        get
        {
            lock (_lock)
                return [.. _working];
        }
    }

    public void Fill(IEnumerable<DueColumn> due)
    {
        lock (_lock)
            _due = new Queue<DueColumn>(due.Where(c => !_reading.Contains(c.LineItemId)));
    }

    public bool TakePlace(int places)
    {
        lock (_lock)
        {
            // One more than waits would find nothing.
            if (_places >= places || _due.Count <= _places - _reading.Count)
                return false;
            _places++;
            return true;
        }
    }

    public void Keep(Task work)
    {
        lock (_lock)
        {
            _working.RemoveAll(w => w.IsCompleted);
            _working.Add(work);
        }
    }

    public DueColumn? Next()
    {
        lock (_lock)
        {
            if (!_due.TryDequeue(out var column))
                return null;
            _reading.Add(column.LineItemId);
            return column;
        }
    }

    public void Done(DueColumn column)
    {
        lock (_lock)
            _reading.Remove(column.LineItemId);
    }

    public void GivePlace()
    {
        lock (_lock)
            _places--;
    }
}
