using System.Collections.Concurrent;
using System.Security.Cryptography;
using Dapper;
using LtiMicroCred.Lti;
using LtiMicroCred.Storage;
using MediatR;
using Microsoft.AspNetCore.DataProtection;

namespace LtiMicroCred.Features.Keys;

/// <summary>
/// The RSA keys that we sign with, a set for each registration: what one platform gets us to sign opens nothing at another.
/// Kept sealed in the database; a key id is never used twice.
/// </summary>
internal sealed class ToolKeys(Database database, IDataProtectionProvider protection, IServiceScopeFactory scopes) : IToolKeys
{
    private readonly IDataProtector _protector = protection.CreateProtector("ToolKey");
    private readonly ConcurrentDictionary<Guid, IReadOnlyList<SigningKey>> _keys = new();

    private sealed record Row
    {
        public required string KeyId { get; init; }
        public required string SealedKey { get; init; }
    }

    /// <summary>The newest key of this registration.</summary>
    public async Task<SigningKey> CurrentAsync(Platform platform, CancellationToken cancellationToken) =>
        await PublishedAsync(platform.Id, cancellationToken) is [var newest, ..] ? newest : throw new InvalidOperationException($"registration {platform.Id} has no key");

    /// <summary>All keys of a registration, newest first; none for an id that is no registration.</summary>
    public async Task<IReadOnlyList<SigningKey>> PublishedAsync(Guid platformId, CancellationToken ct)
    {
        if (_keys.TryGetValue(platformId, out var known))
            return known;
        await using var connection = await database.OpenAsync(ct);
        var rows = await connection.QueryAsync<Row>("SELECT KeyId, SealedKey FROM ToolKey WHERE PlatformId = @platformId ORDER BY CreatedAt DESC, KeyId", new { platformId });
        var keys = rows.Select(Open).ToList();
        return keys.Count == 0 ? keys : _keys.GetOrAdd(platformId, keys);
    }

    /// <summary>Makes the first key of a registration that is about to be asked for: an LMS may read it while it registers us.</summary>
    public async Task MakeAsync(Guid platformId, CancellationToken ct)
    {
        using var rsa = RSA.Create(2048);
        // Sealed before the transaction begins: sealing may itself write the first key of the Data Protection ring.
        var sealedKey = _protector.Protect(Convert.ToBase64String(rsa.ExportPkcs8PrivateKey()));
        await scopes.SendAsync(new KeepToolKey(platformId, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)), sealedKey), ct);
    }

    private SigningKey Open(Row row)
    {
        var rsa = RSA.Create();
        rsa.ImportPkcs8PrivateKey(Convert.FromBase64String(_protector.Unprotect(row.SealedKey)), out _);
        return new SigningKey(row.KeyId, rsa);
    }
}

internal sealed record KeepToolKey(Guid PlatformId, string KeyId, string SealedKey) : IWrite<bool>;

internal sealed class KeepToolKeyHandler(Work work, TimeProvider clock) : IRequestHandler<KeepToolKey, bool>
{
    public async Task<bool> Handle(KeepToolKey request, CancellationToken cancellationToken) => await work.Connection.ExecuteAsync(
        "INSERT INTO ToolKey (KeyId, PlatformId, SealedKey, CreatedAt) VALUES (@KeyId, @PlatformId, @SealedKey, @Now)",
        new { request.KeyId, request.PlatformId, request.SealedKey, Now = clock.GetUtcNow() },
        work.Transaction) == 1;
}

/// <summary>Forgets the key of a registration that did not come about.</summary>
internal sealed record DropToolKey(Guid PlatformId) : IWrite<int>;

internal sealed class DropToolKeyHandler(Work work) : IRequestHandler<DropToolKey, int>
{
    public Task<int> Handle(DropToolKey request, CancellationToken cancellationToken) => work.Connection.ExecuteAsync(
        "DELETE FROM ToolKey WHERE PlatformId = @PlatformId AND NOT EXISTS (SELECT 1 FROM Platform p WHERE p.PlatformId = ToolKey.PlatformId)", request, work.Transaction);
}
