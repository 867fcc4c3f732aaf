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

    /// <summary>Somebody typed an issuer that another institution has registered.</summary>
    IssuerOfAnother,
}

/// <summary>What came of a link.</summary>
/// <param name="Lacking">Of a registration that is done: what the LMS left out.</param>
internal sealed record RegistrationEnd(Registration Outcome, IReadOnlyList<Lacking> Lacking)
{
    public static implicit operator RegistrationEnd(Registration outcome) => new(outcome, []);
}

/// <summary>
/// Registers one LMS by a one-time link (Dynamic Registration 1.0). The link is claimed before the LMS is asked, released if it refuses, spent with the platform's row.
/// A registration that is already here is never changed.
/// </summary>
internal sealed partial class RegisterPlatform(IServiceScopeFactory scopes, DynamicRegistration registration, ToolKeys keys, Settings settings, ILogger<RegisterPlatform> log)
{
    public async Task<InviteState?> FindInviteAsync(string token, CancellationToken ct)
    {
        var hash = Secrets.Hash(token);
        var invite = await scopes.SendAsync(new FindInvite(hash), ct);
        if (invite is not { PlatformId: var reserved } || reserved != Guid.Empty)
            return invite;
        // A link from before registrations had their ids from the start.
        await scopes.SendAsync(new ReserveId(hash), ct);
        return await scopes.SendAsync(new FindInvite(hash), ct);
    }

    /// <exception cref="RegistrationException">The LMS refused, or its answers cannot be used; the link stays good.</exception>
    public async Task<RegistrationEnd> RunAsync(string token, PlatformConfiguration configuration, string? registrationToken, CancellationToken ct)
    {
        if (SignatureAlgorithms.Among(configuration.Algorithms).Count == 0)
            throw new RegistrationException(RegistrationFailure.BadConfiguration, $"the platform's configuration offers none of {SignatureAlgorithms.ToText(SignatureAlgorithms.All)} for its id_tokens");
        var hash = Secrets.Hash(token);
        if (await FindInviteAsync(token, ct) is not { } invite || !await scopes.SendAsync(new ClaimInvite(hash), ct))
            return Registration.LinkNotGood;
        var platformId = invite.PlatformId;
        try
        {
            await keys.EnsureAsync(platformId, ct);
            // From here on nobody's closing of a window may part what the LMS has from what we have.
            var registered = await registration.RegisterAsync(configuration, registrationToken, Describe(settings, platformId), CancellationToken.None);
            var outcome = await scopes.SendAsync(new StorePlatform(platformId, hash, PlatformFacts.Of(registered)), CancellationToken.None);
            if (outcome == Registration.Done)
                Log.Registered(log, configuration.Issuer, registered.ClientId);
            else
                await scopes.SendAsync(new ReleaseInvite(hash), CancellationToken.None);
            return new RegistrationEnd(outcome, LackingFeatures.Of(registered));
        }
        catch
        {
            await scopes.SendAsync(new ReleaseInvite(hash), CancellationToken.None);
            throw;
        }
    }

    /// <summary>Registers what a person typed. A second post finds the link spent.</summary>
    public async Task<RegistrationEnd> RunByHandAsync(string token, PlatformFacts facts, CancellationToken ct)
    {
        if (await FindInviteAsync(token, ct) is not { } invite)
            return Registration.LinkNotGood;
        await keys.EnsureAsync(invite.PlatformId, ct);
        var outcome = await scopes.SendAsync(new StorePlatform(invite.PlatformId, Secrets.Hash(token), facts), ct);
        if (outcome == Registration.Done)
            Log.Registered(log, facts.Issuer, facts.ClientId);
        return outcome;
    }

    public const string ToolName = "LtiMicroCred";
    public const string ToolDescription = "Turns a pass in your course into a micro-credential that lasts.";

    public static IReadOnlyList<string> Scopes { get; } =
    [
        LtiScopes.LineItem,
        LtiScopes.LineItemReadOnly,
        LtiScopes.ResultReadOnly,
        LtiScopes.Score,
        LtiScopes.Memberships,
        LtiScopes.NoticeHandlers,
    ];

    public static IReadOnlyDictionary<string, string> CustomParameters { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        [Activities.ActivityDirectory.CourseHistoryParameter] = "$Context.id.history",
        [Activities.ActivityDirectory.HistoryParameter] = "$ResourceLink.id.history",
    };

