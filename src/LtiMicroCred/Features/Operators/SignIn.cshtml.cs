using MediatR;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace LtiMicroCred.Features.Operators;

/// <summary>The page behind an operator link: one button, so that a preview of the link does not spend it.</summary>
internal sealed class SignInModel(IMediator mediator, Settings settings) : PageModel
{
    [FromRoute]
    public string Token { get; set; } = "";

    public bool Spent { get; private set; }

    public void OnGet() => Response.Headers.CacheControl = "no-store";

    public async Task<IActionResult> OnPostAsync(CancellationToken ct)
    {
        if (await mediator.Send(new SpendOperatorLink(Token), ct) is not { } session)
        {
            Spent = true;
            Response.StatusCode = StatusCodes.Status404NotFound;
            return Page();
        }

        Response.Cookies.Append(OperatorPage.Cookie, session, new CookieOptions
        {
            HttpOnly = true, Secure = true, SameSite = SameSiteMode.Strict, Path = settings.PublicUrl.AbsolutePath, MaxAge = OperatorPage.Lifetime, IsEssential = true,
        });
        return Redirect($"{Request.PathBase}/admin");
    }
}
