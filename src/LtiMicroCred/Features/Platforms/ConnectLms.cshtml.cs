using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace LtiMicroCred.Features.Platforms;

/// <summary>How to connect an LMS, with this server's addresses; for anyone to read, with placeholders for what only a registration link tells.</summary>
internal sealed class ConnectLmsModel(Settings settings) : PageModel
{
    public const string AnyLms = "dynamic-registration";

    [FromRoute(Name = "lms")]
    public string? LmsId { get; set; }

    /// <summary>Null on the page that lists them all.</summary>
    public Guide? Guide { get; private set; }

    public IActionResult OnGet()
    {
        if (LmsId is null)
            return Page();
        var addresses = ToolAddresses.Of(settings.PublicUrl);
        Guide = LmsId == AnyLms ? Guide.DynamicRegistration(addresses) : Lms.Find(LmsId) is { } lms ? Guide.Of(lms, addresses) : null;
        return Guide is null ? NotFound() : Page();
    }
}
