using LtiMicroCred.Lti;

namespace LtiMicroCred.Features.Launches;

/// <summary>Our cookies work in a third-party frame: Secure, SameSite=None and Partitioned (CHIPS). A loopback host counts as secure in browsers.</summary>
internal static class Cookies
{
    private const string Browser = "ltimc-browser";

    /// <summary>Begins the names of cookies that only this very host can set: a page on a neighbouring host must not bring a login of its own into somebody's browser. Loopback without TLS does without.</summary>
    public static string Prefix(Settings settings) => settings.PublicUrl.Scheme == Uri.UriSchemeHttps ? "__Host-" : "";

    public static CookieOptions InFrame(string path, TimeSpan lifetime)
    {
        var options = new CookieOptions { HttpOnly = true, Secure = true, SameSite = SameSiteMode.None, Path = path, MaxAge = lifetime, IsEssential = true };
        options.Extensions.Add("Partitioned");
        return options;
    }

    public static void SetState(this HttpResponse response, StateCookie cookie, Settings settings) =>
        response.Cookies.Append(Prefix(settings) + cookie.Name, cookie.Value, InFrame(LtiPath(settings), cookie.Lifetime));

    public static void ExpireState(this HttpResponse response, string name, Settings settings) =>
        response.Cookies.Append(Prefix(settings) + name, string.Empty, InFrame(LtiPath(settings), TimeSpan.Zero));

    /// <summary>The secret that names this browser; null where it has none of ours.</summary>
    public static string? BrowserSecret(this HttpRequest request, Settings settings) => request.Cookies[Prefix(settings) + Browser] is { Length: 43 } secret ? secret : null;

    public static void SetBrowserSecret(this HttpResponse response, string secret, Settings settings) =>
        response.Cookies.Append(Prefix(settings) + Browser, secret, InFrame(Path(settings, ""), LaunchSession.Lifetime));

    // Login and launch both see it: the one to keep their number down, the other to check.
    private static string LtiPath(Settings settings) => Path(settings, "lti/");

    // RFC 6265bis 4.1.3.2: a __Host- cookie is the whole host's.
    private static string Path(Settings settings, string below) => Prefix(settings).Length > 0 ? "/" : settings.PublicUrl.AbsolutePath + below;
}
