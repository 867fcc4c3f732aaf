using LtiMicroCred.Lti;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace LtiMicroCred.Features.Launches;

/// <summary>The session of a launch is gone, was another browser's, or is for another role.</summary>
internal sealed class NoSuchLaunchException(string message) : Exception(message);

/// <summary>A genuine launch of a learner asked for what only staff may do.</summary>
internal sealed class NotForLearnersException(LtiMessageType asked) : Exception($"a {asked} launch of someone who is not staff")
{
    public LtiMessageType Asked { get; } = asked;
}

/// <summary>
/// A page under <c>/l/{launchId}/…</c>: the cookie names the browser, the path the launch, and both must match.
/// Every query of such a page carries <see cref="LaunchSession.TenantId"/>.
/// </summary>
internal abstract class LaunchPage : PageModel
{
    public const string HandoverPurpose = "Launch.Handover";

    [FromRoute]
    public string LaunchId { get; set; } = "";

    public LaunchSession Session { get; private set; } = null!;

    public LaunchDetails Launch { get; private set; } = null!;

    /// <summary>The LMS's name in a sentence; null where it did not say.</summary>
    public string? Lms => Launch.Lms;

    /// <summary>Columns that take a formula over other columns are known of Moodle; an LMS that did not say its name may be one.</summary>
    public bool OffersFormula => Lms is null or "Moodle";

    /// <summary>Columns of its own quizzes are shown to tools by Sakai alone; an LMS that did not say its name may be one.</summary>
    public bool OffersGradebook => Lms is null or "Sakai";

    /// <summary>Sealed, good for a few windows within half an hour: what “New window” posts, since the frame's cookie does not reach a new window.</summary>
    public string Handover { get; private set; } = "";

    protected abstract LaunchKind[] For { get; }

    public override async Task OnPageHandlerExecutionAsync(PageHandlerExecutingContext context, PageHandlerExecutionDelegate next)
    {
        var sessions = HttpContext.RequestServices.GetRequiredService<LaunchSessions>();
        // A launch whose browser keeps no cookie is shown by its own answer, once.
        var opened = HttpContext.Features.Get<OpenedLaunch>();
        LaunchId = opened?.LaunchId ?? LaunchId;
        var session = (opened?.BrowserSecret ?? Request.BrowserSecret(HttpContext.RequestServices.GetRequiredService<Settings>())) is { } secret && LaunchId.Length == 43 ? await sessions.FindAsync(LaunchId, secret, HttpContext.RequestAborted) : null;
        if (session is null || !For.Contains(session.For))
            throw new NoSuchLaunchException("no such launch in this browser");
        Session = session;
        Launch = session.Read();
        Handover = HttpContext.RequestServices.GetRequiredService<IDataProtectionProvider>()
            .CreateProtector(HandoverPurpose).ToTimeLimitedDataProtector()
            .Protect($"{session.LaunchId} {Launch.Root ?? session.LaunchId}", TimeSpan.FromMinutes(30));
        Response.Headers.CacheControl = "no-store";
        Shell.ContentPolicy.SayOriginToOurselves(Response);
        Shell.ContentPolicy.Set(Response, frameAncestors: $"'self' {Launch.FrameOrigins}", formAction: "'self'");
        await next();
    }
}
