using Dapper;
using LtiMicroCred.Lti;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Features.Platforms;

/// <summary>The registered platforms and their approved deployments, as the LTI runtime asks for them.</summary>
internal sealed class PlatformDirectory(Database database, IServiceScopeFactory scopes) : IPlatforms
{
    private const string Columns = "PlatformId AS Id, Issuer, ClientId, AuthorizationEndpoint, TokenEndpoint, JwksUri, AuthorizationServer, Algorithms";

    private sealed record Row
    {
        public required Guid Id { get; init; }
        public required string Issuer { get; init; }
        public required string ClientId { get; init; }
        public required string AuthorizationEndpoint { get; init; }
        public required string TokenEndpoint { get; init; }
        public required string JwksUri { get; init; }
        public string? AuthorizationServer { get; init; }
        public required string Algorithms { get; init; }
    }

    /// <inheritdoc/>
    public async Task<Platform?> FindAsync(string issuer, string? clientId, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        var rows = await connection.QueryAsync<Row>(
            $"SELECT {Columns} FROM Platform WHERE Issuer = @issuer AND (@clientId IS NULL OR ClientId = @clientId)",
            new { issuer, clientId });
        return rows.AsList() is [var only] ? ToPlatform(only) : null;
    }

    public async Task<Platform?> FindAsync(Guid id, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        var row = await connection.QuerySingleOrDefaultAsync<Row>($"SELECT {Columns} FROM Platform WHERE PlatformId = @id", new { id });
        return row is null ? null : ToPlatform(row);
    }

    /// <summary>An unknown deployment leaves one bounded pending row for an operator to see, and nothing about anyone.</summary>
    public async Task<bool> IsApprovedAsync(Platform platform, string deploymentId, CancellationToken ct)
    {
        await using (var connection = await database.OpenAsync(ct))
        {
            var approved = await connection.ExecuteScalarAsync<int>(
                "SELECT COUNT(*) FROM Deployment WHERE PlatformId = @Id AND DeploymentId = @deploymentId AND ApprovedAt IS NOT NULL",
                new { platform.Id, deploymentId });
            if (approved > 0)
                return true;
        }

        await scopes.SendAsync(new NoteUnknownDeployment(platform.Id, deploymentId), ct);
        return false;
    }

    private static Platform ToPlatform(Row row) => new()
    {
        Id = row.Id,
        Issuer = row.Issuer,
        ClientId = row.ClientId,
        AuthorizationEndpoint = new Uri(row.AuthorizationEndpoint),
        TokenEndpoint = new Uri(row.TokenEndpoint),
        JwksUri = new Uri(row.JwksUri),
        AuthorizationServer = row.AuthorizationServer,
        Algorithms = SignatureAlgorithms.FromText(row.Algorithms),
    };
}
