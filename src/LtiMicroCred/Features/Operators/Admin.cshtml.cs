using Dapper;
using LtiMicroCred.Features.Platforms;
using LtiMicroCred.Features.Published;
using LtiMicroCred.Features.Tenants;
using LtiMicroCred.Ledger;
using LtiMicroCred.Storage;
using MediatR;
using Microsoft.AspNetCore.Mvc;

namespace LtiMicroCred.Features.Operators;

/// <summary>The operator's pages: what waits for approval, the platforms, connecting another LMS, health. One tab each; what waits stands on top.</summary>
internal sealed class AdminModel(ListPlatforms platforms, PublishedTools tools, Database database, Settings settings, IMediator mediator, TimeProvider clock) : OperatorPage
{
    /// <summary><c>platforms</c>, <c>connect</c> or <c>health</c>.</summary>
    [FromRoute]
    public string Tab { get; set; } = "platforms";

    public IReadOnlyList<ListedPlatform> Waiting { get; private set; } = [];
    public IReadOnlyList<ListedPlatform> Platforms { get; private set; } = [];
    public IReadOnlyList<Tenant> Tenants { get; private set; } = [];
    public Health? State { get; private set; }

    /// <summary>A fresh registration link, shown this once.</summary>
    public PlatformInvitation? Invitation { get; private set; }
    public string? Problem { get; private set; }

    /// <summary>A fresh link for an LMS whose activities are published to us, shown this once.</summary>
    public ToolInvitation? ToolInvitation { get; private set; }
    public DateTimeOffset Now { get; private set; }

    public string LoginUrl => settings.PublicBase + "/lti/login";
    public string LaunchUrl => settings.PublicBase + "/lti/launch";

    public Task<IActionResult> OnGetAsync(CancellationToken ct) => ShowAsync(ct);

    public async Task<IActionResult> OnPostApproveAsync(Guid deployment, Guid? tenant, CancellationToken ct)
    {
        await mediator.Send(new ApproveDeployment(deployment, tenant), ct);
        return Redirect($"{Request.PathBase}/admin");
    }

    public async Task<IActionResult> OnPostRefuseAsync(Guid deployment, CancellationToken ct)
    {
        await mediator.Send(new RefuseDeployment(deployment), ct);
        return Redirect($"{Request.PathBase}/admin");
    }

    public async Task<IActionResult> OnPostInviteAsync(string? tenant, CancellationToken ct)
    {
        Tab = "connect";
        var name = string.IsNullOrWhiteSpace(tenant) ? null : tenant.Trim();
        try
        {
            if (name is { Length: > 200 })
                Problem = "long";
            else
                Invitation = await mediator.Send(new InvitePlatform(name, TimeSpan.FromHours(24)), ct);
        }
        catch (TenantUnclearException)
        {
            Problem = "unclear";
        }

        return await ShowAsync(ct);
    }

    public async Task<IActionResult> OnPostInviteToolAsync(Guid tenant, CancellationToken ct)
    {
        Tab = "connect";
        if (await tools.TenantNameAsync(tenant, ct) is null)
            return NotFound();
        ToolInvitation = await mediator.Send(new InviteTool(tenant, TimeSpan.FromHours(24)), ct);
        return await ShowAsync(ct);
    }

    public async Task<IActionResult> OnPostSignOutAsync(CancellationToken ct)
    {
        if (Request.Cookies[Cookie] is { } session)
            await mediator.Send(new EndOperatorSession(session), ct);
        Response.Cookies.Delete(Cookie, new CookieOptions { Path = settings.PublicUrl.AbsolutePath });
        return Redirect($"{Request.PathBase}/");
    }

    private async Task<IActionResult> ShowAsync(CancellationToken ct)
    {
        if (Tab is not ("platforms" or "connect" or "health"))
            return NotFound();
        Now = clock.GetUtcNow();
        Platforms = await platforms.AllAsync(ct);
        Waiting = [.. Platforms.Where(p => p is { Approved: false, DeploymentId: not null })];
        await using var connection = await database.OpenAsync(ct);
        Tenants = (await connection.QueryAsync<Tenant>("SELECT TenantId, Name FROM Tenant ORDER BY Name")).AsList();
        if (Tab == "health")
            State = await Health.ReadAsync(connection, database.Engine);
        return Page();
    }
}

/// <summary>How things are, in numbers that an operator can act on.</summary>
internal sealed record Health
{
    public required string Engine { get; init; }
    public required double DatabaseMilliseconds { get; init; }
    public required long LedgerEntries { get; init; }
    public required int Columns { get; init; }
    public required int Failing { get; init; }
    public DateTimeOffset? FailingSince { get; init; }
    public DateTimeOffset? KeyMadeAt { get; init; }

    private sealed record Reading
    {
        public required int Columns { get; init; }
        public required int Failing { get; init; }
        public DateTimeOffset? FailingSince { get; init; }
    }

    public static async Task<Health> ReadAsync(System.Data.Common.DbConnection connection, LedgerEngine engine)
    {
        var began = TimeProvider.System.GetTimestamp();
        var entries = await connection.ExecuteScalarAsync<long?>("SELECT SUM(Size) FROM LedgerHead") ?? 0;
        var took = TimeProvider.System.GetElapsedTime(began);
        var reading = await connection.QuerySingleAsync<Reading>(
            """
            SELECT COUNT(*) AS Columns, COUNT(FailingSince) AS Failing, MIN(FailingSince) AS FailingSince FROM LineItem WHERE InUse = 1 AND Way NOT IN ('published', 'import')
            """);
        return new Health
        {
            Engine = engine == LedgerEngine.Sqlite ? $"SQLite {connection.ServerVersion}" : $"SQL Server {connection.ServerVersion}",
            DatabaseMilliseconds = took.TotalMilliseconds,
            LedgerEntries = entries,
            Columns = reading.Columns,
            Failing = reading.Failing,
            FailingSince = reading.FailingSince,
            KeyMadeAt = await connection.QuerySingleOrDefaultAsync<DateTimeOffset?>("SELECT MAX(CreatedAt) FROM ToolKey"),
        };
    }
}
