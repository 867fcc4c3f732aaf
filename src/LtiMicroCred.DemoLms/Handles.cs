using System.Security.Cryptography;

namespace LtiMicroCred.DemoLms;

/// <summary>Values behind unguessable names, for a while: launches, tokens, returns. The oldest give way when it is full.</summary>
internal sealed class Handles<T>(TimeProvider clock, TimeSpan lifetime, int capacity)
    where T : class
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, (T Value, DateTimeOffset Until)> values = new(StringComparer.Ordinal);
    private readonly Queue<string> order = new();

    /// <summary>A new name of 256 random bits in hexadecimal digits.</summary>
    public static string NewName() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    public string Keep(T value)
    {
        var name = NewName();
        TryKeep(name, value);
        return name;
    }

    /// <returns>False when the name is already held.</returns>
    public bool TryKeep(string name, T value)
    {
        lock (gate)
        {
            if (Find(name) is not null)
                return false;
            while (order.Count >= capacity)
                values.Remove(order.Dequeue());
            values[name] = (value, clock.GetUtcNow() + lifetime);
            order.Enqueue(name);
            return true;
        }
    }

    public T? Find(string name)
    {
        lock (gate)
            return values.TryGetValue(name, out var held) && held.Until > clock.GetUtcNow() ? held.Value : null;
    }

    /// <summary>Of several callers exactly one gets the value.</summary>
    public T? Take(string name)
    {
        lock (gate)
        {
            var value = Find(name);
            values.Remove(name);
            return value;
        }
    }
}
