using System.Globalization;
using System.Net;
using LtiMicroCred.DemoLms;
using LtiMicroCred.Ledger;

namespace LtiMicroCred.Features.Demo;

/// <summary>A step of the story did not come out as it must. The message says what was seen instead.</summary>
internal sealed class StoryException(string message) : Exception(message);

/// <summary>
/// The main job from end to end, played by four people's browsers over HTTP: an administrator registers the tool, an instructor adds a credential and
/// a formula, a learner passes the LMS's quiz, another one fails it and is graded by hand. Nothing of it reaches into the tool but through its pages.
/// </summary>
/// <param name="invite">Makes a registration link, as an operator would.</param>
internal sealed class DemoStory(DemoLmsServer lms, Func<CancellationToken, Task<Uri>> invite) : IDisposable
{
    public const string Course = "2", Title = "Data Ethics in Practice";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private readonly Dictionary<string, Browser> _browsers = new(StringComparer.Ordinal);

    /// <summary>Anyone without an account.</summary>
    public const string Stranger = "stranger";

    public Browser BrowserOf(string username) => _browsers.TryGetValue(username, out var browser) ? browser : _browsers[username] = new Browser();

    /// <returns>The exit code: 0 only if all of it held.</returns>
    public async Task<int> PlayAsync(Action<string> say, Func<Task<LedgerVerification>> verify, CancellationToken ct)
    {
        try
        {
            await RegisterAsync(ct);
            say("ok  the administrator registered the tool by pasting one URL and activated it");
            await AddCredentialAsync(ct);
            say($"ok  the instructor designed “{Title}” and inserted it into the course by deep linking");
            ExpectText(await OpenToolAsync("learner", ct), "You have no grade yet");
            say("ok  a learner opened the activity and sees what is asked");
            await ConnectFormulaAsync(ct);
            say("ok  the instructor pasted the formula =[[quiz1]] into the column that we made, and uses it");
            await TakeQuizAsync("learner", rightAnswers: 5, ct);
            var earned = await UntilAsync("learner", "You earned this credential", ct);
            say("ok  the learner passed the quiz; the next reading turned the pass into an award");
            var publicPage = await PublishAsync(earned, ct);
            say($"ok  the learner made it public; anyone can read it at {publicPage.Url}");
            await TakeQuizAsync("learner2", rightAnswers: 2, ct);
            await UntilCourseShowsAsync("40%", ct);
            ExpectText(await OpenToolAsync("learner2", ct), "40%");
            Expect(!(await OpenToolAsync("learner2", ct)).Text.Contains("You earned this credential", StringComparison.Ordinal), "the learner who failed holds nothing");
            say("ok  a second learner failed the quiz and holds nothing");
            await GradeByHandAsync("learner2", "75", ct);
            await UntilAsync("learner2", "You earned this credential", ct);
            say("ok  the instructor raised the grade in the activity's own column; the second learner holds the credential");
            var verification = await verify();
            if (verification.Break is { } found)
            {
                say(found.ToString());
                return ExitCode.Broken;
            }

            Expect(verification.Entries == 3, $"three entries in the ledger, not {verification.Entries}");
            say("ok  the ledger verifies: 3 entries");
            return ExitCode.Done;
        }
        catch (Exception failure) when (failure is StoryException or InvalidOperationException or HttpRequestException)
        {
            say($"FAILED  {failure.Message}");
            return ExitCode.Usage;
        }
    }

    /// <summary>Dynamic registration as in Moodle: the link is pasted, our page opens in a frame, one click, then the new tool is activated.</summary>
    public async Task RegisterAsync(CancellationToken ct)
    {
        var tools = await BrowserOf("admin").OpenAsync(lms.UrlFor("admin", "tools"), ct);
        var adding = await tools.SubmitAsync("form[action$='/tools/add']", ct, ("url", (await invite(ct)).AbsoluteUri));
        var asked = await adding.FrameAsync(ct);
        var done = await asked.SubmitAsync("form[method=post]", ct);
        Expect(done.Status == (int)HttpStatusCode.OK && done.Has("[data-close]"), $"the registration is done. The page says: {done.Text}");
        tools = await tools.ReloadAsync(ct);
        await tools.SubmitAsync("form[action$='/activate']", ct);
    }

    public async Task AddCredentialAsync(CancellationToken ct)
    {
        var course = await BrowserOf("instructor").OpenAsync(lms.UrlFor("instructor", $"course/{Course}"), ct);
        var adding = await course.FollowAsync("a[href*='/add/']", ct);
        var pick = await LaunchAsync(adding, ct);
        var answer = await pick.SubmitAsync(
            "form#design button.primary",
            ct,
            ("title", Title),
            ("description", "Finding, naming and handling ethical risks in real data."),
            ("outcomes", "find and name the ethical risks of a data set before it is used\nchoose a lawful basis for processing and give the reasons"),
            ("hours", "50"),
            ("credits", "2"),
            ("level", "6"),
            ("threshold", "60"));
        var returned = await answer.SubmitAsync("form[data-submit]", ct);
        await returned.FollowAsync("a[data-top-window]", ct);
        Expect((await course.ReloadAsync(ct)).Has("a[href*='/activity/']"), "the activity is in the course");
    }

