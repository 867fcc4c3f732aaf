using LtiMicroCred.Lti;

namespace LtiMicroCred.Features.Launches;

/// <summary>Our cookies work in a third-party frame: Secure, SameSite=None and Partitioned (CHIPS). A loopback host counts as secure in browsers.</summary>
internal static class Cookies
{
    private const string Browser = "ltimc-browser";

    public static CookieOptions InFrame(string path, TimeSpan lifetime)
    {
        var options = new CookieOptions { HttpOnly = true, Secure = true, SameSite = SameSiteMode.None, Path = path, MaxAge = lifetime, IsEssential = true };
        options.Extensions.Add("Partitioned");
        return options;
    }

    public static void SetState(this HttpResponse response, StateCookie cookie, Settings settings) =>
        response.Cookies.Append(cookie.Name, cookie.Value, InFrame(LtiPath(settings), cookie.Lifetime));

    public static void ExpireState(this HttpResponse response, string name, Settings settings) =>
        response.Cookies.Append(name, string.Empty, InFrame(LtiPath(settings), TimeSpan.Zero));

    /// <summary>The secret that names this browser; null where it has none of ours.</summary>
    public static string? BrowserSecret(this HttpRequest request) => request.Cookies[Browser] is { Length: 43 } secret ? secret : null;

    public static void SetBrowserSecret(this HttpResponse response, string secret, Settings settings) =>
        response.Cookies.Append(Browser, secret, InFrame(settings.PublicUrl.AbsolutePath, LaunchSession.Lifetime));

    // Login and launch both see it: the one to keep their number down, the other to check.
    private static string LtiPath(Settings settings) => settings.PublicUrl.AbsolutePath + "lti/";
}
