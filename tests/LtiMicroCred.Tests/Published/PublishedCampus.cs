using LtiMicroCred.DemoLms;
using LtiMicroCred.Features.Demo;
using LtiMicroCred.Features.Published;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Tests.Published;

/// <summary>A campus whose LMS also publishes a quiz of another course, which the credential's learners start from us.</summary>
internal sealed class PublishedCampus : IAsyncDisposable
{
    private PublishedCampus(Campus campus, Quiz quiz, PublishedQuiz published) => (Campus, Quiz, Published) = (campus, quiz, published);

    public Campus Campus { get; }
    public Quiz Quiz { get; }
    public PublishedQuiz Published { get; }
    public Publisher Publisher => Campus.Lms.Publisher;

    /// <summary>The LMS is registered as a tool; nothing is chosen yet.</summary>
    public static async Task<PublishedCampus> ConnectedAsync(TimeProvider? clock = null)
    {
        var campus = clock is null ? await Campus.FurnishedAsync() : await Campus.FurnishedAsync(clock);
        var school = campus.Lms.School;
        var quiz = school.AddQuiz(school.FindCourse("3")!, "Ethics check", "ethics", 20, school.QuizzesOf(school.FindCourse(DemoStory.Course)!)[0].Questions);
        var published = new PublishedCampus(campus, quiz, campus.Lms.Publisher.Publish(quiz));
        await published.ConnectAsync(await published.InviteAsync());
        return published;
    }

    /// <summary>Learners can start the quiz, and its grades count.</summary>
    public static async Task<PublishedCampus> InUseAsync(TimeProvider? clock = null)
    {
        var published = await ConnectedAsync(clock);
        var page = await published.ChooseAsync();
        await page.SubmitAsync("form[action*='handler=Use'] button", CancellationToken.None);
        return published;
    }

    public async Task<Uri> InviteAsync()
    {
        var tenant = (await Campus.AskAsync<string>("SELECT TenantId FROM Tenant"))!;
        return (await Campus.World.Scopes.SendAsync(new InviteTool(Guid.Parse(tenant), TimeSpan.FromHours(1)), CancellationToken.None)).Url;
    }

    /// <summary>What an LMS administrator does: pastes the LMS's registration URL into the page behind the link.</summary>
    public async Task<BrowserPage> ConnectAsync(Uri link)
    {
        var page = await Campus.Story.BrowserOf("admin").OpenAsync(link, CancellationToken.None);
        return await page.SubmitAsync("form[action*='handler=Open']", CancellationToken.None, ("url", Publisher.NewRegistration()));
    }

    /// <param name="assessment">The name of the rule's assessment; null where it has one only.</param>
    public async Task<BrowserPage> SetUpAsync(string? assessment = null)
    {
        var course = await Campus.OpenAsync("instructor");
        var page = await course.FollowAsync("a[href$='/published']", CancellationToken.None);
        return assessment is null ? page : await page.FollowAsync($"nav a[href*='/published']:contains('{assessment}')", CancellationToken.None);
    }

    public async Task<BrowserPage> ChooseAsync(string? target = null, string? custom = null, string? assessment = null, string title = "Ethics check") => await (await SetUpAsync(assessment)).SubmitAsync(
        "form[action*='handler=Save']",
        CancellationToken.None,
        ("title", title),
        ("target", target ?? Publisher.LaunchUrl),
        ("custom", custom ?? $"id={Published.Uuid}"));

    /// <summary>The page in a window of its own that is about to send the browser to the LMS.</summary>
    public async Task<BrowserPage> BeginAsync(string username, string selector = "#start") =>
        await (username == "instructor" ? await SetUpAsync() : await Campus.OpenAsync(username)).SubmitAsync(selector, CancellationToken.None);

    /// <summary>From our activity to the quiz in the LMS.</summary>
    public async Task<BrowserPage> StartAsync(string username, string selector = "#start")
    {
        var begun = await BeginAsync(username, selector);
        var answer = await begun.SubmitAsync("form[data-submit]", CancellationToken.None);
        return await answer.SubmitAsync("form[data-submit]", CancellationToken.None);
    }

    public Task TakeAsync(BrowserPage page, int rightAnswers) => TakeAsync(page, Quiz, rightAnswers);

    public static Task TakeAsync(BrowserPage page, Quiz quiz, int rightAnswers) => page.SubmitAsync(
        $"form[action$='/quiz/{quiz.Id}']",
        CancellationToken.None,
        [.. quiz.Questions.Select((question, i) => ($"q{i}", $"{(i < rightAnswers ? question.Right : (question.Right + 1) % question.Choices.Count)}"))]);

    public Visitor VisitorOf(string? except = null) => Publisher.Visitors.Single(visitor => visitor.Subject != except);

    public ValueTask DisposeAsync() => Campus.DisposeAsync();
}
