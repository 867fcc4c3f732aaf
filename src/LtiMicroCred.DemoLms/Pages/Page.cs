using Microsoft.AspNetCore.Http;

namespace LtiMicroCred.DemoLms.Pages;

/// <summary>One page of the LMS.</summary>
internal sealed record Page
{
    public int Status { get; init; } = StatusCodes.Status200OK;

    public required string Title { get; init; }

    public required Markup Body { get; init; }

    /// <summary>Who looks at it; null before a person was chosen.</summary>
    public Person? Viewer { get; init; }

    /// <summary>Links that lead here, outermost first.</summary>
    public IReadOnlyList<(string Address, string Text)> Trail { get; init; } = [];

    /// <summary>Without head and navigation: for what a frame shows for a moment.</summary>
    public bool Bare { get; init; }

    public static Task WriteAsync(HttpContext context, Platform platform, Page page)
    {
        var headers = context.Response.Headers;
        // Tools are framed and posted to, whatever their address; nothing but our own script and style runs here.
        headers.ContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; frame-src 'self' http: https:; form-action 'self' http: https:; frame-ancestors 'self'; base-uri 'none'";
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        return Answers.TextAsync(context, page.Status, page.Render(platform).Html, Answers.Html);
    }

    private Markup Render(Platform platform) => Markup.Of($"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>{Title} · Demo LMS</title>
        <link rel="stylesheet" href="/assets/lms.css">
        <script src="/assets/lms.js" defer></script>
        <script src="/assets/storage.js" defer></script>
        </head>
        <body>
        {(Bare ? Markup.None : Head(platform))}
        <main id="main">
        <h1>{Title}</h1>
        {Notice(platform)}
        {Body}
        </main>
        </body>
        </html>
        """);

    private Markup Head(Platform platform) => Markup.Of($"""
        <a class="skip" href="#main">Skip to content</a>
        <header>
        <p class="brand"><span class="badge">Demo LMS</span> {Platform.SiteName}{(platform.SessionName is { Length: > 0 } name ? " · " + name : "")}</p>
        {(Viewer is null ? Markup.None : Markup.Of($"""<p>You are {Viewer.Name} ({Viewer.Username}). <a href="/">Be somebody else</a></p>"""))}
        {(Trail.Count == 0 ? Markup.None : Markup.Of($"""<nav aria-label="Where you are"><ul class="trail">{Markup.Join(Trail.Select(step => Markup.Of($"""<li><a href="{step.Address}">{step.Text}</a></li>""")))}</ul></nav>"""))}
        </header>
        """);

    private Markup Notice(Platform platform) =>
        Viewer is not null && platform.Notices.Take(Viewer) is { } text ? Markup.Of($"""<p class="notice" role="status">{text}</p>""") : Markup.None;
}
