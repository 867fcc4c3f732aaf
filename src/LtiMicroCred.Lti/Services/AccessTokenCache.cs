using System.Collections.Concurrent;

namespace LtiMicroCred.Lti;

/// <summary>Access tokens by registration and scopes. The whole registration is the key, so that none is ever used for another or for an old one.</summary>
internal sealed class AccessTokenCache
{
    private readonly ConcurrentDictionary<Key, Slot> _slots = new();

    public Slot For(Platform platform, string scopes) =>
        _slots.GetOrAdd(new Key(platform.Id, platform.Issuer, platform.ClientId, platform.TokenEndpoint.OriginalString, scopes), static _ => new Slot());

    public sealed class Slot
    {
        public SemaphoreSlim OneAtATime { get; } = new(1);

        public AccessToken? Token
        {
            get => Volatile.Read(ref field);
            set => Volatile.Write(ref field, value);
        }
    }

    private sealed record Key(Guid PlatformId, string Issuer, string ClientId, string TokenEndpoint, string Scopes);
}

internal sealed record AccessToken(string Value, DateTimeOffset UsableUntil)
{
    public override string ToString() => "(access token)";
}
