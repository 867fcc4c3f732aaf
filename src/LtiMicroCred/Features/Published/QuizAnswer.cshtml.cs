using LtiMicroCred.Features.Launches;
using LtiMicroCred.Shell;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace LtiMicroCred.Features.Published;

/// <summary>What goes back to the tool, by the browser, to an address that the tool registered.</summary>
internal sealed record QuizAnswer(string RedirectUri, string IdToken, string? State, string Title);

/// <summary>Posts the answer to the tool (Security Framework 5.1.1.3). It has no address of its own.</summary>
internal sealed class QuizAnswerModel : PageModel
{
    public const string At = "/platform/in-place/answer";

    public QuizAnswer Answer { get; private set; } = null!;

    public IActionResult OnGet()
    {
        if (HttpContext.Features.Get<QuizAnswer>() is not { } answer)
            return NotFound();
        Answer = answer;
        Response.Headers.CacheControl = "no-store";
        // The LMS may send the browser on to another host of its own, and form-action counts redirects.
        ContentPolicy.Set(Response, frameAncestors: "'none'", formAction: $"{NewSession.Origin(new Uri(answer.RedirectUri))} https:");
        return Page();
    }
}
