using System.Collections.Concurrent;
using Dapper;
using LtiMicroCred.Lti;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Features.Platforms;

/// <summary>
/// The registered platforms and their approved deployments, as the LTI runtime asks for them at every login and launch.
/// Found ones are remembered for half a minute, so a change takes that long to reach every node; what is not found is asked for again.
/// </summary>
internal sealed class PlatformDirectory(Database database, IServiceScopeFactory scopes, TimeProvider clock) : IPlatforms
{
    private const string Columns = "PlatformId AS Id, Issuer, ClientId, AuthorizationEndpoint, TokenEndpoint, JwksUri, AuthorizationServer, Algorithms, Anonymous";
    private const int MostNoted = 10_000;
    private static readonly TimeSpan s_remembered = TimeSpan.FromSeconds(30), s_notedAgain = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<(string Issuer, string ClientId), Remembered> _byClient = new();
    private readonly ConcurrentDictionary<Guid, Remembered> _byId = new();
    private readonly ConcurrentDictionary<(Guid PlatformId, string DeploymentId), DateTimeOffset> _approved = new();
    private readonly ConcurrentDictionary<(Guid PlatformId, string DeploymentId), Noted> _noted = new();

    private sealed record Remembered(Platform Platform, DateTimeOffset Until);

    /// <param name="Until">Nothing is written before.</param>
    /// <param name="Waiting">Launches since the last writing.</param>
    private sealed record Noted(DateTimeOffset Until, int Waiting)
    {
        public int Write { get; init; } = 1;
    }

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
        public required bool Anonymous { get; init; }
    }

    /// <inheritdoc/>
    public async Task<Platform?> FindAsync(string issuer, string? clientId, CancellationToken ct)
    {
        if (clientId is not null && _byClient.TryGetValue((issuer, clientId), out var known) && known.Until > clock.GetUtcNow())
            return known.Platform;
        await using var connection = await database.OpenAsync(ct);
        var rows = await connection.QueryAsync<Row>(
            $"SELECT {Columns} FROM Platform WHERE Issuer = @issuer AND (@clientId IS NULL OR ClientId = @clientId)",
            new { issuer, clientId });
        return rows.AsList() is [var only] ? Remember(only) : null;
    }

    public async Task<Platform?> FindAsync(Guid id, CancellationToken ct)
    {
        if (_byId.TryGetValue(id, out var known) && known.Until > clock.GetUtcNow())
            return known.Platform;
        await using var connection = await database.OpenAsync(ct);
        var row = await connection.QuerySingleOrDefaultAsync<Row>($"SELECT {Columns} FROM Platform WHERE PlatformId = @id", new { id });
        return row is null ? null : Remember(row);
    }

    /// <summary>An unknown deployment leaves one bounded pending row for an operator to see, and nothing about anyone.</summary>
    public async Task<bool> IsApprovedAsync(Platform platform, string deploymentId, CancellationToken ct)
    {
        if (_approved.TryGetValue((platform.Id, deploymentId), out var until) && until > clock.GetUtcNow())
            return true;
        await using (var connection = await database.OpenAsync(ct))
        {
            var approved = await connection.ExecuteScalarAsync<int>(
                "SELECT COUNT(*) FROM Deployment WHERE PlatformId = @Id AND DeploymentId = @deploymentId AND ApprovedAt IS NOT NULL",
                new { platform.Id, deploymentId });
            if (approved > 0)
            {
                _approved[(platform.Id, deploymentId)] = clock.GetUtcNow() + s_remembered;
                return true;
            }
        }

        await NoteAsync((platform.Id, deploymentId), ct);
        return false;
    }

    // The same launch can be sent again and again before its nonce is looked at: what comes within a second is written down with the next.
    private async Task NoteAsync((Guid PlatformId, string DeploymentId) unknown, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        if (_noted.Count >= MostNoted)
            _noted.Clear();
        var noted = _noted.AddOrUpdate(unknown, _ => new Noted(now + s_notedAgain, 0), (_, n) => n.Until > now ? n with { Waiting = n.Waiting + 1 } : new Noted(now + s_notedAgain, 0) { Write = n.Waiting + 1 });
        if (noted.Waiting == 0)
            await scopes.SendAsync(new NoteUnknownDeployment(unknown.PlatformId, unknown.DeploymentId, noted.Write), ct);
    }

    /// <summary>For changes of registrations or deployments that this node makes itself: it sees them at once.</summary>
    public void Forget()
    {
        _byClient.Clear();
        _byId.Clear();
        _approved.Clear();
        _noted.Clear();
    }

    private Platform Remember(Row row)
    {
        var platform = new Platform
        {
            Id = row.Id,
            Issuer = row.Issuer,
            ClientId = row.ClientId,
            AuthorizationEndpoint = new Uri(row.AuthorizationEndpoint),
            TokenEndpoint = new Uri(row.TokenEndpoint),
            JwksUri = new Uri(row.JwksUri),
            AuthorizationServer = row.AuthorizationServer,
            Algorithms = SignatureAlgorithms.FromText(row.Algorithms),
            AllowsAnonymous = row.Anonymous,
        };
        var remembered = new Remembered(platform, clock.GetUtcNow() + s_remembered);
        _byClient[(platform.Issuer, platform.ClientId)] = remembered;
        _byId[platform.Id] = remembered;
        return platform;
    }
}
