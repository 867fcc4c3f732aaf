using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;

namespace LtiMicroCred.Features.Demo;

/// <summary>A browser without pictures: cookies, redirects, frames and forms, over real HTTP. One instance is one person's browser.</summary>
internal sealed class Browser : IDisposable
{
    private const int MostRedirects = 10;
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(1) });
    private readonly Dictionary<(string Host, string Name), (string Value, string Path)> _cookies = [];

    public Task<BrowserPage> OpenAsync(string url, CancellationToken ct) => OpenAsync(new Uri(url), ct);

    public Task<BrowserPage> OpenAsync(Uri url, CancellationToken ct) => SendAsync(HttpMethod.Get, url, null, ct);

    public async Task<BrowserPage> SendAsync(HttpMethod method, Uri url, IEnumerable<KeyValuePair<string, string>>? form, CancellationToken ct)
    {
        for (var hop = 0; hop < MostRedirects; hop++)
        {
            using var request = new HttpRequestMessage(method, url);
            if (form is not null)
                request.Content = new FormUrlEncodedContent(form);
            var cookies = string.Join("; ", _cookies.Where(c => c.Key.Host == url.Host && url.AbsolutePath.StartsWith(c.Value.Path, StringComparison.Ordinal)).Select(c => $"{c.Key.Name}={c.Value.Value}"));
            if (cookies.Length > 0)
                request.Headers.Add("Cookie", cookies);
            using var response = await _http.SendAsync(request, ct);
            Keep(url, response);
            if (response.Headers.Location is not { } location || (int)response.StatusCode is not (301 or 302 or 303))
                return await BrowserPage.ReadAsync(this, url, response, ct);
            (method, form, url) = (HttpMethod.Get, null, new Uri(url, location));
        }

        throw new InvalidOperationException($"{url} redirects without end");
    }

    public void Dispose() => _http.Dispose();

    private void Keep(Uri url, HttpResponseMessage response)
    {
        if (!response.Headers.TryGetValues("Set-Cookie", out var lines))
            return;
        foreach (var line in lines)
        {
            var parts = line.Split(';', StringSplitOptions.TrimEntries);
            var (name, value) = parts[0].Split('=', 2) is [var n, var v] ? (n, v) : (parts[0], "");
            var path = Array.Find(parts, p => p.StartsWith("path=", StringComparison.OrdinalIgnoreCase))?[5..] ?? "/";
            if (Array.Exists(parts, p => p.Equals("max-age=0", StringComparison.OrdinalIgnoreCase)))
                _cookies.Remove((url.Host, name));
            else
                _cookies[(url.Host, name)] = (value, path);
        }
    }
}

/// <summary>One loaded page: what it says, its frames and its forms.</summary>
internal sealed class BrowserPage
{
    private readonly Browser _browser;

    private BrowserPage(Browser browser, Uri url, int status, IHtmlDocument document, string text) =>
        (_browser, Url, Status, Document, Source) = (browser, url, status, document, text);

    public Uri Url { get; }
    public int Status { get; }
    public IHtmlDocument Document { get; }
    public string Source { get; }
    public string Title => Document.Title ?? "";

    /// <summary>The text that a reader sees, with single spaces.</summary>
    public string Text => string.Join(' ', (Document.Body?.TextContent ?? "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    public static async Task<BrowserPage> ReadAsync(Browser browser, Uri url, HttpResponseMessage response, CancellationToken ct)
    {
        var text = await response.Content.ReadAsStringAsync(ct);
        return new BrowserPage(browser, url, (int)response.StatusCode, new HtmlParser().ParseDocument(text), text);
    }

    public Task<BrowserPage> ReloadAsync(CancellationToken ct) => _browser.OpenAsync(Url, ct);

    /// <summary>Follows the first link that a selector finds.</summary>
    public Task<BrowserPage> FollowAsync(string selector, CancellationToken ct) => _browser.OpenAsync(new Uri(Url, Required(selector).GetAttribute("href")), ct);

    /// <summary>Opens what the page's frame shows.</summary>
    public Task<BrowserPage> FrameAsync(CancellationToken ct) => _browser.OpenAsync(new Uri(Url, Required("iframe").GetAttribute("src")), ct);

    /// <summary>Fills in and sends the form that a selector finds, or that holds the button that it finds.</summary>
    public Task<BrowserPage> SubmitAsync(string selector, CancellationToken ct, params (string Name, string Value)[] typed)
    {
        var found = Required(selector);
        var button = found as IHtmlButtonElement;
        var form = found as IHtmlFormElement ?? button?.Form ?? found.Closest("form") as IHtmlFormElement ?? throw Missing(selector);
        var named = typed.Select(t => KeyValuePair.Create(NameOf(form, t.Name), t.Value)).ToList();
        var fields = Fields(form).Where(f => named.TrueForAll(t => t.Key != f.Key)).Concat(named).ToList();
        if (button?.Name is { Length: > 0 } name)
            fields.Add(KeyValuePair.Create(name, button.Value));
        var action = new Uri(Url, button?.GetAttribute("formaction") ?? form.GetAttribute("action") ?? Url.AbsoluteUri);
        if (string.Equals(form.GetAttribute("method"), "post", StringComparison.OrdinalIgnoreCase))
            return _browser.SendAsync(HttpMethod.Post, action, fields, ct);
        var query = new UriBuilder(action) { Query = string.Join('&', fields.Select(f => $"{Uri.EscapeDataString(f.Key)}={Uri.EscapeDataString(f.Value)}")) };
        return _browser.OpenAsync(query.Uri, ct);
    }

    public bool Has(string selector) => Document.QuerySelector(selector) is not null;

    // A person goes by the label, not by the prefix that a framework put before the name.
    private static string NameOf(IHtmlFormElement form, string typed) =>
        form.Elements.Select(e => e.GetAttribute("name") ?? "").FirstOrDefault(n => n == typed || n.EndsWith("." + typed, StringComparison.OrdinalIgnoreCase)) ?? typed;

    private static IEnumerable<KeyValuePair<string, string>> Fields(IHtmlFormElement form)
    {
        foreach (var element in form.Elements)
        {
            switch (element)
            {
                case IHtmlInputElement { Type: "radio" or "checkbox", IsChecked: false } or IHtmlInputElement { Type: "submit" or "button" }:
                    break;
                case IHtmlInputElement { Name: { Length: > 0 } name } input:
                    yield return KeyValuePair.Create(name, input.Value);
                    break;
                case IHtmlTextAreaElement { Name: { Length: > 0 } name } area:
                    yield return KeyValuePair.Create(name, area.Value);
                    break;
                case IHtmlSelectElement { Name: { Length: > 0 } name } select:
                    yield return KeyValuePair.Create(name, select.Value ?? "");
                    break;
            }
        }
    }

    private IElement Required(string selector) => Document.QuerySelector(selector) ?? throw Missing(selector);

    private InvalidOperationException Missing(string selector) => new($"{Url.AbsolutePath} ({Status}, “{Title}”) has no {selector}. It says: {(Text.Length > 400 ? Text[..400] : Text)}");
}
