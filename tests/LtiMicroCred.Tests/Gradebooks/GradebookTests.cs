using LtiMicroCred.DemoLms;
using LtiMicroCred.Features.Demo;
using LtiMicroCred.Lti;
using Microsoft.Extensions.DependencyInjection;

namespace LtiMicroCred.Tests.Gradebooks;

/// <summary>A column that the LMS fills itself and shows to tools: chosen, seen to work, read, and never written to.</summary>
public sealed class GradebookTests
{
    [Fact]
    public async Task A_quizs_own_column_is_chosen_and_its_passes_become_awards()
    {
        await using var campus = await Campus.FurnishedAsync(Manners.Sakai);
        await campus.OpenAsync("learner");
        await campus.Story.TakeQuizAsync("learner", rightAnswers: 5, CancellationToken.None);
        await campus.Story.TakeQuizAsync("learner2", rightAnswers: 1, CancellationToken.None);
        var page = await GradebookAsync(campus);
        page.Document.QuerySelectorAll("input[name=column]").Length.ShouldBe(1, "its own column is none of those");

        page = await ChooseAsync(page);
        page.Text.ShouldContain("We see 2 results, 1 of them would pass.");
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Award")).ShouldBe(0);
        page = await page.SubmitAsync("form[action*='handler=Use'] button", CancellationToken.None);

        await campus.UntilAsync("learner", "You earned this credential");
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Award")).ShouldBe(1);
        (await campus.OpenAsync("instructor")).Text.ShouldContain("Existing column “Final quiz”, read from Sakai.");
        (await page.ReloadAsync(CancellationToken.None)).Text.ShouldContain("so it stays");
        campus.Lms.Requests.ShouldNotContain(r => r.Service == LmsService.Scores);
        (await campus.World.VerifyAsync(CancellationToken.None)).Break.ShouldBeNull();
    }

    [Fact]
    public async Task We_never_write_to_it()
    {
        await using var campus = await Campus.FurnishedAsync(Manners.Sakai);
        await campus.OpenAsync("instructor");
        var platform = (await campus.Services.GetRequiredService<IPlatforms>().FindAsync(Guid.ParseExact((await campus.AskAsync<string>("SELECT PlatformId FROM Platform"))!, "D"), CancellationToken.None)).ShouldNotBeNull();
        var grades = campus.Services.GetRequiredService<AssignmentAndGradeServices>();
        var items = await grades.GetLineItemsAsync(platform, new Uri((await campus.AskAsync<string>("SELECT LineItemsUrl FROM Course"))!), filter: null, CancellationToken.None);
        var quiz = items.Single(i => i.IsReadOnly);
        var score = new Score { UserId = campus.Lms.School.Person("learner").Id, Timestamp = DateTimeOffset.UtcNow, ActivityProgress = ActivityProgress.Completed, GradingProgress = GradingProgress.FullyGraded, ScoreGiven = 1, ScoreMaximum = 1 };

        (await Should.ThrowAsync<LtiServiceException>(() => grades.PostScoreAsync(platform, quiz, score, CancellationToken.None))).Failure.ShouldBe(ServiceFailure.ReadOnly);
        campus.Lms.Requests.ShouldNotContain(r => r.Service == LmsService.Scores, "not even asked");
        (await Should.ThrowAsync<LtiServiceException>(() => grades.PostScoreAsync(platform, new Uri(quiz.Id!), score, CancellationToken.None))).Status.ShouldBe(403);
    }

    [Attack(12)]
    [Fact]
    public async Task A_column_that_the_LMS_does_not_list_as_read_only_is_not_taken()
    {
        await using var campus = await Campus.FurnishedAsync(Manners.Sakai);
        var page = await GradebookAsync(campus);
        var listed = page.Document.QuerySelector("input[name=column]")!.GetAttribute("value")!;
        var own = (await campus.AskAsync<string>("SELECT Url FROM LineItem WHERE Way = 'own'"))!;

        foreach (var foreign in new[] { own, listed.Replace("/2/lineitems/", "/3/lineitems/", StringComparison.Ordinal), "https://evil.example/lineitem", listed + "#", "" })
            await page.SubmitAsync("form[action*='handler=Choose'] button", CancellationToken.None, ("column", foreign));

        (await campus.AskAsync<long>("SELECT COUNT(*) FROM LineItem WHERE Way = 'gradebook'")).ShouldBe(0);
    }

    [Fact]
    public async Task A_choice_can_be_changed_until_its_grades_are_kept()
    {
        await using var campus = await Campus.FurnishedAsync(Manners.Sakai);
        var course = campus.Lms.School.FindCourse(DemoStory.Course)!;
        var other = campus.Lms.School.AddQuiz(course, "Midterm", "quiz0", 20, campus.Lms.School.QuizzesOf(course)[0].Questions);
        var page = await ChooseAsync(await GradebookAsync(campus));
        var midterm = page.Document.QuerySelectorAll("label.choice").Single(l => l.TextContent.Contains("Midterm", StringComparison.Ordinal)).QuerySelector("input")!.GetAttribute("value")!;
        page = await page.SubmitAsync("form[action*='handler=Choose'] button", CancellationToken.None, ("column", midterm));
        (await campus.AskAsync<string>("SELECT Label FROM LineItem WHERE Way = 'gradebook'")).ShouldBe("Midterm");

        var kept = page;
        await page.SubmitAsync("form[action*='handler=Use'] button", CancellationToken.None);
        campus.Lms.School.TakeQuiz(other, campus.Lms.School.Person("learner"), rightAnswers: 5);
        await Campus.UntilAsync(async () => await campus.AskAsync<long>("SELECT COUNT(*) FROM Award") == 1, "the pass is an award");
        await kept.SubmitAsync("form[action*='handler=Choose'] button", CancellationToken.None, ("column", midterm.Replace("/" + other.ColumnId + "/", "/" + campus.Lms.School.QuizzesOf(course)[0].ColumnId + "/", StringComparison.Ordinal)));
        (await campus.AskAsync<string>("SELECT Label FROM LineItem WHERE Way = 'gradebook'")).ShouldBe("Midterm", "results of one must not pass for results of the other");
    }

    [Fact]
    public async Task Moodle_does_not_offer_it()
    {
        await using var campus = await Campus.FurnishedAsync();
        var course = await campus.OpenAsync("instructor");
        course.Has("a[href$='/gradebook']").ShouldBeFalse();
        var connect = await course.FollowAsync("a[href*='connect']", CancellationToken.None);
        connect.Has("a[href$='/gradebook']").ShouldBeFalse();
    }

    private static async Task<BrowserPage> GradebookAsync(Campus campus) => await (await campus.OpenAsync("instructor")).FollowAsync("a[href$='/gradebook']", CancellationToken.None);

    private static Task<BrowserPage> ChooseAsync(BrowserPage page) =>
        page.SubmitAsync("form[action*='handler=Choose'] button", CancellationToken.None, ("column", page.Document.QuerySelector("input[name=column]")!.GetAttribute("value")!));
}
