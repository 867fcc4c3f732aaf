using Dapper;
using LtiMicroCred.Features.Keys;
using LtiMicroCred.Lti;
using LtiMicroCred.Storage;
using MediatR;

namespace LtiMicroCred.Features.Platforms;

internal enum Registration
{
    Done,
    LinkNotGood,
    AlreadyRegistered,
}

/// <summary>
/// Registers one LMS by a one-time link (Dynamic Registration 1.0). The link is claimed before the LMS is asked, released if it refuses, spent with the platform's row.
/// A registration that is already here is never changed.
/// </summary>
internal sealed partial class RegisterPlatform(IServiceScopeFactory scopes, DynamicRegistration registration, ToolKeys keys, Settings settings, ILogger<RegisterPlatform> log)
{
    public Task<InviteState?> FindInviteAsync(string token, CancellationToken ct) => scopes.SendAsync(new FindInvite(Secrets.Hash(token)), ct);

    /// <exception cref="RegistrationException">The LMS refused, or its answers cannot be used; the link stays good.</exception>
    public async Task<Registration> RunAsync(string token, PlatformConfiguration configuration, string? registrationToken, CancellationToken ct)
    {
        // The only algorithm that every platform must offer, and the one that we take (Security Framework 5.1.1.2 and 6.1).
        if (!configuration.Algorithms.Contains("RS256", StringComparer.Ordinal))
            throw new RegistrationException(RegistrationFailure.BadConfiguration, "the platform's configuration does not offer RS256 for its id_tokens");
        var hash = Secrets.Hash(token);
        if (!await scopes.SendAsync(new ClaimInvite(hash), ct))
            return Registration.LinkNotGood;
        var platformId = Guid.CreateVersion7();
        try
        {
            await keys.MakeAsync(platformId, ct);
            // From here on nobody's closing of a window may part what the LMS has from what we have.
            var registered = await registration.RegisterAsync(configuration, registrationToken, Describe(settings, platformId), CancellationToken.None);
            var outcome = await scopes.SendAsync(new StorePlatform(platformId, hash, registered), CancellationToken.None);
            if (outcome == Registration.Done)
                Log.Registered(log, configuration.Issuer, registered.ClientId);
            else
                await ReleaseAsync(platformId, hash);
            return outcome;
        }
        catch
        {
            await ReleaseAsync(platformId, hash);
            throw;
        }
    }

    private async Task ReleaseAsync(Guid platformId, string hash)
    {
        await scopes.SendAsync(new ReleaseInvite(hash), CancellationToken.None);
        await scopes.SendAsync(new DropToolKey(platformId), CancellationToken.None);
    }