    /// <summary>Opens the credential activity as the LMS does: its page, the frame, the login, the launch.</summary>
    public async Task<BrowserPage> OpenToolAsync(string username, CancellationToken ct)
    {
        var course = await BrowserOf(username).OpenAsync(lms.UrlFor(username, $"course/{Course}"), ct);
        return await LaunchAsync(await course.FollowAsync("a[href*='/activity/']", ct), ct);
    }

    public async Task ConnectFormulaAsync(CancellationToken ct)
    {
        var course = await OpenToolAsync("instructor", ct);
        var connect = await course.FollowAsync("a[href*='connect']", ct);
        connect = await connect.SubmitAsync("form[action*='handler=Make'] button, button[formaction*='handler=Make']", ct);
        ExpectText(connect, "=[[quiz1]]");
        var grades = await BrowserOf("instructor").OpenAsync(lms.UrlFor("instructor", $"course/{Course}/grades"), ct);
        var column = grades.Document.QuerySelectorAll("ul.cards > li").First(card => card.TextContent.Contains($"{Title}: counted", StringComparison.Ordinal));
        await grades.SubmitAsync($"form[action='{column.QuerySelector("form[action$='/formula']")!.GetAttribute("action")}']", ct, ("formula", "=[[quiz1]]"));
        connect = await connect.ReloadAsync(ct);
        await connect.SubmitAsync("form[action*='handler=Use'] button, button[formaction*='handler=Use']", ct);
    }

    public async Task TakeQuizAsync(string username, int rightAnswers, CancellationToken ct)
    {
        var quiz = lms.School.QuizzesOf(lms.School.FindCourse(Course)!)[0];
        var page = await BrowserOf(username).OpenAsync(lms.UrlFor(username, $"quiz/{quiz.Id}"), ct);
        var answers = quiz.Questions.Select((question, i) => ($"q{i.ToString(CultureInfo.InvariantCulture)}", Answer(question, right: i < rightAnswers)));
        await page.SubmitAsync($"form[action$='/quiz/{quiz.Id}']", ct, [.. answers]);
    }

    public async Task GradeByHandAsync(string username, string points, CancellationToken ct)
    {
        var person = lms.School.Person(username);
        var link = lms.School.LinksOf(lms.School.FindCourse(Course)!)[0];
        var column = lms.School.Gradebook.ColumnsOf(link)[0];
        var grades = await BrowserOf("instructor").OpenAsync(lms.UrlFor("instructor", $"course/{Course}/grades"), ct);
        await grades.SubmitAsync($"form[action$='/grades/{column.Id}/learner/{person.Id}'] button[value=set]", ct, ("points", points));
    }

    /// <summary>Switches the page on from the learner's own page, and opens it as a stranger.</summary>
    public async Task<BrowserPage> PublishAsync(BrowserPage earned, CancellationToken ct)
    {
        Expect(!earned.Has("a[href*='/c/']"), "the page is private at first");
        var shown = await earned.SubmitAsync("button[role=switch]", ct);
        var link = shown.Document.QuerySelector("a[href*='/c/']")?.GetAttribute("href") ?? throw new StoryException("the learner's page has no link to the public page");
        var page = await BrowserOf(Stranger).OpenAsync(new Uri(shown.Url, link), ct);
        ExpectText(page, "Valid");
        return page;
    }

    /// <summary>Opens the tool again and again until it says so: awards come by themselves, within a reading.</summary>
    public async Task<BrowserPage> UntilAsync(string username, string text, CancellationToken ct) => await RetryAsync(await OpenToolAsync(username, ct), text, ct);

    public async Task<BrowserPage> UntilCourseShowsAsync(string text, CancellationToken ct) => await RetryAsync(await OpenToolAsync("instructor", ct), text, ct);

    public void Dispose()
    {
        foreach (var browser in _browsers.Values)
            browser.Dispose();
    }

    private static async Task<BrowserPage> LaunchAsync(BrowserPage around, CancellationToken ct)
    {
        var opening = await around.FrameAsync(ct);
        var signedIn = await opening.SubmitAsync("form[data-auto-submit]", ct);
        return await signedIn.SubmitAsync("form", ct);
    }

    private static async Task<BrowserPage> RetryAsync(BrowserPage page, string text, CancellationToken ct)
    {
        var until = DateTimeOffset.UtcNow + s_patience;
        while (!page.Text.Contains(text, StringComparison.Ordinal))
        {
            if (DateTimeOffset.UtcNow > until)
                ExpectText(page, text);
            await Task.Delay(TimeSpan.FromMilliseconds(200), ct);
            page = await page.ReloadAsync(ct);
        }

        return page;
    }

    private static void ExpectText(BrowserPage page, string text) =>
        Expect(page.Text.Contains(text, StringComparison.Ordinal), $"{page.Url.AbsolutePath} ({page.Status}) says “{text}”. It says: {page.Text}");

    private static string Answer(Question question, bool right) =>
        (right ? question.Right : (question.Right + 1) % question.Choices.Count).ToString(CultureInfo.InvariantCulture);

    private static void Expect(bool holds, string what)
    {
        if (!holds)
            throw new StoryException($"expected that {what}");
    }
}
