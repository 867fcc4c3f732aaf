using LtiMicroCred.Lti;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace LtiMicroCred.Features.Platforms;

/// <summary>The page that an LMS opens (in its frame, without cookies) for dynamic registration: shows who asks, and registers on one click. The link itself is the credential.</summary>
[IgnoreAntiforgeryToken]
internal sealed class RegisterModel(RegisterPlatform register, DynamicRegistration registration) : PageModel
{
    [FromRoute]
    public string Token { get; set; } = "";

    [BindProperty(Name = "openid_configuration", SupportsGet = true)]
    public string? OpenIdConfiguration { get; set; }

    [BindProperty(Name = "registration_token", SupportsGet = true)]
    public string? RegistrationToken { get; set; }

    public InviteState? Invite { get; private set; }
    public PlatformConfiguration? Configuration { get; private set; }

    /// <summary>What went wrong, in the LMS's or our own technical words.</summary>
    public string? Problem { get; private set; }
    public Registration? Outcome { get; private set; }

    public async Task<IActionResult> OnGetAsync(CancellationToken ct) => await LoadAsync(ct);

    public async Task<IActionResult> OnPostAsync(CancellationToken ct)
    {
        await LoadAsync(ct);
        if (Invite is null || Configuration is null)
            return Page();
        try
        {
            Outcome = await register.RunAsync(Token, Configuration, RegistrationToken, ct);
            if (Outcome == Registration.LinkNotGood)
                Invite = null;
        }
        catch (RegistrationException refused)
        {
            Problem = refused.Message;
        }

        Response.StatusCode = Outcome switch
        {
            Registration.Done => StatusCodes.Status200OK,
            Registration.AlreadyRegistered => StatusCodes.Status409Conflict,
            Registration.LinkNotGood => StatusCodes.Status404NotFound,
            _ => StatusCodes.Status400BadRequest,
        };
        return Page();
    }

    private async Task<IActionResult> LoadAsync(CancellationToken ct)
    {
        Shell.ContentPolicy.Set(Response, frameAncestors: "'self' https: http://localhost:* http://127.0.0.1:*");
        Response.Headers.CacheControl = "no-store";
        Invite = await register.FindInviteAsync(Token, ct);
        if (Invite is null)
        {
            Response.StatusCode = StatusCodes.Status404NotFound;
            return Page();
        }

        try
        {
            Configuration = Uri.TryCreate(OpenIdConfiguration, UriKind.Absolute, out var url)
                ? await registration.ReadConfigurationAsync(url, ct)
                : throw new RegistrationException(RegistrationFailure.AddressNotAllowed, "the address carries no openid_configuration");
        }
        catch (RegistrationException refused)
        {
            Problem = refused.Message;
            Response.StatusCode = StatusCodes.Status400BadRequest;
        }

        return Page();
    }
}
