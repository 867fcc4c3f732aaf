using System.Text.Json;

namespace LtiMicroCred.Lti;

/// <summary>
/// Platforms' public keys, and those of tools where the host is a platform itself, kept as long as each platform's max-age says (one minute to a day; an hour where it says nothing). One request per
/// address at a time, and nobody waits for another address. An unknown key id leads to one more request, at most once a minute. While a platform is down
/// its last good set serves for a day. Only addresses of registrations are ever asked; the set of one that is no longer asked for makes room in the end.
/// </summary>
public sealed class PlatformKeys
{
    private const int MostBytes = 512 * 1024;
    private const int MostKeys = 100;
    internal const int MostAddresses = 2000;

    private static readonly TimeSpan DefaultAge = TimeSpan.FromHours(1);
    private static readonly TimeSpan ShortestAge = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestAge = TimeSpan.FromHours(24);
    private static readonly TimeSpan ServesWhileDown = TimeSpan.FromHours(24);
    private static readonly TimeSpan BetweenSearches = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(10);

    private readonly PlatformHttp _http;
    private readonly TimeProvider _time;
    private readonly LeastRecentlyUsed<Uri, Entry> _entries = new(MostAddresses);

    internal PlatformKeys(PlatformHttp http, TimeProvider time)
    {
        _http = http;
        _time = time;
    }

    /// <summary>How many addresses' keys are kept.</summary>
    internal int Count => _entries.Count;

    /// <exception cref="LtiException"><see cref="LtiError.KeysUnavailable"/>, <see cref="LtiError.UnknownKey"/> or <see cref="LtiError.WeakKey"/>.</exception>
    internal Task<PlatformKey> FindAsync(Platform platform, string keyId, CancellationToken cancellationToken) => FindAsync(platform.Signer, keyId, cancellationToken);

    /// <exception cref="LtiException"><see cref="LtiError.KeysUnavailable"/>, <see cref="LtiError.UnknownKey"/> or <see cref="LtiError.WeakKey"/>.</exception>
    internal async Task<PlatformKey> FindAsync(Signer signer, string keyId, CancellationToken cancellationToken)
    {
        var entry = _entries.GetOrAdd(signer.JwksUri, static _ => new Entry());
        var key = Fresh(entry, keyId) ?? await SearchAsync(entry, signer, keyId, cancellationToken);

        // Security Framework 6.1: keys that can be broken prove nothing.
        if (key.IsWeak)
            throw new LtiException(LtiError.WeakKey, $"the {signer.Role}'s RSA key is shorter than 2048 bits") { Expected = "2048 bits or more", Issuer = signer.Name, Spec = "Security Framework 6.1" };

        return key;
    }

    private PlatformKey? Fresh(Entry entry, string keyId)
    {
        var set = entry.Set;
        return set is not null && _time.GetUtcNow() < set.FreshUntil ? set.Keys.GetValueOrDefault(keyId) : null;
    }

    private async Task<PlatformKey> SearchAsync(Entry entry, Signer signer, string keyId, CancellationToken cancellationToken)
    {
        await entry.OneAtATime.WaitAsync(cancellationToken);
        try
        {
            if (Fresh(entry, keyId) is { } foundByAnother)
                return foundByAnother;

            var now = _time.GetUtcNow();
            if (entry.Set is null || now >= entry.Set.FreshUntil)
                await RenewAsync(entry, signer);

            if (Usable(entry, now)?.Keys.GetValueOrDefault(keyId) is { } renewed)
                return renewed;

            // A platform that has just changed its keys: look once more, but let nobody make us ask at will.
            if (now >= entry.NextSearch && now >= entry.NextAttempt && entry.Set?.ReadAt < now)
            {
                entry.NextSearch = now + BetweenSearches;
                await RenewAsync(entry, signer);
                if (Usable(entry, now)?.Keys.GetValueOrDefault(keyId) is { } found)
                    return found;
            }

            throw Usable(entry, now) is null
                ? new LtiException(LtiError.KeysUnavailable, $"the {signer.Role}'s keys cannot be read: {entry.Problem}") { Issuer = signer.Name, Spec = "Security Framework 6.3" }
                : new LtiException(LtiError.UnknownKey, $"the {signer.Role}'s key set at {PlatformHttp.Place(signer.JwksUri)} does not hold the key that the token names") { Issuer = signer.Name, Spec = "Security Framework 5.1.3" };
        }
        finally
        {
            entry.OneAtATime.Release();
        }
    }

    private static KeySet? Usable(Entry entry, DateTimeOffset now) => entry.Set is { } set && now < set.FreshUntil + ServesWhileDown ? set : null;

    private async Task RenewAsync(Entry entry, Signer signer)
    {
        if (_time.GetUtcNow() < entry.NextAttempt)
            return;

        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, signer.JwksUri);
            request.Headers.Accept.ParseAdd("application/json");
            // Whoever waits may give up; the keys are everybody's, and the client's own time limit ends the request.
            var answer = await _http.SendAsync(request, CancellationToken.None);
            var now = _time.GetUtcNow();
            if (answer.IsSuccess && Read(answer.Body) is { } keys)
                entry.Set = new KeySet(keys, now, now + Age(answer.MaxAge));
            else
                entry.Fail(now + AfterFailure, $"{PlatformHttp.Place(signer.JwksUri)} answered {answer.Status} without a usable key set");
        }
        catch (LtiServiceException failure)
        {
            entry.Fail(_time.GetUtcNow() + AfterFailure, failure.Message);
        }
    }

    private static TimeSpan Age(TimeSpan? maxAge) => TimeSpan.FromTicks(Math.Clamp((maxAge ?? DefaultAge).Ticks, ShortestAge.Ticks, LongestAge.Ticks));

    private static Dictionary<string, PlatformKey>? Read(byte[] body)
    {
        if (body.Length > MostBytes || !StrictJson.TryParse(body, out var document))
            return null;

        using (document)
        {
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("keys", out var list)
                || list.ValueKind != JsonValueKind.Array
                || list.GetArrayLength() > MostKeys)
            {
                return null;
            }

            var keys = new Dictionary<string, PlatformKey>(StringComparer.Ordinal);
            foreach (var key in list.EnumerateArray().Select(PlatformKey.Read).OfType<PlatformKey>())
                keys.TryAdd(key.KeyId, key);
            return keys;
        }
    }

    private sealed record KeySet(IReadOnlyDictionary<string, PlatformKey> Keys, DateTimeOffset ReadAt, DateTimeOffset FreshUntil);

    private sealed class Entry
    {
        public SemaphoreSlim OneAtATime { get; } = new(1);

        public KeySet? Set
        {
            get => Volatile.Read(ref field);
            set => Volatile.Write(ref field, value);
        }

        public DateTimeOffset NextSearch { get; set; }

        public DateTimeOffset NextAttempt { get; private set; }

        public string Problem { get; private set; } = "not asked yet";

        public void Fail(DateTimeOffset nextAttempt, string problem)
        {
            NextAttempt = nextAttempt;
            Problem = problem;
        }
    }
}