    /// <summary>What we tell an LMS about ourselves. The keys' address is the registration's own.</summary>
    public static ToolRegistration Describe(Settings settings, Guid platformId)
    {
        var addresses = ToolAddresses.Of(settings.PublicUrl);
        return new ToolRegistration
        {
            ClientName = ToolName,
            Description = ToolDescription,
            LaunchUri = new Uri(addresses.Launch),
            LoginUri = new Uri(addresses.Login),
            JwksUri = new Uri(ToolAddresses.JwksOf(settings.PublicUrl, platformId)),
            LogoUri = new Uri(addresses.Icon),
            Scopes = Scopes,
            CustomParameters = CustomParameters,
            Messages = [ToolMessage.ResourceLink, ToolMessage.DeepLinking, ToolMessage.SubmissionReview, ToolMessage.CourseNavigation],
        };
    }

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
                SELECT t.Name AS TenantName, i.ExpiresAt, COALESCE(i.PlatformId, '00000000-0000-0000-0000-000000000000') AS PlatformId FROM PlatformInvite i JOIN Tenant t ON t.TenantId = i.TenantId
                WHERE i.TokenHash = @TokenHash AND i.SpentAt IS NULL AND i.ExpiresAt > @Now
                """,
                new { request.TokenHash, Now = clock.GetUtcNow() });
        }
    }

    private sealed record ReserveId(string TokenHash) : IWrite<bool>;

    private sealed class ReserveIdHandler(Work work) : IRequestHandler<ReserveId, bool>
    {
        public async Task<bool> Handle(ReserveId request, CancellationToken cancellationToken) => await work.Connection.ExecuteAsync(
            "UPDATE PlatformInvite SET PlatformId = @Id WHERE TokenHash = @TokenHash AND PlatformId IS NULL", new { Id = Guid.CreateVersion7(), request.TokenHash }, work.Transaction) == 1;
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

    private sealed record StorePlatform(Guid PlatformId, string TokenHash, PlatformFacts Facts) : IWrite<Registration>;

    private sealed class StorePlatformHandler(Work work, TimeProvider clock) : IRequestHandler<StorePlatform, Registration>
    {
        public async Task<Registration> Handle(StorePlatform request, CancellationToken cancellationToken)
        {
            var now = clock.GetUtcNow();
            // Spent first: whoever took so long that the link's claim ran out finds it spent by another.
            var spent = await work.Connection.ExecuteAsync("UPDATE PlatformInvite SET SpentAt = @now WHERE TokenHash = @TokenHash AND SpentAt IS NULL", new { now, request.TokenHash }, work.Transaction);
            if (spent == 0)
                return Registration.LinkNotGood;
            var tenantId = await work.Connection.QuerySingleAsync<Guid>("SELECT TenantId FROM PlatformInvite WHERE TokenHash = @TokenHash", new { request.TokenHash }, work.Transaction);
            // What an LMS says of itself was checked against its host; what a person typed is theirs to claim, as long as it takes nothing from anybody.
            var typed = request.Facts.ByHand;
            var outcome = typed && !Lms.IsShared(request.Facts) && await IsOfAnotherAsync(request.Facts.Issuer, tenantId) ? Registration.IssuerOfAnother
                : await request.Facts.InsertAsync(work, request.PlatformId, tenantId, now, approve: !typed) ? Registration.Done
                : Registration.AlreadyRegistered;
            if (outcome != Registration.Done)
                await work.Connection.ExecuteAsync("UPDATE PlatformInvite SET SpentAt = NULL WHERE TokenHash = @TokenHash", new { request.TokenHash }, work.Transaction);
            return outcome;
        }

        private async Task<bool> IsOfAnotherAsync(string issuer, Guid tenantId) => await work.Connection.ExecuteScalarAsync<int>(
            "SELECT COUNT(*) FROM Platform WHERE Issuer = @issuer AND TenantId <> @tenantId", new { issuer, tenantId }, work.Transaction) > 0;
    }
}

/// <summary>A registration link that is still good.</summary>
internal sealed record InviteState
{
    public required string TenantName { get; init; }
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The registration that comes of it: its keys' address can be told before the LMS answers.</summary>
    public required Guid PlatformId { get; init; }
}
