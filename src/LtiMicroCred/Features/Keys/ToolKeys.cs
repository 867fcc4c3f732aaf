using System.Security.Cryptography;
using Dapper;
using LtiMicroCred.Lti;
using LtiMicroCred.Storage;
using MediatR;
using Microsoft.AspNetCore.DataProtection;

namespace LtiMicroCred.Features.Keys;

/// <summary>The RSA keys that we sign with and publish. The first is made at the first start, kept sealed in the database; a key id is never used twice.</summary>
internal sealed class ToolKeys(Database database, IDataProtectionProvider protection, IServiceScopeFactory scopes) : IToolKeys, IDisposable
{
    private readonly IDataProtector _protector = protection.CreateProtector("ToolKey");
    private readonly SemaphoreSlim _once = new(1, 1);
    private IReadOnlyList<SigningKey>? _keys;

    public void Dispose() => _once.Dispose();

    /// <summary>The newest key.</summary>
    public async Task<SigningKey> CurrentAsync(CancellationToken ct) => (await PublishedAsync(ct))[0];

    public async Task<IReadOnlyList<SigningKey>> PublishedAsync(CancellationToken ct)
    {
        if (_keys is { } known)
            return known;
        await _once.WaitAsync(ct);
        try
        {
            return _keys ??= await ReadAsync(ct) is { Count: > 0 } kept ? kept : await MakeAsync(ct);
        }
        finally
        {
            _once.Release();
        }
    }

    private async Task<IReadOnlyList<SigningKey>> ReadAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return [.. (await connection.QueryAsync<SealedToolKey>("SELECT KeyId, SealedKey FROM ToolKey ORDER BY CreatedAt DESC, KeyId")).Select(Open)];
    }

    // Sealed before the transaction begins: sealing may itself write the first key of the Data Protection ring.
    private async Task<IReadOnlyList<SigningKey>> MakeAsync(CancellationToken ct)
    {
        using var rsa = RSA.Create(2048);
        var made = new SealedToolKey
        {
            KeyId = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)),
            SealedKey = _protector.Protect(Convert.ToBase64String(rsa.ExportPkcs8PrivateKey())),
        };
        await scopes.SendAsync(new KeepFirstToolKey(made), ct);
        return await ReadAsync(ct);
    }

    private SigningKey Open(SealedToolKey row)
    {
        var rsa = RSA.Create();
        rsa.ImportPkcs8PrivateKey(Convert.FromBase64String(_protector.Unprotect(row.SealedKey)), out _);
        return new SigningKey(row.KeyId, rsa);
    }
}

internal sealed record SealedToolKey
{
    public required string KeyId { get; init; }
    public required string SealedKey { get; init; }
}

/// <summary>Keeps the first key, unless another process was quicker.</summary>
internal sealed record KeepFirstToolKey(SealedToolKey Key) : IWrite<bool>;

internal sealed class KeepFirstToolKeyHandler(Work work, TimeProvider clock) : IRequestHandler<KeepFirstToolKey, bool>
{
    public async Task<bool> Handle(KeepFirstToolKey request, CancellationToken cancellationToken) => await work.Connection.ExecuteAsync(
        "INSERT INTO ToolKey (KeyId, SealedKey, CreatedAt) SELECT @KeyId, @SealedKey, @Now WHERE NOT EXISTS (SELECT 1 FROM ToolKey)",
        new { request.Key.KeyId, request.Key.SealedKey, Now = clock.GetUtcNow() },
        work.Transaction) == 1;
}
