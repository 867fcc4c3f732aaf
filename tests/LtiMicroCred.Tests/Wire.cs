using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;

namespace LtiMicroCred.Tests;

/// <summary>One browser, looked at closely: every answer with its headers and cookies as they came. Follows no redirect by itself.</summary>
internal sealed class Wire : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });

    /// <summary>By name; kept for one tool, so hosts and paths do not matter.</summary>
    public Dictionary<string, string> Cookies { get; } = new(StringComparer.Ordinal);

    /// <summary>The Origin header that the browser writes; none where null.</summary>
    public string? Origin { get; set; }

    public Task<Answer> GetAsync(string url) => SendAsync(HttpMethod.Get, new Uri(url), null);

    public Task<Answer> PostAsync(string url, IEnumerable<KeyValuePair<string, string>> fields) => SendAsync(HttpMethod.Post, new Uri(url), new FormUrlEncodedContent(fields));

    public async Task<Answer> SendAsync(HttpMethod method, Uri url, HttpContent? content)
    {
        using var request = new HttpRequestMessage(method, url) { Content = content };
        if (Cookies.Count > 0)
            request.Headers.Add("Cookie", string.Join("; ", Cookies.Select(c => $"{c.Key}={c.Value}")));
        if (Origin is not null)
            request.Headers.Add("Origin", Origin);
        using var response = await _http.SendAsync(request);
        var set = response.Headers.TryGetValues("Set-Cookie", out var lines) ? lines.ToList() : [];
        foreach (var line in set)
        {
            var pair = line.Split(';')[0].Split('=', 2);
            if (line.Contains("max-age=0", StringComparison.OrdinalIgnoreCase) || line.Contains("expires=Thu, 01 Jan 1970", StringComparison.OrdinalIgnoreCase))
                Cookies.Remove(pair[0]);
            else
                Cookies[pair[0]] = pair[1];
        }

        return new Answer(url, (int)response.StatusCode, response.Headers, set, await response.Content.ReadAsStringAsync());
    }

    /// <summary>From the LMS's opening page by way of our login to what the LMS is about to post to our launch address.</summary>
    public async Task<SelfPost> BeginLaunchAsync(string openingPage)
    {
        var login = SelfPost.In(await GetAsync(openingPage));
        var redirected = await PostAsync(login.Action, login.Fields);
        redirected.Status.ShouldBe(302, redirected.Text);
        return SelfPost.In(await GetAsync(redirected.Location.AbsoluteUri));
    }

    /// <summary>A whole launch; the answer is the page that it ends at.</summary>
    public async Task<Answer> LaunchAsync(string openingPage)
    {
        var launch = await BeginLaunchAsync(openingPage);
        var received = await PostAsync(launch.Action, launch.Fields);
        received.Status.ShouldBe(303, received.Text);
        return await FollowAsync(received);
    }

    public async Task<Answer> FollowAsync(Answer answer)
    {
        while (answer.Status is 302 or 303)
            answer = await GetAsync(answer.Location.AbsoluteUri);
        return answer;
    }

    public void Dispose() => _http.Dispose();
}

/// <summary>What came back for one request.</summary>
internal sealed partial record Answer(Uri Url, int Status, HttpResponseHeaders Headers, IReadOnlyList<string> SetCookies, string Body)
{
    public IHtmlDocument Document { get; } = new HtmlParser().ParseDocument(Body);

    public string Text => string.Join(' ', (Document.Body?.TextContent ?? "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    public Uri Location => new(Url, Headers.Location.ShouldNotBeNull($"{Url.AbsolutePath} answered {Status}: {Text}"));

    /// <summary>The random name of the launch in the page's address.</summary>
    public string LaunchId => Url.Segments[2].TrimEnd('/');

    public string Policy => string.Join(", ", Headers.GetValues("Content-Security-Policy"));

    public string Field(string name) => Document.QuerySelector($"input[name='{name}']")?.GetAttribute("value") ?? throw new InvalidOperationException($"{Url.AbsolutePath} ({Status}) has no field {name}: {Text}");

    /// <summary>A refused launch: in words, with a reference that the log has too, and whom to tell.</summary>
    public void ShouldRefuse(int status, string saying)
    {
        ShouldSay(status, saying);
        Text.ShouldContain("Whom to tell");
        Document.QuerySelector("#reference").ShouldNotBeNull().TextContent.ShouldMatch("^[0-9A-Z]{4}-[0-9A-Z]{4}$");
    }

    /// <summary>A page that says no, and what to do now.</summary>
    public void ShouldSay(int status, string saying)
    {
        Status.ShouldBe(status, Text);
        Text.ShouldContain(saying);
        Text.ShouldContain("What to do");
        Headers.CacheControl.ShouldNotBeNull().NoStore.ShouldBeTrue();
    }

    /// <summary>The page without what differs at every view: reference, clock, antiforgery token.</summary>
    public string Steady() => Changing().Replace(Body, "*");

    [GeneratedRegex("[0-9A-Z]{4}-[0-9A-Z]{4}|CfDJ8[\\w-]+|\\d\\d:\\d\\d(:\\d\\d)?")]
    private static partial Regex Changing();
}

/// <summary>A form that a page sends by itself.</summary>
internal sealed record SelfPost(string Action, IReadOnlyDictionary<string, string> Fields)
{
    public static SelfPost In(Answer page)
    {
        var form = page.Document.QuerySelector("form").ShouldNotBeNull($"{page.Url} ({page.Status}) has no form: {page.Text}");
        return new SelfPost(
            new Uri(page.Url, form.GetAttribute("action")).AbsoluteUri,
            form.QuerySelectorAll("input[name]").ToDictionary(i => i.GetAttribute("name")!, i => i.GetAttribute("value") ?? "", StringComparer.Ordinal));
    }

    public SelfPost With(string name, string value) => this with { Fields = new Dictionary<string, string>(Fields, StringComparer.Ordinal) { [name] = value } };

    public SelfPost Without(string name) => this with { Fields = Fields.Where(f => f.Key != name).ToDictionary(StringComparer.Ordinal) };
}
