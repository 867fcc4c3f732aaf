using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Playwright;

namespace LtiMicroCred.BrowserTests;

/// <summary>The system's own Chromium, with third-party cookies blocked. One window a person; everything that a page complains about is kept.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    /// <summary>Milliseconds. Some calls of a browser may never come back: then the test says so, instead of keeping everybody waiting.</summary>
    public const int Patience = 600_000;

    private static readonly string s_path = Environment.GetEnvironmentVariable("CHROMIUM") ?? "/usr/bin/chromium";

    // In one process: Playwright loses sight of a frame that moves between two sites faster than it can attach to the next one's process.
    private static readonly string[] s_arguments =
        ["--no-sandbox", "--disable-site-isolation-trials", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--test-third-party-cookie-phaseout"];

    private readonly IPlaywright _playwright;
    private readonly IBrowser? _browser;
    private readonly ConcurrentQueue<string> _complaints = [];

    /// <summary>The one profile of a browser with settings of its own, and where it lies on disk.</summary>
    private readonly (IBrowserContext Context, string Folder)? _profile;

    private Chromium(IPlaywright playwright, IBrowser browser) => (_playwright, _browser) = (playwright, browser);

    private Chromium(IPlaywright playwright, IBrowserContext context, string folder) => (_playwright, _profile) = (playwright, (context, folder));

    public static async Task<Chromium> StartAsync()
    {
        // A busy machine may take its time.
        Assertions.SetDefaultExpectTimeout(15_000);
        var playwright = await Playwright.CreateAsync();
        var browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = s_path, Args = s_arguments });
        return new Chromium(playwright, browser);
    }

    /// <summary>With a setting that people can make: no cookies of the tool, partitioned or not, while it stands in a page of this site. One person only.</summary>
    public static async Task<Chromium> BlockingCookiesAsync(string tool, string within)
    {
        Assertions.SetDefaultExpectTimeout(15_000);
        var folder = Directory.CreateTempSubdirectory("ltimicrocred-chromium-").FullName;
        Directory.CreateDirectory(Path.Combine(folder, "Default"));
        var blocked = new Dictionary<string, object>(StringComparer.Ordinal) { [$"{tool},{within}"] = new { setting = 2 } };
        await File.WriteAllTextAsync(
            Path.Combine(folder, "Default", "Preferences"),
            JsonSerializer.Serialize(new { profile = new { content_settings = new { exceptions = new { cookies = blocked } } } }));
        var playwright = await Playwright.CreateAsync();
        var context = await playwright.Chromium.LaunchPersistentContextAsync(folder, new BrowserTypeLaunchPersistentContextOptions
        {
            ExecutablePath = s_path,
            Args = s_arguments,
            ViewportSize = new ViewportSize { Width = 1280, Height = 900 },
            ReducedMotion = ReducedMotion.Reduce,
            Locale = "en-GB",
        });
        var chromium = new Chromium(playwright, context, folder);
        chromium.Listen(context);
        return chromium;
    }

    public async Task<IPage> WindowAsync(int width = 1280, int height = 900, bool script = true)
    {
        if (_profile is { } profile)
            return await profile.Context.NewPageAsync();
        var context = await _browser!.NewContextAsync(new BrowserNewContextOptions
        {
            ViewportSize = new ViewportSize { Width = width, Height = height },
            ReducedMotion = ReducedMotion.Reduce,
            JavaScriptEnabled = script,
            TimezoneId = "Europe/Berlin",
            Locale = "en-GB",
        });
        Listen(context);
        return await context.NewPageAsync();
    }

    private void Listen(IBrowserContext context)
    {
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
        if (_browser is not null)
            await _browser.DisposeAsync();
        if (_profile is { } profile)
        {
            await profile.Context.DisposeAsync();
            Directory.Delete(profile.Folder, recursive: true);
        }

        _playwright.Dispose();
    }
}
