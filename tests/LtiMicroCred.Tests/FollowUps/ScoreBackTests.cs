using LtiMicroCred.DemoLms;
using LtiMicroCred.Features.Demo;
using LtiMicroCred.Features.FollowUps;
using LtiMicroCred.Features.Results;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Tests.FollowUps;

/// <summary>The activity's own column shows who holds the credential, where an instructor wants it and nobody reads it.</summary>
public sealed class ScoreBackTests : IAsyncLifetime
{
    private Campus _campus = null!;
    private Guid _tenant, _activity;

    public async ValueTask InitializeAsync()
    {
        _campus = await Campus.FurnishedAsync();
        await _campus.Story.ConnectFormulaAsync(CancellationToken.None);
        _tenant = Guid.Parse((await _campus.AskAsync<string>("SELECT TenantId FROM Tenant"))!);
        _activity = Guid.Parse((await _campus.AskAsync<string>("SELECT ActivityId FROM Activity"))!);
    }

    public ValueTask DisposeAsync() => _campus.DisposeAsync();

    [Fact]
    public async Task An_award_fills_its_cell_and_a_revocation_empties_it()
    {
        await StopReadingAsync();
        (await ShowAsync(true)).ShouldBeTrue();
        await PassAsync("learner");
        await CellAsync("learner", 100);
        Grade("learner")!.Comment.ShouldContain(DemoStory.Title);

        var learner = Guid.Parse((await _campus.AskAsync<string>("SELECT LearnerId FROM HeldAward"))!);
        await RevokeAsync(learner);
        await CellAsync("learner", 0);
        (await _campus.AskAsync<long>("SELECT COUNT(*) FROM Award")).ShouldBe(1, "what we wrote is not read");
    }

    [Fact]
    public async Task Who_held_it_before_is_shown_too()
    {
        await PassAsync("learner");
        await Campus.UntilAsync(async () => await _campus.AskAsync<long>("SELECT COUNT(*) FROM HeldAward") == 1, "the award is there");
        Grade("learner").ShouldBeNull();
        await StopReadingAsync();
        await ShowAsync(true);
        await CellAsync("learner", 100);
    }

    [Fact]
    public async Task Nothing_is_ever_written_into_a_column_that_is_read()
    {
        (await ShowAsync(true)).ShouldBeFalse();
        // Even if it begins to be read in between, or the switch is on in the database.
        await _campus.ExecuteAsync("INSERT INTO ScoreBack (ActivityId, IsOn, ChangedAt) SELECT ActivityId, 1, CreatedAt FROM Activity");
        await PassAsync("learner");
        await Campus.UntilAsync(async () => await _campus.AskAsync<long>("SELECT COUNT(*) FROM FollowUp WHERE State = 'failed' AND Cause = 'ColumnIsRead'") == 1, "it is refused");
        _campus.Lms.Requests.ShouldNotContain(r => r.Service == LmsService.Scores);
    }

    [Fact]
    public async Task What_we_wrote_is_never_read_as_a_grade()
    {
        await StopReadingAsync();
        await ShowAsync(true);
        await PassAsync("learner");
        await CellAsync("learner", 100);
        (await UseOwnAsync()).ShouldBeFalse("it shows who holds the credential");
        await ShowAsync(false);
        (await UseOwnAsync()).ShouldBeFalse("what it showed is still there");

        var page = await _campus.OpenAsync("instructor");
        page = await page.FollowAsync("a[href$='/connect?way=formula']", CancellationToken.None);
        page = await page.FollowAsync("a[href$='/connect?way=own']", CancellationToken.None);
        page.Text.ShouldContain("what is in it comes from us");
        page.Has("form[action*='handler=Use']").ShouldBeFalse();
    }

    [Fact]
    public async Task A_switch_that_was_never_used_leaves_the_column_to_be_read()
    {
        await StopReadingAsync();
        await ShowAsync(true);
        (await UseOwnAsync()).ShouldBeFalse("the next award is about to be written there");
        await ShowAsync(false);
        (await UseOwnAsync()).ShouldBeTrue();
    }

