using System.Security.Cryptography;
using Dapper;
using LtiMicroCred.Lti;
using LtiMicroCred.Storage;
using MediatR;
using Microsoft.AspNetCore.DataProtection;

namespace LtiMicroCred.Features.Keys;

/// <summary>The RSA keys that we sign with and publish. Made at first use, kept sealed in the database; a key id is never used twice.</summary>
internal sealed class ToolKeys(IServiceScopeFactory scopes) : IToolKeys, IDisposable
{
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
            return _keys ??= await scopes.SendAsync(new EnsureToolKey(), ct);
        }
        finally
        {
            _once.Release();
        }
    }
}

/// <summary>All tool keys, newest first; makes the first one where there is none.</summary>
internal sealed record EnsureToolKey : IWrite<IReadOnlyList<SigningKey>>;

internal sealed class EnsureToolKeyHandler(Work work, IDataProtectionProvider protection, TimeProvider clock) : IRequestHandler<EnsureToolKey, IReadOnlyList<SigningKey>>
{
    private readonly IDataProtector _protector = protection.CreateProtector("ToolKey");

    private sealed record Row
    {
        public required string KeyId { get; init; }
        public required string SealedKey { get; init; }
    }

    public async Task<IReadOnlyList<SigningKey>> Handle(EnsureToolKey request, CancellationToken cancellationToken)
    {
        var rows = (await work.Connection.QueryAsync<Row>("SELECT KeyId, SealedKey FROM ToolKey ORDER BY CreatedAt DESC", transaction: work.Transaction)).AsList();
        if (rows.Count == 0)
            rows.Add(await MakeAsync());
        return [.. rows.Select(Open)];
    }

    private async Task<Row> MakeAsync()
    {
        using var rsa = RSA.Create(2048);
        var row = new Row
        {
            KeyId = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)),
            SealedKey = _protector.Protect(Convert.ToBase64String(rsa.ExportPkcs8PrivateKey())),
        };
        await work.Connection.ExecuteAsync(
            "INSERT INTO ToolKey (KeyId, SealedKey, CreatedAt) VALUES (@KeyId, @SealedKey, @Now)",
            new { row.KeyId, row.SealedKey, Now = clock.GetUtcNow() },
            work.Transaction);
        return row;
    }

    private SigningKey Open(Row row)
    {
        var rsa = RSA.Create();
        rsa.ImportPkcs8PrivateKey(Convert.FromBase64String(_protector.Unprotect(row.SealedKey)), out _);
        return new SigningKey(row.KeyId, rsa);
    }
}
