using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace LtiMicroCred.BrowserTests;

/// <summary>The system's own Chromium, with third-party cookies blocked. One window a person; everything that a page complains about is kept.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;
    private readonly ConcurrentQueue<string> _complaints = [];

    private Chromium(IPlaywright playwright, IBrowser browser) => (_playwright, _browser) = (playwright, browser);

    public static async Task<Chromium> StartAsync()
    {
        // A busy machine may take its time.
        Assertions.SetDefaultExpectTimeout(15_000);
        var playwright = await Playwright.CreateAsync();
        var browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Environment.GetEnvironmentVariable("CHROMIUM") ?? "/usr/bin/chromium",
            Args = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--test-third-party-cookie-phaseout"],
        });
        return new Chromium(playwright, browser);
    }

    public async Task<IPage> WindowAsync(int width = 1280, int height = 900, bool script = true)
    {
        var context = await _browser.NewContextAsync(new BrowserNewContextOptions
        {
            ViewportSize = new ViewportSize { Width = width, Height = height },
            ReducedMotion = ReducedMotion.Reduce,
            JavaScriptEnabled = script,
            TimezoneId = "Europe/Berlin",
            Locale = "en-GB",
        });
        var page = await context.NewPageAsync();
        context.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
                _complaints.Enqueue($"{message.Page?.Url}: {message.Text}");
        };
        context.WebError += (_, error) => _complaints.Enqueue($"{error.Page?.Url}: {error.Error}");
        context.RequestFailed += (_, request) =>
        {
            // What a click on the next page leaves behind unread is no failure.
            if (request.Failure != "net::ERR_ABORTED")
                _complaints.Enqueue($"{request.Url}: {request.Failure}");
        };
        return page;
    }

    /// <summary>Console errors and warnings, failed requests and page errors of all windows.</summary>
    /// <param name="answers">Statuses that pages of refusal answered with on purpose; Chromium names each in its console.</param>
    public void MustNotHaveComplained(params int[] answers)
    {
        var meant = answers.Select(status => $"Failed to load resource: the server responded with a status of {status} ").ToList();
        _complaints.Where(complaint => !meant.Exists(m => complaint.Contains(m, StringComparison.Ordinal))).ShouldBeEmpty();
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }
}
