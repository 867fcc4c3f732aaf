using LtiMicroCred.Lti;
using LtiMicroCred.Shell;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.WebUtilities;

namespace LtiMicroCred.Features.Published;

/// <summary>The page behind a link that connects an LMS as a tool; the link is itself the credential. The LMS registers itself from its own page, or a person types what it says.</summary>
[IgnoreAntiforgeryToken]
internal sealed class ToolPageModel(ToolInvites invites, RegisterTool register, PublishedTools tools, Settings settings) : PageModel
{
    [FromRoute]
    public string Token { get; set; } = "";

    public ToolInvite? Invite { get; private set; }

    /// <summary>What came of the link.</summary>
    public PublishedTool? Tool { get; private set; }
    public PublishedAddresses Addresses { get; private set; } = null!;

    /// <summary>As typed, by field.</summary>
    public IReadOnlyDictionary<string, string> Typed { get; private set; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The field that could not be read.</summary>
    public string? Problem { get; private set; }

    public async Task<IActionResult> OnGetAsync(CancellationToken ct)
    {
        await FindAsync(ct);
        return Page();
    }

    /// <summary>On to the LMS's own registration page, which registers with our token (Dynamic Registration 3.3).</summary>
    public async Task<IActionResult> OnPostOpenAsync(CancellationToken ct)
    {
        await FindAsync(ct);
        if (Invite is null || Tool is not null)
            return Page();
        await ReadFormAsync("url");
        if (!Uri.TryCreate(Typed["url"], UriKind.Absolute, out var address) || !IsUsable(address))
            return Wrong("url");
        return Redirect(QueryHelpers.AddQueryString(address.AbsoluteUri, new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["openid_configuration"] = Addresses.Configuration.AbsoluteUri,
            ["registration_token"] = Token,
        }));
    }

    public async Task<IActionResult> OnPostByHandAsync(CancellationToken ct)
    {
        await FindAsync(ct);
        if (Invite is null || Tool is not null)
            return Page();
        await ReadFormAsync("client_name", "initiate_login_uri", "redirect_uris", "jwks_uri", "target_link_uri");
        try
        {
            var metadata = ToolMetadata.ByHand(
                Typed["client_name"], Typed["initiate_login_uri"], Typed["redirect_uris"].Split(['\n', '\r'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries), Typed["jwks_uri"], Typed["target_link_uri"]);
            await register.RunAsync(Invite.TenantId, Token, metadata, byHand: true, ct);
            return Redirect($"{Request.PathBase}/published/{Token}");
        }
        catch (ToolRefusedException refusal)
        {
            return Wrong(refusal.Parameter ?? "client_name");
        }
    }

    private async Task FindAsync(CancellationToken ct)
    {
        Response.Headers.CacheControl = "no-store";
        // The answer to the first form leads to an LMS's own page, and form-action counts redirects.
        ContentPolicy.Set(Response, frameAncestors: "'none'", formAction: "'self' https: http://localhost:* http://127.0.0.1:*");
        Invite = await invites.FindAsync(Token, ct);
        if (Invite is null)
        {
            Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        Addresses = PublishedAddresses.Of(settings, Invite.TenantId);
        Tool = (await tools.AllAsync(Invite.TenantId, ct)).FirstOrDefault(t => t.ToolId == Invite.ToolId);
    }

    private async Task ReadFormAsync(params string[] fields)
    {
        var form = await PostedForm.ReadAsync(HttpContext);
        Typed = fields.ToDictionary(field => field, field => form[field].ToString().Trim(), StringComparer.Ordinal);
    }

    private PageResult Wrong(string field)
    {
        Problem = field;
        Response.StatusCode = StatusCodes.Status400BadRequest;
        return Page();
    }

    // Plain http is for this machine only, as with every address that a secret goes to.
    private static bool IsUsable(Uri address) =>
        (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback)) && address.UserInfo.Length == 0 && address.Host.Length > 0 && address.OriginalString.Length <= 2000;
}
