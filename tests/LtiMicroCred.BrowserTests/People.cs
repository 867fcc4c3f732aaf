using LtiMicroCred.Features.Demo;
using Microsoft.Playwright;

namespace LtiMicroCred.BrowserTests;

/// <summary>What people do in their windows, click by click.</summary>
internal static class People
{
    public const string Title = "Data Ethics in Practice";

    /// <summary>The tool's page in the LMS's frame.</summary>
    public static IFrameLocator Tool(this IPage window) => window.FrameLocator("iframe.tool");

    /// <summary>The frame that holds the tool's page: the LMS's frame, or the window itself. The tool is at 127.0.0.1, the LMS at localhost; the address of a frame in another process is known a little after its page.</summary>
    public static async Task<IFrame> ToolFrameAsync(this IPage window)
    {
        for (var i = 0; i < 100; i++)
        {
            if (window.Frames.FirstOrDefault(f => f.Url.StartsWith("http://127.0.0.1", StringComparison.Ordinal)) is { } frame)
                return frame;
            await window.WaitForTimeoutAsync(50);
        }

        throw new ShouldAssertException($"no frame shows the tool, only {string.Join(", ", window.Frames.Select(f => f.Url))}");
    }

    public static ILocatorAssertions Expect(ILocator locator) => Assertions.Expect(locator);

    public static Task<IResponse?> GoAsync(this IPage window, DemoWorld world, string path) => window.GotoAsync(world.ToolUrl + path);

    public static async Task OpenActivityAsync(this IPage window, DemoWorld world, string username)
    {
        await window.GotoAsync(world.Lms.UrlFor(username, "course/2"));
        await window.GetByRole(AriaRole.Link, new() { Name = Title }).ClickAsync();
    }

    public static async Task OpenToolAsync(this IPage window, DemoWorld world, string username)
    {
        await window.OpenActivityAsync(world, username);
        await Expect(window.Tool().GetByRole(AriaRole.Heading, new() { Level = 1, Name = Title })).ToBeVisibleAsync();
    }

    /// <summary>Opens the activity again and again, as people do, until its page says so.</summary>
    public static async Task OpenUntilAsync(this IPage window, DemoWorld world, string username, string text)
    {
        for (var i = 0; i < 20; i++)
        {
            await window.OpenToolAsync(world, username);
            if (await window.Tool().GetByText(text).CountAsync() > 0)
                break;
            await window.WaitForTimeoutAsync(500);
        }

        await Expect(window.Tool().GetByText(text).First).ToBeVisibleAsync();
    }

    /// <summary>From the activity's page to one of the ways by which grades reach us, of one assessment.</summary>
    public static async Task OpenWayAsync(this IFrameLocator tool, string way, string? assessment = null)
    {
        await tool.GetByRole(AriaRole.Link, new() { Name = "How grades reach us" }).First.ClickAsync();
        if (assessment is not null)
            await tool.OpenTabAsync("Assessments of the rule", assessment);
        await tool.OpenTabAsync("Ways for grades", way);
    }

    /// <summary>Comes back when the tab's page is there: what is clicked before may still be of the page that is left.</summary>
    public static async Task OpenTabAsync(this IFrameLocator tool, string tabs, string name)
    {
        var tab = tool.GetByRole(AriaRole.Navigation, new() { Name = tabs }).GetByRole(AriaRole.Link, new() { Name = name, Exact = true });
        await tab.ClickAsync();
        await Expect(tab).ToHaveAttributeAsync("aria-current", "page");
    }

    public static async Task TakeQuizAsync(this IPage window, DemoWorld world, string username, int rightAnswers)
    {
        var quiz = world.Lms.School.QuizzesOf(world.Lms.School.FindCourse("2")!)[0];
        await window.GotoAsync(world.Lms.UrlFor(username, $"quiz/{quiz.Id}"));
        for (var i = 0; i < rightAnswers; i++)
            await window.Locator($"input[name=q{i}][value='{quiz.Questions[i].Right}']").CheckAsync();
        await window.GetByRole(AriaRole.Button, new() { Name = "Hand in" }).ClickAsync();
    }

    /// <summary>What the tool's document says of the element that has the focus there, after one press of Tab.</summary>
    public static async Task<T> TabAsync<T>(this IPage window, string ask)
    {
        await window.Keyboard.PressAsync("Tab");
        return await (await window.ToolFrameAsync()).EvaluateAsync<T>($"(at => {ask})(document.activeElement)");
    }

    public static async Task TabToAsync(this IPage window, string selector)
    {
        for (var i = 0; i < 100; i++)
        {
            if (await window.TabAsync<bool>($"at.matches({System.Text.Json.JsonSerializer.Serialize(selector)})"))
                return;
        }

        throw new ShouldAssertException($"Tab never reached {selector}");
    }
}
