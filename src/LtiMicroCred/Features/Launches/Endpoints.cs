using LtiMicroCred.Features.Keys;
using LtiMicroCred.Lti;
using LtiMicroCred.Shell;
using HttpResults = Microsoft.AspNetCore.Http.Results;

namespace LtiMicroCred.Features.Launches;

/// <summary>The four addresses an LMS knows: login, launch, keys; and the restart of a launch whose cookie did not stick.</summary>
internal static class Endpoints
{
    public static void MapLaunches(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/lti/login", (HttpContext http, LoginFlow login, IPlatforms platforms, Limits limits, Settings settings) =>
            LoginAsync(http, login, platforms, limits, settings, LoginRequest.From(http.Request.Query)));
        routes.MapPost("/lti/login", async (HttpContext http, LoginFlow login, IPlatforms platforms, Limits limits, Settings settings) =>
            await LoginAsync(http, login, platforms, limits, settings, LoginRequest.From(await ReadFormAsync(http)))).DisableAntiforgery();
        routes.MapPost("/lti/launch", LaunchAsync).DisableAntiforgery();
        routes.MapPost("/lti/restart", RestartAsync).DisableAntiforgery();
        routes.MapGet("/lti/jwks/{platformId:guid}", async (Guid platformId, HttpContext http, ToolKeys keys) =>
        {
            if (await keys.PublishedAsync(platformId, http.RequestAborted) is not { Count: > 0 } published)
                return HttpResults.NotFound();
            http.Response.Headers.CacheControl = "public, max-age=3600";
            return HttpResults.Text(ToolKeySet.ToJson(published), "application/json");
        });
    }

    private static async Task<IResult> LoginAsync(HttpContext http, LoginFlow login, IPlatforms platforms, Limits limits, Settings settings, LoginRequest request)
    {
        limits.AdmitLogin((await platforms.FindAsync(request.Issuer, request.ClientId, http.RequestAborted))?.Id);
        return Continue(http, settings, await login.StartAsync(request, http.RequestAborted));
    }

    // In a new window our cookie is first-party; the login starts over from the parameters sealed in the state.
    private static async Task<IResult> RestartAsync(HttpContext http, LoginFlow login, LaunchValidator validator, Limits limits, Settings settings)
    {
        var state = (await ReadFormAsync(http))["state"].ToString();
        limits.AdmitLogin(validator.PlatformOf(state));
        return Continue(http, settings, await login.RestartAsync(state, http.RequestAborted));
    }

    private static IResult Continue(HttpContext http, Settings settings, LoginStart start)
    {
        // Ten at most. Browsers send the oldest first (RFC 6265, 5.4).
        var prefix = Cookies.Prefix(settings);
        var states = http.Request.Cookies.Keys.Where(k => k.StartsWith(prefix + StateCookie.Prefix, StringComparison.Ordinal)).ToList();
        foreach (var stale in states.Take(states.Count - 9))
            http.Response.ExpireState(stale[prefix.Length..], settings);
        http.Response.SetState(start.Cookie, settings);
        http.Response.Headers.CacheControl = "no-store";
        return start.Storage is null ? HttpResults.Redirect(start.AuthenticationRequest.AbsoluteUri) : PageInPlace.Show(http, KeepStateModel.At, start);
    }

    private static async Task<IResult> LaunchAsync(HttpContext http, LaunchValidator validator, ReceiveLaunch receive, Limits limits, Settings settings)
    {
        var form = LaunchForm.From(await ReadFormAsync(http), http.Request.Headers.Origin);
        if (await validator.AskStorageAsync(form, Cookie, http.RequestAborted) is { } storage)
            return PageInPlace.Show(http, AskStateModel.At, new StateQuestion(storage, form));
        var browser = http.Request.BrowserSecret(settings) ?? Secrets.New();
        var received = await validator.ValidateAsync(
            form, Cookie, (launch, nonce) => ReceiveAsync(launch, nonce), http.RequestAborted);
        http.Response.ExpireState(LaunchValidator.StateCookieName(form.State!), settings);
        http.Response.SetBrowserSecret(browser, settings);
        http.Response.Headers.CacheControl = "no-store";
        // Verified by what the LMS's page kept for us: this browser keeps no cookie, so the page has to come with this answer.
        if (Cookie(LaunchValidator.StateCookieName(form.State!)) is null)
            return PageInPlace.Show(http, EssentialsModel.At, new OpenedLaunch(received.LaunchId, browser, received.Page));
        http.Response.Headers.Location = $"{settings.PublicBase}/l/{received.LaunchId}/{received.Page}";
        return HttpResults.StatusCode(StatusCodes.Status303SeeOther);

        // Counted once it is genuine: whoever knows only our addresses must not use up an institution's launches.
        Task<LaunchReceived?> ReceiveAsync(ValidLaunch launch, NonceUse nonce)
        {
            limits.AdmitLaunch(launch.Platform.Id);
            return receive.RunAsync(launch, nonce, browser, http.RequestAborted);
        }

        string? Cookie(string name) => http.Request.Cookies[Cookies.Prefix(settings) + name];
    }

    private static Task<IFormCollection> ReadFormAsync(HttpContext http) => http.Request.HasFormContentType
        ? PostedForm.ReadAsync(http)
        : throw new LtiException(LtiError.MissingLoginParameter, "the request is not a form post");
}
