using Dapper;
using LtiMicroCred.Lti;
using LtiMicroCred.Storage;
using MediatR;

namespace LtiMicroCred.Features.Published;

/// <summary>What an access token is good for.</summary>
internal sealed record AccessGrant
{
    public required Guid TenantId { get; init; }
    public required Guid ToolId { get; init; }
    public required string Scopes { get; init; }

    public bool Allows(string scope) => Scopes.Split(' ').Contains(scope, StringComparer.Ordinal);
}

/// <summary>Keeps a token for a tool that has proved itself; its hash only. The outcome is the token, or null where the assertion was used before.</summary>
internal sealed record GrantToken(Guid TenantId, ValidTokenRequest Request) : IWrite<string?>
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);
}

internal sealed class GrantTokenHandler(Work work, TimeProvider clock) : IRequestHandler<GrantToken, string?>
{
    public async Task<string?> Handle(GrantToken request, CancellationToken cancellationToken)
    {
        var (use, now) = (request.Request.Assertion, clock.GetUtcNow());
        // Of two that come at once one waits for the key, fails, and runs again from here.
        if (await work.Connection.ExecuteScalarAsync<int>("SELECT COUNT(*) FROM UsedNonce WHERE NonceHash = @Hash", new { use.Hash }, work.Transaction) > 0)
            return null;
        await work.Connection.ExecuteAsync("INSERT INTO UsedNonce (NonceHash, ExpiresAt) VALUES (@Hash, @Expires)", new { use.Hash, use.Expires }, work.Transaction);
        var token = Secrets.New();
        await work.Connection.ExecuteAsync(
            "INSERT INTO PublishedToken (TokenHash, TenantId, ToolId, Scopes, ExpiresAt) VALUES (@TokenHash, @TenantId, @ToolId, @Scopes, @ExpiresAt)",
            new { TokenHash = Secrets.Hash(token), request.TenantId, ToolId = request.Request.Tool.Id, Scopes = string.Join(' ', request.Request.Scopes), ExpiresAt = now + GrantToken.Lifetime },
            work.Transaction);
        return token;
    }
}

internal sealed class AccessGrants(Database database, TimeProvider clock)
{
    private const string Scheme = "Bearer ";

    /// <summary>Null for a token that is none of this institution's, or is over.</summary>
    public async Task<AccessGrant?> FindAsync(Guid tenantId, string? authorization, CancellationToken ct)
    {
        // RFC 9110 11.1: the scheme's letters may be large or small.
        if (authorization is null || !authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) || authorization[Scheme.Length..].Trim() is not { Length: 43 } token)
            return null;
        await using var connection = await database.OpenAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<AccessGrant>(
            "SELECT TenantId, ToolId, Scopes FROM PublishedToken WHERE TokenHash = @Hash AND TenantId = @tenantId AND ExpiresAt > @Now",
            new { Hash = Secrets.Hash(token), tenantId, Now = clock.GetUtcNow() });
    }
}
