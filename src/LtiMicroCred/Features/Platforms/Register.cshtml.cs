using LtiMicroCred.Features.Keys;
using LtiMicroCred.Features.Traces;
using LtiMicroCred.Lti;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace LtiMicroCred.Features.Platforms;

/// <summary>
/// The page behind a registration link, which is itself the credential. An LMS opens it (in its frame, without cookies) for dynamic registration: it shows
/// who asks, and registers on one click. A person opens it to choose an LMS, follow its steps and type what the LMS gave.
/// </summary>
[IgnoreAntiforgeryToken]
internal sealed class RegisterModel(RegisterPlatform register, DynamicRegistration registration, ToolKeys keys, LaunchTraces traces, Settings settings) : PageModel
{
    [FromRoute]
    public string Token { get; set; } = "";

    [BindProperty(Name = "openid_configuration", SupportsGet = true)]
    public string? OpenIdConfiguration { get; set; }

    [BindProperty(Name = "registration_token", SupportsGet = true)]
    public string? RegistrationToken { get; set; }

    [FromQuery(Name = "lms")]
    public string? LmsId { get; set; }

    public InviteState? Invite { get; private set; }
    public PlatformConfiguration? Configuration { get; private set; }

    /// <summary>What went wrong, in the LMS's or our own technical words.</summary>
    public string? Problem { get; private set; }

    /// <summary>Of that problem, among the refusals that an operator sees.</summary>
    public string Reference { get; } = Secrets.NewCode()[..9];
    public Registration? Outcome { get; private set; }

    /// <summary>What the LMS left out; to be read before the page closes.</summary>
    public IReadOnlyList<Lacking> Lacking { get; private set; } = [];

    /// <summary>The LMS whose steps a person follows; null before one is chosen.</summary>
    public Lms? Lms { get; private set; }
    public ToolAddresses? Addresses { get; private set; }

    /// <summary>As typed, or what is the same for all customers of the LMS.</summary>
    public TypedPlatform Typed { get; private set; } = new();

    /// <summary>The fields that could not be read.</summary>
    public IReadOnlyList<string> Problems { get; private set; } = [];

    /// <summary>Whom it is about, for sentences.</summary>
    public string? Host { get; private set; }

    public async Task<IActionResult> OnGetAsync(CancellationToken ct)
    {
        await FindInviteAsync(ct);
        if (Invite is not null && OpenIdConfiguration is not null)
            await ReadConfigurationAsync(ct);
        else if (Invite is not null)
            await ShowStepsAsync(ct);
        return Page();
    }

    public async Task<IActionResult> OnPostAsync(CancellationToken ct)
    {
        await FindInviteAsync(ct);
        if (Invite is null)
            return Page();
        await ReadConfigurationAsync(ct);
        if (Configuration is null)
            return Page();
        try
        {
            End(await register.RunAsync(Token, Configuration, RegistrationToken, ct));
        }
        catch (RegistrationException refused)
        {
            Fail(refused);
        }

        return Page();
    }

    public async Task<IActionResult> OnPostByHandAsync(CancellationToken ct)
    {
        await FindInviteAsync(ct);
        if (Invite is null)
            return Page();
        await ShowStepsAsync(ct);
        if (Lms is null)
            return Page();
        Typed = ReadForm(await Shell.PostedForm.ReadAsync(HttpContext));
        var facts = Typed.Read(Lms.Product, out var problems);
        Problems = problems;
        if (facts is null)
        {
            Response.StatusCode = StatusCodes.Status400BadRequest;
            return Page();
        }

        Host = new Uri(facts.Issuer).Host;
        End(await register.RunByHandAsync(Token, facts, ct));
        return Page();
    }

    private async Task FindInviteAsync(CancellationToken ct)
    {
        Shell.ContentPolicy.Set(Response, frameAncestors: "'self' https: http://localhost:* http://127.0.0.1:*");
        Response.Headers.CacheControl = "no-store";
        Invite = await register.FindInviteAsync(Token, ct);
        if (Invite is null)
            Response.StatusCode = StatusCodes.Status404NotFound;
    }

    private async Task ShowStepsAsync(CancellationToken ct)
    {
        Lms = Platforms.Lms.Find(LmsId);
        Addresses = ToolAddresses.Of(settings.PublicUrl, Invite!.PlatformId, Token); // called with a good link only
        Typed = Lms?.Prefilled ?? Typed;
        // The keys' address is pasted into the LMS before anything comes back, and some fetch it at once.
        if (Lms is not null)
            await keys.EnsureAsync(Invite.PlatformId, ct);
    }

    private async Task ReadConfigurationAsync(CancellationToken ct)
    {
        try
        {
            Configuration = Uri.TryCreate(OpenIdConfiguration, UriKind.Absolute, out var url)
                ? await registration.ReadConfigurationAsync(url, ct)
                : throw new RegistrationException(RegistrationFailure.AddressNotAllowed, "the address carries no openid_configuration");
            Host = new Uri(Configuration.Issuer).Host;
        }
        catch (RegistrationException refused)
        {
            Fail(refused);
        }
    }

    private void Fail(RegistrationException refused)
    {
        Problem = refused.Message;
        Response.StatusCode = StatusCodes.Status400BadRequest;
        traces.Note(refused, Reference, Host);
    }

    private void End(RegistrationEnd end)
    {
        var outcome = end.Outcome;
        (Outcome, Lacking) = (outcome, end.Lacking);
        Invite = outcome == Registration.LinkNotGood ? null : Invite;
        Response.StatusCode = outcome switch
        {
            Registration.Done => StatusCodes.Status200OK,
            Registration.AlreadyRegistered or Registration.IssuerOfAnother => StatusCodes.Status409Conflict,
            _ => StatusCodes.Status404NotFound,
        };
    }

    private static TypedPlatform ReadForm(IFormCollection form) => new()
    {
        Issuer = form["issuer"],
        ClientId = form["client_id"],
        Authorization = form["authorization"],
        Token = form["token"],
        Jwks = form["jwks"],
        AuthorizationServer = form["authorization_server"],
        Deployments = form["deployments"],
        Algorithms = [.. form["algorithms"].OfType<string>()],
        Name = form["name"],
    };
}
