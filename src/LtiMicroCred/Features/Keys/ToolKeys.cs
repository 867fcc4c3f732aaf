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
/// What we sign as the platform of published activities has a set for each institution, under the institution's id.
/// Kept sealed in the database; a key id is never used twice. What another node or a command changed is seen within <see cref="Fresh"/>.
/// </summary>
internal sealed class ToolKeys(Database database, IDataProtectionProvider protection, IServiceScopeFactory scopes, TimeProvider clock) : IToolKeys
{
    /// <summary>How old what we know of a registration's keys may be; far less than a new key waits before it signs.</summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromSeconds(30);

    private readonly IDataProtector _protector = protection.CreateProtector("ToolKey");
    private readonly ConcurrentDictionary<Guid, Known> _known = new();

    private sealed record Known(DateTimeOffset ReadAt, IReadOnlyList<OpenedKey> Keys);

    private sealed record OpenedKey(KeyTimes Times, SigningKey Key);

    private sealed record Row
    {
        public required string KeyId { get; init; }
        public required string SealedKey { get; init; }
        public required DateTimeOffset SignsFrom { get; init; }
        public DateTimeOffset? PublishedUntil { get; init; }
    }

    /// <summary>The key that signs now.</summary>
    public Task<SigningKey> CurrentAsync(Platform platform, CancellationToken cancellationToken) => CurrentAsync(platform.Id, cancellationToken);

    /// <summary>The key that signs now, of a registration or of an institution as a platform.</summary>
    public async Task<SigningKey> CurrentAsync(Guid owner, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var keys = await ReadAsync(owner, ct);
        return keys.FirstOrDefault(k => k.Times.MaySign(now))?.Key ?? throw new InvalidOperationException($"registration {owner} has no key");
    }

    /// <summary>All keys of a registration that platforms may meet, newest first; none for an id that is no registration.</summary>
    public async Task<IReadOnlyList<SigningKey>> PublishedAsync(Guid platformId, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        return [.. (await ReadAsync(platformId, ct)).Where(k => k.Times.IsPublished(now)).Select(k => k.Key)];
    }

    /// <summary>Makes the first key of a registration that is about to be told of: an LMS may read it before it answers. Does nothing where there is one.</summary>
    public async Task EnsureAsync(Guid platformId, CancellationToken ct)
    {
        if ((await PublishedAsync(platformId, ct)).Count == 0)
            await scopes.SendAsync(new KeepFirstToolKey(New(platformId)), ct);
    }

    /// <summary>A key that nobody has seen yet.</summary>
    public NewToolKey New(Guid platformId)
    {
        using var rsa = RSA.Create(2048);
        // Sealed before any transaction begins: sealing may itself write the first key of the Data Protection ring.
        return new NewToolKey(platformId, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)), _protector.Protect(Convert.ToBase64String(rsa.ExportPkcs8PrivateKey())));
    }

    private async Task<IReadOnlyList<OpenedKey>> ReadAsync(Guid platformId, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        if (_known.TryGetValue(platformId, out var known) && now - known.ReadAt < Fresh && now >= known.ReadAt)
            return known.Keys;
        await using var connection = await database.OpenAsync(ct);
        var rows = await connection.QueryAsync<Row>(
            """
            SELECT KeyId, SealedKey, COALESCE(SignsFrom, CreatedAt) AS SignsFrom, PublishedUntil FROM ToolKey
            WHERE PlatformId = @platformId AND (PublishedUntil IS NULL OR PublishedUntil > @now) AND SealedKey <> ''
            ORDER BY COALESCE(SignsFrom, CreatedAt) DESC, KeyId
            """,
            new { platformId, now });
        var opened = rows.Select(row => new OpenedKey(new KeyTimes(row.SignsFrom, row.PublishedUntil), Reuse(known, row.KeyId) ?? Open(row))).ToList();
        if (opened.Count > 0)
            _known[platformId] = new Known(now, opened);
        return opened;
    }

    private static SigningKey? Reuse(Known? known, string keyId) => known?.Keys.FirstOrDefault(k => k.Key.KeyId == keyId)?.Key;

    private SigningKey Open(Row row)
    {
        var rsa = RSA.Create();
        rsa.ImportPkcs8PrivateKey(Convert.FromBase64String(_protector.Unprotect(row.SealedKey)), out _);
        return new SigningKey(row.KeyId, rsa);
    }
}

/// <summary>A fresh key, its private half sealed.</summary>
internal sealed record NewToolKey(Guid PlatformId, string KeyId, string SealedKey);

/// <summary>False where the registration has a key already.</summary>
internal sealed record KeepFirstToolKey(NewToolKey Key) : IWrite<bool>;

internal sealed class KeepFirstToolKeyHandler(Work work, TimeProvider clock) : IRequestHandler<KeepFirstToolKey, bool>
{
    public async Task<bool> Handle(KeepFirstToolKey request, CancellationToken cancellationToken) => await work.Connection.ExecuteAsync(
        """
        INSERT INTO ToolKey (KeyId, PlatformId, SealedKey, CreatedAt)
        SELECT @KeyId, @PlatformId, @SealedKey, @Now WHERE NOT EXISTS (SELECT 1 FROM ToolKey WHERE PlatformId = @PlatformId)
        """,
        new { request.Key.KeyId, request.Key.PlatformId, request.Key.SealedKey, Now = clock.GetUtcNow() },
        work.Transaction) == 1;
}
