using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;

namespace LtiMicroCred.Load;

/// <summary>Plays launches over HTTP as a browser between tool and LMS does: login, the LMS's signed answer, the 303.</summary>
internal sealed class Launches(LoadPlatform platform) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, MaxConnectionsPerServer = 256 });

    public static string LoginOf(LoadPlatform platform, Launcher who) =>
        $"{who.Tool}/lti/login?iss={Uri.EscapeDataString(platform.Issuer(who.Platform))}&client_id={LoadPlatform.ClientId(who.Platform)}&login_hint={who.Subject}"
        + $"&target_link_uri={Uri.EscapeDataString(who.Tool + "/lti/launch")}&lti_message_hint=1&lti_deployment_id=1";

    /// <summary>The time that the tool took for both answers; the LMS's signing is not in it.</summary>
    /// <returns>Where the 303 leads.</returns>
    public async Task<(Uri Page, TimeSpan Took)> PlayAsync(Launcher who)
    {
        var started = Stopwatch.GetTimestamp();
        using var request = new HttpRequestMessage(HttpMethod.Get, LoginOf(platform, who));
        using var redirected = await SendAsync(who, request, 302);
        var took = Stopwatch.GetElapsedTime(started);
        var asked = QueryHelpers.ParseQuery(redirected.Headers.Location!.Query);
        var token = platform.Sign(who, asked["nonce"].ToString());

        started = Stopwatch.GetTimestamp();
        using var launch = new HttpRequestMessage(HttpMethod.Post, who.Tool + "/lti/launch")
        {
            Content = new FormUrlEncodedContent([new("id_token", token), new("state", asked["state"].ToString())]),
        };
        using var received = await SendAsync(who, launch, 303);
        return (received.Headers.Location!, took + Stopwatch.GetElapsedTime(started));
    }

    /// <summary>Only the first half: the tool's 302 to the LMS. The cookie is thrown away.</summary>
    public async Task<TimeSpan> LogInAsync(Launcher who)
    {
        var started = Stopwatch.GetTimestamp();
        using var request = new HttpRequestMessage(HttpMethod.Get, LoginOf(platform, who));
        using var redirected = await SendAsync(who with { Cookies = [] }, request, 302);
        return Stopwatch.GetElapsedTime(started);
    }

    public async Task<TimeSpan> OpenAsync(Launcher who, Uri page)
    {
        var started = Stopwatch.GetTimestamp();
        using var request = new HttpRequestMessage(HttpMethod.Get, page);
        using var answer = await SendAsync(who, request, 200);
        await answer.Content.ReadAsByteArrayAsync();
        return Stopwatch.GetElapsedTime(started);
    }

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> SendAsync(Launcher who, HttpRequestMessage request, int expected)
    {
        if (who.Cookies.Count > 0)
            request.Headers.Add("Cookie", string.Join("; ", who.Cookies.Select(c => $"{c.Key}={c.Value}")));
        var answer = await _http.SendAsync(request);
        if ((int)answer.StatusCode != expected)
        {
            var said = await answer.Content.ReadAsStringAsync();
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"{request.RequestUri!.AbsolutePath} answered {(int)answer.StatusCode} instead of {expected}: {said[..Math.Min(said.Length, 2000)]}"));
        }

        foreach (var line in answer.Headers.TryGetValues("Set-Cookie", out var lines) ? lines : [])
        {
            var pair = line.Split(';')[0].Split('=', 2);
            if (line.Contains("max-age=0", StringComparison.OrdinalIgnoreCase))
                who.Cookies.Remove(pair[0]);
            else
                who.Cookies[pair[0]] = pair[1];
        }

        return answer;
    }
}
