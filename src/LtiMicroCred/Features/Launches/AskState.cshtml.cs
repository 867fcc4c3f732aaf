using LtiMicroCred.Lti;
using LtiMicroCred.Shell;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace LtiMicroCred.Features.Launches;

/// <summary>
/// A launch without its cookie, whose login left a secret with the LMS's page: asks for it and posts the same launch again with the answer,
/// to ourselves alone. Without an answer, or without script, the launch is posted without it and ends at the way by a new window.
/// </summary>
internal sealed class AskStateModel : PageModel
{
    public const string At = "/lti/in-place/ask";

    public StateStorage Storage { get; private set; } = null!;
    public LaunchForm Form { get; private set; } = null!;

    public IActionResult OnGet()
    {
        if (HttpContext.Features.Get<StateQuestion>() is not { } question)
            return NotFound();
        (Storage, Form) = (question.Storage, question.Form);
        Response.Headers.CacheControl = "no-store";
        ContentPolicy.SayOriginToOurselves(Response);
        ContentPolicy.Set(Response, frameAncestors: "*");
        return Page();
    }
}

/// <summary>The launch as it was posted, and what to ask the LMS's page for.</summary>
internal sealed record StateQuestion(StateStorage Storage, LaunchForm Form);
