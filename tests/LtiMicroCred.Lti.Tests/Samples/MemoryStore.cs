using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace LtiMicroCred.Lti.Tests.Samples;

#region storage
internal sealed class MemoryStore : IPlatforms, INonces, IToolKeys
{
    private readonly ConcurrentDictionary<Guid, Platform> _platforms = new();
    private readonly ConcurrentDictionary<(Guid PlatformId, string DeploymentId), bool> _approved = new();
    private readonly ConcurrentDictionary<string, DateTimeOffset> _nonces = new(StringComparer.Ordinal);

    public SigningKey Key { get; } = new($"key-{Guid.CreateVersion7():N}", RSA.Create(2048));

    public void Add(Platform platform, string deploymentId)
    {
        _platforms[platform.Id] = platform;
        _approved[(platform.Id, deploymentId)] = true;
    }

    public Task<Platform?> FindAsync(string issuer, string? clientId, CancellationToken cancellationToken)
    {
        var found = _platforms.Values.Where(platform => platform.Issuer == issuer && (clientId is null || platform.ClientId == clientId)).ToList();
        return Task.FromResult(found.Count == 1 ? found[0] : null);
    }

    public Task<Platform?> FindAsync(Guid id, CancellationToken cancellationToken) => Task.FromResult(_platforms.GetValueOrDefault(id));

    public Task<bool> IsApprovedAsync(Platform platform, string deploymentId, CancellationToken cancellationToken) =>
        Task.FromResult(_approved.ContainsKey((platform.Id, deploymentId)));

    public Task<bool> TryUseAsync(string nonceHash, DateTimeOffset expires, CancellationToken cancellationToken) =>
        Task.FromResult(_nonces.TryAdd(nonceHash, expires));

    public Task<SigningKey> CurrentAsync(Platform platform, CancellationToken cancellationToken) => Task.FromResult(Key);
}
#endregion
