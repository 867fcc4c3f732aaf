using Dapper;
using LtiMicroCred.Features.Tenants;
using LtiMicroCred.Storage;
using MediatR;

namespace LtiMicroCred.Features.Ledgers;

/// <summary>An auditor's key as operators see it; what it says is shown once, when it is made.</summary>
internal sealed record AuditorKey
{
    public required Guid AuditorKeyId { get; init; }
    public required string Tenant { get; init; }
    public required string Name { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? RevokedAt { get; init; }
}

/// <summary>Who may read the entries of an institution's log.</summary>
internal sealed class AuditorKeys(Database database)
{
    private const string Scheme = "Bearer ";

    /// <summary>Null unless the header holds a key of that institution that was not taken back.</summary>
    public async Task<Guid?> FindAsync(Guid tenantId, string authorization, CancellationToken ct)
    {
        if (!authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return null;
        await using var connection = await database.OpenAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<Guid?>(
            "SELECT AuditorKeyId FROM AuditorKey WHERE TokenHash = @Hash AND TenantId = @tenantId AND RevokedAt IS NULL",
            new { Hash = Secrets.Hash(authorization[Scheme.Length..].Trim()), tenantId });
    }

    public async Task<IReadOnlyList<AuditorKey>> AllAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return (await connection.QueryAsync<AuditorKey>(
            "SELECT k.AuditorKeyId, t.Name AS Tenant, k.Name, k.CreatedAt, k.RevokedAt FROM AuditorKey k JOIN Tenant t ON t.TenantId = k.TenantId ORDER BY t.Name, k.CreatedAt")).AsList();
    }
}

/// <summary>The outcome is the key, which is shown this once.</summary>
internal sealed record MakeAuditorKey(string? TenantName, string Name) : IWrite<string>;

internal sealed class MakeAuditorKeyHandler(Work work, TimeProvider clock) : IRequestHandler<MakeAuditorKey, string>
{
    public async Task<string> Handle(MakeAuditorKey request, CancellationToken cancellationToken)
    {
        var tenant = await TenantDirectory.FindAsync(request.TenantName, work);
        var secret = Secrets.New();
        await work.Connection.ExecuteAsync(
            "INSERT INTO AuditorKey (AuditorKeyId, TenantId, Name, TokenHash, CreatedAt) VALUES (@Id, @TenantId, @Name, @Hash, @Now)",
            new { Id = Guid.CreateVersion7(), tenant.TenantId, request.Name, Hash = Secrets.Hash(secret), Now = clock.GetUtcNow() },
            work.Transaction);
        return secret;
    }
}

/// <summary>False where there is no such key, or it was taken back before.</summary>
internal sealed record RevokeAuditorKey(Guid AuditorKeyId) : IWrite<bool>;

internal sealed class RevokeAuditorKeyHandler(Work work, TimeProvider clock) : IRequestHandler<RevokeAuditorKey, bool>
{
    public async Task<bool> Handle(RevokeAuditorKey request, CancellationToken cancellationToken) => await work.Connection.ExecuteAsync(
        "UPDATE AuditorKey SET RevokedAt = @Now WHERE AuditorKeyId = @AuditorKeyId AND RevokedAt IS NULL", new { request.AuditorKeyId, Now = clock.GetUtcNow() }, work.Transaction) == 1;
}
