using System.Globalization;
using Deque.AxeCore.Commons;
using Microsoft.Playwright;

namespace LtiMicroCred.BrowserTests;

/// <summary>What every page must be at every look: nothing sticks out, axe finds nothing, folds open.</summary>
internal static class Looks
{
    private static readonly (int Width, ColorScheme Scheme)[] s_all = [(1280, ColorScheme.Light), (768, ColorScheme.Dark), (360, ColorScheme.Light), (360, ColorScheme.Dark), (320, ColorScheme.Light)];

    private static readonly string s_axe = new BundledAxeScriptProvider().GetScript();

    // Of what passes one example each is enough: proof that the rules ran.
    private const string RunAxe = """
        async tags => {
            const { passes, violations } = await axe.run({ runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] });
            return [String(passes.length), ...violations.map(v => `${v.id}: ${v.help}: ${v.nodes.map(node => node.html).join(' | ')}`)];
        }
        """;

    private static readonly string[] s_tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

    /// <summary>The tool's page of this window, in the LMS's frame or alone, at four widths, light and dark, then with double text and from right to left. The page around a frame is the LMS's own.</summary>
    public static async Task LookAtAsync(this IPage window, string name)
    {
        var frame = await window.ToolFrameAsync();
        var before = window.ViewportSize!;
        foreach (var (width, scheme) in s_all)
        {
            var what = $"{name} at {width}, {scheme}";
            await window.ResizeAsync(frame, width, 900);
            await window.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = scheme });
            await window.KeepPictureAsync($"{name}-{width}-{scheme}");
            await frame.EvaluateAsync("for (const fold of document.querySelectorAll('details:not([open])')) { fold.open = true; fold.dataset.opened = ''; }");
            await frame.MustNotStickOutAsync(what);
            await frame.MustHaveRoomToWriteAsync(what);
            await frame.MustBeAccessibleAsync(what);
            await frame.EvaluateAsync("for (const fold of document.querySelectorAll('details[data-opened]')) { fold.open = false; delete fold.dataset.opened; }");
        }

        await frame.EvaluateAsync("document.documentElement.dir = 'rtl'");
        await frame.MustNotStickOutAsync($"{name} from right to left");
        await frame.EvaluateAsync("document.documentElement.dir = 'ltr'");
        await window.ResizeAsync(frame, 768, 900);
        await window.SetTextSizeAsync(frame, 32);
        (await frame.EvaluateAsync<string>("getComputedStyle(document.documentElement).fontSize")).ShouldBe("32px", "the page follows the browser's text size");
        await frame.MustNotStickOutAsync($"{name} with double text");
        await window.SetTextSizeAsync(frame, 16);

        await window.ResizeAsync(frame, before.Width, before.Height);
        await window.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = ColorScheme.Light });
    }

    /// <summary>A frame in a process of its own hears of the new width a little later than the page around it.</summary>
    private static async Task ResizeAsync(this IPage window, IFrame frame, int width, int height)
    {
        await window.SetViewportSizeAsync(width, height);
        if (frame == window.MainFrame)
            return;
        var given = await (await frame.FrameElementAsync()).EvaluateAsync<int>("element => element.clientWidth");
        await frame.WaitForFunctionAsync("given => window.innerWidth === given", given);
    }

    /// <summary>The browser's own setting, which also moves the widths at which the layout changes.</summary>
    private static async Task SetTextSizeAsync(this IPage window, IFrame frame, int pixels)
    {
        var session = frame == window.MainFrame ? await window.Context.NewCDPSessionAsync(window) : await SessionOfAsync(window, frame);
        await session.SendAsync("Page.setFontSizes", new Dictionary<string, object>(StringComparer.Ordinal) { ["fontSizes"] = new { standard = pixels, @fixed = pixels } });
        await session.DetachAsync();
    }

    /// <summary>A frame in its page's own process has no session of its own.</summary>
    private static async Task<ICDPSession> SessionOfAsync(IPage window, IFrame frame)
    {
        try
        {
            return await window.Context.NewCDPSessionAsync(frame);
        }
        catch (PlaywrightException)
        {
            return await window.Context.NewCDPSessionAsync(window);
        }
    }

    private static async Task MustNotStickOutAsync(this IFrame frame, string what)
    {
        var widths = await frame.EvaluateAsync<int[]>("[document.documentElement.scrollWidth, document.documentElement.clientWidth]");
        widths[1].ShouldBeGreaterThan(0, what);
        widths[0].ShouldBeLessThanOrEqualTo(widths[1], what);
    }

    /// <summary>A field of fewer pixels shows hardly a word of what is typed.</summary>
    private static async Task MustHaveRoomToWriteAsync(this IFrame frame, string what) =>
        (await frame.EvaluateAsync<string[]>("[...document.querySelectorAll('input:not([type=radio], [type=checkbox], [type=hidden]), select, textarea')].filter(field => field.checkVisibility() && field.clientWidth < 96).map(field => field.outerHTML)")).ShouldBeEmpty(what);

    /// <summary>WCAG 2.2 A and AA and best practices, by a script that each document is given once: giving it anew each time takes most of the time.</summary>
    private static async Task MustBeAccessibleAsync(this IFrame frame, string what)
    {
        if (!await frame.EvaluateAsync<bool>("'axe' in window"))
            await frame.EvaluateAsync(s_axe);
        var said = await frame.EvaluateAsync<string[]>(RunAxe, s_tags);
        int.Parse(said[0], CultureInfo.InvariantCulture).ShouldBeGreaterThan(0, what);
        said.Skip(1).ShouldBeEmpty(what);
    }

    /// <summary>For people who want to look: PNG files in the folder that LTIMICROCRED_SCREENSHOTS names.</summary>
    private static async Task KeepPictureAsync(this IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("LTIMICROCRED_SCREENSHOTS") is not { Length: > 0 } folder)
            return;
        // A frame paints what lies in the window: make that as tall as the page, once the frame has told its height.
        await page.WaitForTimeoutAsync(250);
        await page.SetViewportSizeAsync(page.ViewportSize!.Width, await page.EvaluateAsync<int>("document.documentElement.scrollHeight"));
        await page.WaitForTimeoutAsync(250);
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, name + ".png"), FullPage = true });
    }
}
