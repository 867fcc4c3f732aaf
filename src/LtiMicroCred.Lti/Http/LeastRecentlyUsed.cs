using System.Diagnostics.CodeAnalysis;

namespace LtiMicroCred.Lti;

/// <summary>Values by key, at most <paramref name="capacity"/> of them: a new one takes the place of the one that nobody has asked for the longest.</summary>
internal sealed class LeastRecentlyUsed<TKey, TValue>(int capacity)
    where TKey : notnull
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TKey, LinkedListNode<KeyValuePair<TKey, TValue>>> _places = [];
    private readonly LinkedList<KeyValuePair<TKey, TValue>> _newestFirst = [];

    public int Count
    {
        get
        {
            lock (_lock)
                return _places.Count;
        }
    }

    /// <summary><paramref name="make"/> runs under the lock: it must be quick.</summary>
    public TValue GetOrAdd(TKey key, Func<TKey, TValue> make)
    {
        lock (_lock)
        {
            if (TryMoveToFront(key, out var place))
                return place.Value.Value;
            if (_places.Count == capacity)
                DropOldest();

            var value = make(key);
            _places[key] = _newestFirst.AddFirst(new KeyValuePair<TKey, TValue>(key, value));
            return value;
        }
    }

    private bool TryMoveToFront(TKey key, [NotNullWhen(true)] out LinkedListNode<KeyValuePair<TKey, TValue>>? place)
    {
        if (!_places.TryGetValue(key, out place))
            return false;
        if (place == _newestFirst.First)
            return true;

        _newestFirst.Remove(place);
        _newestFirst.AddFirst(place);
        return true;
    }

    private void DropOldest()
    {
        if (_newestFirst.Last is not { } oldest)
            return;

        _newestFirst.RemoveLast();
        _places.Remove(oldest.Value.Key);
    }
}