    [Fact]
    public async Task An_LMS_that_forbids_it_is_named_and_a_retry_works_once_it_allows()
    {
        await StopReadingAsync();
        await ShowAsync(true);
        _campus.Lms.Faults.Answer(LmsService.Scores, 403);
        await PassAsync("learner");
        await Campus.UntilAsync(async () => await _campus.AskAsync<string>("SELECT State || ' ' || Cause FROM FollowUp WHERE Kind = 'score'") == "failed Refused", "it failed for good");
        var page = await _campus.UntilAsync("instructor", "One thing that follows an award could not be done");
        page = await page.FollowAsync("a[href$='/follow-ups']", CancellationToken.None);
        page.Text.ShouldContain("The LMS does not let us write there.");

        _campus.Lms.Faults.Clear();
        await page.SubmitAsync("form[action*='handler=Retry'] button, button[formaction*='handler=Retry']", CancellationToken.None);
        await CellAsync("learner", 100);
    }

    [Fact]
    public async Task An_LMS_that_is_down_is_tried_again()
    {
        await StopReadingAsync();
        await ShowAsync(true);
        _campus.Lms.Faults.Answer(LmsService.Scores, 503, TimeSpan.FromSeconds(5));
        await PassAsync("learner");
        await Campus.UntilAsync(async () => await _campus.AskAsync<string>("SELECT State || ' ' || Cause FROM FollowUp WHERE Kind = 'score'") == "waiting NoAnswer", "it waits");
        _campus.Lms.Faults.Clear();
        await _campus.ExecuteAsync("UPDATE FollowUp SET DueAt = CreatedAt");
        await CellAsync("learner", 100);
    }

    [Fact]
    public async Task A_revocation_long_after_the_award_has_its_own_patience_and_the_others_of_that_LMS_wait_as_long()
    {
        await StopReadingAsync();
        await ShowAsync(true);
        await PassAsync("learner");
        await CellAsync("learner", 100);
        await _campus.ExecuteAsync("UPDATE FollowUp SET CreatedAt = '2026-01-01T00:00:00.000000Z'");
        _campus.Lms.Faults.Answer(LmsService.Scores, 503, TimeSpan.FromSeconds(100));
        var learner = Guid.Parse((await _campus.AskAsync<string>("SELECT LearnerId FROM HeldAward"))!);
        await RevokeAsync(learner);
        await Campus.UntilAsync(async () => await _campus.AskAsync<string>("SELECT Cause FROM FollowUp") == "NoAnswer", "it waits");
        (await _campus.AskAsync<string>("SELECT State FROM FollowUp")).ShouldBe("waiting");
    }

    [Fact]
    public async Task Switched_off_nothing_is_written()
    {
        await StopReadingAsync();
        await ShowAsync(true);
        await ShowAsync(false);
        await PassAsync("learner");
        await Campus.UntilAsync(async () => await _campus.AskAsync<long>("SELECT COUNT(*) FROM HeldAward") == 1, "the award is there");
        (await _campus.AskAsync<long>("SELECT COUNT(*) FROM FollowUp")).ShouldBe(0);
        (await SendAsync(new ShowScores(Guid.NewGuid(), _activity, true))).ShouldBeFalse();
    }

    private Task PassAsync(string username) => _campus.Story.TakeQuizAsync(username, 5, CancellationToken.None);

    private Task<bool> StopReadingAsync() => SendAsync(new UseColumn(_tenant, _activity, "own", 1, On: false));

    private async Task RevokeAsync(Guid learner)
    {
        var teacher = Guid.Parse((await _campus.AskAsync<string>("SELECT LearnerId FROM CourseMember WHERE IsLearner = 0"))!);
        (await SendAsync(new Features.Awards.DecideAward(_tenant, _activity, learner, Features.Awards.RulingKind.Revoke, "because", teacher))).ShouldBeTrue();
    }

    private Task<bool> UseOwnAsync() => SendAsync(new UseColumn(_tenant, _activity, "own", 1, On: true));

    private Task<bool> ShowAsync(bool on) => SendAsync(new ShowScores(_tenant, _activity, on));

    private Task<T> SendAsync<T>(MediatR.IRequest<T> message) => _campus.World.Scopes.SendAsync(message, CancellationToken.None);

    private Task CellAsync(string username, decimal points) => Campus.UntilAsync(() => Task.FromResult(Grade(username)?.Points == points), $"the cell of {username} holds {points}");

    private Grade? Grade(string username)
    {
        var link = _campus.Lms.School.LinksOf(_campus.Lms.School.FindCourse(DemoStory.Course)!)[0];
        return _campus.Lms.School.Gradebook.GradeOf(_campus.Lms.School.Gradebook.ColumnsOf(link)[0], _campus.Lms.School.Person(username));
    }
}
