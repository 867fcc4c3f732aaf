using LtiMicroCred.DemoLms;

namespace LtiMicroCred.Tests;

/// <summary>An LMS that fails as real ones do: no grade is lost, nobody else waits, and the instructor is told.</summary>
public sealed class LmsDownTests
{
    [Fact]
    public async Task An_LMS_that_is_down_holds_up_nobody_else_and_loses_no_grade()
    {
        await using var campus = await Campus.FurnishedAsync();
        var (_, story) = await campus.JoinAsync("Otherton College");
        using var theirs = story;
        await story.AddCredentialAsync(CancellationToken.None);
        await campus.OpenAsync("learner");
        await story.OpenToolAsync("learner", CancellationToken.None);
        campus.Lms.Faults.Down(LmsService.Results);

        await campus.GradeAsync("learner", "80");
        var course = await campus.UntilAsync("instructor", "Moodle has not answered since");
        course.Text.ShouldContain("No grade is lost");
        await story.GradeByHandAsync("learner", "80", CancellationToken.None);
        await story.UntilAsync("learner", "You earned this credential", CancellationToken.None);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Award")).ShouldBe(1);

        campus.Lms.Faults.Clear();
        await CheckNowAsync(campus);
        await campus.UntilAsync("learner", "You earned this credential");
        (await campus.OpenAsync("instructor")).Text.ShouldNotContain("has not answered since");
        (await campus.World.VerifyAsync(CancellationToken.None)).Entries.ShouldBe(4);
    }

    [Fact]
    public async Task An_LMS_that_gives_no_token_is_asked_again_later()
    {
        await using var campus = await Campus.FurnishedAsync();
        campus.Lms.Faults.Answer(LmsService.Token, 500);
        await campus.OpenAsync("learner");
        await campus.GradeAsync("learner", "80");
        (await campus.UntilAsync("instructor", "No grade is lost")).Text.ShouldContain("tell your IT service desk this reference");
        campus.Readings.ShouldBe(0);

        campus.Lms.Faults.Clear();
        await CheckNowAsync(campus);
        await campus.UntilAsync("learner", "You earned this credential");
    }

    [Fact]
    public async Task An_LMS_that_asks_for_a_pause_gets_it()
    {
        await using var campus = await Campus.FurnishedAsync();
        await campus.OpenAsync("learner");
        await Campus.UntilAsync(() => Task.FromResult(campus.Readings > 0), "the column is read");
        campus.Lms.Faults.Answer(LmsService.Results, 503, TimeSpan.FromSeconds(6));
        await Campus.UntilAsync(() => Task.FromResult(Busy() >= 1), "the LMS asks for a pause");
        // Opening the activity brings a reading forward, but not over the LMS's word.
        await campus.OpenAsync("learner2");
        await Campus.UntilAsync(() => Task.FromResult(Busy() >= 2), "the column is tried again");

        var asked = campus.Lms.Requests.Where(r => r is { Service: LmsService.Results, Status: 503 }).Select(r => r.At).ToList();
        (asked[1] - asked[0]).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(6));

        int Busy() => campus.Lms.Requests.Count(r => r is { Service: LmsService.Results, Status: 503 });
    }

    [Fact]
    public async Task Half_a_page_is_no_page()
    {
        await using var campus = await Campus.FurnishedAsync();
        await campus.OpenAsync("learner");
        await Campus.UntilAsync(() => Task.FromResult(campus.Readings > 0), "the column is read");
        campus.Lms.Faults.HalfPage(LmsService.Results);
        foreach (var learner in new[] { "learner", "learner2", "learner3" })
            await campus.GradeAsync(learner, "80");
        await campus.UntilAsync("instructor", "No grade is lost");
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Result")).ShouldBe(0);

        campus.Lms.Faults.Clear();
        await CheckNowAsync(campus);
        await Campus.UntilAsync(async () => await campus.AskAsync<long>("SELECT COUNT(*) FROM Award") == 3, "all three hold the credential");
    }

    [Attack(23)]
    [Fact]
    public async Task Half_a_roster_lets_nobody_earn_and_sends_nobody_away()
    {
        await using var campus = await Campus.FurnishedAsync();
        campus.Lms.Faults.HalfPage(LmsService.Memberships);
        await campus.OpenAsync("learner");
        await campus.GradeAsync("learner", "80");
        await campus.UntilAsync("instructor", "No grade is lost");
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Award")).ShouldBe(0);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM CourseMember WHERE IsActive = 0")).ShouldBe(0);

        campus.Lms.Faults.Clear();
        await CheckNowAsync(campus);
        await campus.UntilAsync("learner", "You earned this credential");
    }

    [Fact]
    public async Task Results_without_a_score_award_nothing_and_are_read_on()
    {
        await using var campus = await Campus.FurnishedAsync();
        campus.Lms.Faults.ResultsWithoutScore = true;
        await campus.OpenAsync("learner");
        await campus.GradeAsync("learner", "80");
        var before = campus.Readings;
        await Campus.UntilAsync(() => Task.FromResult(campus.Readings >= before + 3), "the column is read on");
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Award")).ShouldBe(0);
        (await campus.OpenAsync("instructor")).Text.ShouldNotContain("No grade is lost");

        campus.Lms.Faults.Clear();
        await campus.UntilAsync("learner", "You earned this credential");
    }

    [Fact]
    public async Task A_column_that_was_deleted_is_named()
    {
        await using var campus = await Campus.FurnishedAsync();
        await campus.OpenAsync("learner");
        campus.Lms.Faults.Answer(LmsService.Results, 404);
        (await campus.UntilAsync("instructor", "has not been there since")).Text.ShouldContain("Data Ethics in Practice");
    }

    [Fact]
    public async Task A_launch_while_the_LMSs_keys_cannot_be_fetched_says_so()
    {
        await using var campus = await Campus.RegisteredAsync();
        campus.AddLink();
        campus.Lms.Faults.Down(LmsService.Keys);
        using var wire = new Wire();
        var launch = await wire.BeginLaunchAsync(campus.Opening("learner"));
        (await wire.PostAsync(launch.Action, launch.Fields)).ShouldRefuse(400, "Your LMS does not answer us");
    }

    private static async Task CheckNowAsync(Campus campus) =>
        await (await campus.OpenAsync("instructor")).SubmitAsync("form[action*='handler=Check'] button", CancellationToken.None);
}