    /// <summary>What we tell an LMS about ourselves. The keys' address is the registration's own.</summary>
    public static ToolRegistration Describe(Settings settings, Guid platformId) => new()
    {
        ClientName = "LtiMicroCred",
        Description = "Turns a pass in your course into a micro-credential that lasts.",
        LaunchUri = new Uri(settings.PublicBase + "/lti/launch"),
        LoginUri = new Uri(settings.PublicBase + "/lti/login"),
        JwksUri = new Uri($"{settings.PublicBase}/lti/jwks/{platformId:D}"),
        Scopes =
        [
            "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem",
            "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly",
            "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly",
            "https://purl.imsglobal.org/spec/lti-ags/scope/score",
            "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly",
        ],
        CustomParameters = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["context_history"] = "$Context.id.history",
            ["resource_link_history"] = "$ResourceLink.id.history",
        },
    };

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Registered platform {Issuer} as client {ClientId}")]
        public static partial void Registered(ILogger log, string issuer, string clientId);
    }

    private sealed record FindInvite(string TokenHash) : IRequest<InviteState?>;

    private sealed class FindInviteHandler(Database database, TimeProvider clock) : IRequestHandler<FindInvite, InviteState?>
    {
        public async Task<InviteState?> Handle(FindInvite request, CancellationToken cancellationToken)
        {
            await using var connection = await database.OpenAsync(cancellationToken);
            return await connection.QuerySingleOrDefaultAsync<InviteState>(
                """
                SELECT t.Name AS TenantName, i.ExpiresAt FROM PlatformInvite i JOIN Tenant t ON t.TenantId = i.TenantId
                WHERE i.TokenHash = @TokenHash AND i.SpentAt IS NULL AND i.ExpiresAt > @Now
                """,
                new { request.TokenHash, Now = clock.GetUtcNow() });
        }
    }

    private sealed record ClaimInvite(string TokenHash) : IWrite<bool>;

    // A claim whose process died is open again after five minutes.
    private sealed class ClaimInviteHandler(Work work, TimeProvider clock) : IRequestHandler<ClaimInvite, bool>
    {
        public async Task<bool> Handle(ClaimInvite request, CancellationToken cancellationToken) => await work.Connection.ExecuteAsync(
            """
            UPDATE PlatformInvite SET ClaimedAt = @Now
            WHERE TokenHash = @TokenHash AND SpentAt IS NULL AND ExpiresAt > @Now AND (ClaimedAt IS NULL OR ClaimedAt < @Stale)
            """,
            new { request.TokenHash, Now = clock.GetUtcNow(), Stale = clock.GetUtcNow() - TimeSpan.FromMinutes(5) },
            work.Transaction) == 1;
    }

    private sealed record ReleaseInvite(string TokenHash) : IWrite<bool>;

    private sealed class ReleaseInviteHandler(Work work) : IRequestHandler<ReleaseInvite, bool>
    {
        public async Task<bool> Handle(ReleaseInvite request, CancellationToken cancellationToken) => await work.Connection.ExecuteAsync(
            "UPDATE PlatformInvite SET ClaimedAt = NULL WHERE TokenHash = @TokenHash AND SpentAt IS NULL", request, work.Transaction) == 1;
    }

    private sealed record StorePlatform(Guid PlatformId, string TokenHash, RegisteredTool Tool) : IWrite<Registration>;

    private sealed class StorePlatformHandler(Work work, TimeProvider clock) : IRequestHandler<StorePlatform, Registration>
    {
        public async Task<Registration> Handle(StorePlatform request, CancellationToken cancellationToken)
        {
            var (tool, configuration) = (request.Tool, request.Tool.Platform);
            var now = clock.GetUtcNow();
            var tenantId = await work.Connection.QuerySingleAsync<Guid>("SELECT TenantId FROM PlatformInvite WHERE TokenHash = @TokenHash", request, work.Transaction);
            var platformId = request.PlatformId;
            // Spent first: whoever took so long that the link's claim ran out finds it spent by another.
            var spent = await work.Connection.ExecuteAsync("UPDATE PlatformInvite SET SpentAt = @now WHERE TokenHash = @TokenHash AND SpentAt IS NULL", new { now, request.TokenHash }, work.Transaction);
            if (spent == 0)
                return Registration.LinkNotGood;
            var stored = await work.Connection.ExecuteAsync(
                """
                INSERT INTO Platform (PlatformId, TenantId, Issuer, ClientId, AuthorizationEndpoint, TokenEndpoint, JwksUri, AuthorizationServer, ProductFamily, ProductVersion, CreatedAt)
                SELECT @platformId, @tenantId, @Issuer, @ClientId, @Authorization, @Token, @Jwks, @Server, @Family, @Version, @now
                WHERE NOT EXISTS (SELECT 1 FROM Platform WHERE Issuer = @Issuer AND ClientId = @ClientId)
                """,
                new
                {
                    platformId,
                    tenantId,
                    configuration.Issuer,
                    tool.ClientId,
                    Authorization = configuration.AuthorizationEndpoint.AbsoluteUri,
                    Token = configuration.TokenEndpoint.AbsoluteUri,
                    Jwks = configuration.JwksUri.AbsoluteUri,
                    Server = configuration.AuthorizationServer,
                    Family = Bound(configuration.ProductFamilyCode),
                    Version = Bound(configuration.Version),
                    now,
                },
                work.Transaction);
            if (stored == 0)
            {
                await work.Connection.ExecuteAsync("UPDATE PlatformInvite SET SpentAt = NULL WHERE TokenHash = @TokenHash", request, work.Transaction);
                return Registration.AlreadyRegistered;
            }

            if (tool.DeploymentId is not null)
                await ApproveOwnDeploymentAsync(platformId, tenantId, tool.DeploymentId, now);
            return Registration.Done;
        }

        // Moodle names the deployment in the registration's answer: it is approved with it.
        private Task ApproveOwnDeploymentAsync(Guid platformId, Guid tenantId, string deploymentId, DateTimeOffset now) => work.Connection.ExecuteAsync(
            """
            INSERT INTO Deployment (DeploymentKey, PlatformId, DeploymentId, TenantId, ApprovedAt, FirstSeenAt, TurnedAway)
            VALUES (@Key, @platformId, @deploymentId, @tenantId, @now, @now, 0)
            """,
            new { Key = Guid.CreateVersion7(), platformId, deploymentId, tenantId, now },
            work.Transaction);

        private static string? Bound(string? text) => text is { Length: > 100 } ? text[..100] : text;
    }
}

/// <summary>A registration link that is still good.</summary>
internal sealed record InviteState
{
    public required string TenantName { get; init; }
    public required DateTimeOffset ExpiresAt { get; init; }
}
