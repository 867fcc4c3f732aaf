using LtiMicroCred.Lti;
using LtiMicroCred.Shell;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace LtiMicroCred.Features.Launches;

/// <summary>
/// On the way to the LMS's sign-in: its page keeps a secret of this login for us, for browsers that keep no cookie of ours. Whatever it answers,
/// we go on; the cookie may do. Without script it goes on at once.
/// </summary>
internal sealed class KeepStateModel : PageModel
{
    public const string At = "/lti/in-place/keep";

    public StateStorage Storage { get; private set; } = null!;
    public Uri Next { get; private set; } = null!;

    public IActionResult OnGet()
    {
        if (HttpContext.Features.Get<LoginStart>() is not { Storage: { } storage } start)
            return NotFound();
        (Storage, Next) = (storage, start.AuthenticationRequest);
        Response.Headers.CacheControl = "no-store";
        // Which site frames us is not known yet; only the LMS's origin gets the secret, whoever that is.
        ContentPolicy.Set(Response, frameAncestors: "*");
        return Page();
    }
}
