using System.Collections.Frozen;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Dapper;
using LtiMicroCred.Lti;
using LtiMicroCred.Shell;
using LtiMicroCred.Storage;
using MediatR;
using Microsoft.AspNetCore.DataProtection;
using HttpResults = Microsoft.AspNetCore.Http.Results;

namespace LtiMicroCred.Features.Launches;

/// <summary>“New window”: a handover, posted from the frame, opens the same launch again for the cookie jar of the new window.</summary>
internal static class NewWindow
{
    /// <summary>Pages of a launch that stand in a window of their own.</summary>
    private static readonly FrozenSet<string> s_pages =
        FrozenSet.Create(StringComparer.Ordinal, "course", "learner", "pick", "connect", "review", "gate", "published", "import", "gradebook", "quiz", "rule", "decide", "award-by-hand", "policy", "undo", "follow-ups");

    /// <summary>Who closes the window may open another. All windows that come of one launch count together.</summary>
    private const int Windows = 20;

    public static void MapNewWindow(this IEndpointRouteBuilder routes) => routes.MapPost("/l/{launchId}/window/{page}", OpenAsync).DisableAntiforgery();

    private static async Task<IResult> OpenAsync(string launchId, string page, HttpContext http, IDataProtectionProvider protection, INonces nonces, IMediator mediator, Settings settings, TimeProvider clock)
    {
        // The form stands on our own page: no other site may post somebody's handover into a browser.
        var origins = http.Request.Headers.Origin;
        if (origins.Count > 1 || (origins is [{ } origin] && origin != NewSession.Origin(settings.PublicUrl)))
            throw new NoSuchLaunchException("the handover comes from another site");
        var form = await PostedForm.ReadAsync(http);
        if (!TryOpen(protection, form["handover"].ToString(), out var handover) || handover.Split(' ') is not [var named, var root] || named != launchId || !s_pages.Contains(page))
            throw new NoSuchLaunchException("the handover does not fit this launch");
        if (!await TryUseAsync(nonces, root, clock.GetUtcNow() + LaunchSession.Lifetime, http.RequestAborted))
            throw new NoSuchLaunchException("the launch has as many windows as it may have");
        var browser = http.Request.BrowserSecret(settings) ?? Secrets.New();
        var copy = await mediator.Send(new CopyLaunch(launchId, root, browser), http.RequestAborted) ?? throw new NoSuchLaunchException("the launch is gone");
        http.Response.SetBrowserSecret(browser, settings);
        var assessment = int.TryParse(form["assessment"], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 1 ? string.Create(CultureInfo.InvariantCulture, $"?assessment={number}") : "";
        http.Response.Headers.Location = $"{settings.PublicBase}/l/{copy}/{page}{assessment}";
        return HttpResults.StatusCode(StatusCodes.Status303SeeOther);
    }

    // Each use is a name of its own, taken in one statement: windows opened at the same moment count too.
    private static async Task<bool> TryUseAsync(INonces nonces, string root, DateTimeOffset expires, CancellationToken ct)
    {
        for (var use = 1; use <= Windows; use++)
        {
            if (await nonces.TryUseAsync(Secrets.Hash($"{use} {root}"), expires, ct))
                return true;
        }

        return false;
    }

    private static bool TryOpen(IDataProtectionProvider protection, string sealedText, out string text)
    {
        try
        {
            text = protection.CreateProtector(LaunchPage.HandoverPurpose).ToTimeLimitedDataProtector().Unprotect(sealedText);
            return true;
        }
        catch (CryptographicException)
        {
            text = "";
            return false;
        }
    }

    private sealed record CopyLaunch(string LaunchId, string Root, string BrowserSecret) : IWrite<string?>;

    private sealed class CopyLaunchHandler(Work work, TimeProvider clock) : IRequestHandler<CopyLaunch, string?>
    {
        public async Task<string?> Handle(CopyLaunch request, CancellationToken cancellationToken)
        {
            var now = clock.GetUtcNow();
            var details = await work.Connection.QuerySingleOrDefaultAsync<string>("SELECT Details FROM LaunchSession WHERE LaunchId = @LaunchId AND ExpiresAt > @now", new { request.LaunchId, now }, work.Transaction);
            if (details is null)
                return null;
            var copy = Secrets.New();
            var opened = JsonSerializer.Serialize(JsonSerializer.Deserialize<LaunchDetails>(details)! with { Root = request.Root });
            var copied = await work.Connection.ExecuteAsync(
                """
                INSERT INTO LaunchSession (LaunchId, BrowserHash, TenantId, PlatformId, DeploymentKey, CourseId, ActivityId, ResourceLinkId, LearnerId, Kind, Details, CreatedAt, ExpiresAt)
                SELECT @copy, @BrowserHash, TenantId, PlatformId, DeploymentKey, CourseId, ActivityId, ResourceLinkId, LearnerId, Kind, @opened, @now, ExpiresAt
                FROM LaunchSession WHERE LaunchId = @LaunchId
                """,
                new { copy, BrowserHash = Secrets.Hash(request.BrowserSecret), opened, now, request.LaunchId },
                work.Transaction);
            return copied == 1 ? copy : null;
        }
    }
}
