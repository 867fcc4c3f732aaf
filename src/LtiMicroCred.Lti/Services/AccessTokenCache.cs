namespace LtiMicroCred.Lti;

/// <summary>
/// Access tokens by registration and scopes. Everything that a token is asked for with is the key, so that none is ever used for another registration or
/// for one that has changed since. Bounded: a token that fell out is asked for anew.
/// </summary>
internal sealed class AccessTokenCache
{
    public const int MostTokens = 10_000;

    private readonly LeastRecentlyUsed<Key, Slot> _slots = new(MostTokens);

    public int Count => _slots.Count;

    public Slot For(Platform platform, string scopes) => _slots.GetOrAdd(
        new Key(platform.Id, platform.Issuer, platform.ClientId, platform.TokenEndpoint.OriginalString, platform.AuthorizationServer, scopes), static _ => new Slot());

    public sealed class Slot
    {
        public SemaphoreSlim OneAtATime { get; } = new(1);

        public AccessToken? Token
        {
            get => Volatile.Read(ref field);
            set => Volatile.Write(ref field, value);
        }
    }

    private sealed record Key(Guid PlatformId, string Issuer, string ClientId, string TokenEndpoint, string? AuthorizationServer, string Scopes);
}

internal sealed record AccessToken(string Value, DateTimeOffset UsableUntil)
{
    public override string ToString() => "(access token)";
}
