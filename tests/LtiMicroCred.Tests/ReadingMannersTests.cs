using LtiMicroCred.DemoLms;

namespace LtiMicroCred.Tests;

/// <summary>Reading heeds what the LMS says, and concludes nothing from what it does not say.</summary>
public sealed class ReadingMannersTests
{
    [Fact]
    public async Task A_column_that_is_gone_is_looked_for_less_and_less_at_last_once_a_day()
    {
        await using var campus = await Campus.FurnishedAsync();
        await campus.OpenAsync("learner");
        campus.Lms.Faults.Answer(LmsService.Results, 404);
        await campus.UntilAsync("instructor", "has not been there since");
        (await DistanceAsync(campus)).ShouldBeLessThan(TimeSpan.FromMinutes(30), "it may be a passing trouble");

        await campus.ExecuteAsync("UPDATE LineItem SET Failures = 30, NextReadAt = '2026-01-01T00:00:00.000000Z'");
        await Campus.UntilAsync(async () => await campus.AskAsync<long>("SELECT COUNT(*) FROM LineItem WHERE Failures = 31") == 1, "it is looked for again");
        (await DistanceAsync(campus)).ShouldBeInRange(TimeSpan.FromHours(23), TimeSpan.FromHours(24));

        // Another trouble is soon over.
        campus.Lms.Faults.Answer(LmsService.Results, 500);
        await campus.ExecuteAsync("UPDATE LineItem SET NextReadAt = '2026-01-01T00:00:00.000000Z'");
        await Campus.UntilAsync(async () => await campus.AskAsync<long>("SELECT COUNT(*) FROM LineItem WHERE Failures = 32") == 1, "it is looked for again");
        (await DistanceAsync(campus)).ShouldBeInRange(TimeSpan.FromMinutes(29), TimeSpan.FromMinutes(30));
    }

    [Fact]
    public async Task An_hour_without_the_LMS_loses_no_grade()
    {
        var clock = new MovedClock();
        await using var campus = await Campus.FurnishedAsync(clock);
        await campus.OpenAsync("learner");
        foreach (var service in new[] { LmsService.Results, LmsService.Memberships, LmsService.Token })
            campus.Lms.Faults.Down(service);
        await campus.GradeAsync("learner", "80");
        await Campus.UntilAsync(async () => await campus.AskAsync<long>("SELECT COUNT(*) FROM LineItem WHERE FailingSince IS NOT NULL") == 1, "the trouble is seen");
        for (var minutes = 0; minutes < 60; minutes += 30)
        {
            var failures = await campus.AskAsync<long>("SELECT Failures FROM LineItem");
            clock.Move(TimeSpan.FromMinutes(30));
            await Campus.UntilAsync(async () => await campus.AskAsync<long>("SELECT Failures FROM LineItem") > failures, "it is tried again within half an hour");
        }

        campus.Lms.Faults.Clear();
        clock.Move(TimeSpan.FromMinutes(31));

        await Campus.UntilAsync(async () => await campus.AskAsync<long>("SELECT COUNT(*) FROM Award") == 1, "the grade of an hour ago is an award");
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM LineItem WHERE FailingSince IS NULL AND Failures = 0")).ShouldBe(1);
    }

    [Theory]
    [InlineData(90)]
    [InlineData(-90)]
    public async Task Grades_count_although_the_LMSs_clock_is_off(int seconds)
    {
        var clock = new MovedClock();
        await using var campus = await Campus.StartAsync(clock: clock);
        await campus.Story.RegisterAsync(CancellationToken.None);
        await campus.Story.AddCredentialAsync(CancellationToken.None);
        await campus.OpenAsync("learner");
        clock.Move(TimeSpan.FromSeconds(seconds));

        await campus.GradeAsync("learner", "80");
        await Campus.UntilAsync(async () => await campus.AskAsync<long>("SELECT COUNT(*) FROM Award") == 1, "the pass is an award");
        await campus.GradeAsync("learner2", "80");
        await campus.GradeAsync("learner2", "40");
        await campus.GradeAsync("learner2", "70");
        await Campus.UntilAsync(async () => await campus.AskAsync<long>("SELECT COUNT(*) FROM Award") == 2, "the last grade counts");
    }

    [Fact]
    public async Task A_course_that_was_deleted_sends_nobody_away_and_takes_back_nothing()
    {
        await using var campus = await Campus.FurnishedAsync();
        await campus.OpenAsync("learner");
        await campus.GradeAsync("learner", "80");
        await Campus.UntilAsync(async () => await campus.AskAsync<long>("SELECT COUNT(*) FROM Award") == 1, "the pass is an award");
        campus.Lms.Faults.Answer(LmsService.Results, 404);
        campus.Lms.Faults.Answer(LmsService.Memberships, 404);

        await Campus.UntilAsync(async () => await campus.AskAsync<long>("SELECT COUNT(*) FROM LineItem WHERE FailureKind = 'NotFound' AND Failures >= 2") == 1, "it is gone");

        (await campus.AskAsync<long>("SELECT COUNT(*) FROM CourseMember WHERE IsActive = 0")).ShouldBe(0);
        (await campus.AskAsync<string>("SELECT State FROM Award")).ShouldBe("issued");
        (await campus.OpenAsync("learner")).Text.ShouldContain("You earned this credential");
    }

    [Fact]
    public async Task Half_an_answer_of_the_second_reading_takes_nothing_back()
    {
        await using var campus = await Campus.FurnishedAsync();
        await campus.OpenAsync("learner");
        foreach (var learner in new[] { "learner", "learner2" })
            await campus.GradeAsync(learner, "80");
        await Campus.UntilAsync(async () => await campus.AskAsync<long>("SELECT COUNT(*) FROM Award") == 2, "both hold it");
        campus.Lms.Faults.HalfPage(LmsService.Results);
        campus.Lms.Faults.HalfPage(LmsService.Memberships);

        await Campus.UntilAsync(async () => await campus.AskAsync<long>("SELECT COUNT(*) FROM LineItem WHERE Failures >= 2") == 1, "it is read in halves");

        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Result")).ShouldBe(2);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM CourseMember WHERE IsActive = 0")).ShouldBe(0);
    }

    [Fact]
    public async Task An_operator_sees_how_reading_goes_on_each_LMS()
    {
        await using var campus = await Campus.FurnishedAsync();
        await campus.OpenAsync("learner");
        await Campus.UntilAsync(async () => await campus.AskAsync<long>("SELECT COUNT(*) FROM LineItem WHERE ReadAt IS NOT NULL") == 1, "the column is read");
        using var wire = await campus.SignInAsOperatorAsync();
        var address = $"{campus.Tool}/admin/platforms/{await campus.AskAsync<string>("SELECT PlatformId FROM Platform")}";
        var well = await wire.GetAsync(address);
        well.Text.ShouldContain("1 column, all well");
        well.Text.ShouldContain("One was read without trouble last:");

        campus.Lms.Faults.Down(LmsService.Results);
        await Campus.UntilAsync(async () => await campus.AskAsync<long>("SELECT COUNT(*) FROM LineItem WHERE FailingSince IS NOT NULL") == 1, "it fails");
        var failing = (await wire.GetAsync(address)).Text;
        failing.ShouldContain("Failing: 1 of 1, since");
        failing.ShouldContain("No answer since");

        // So do those who administer the LMS, in the tool itself, and nobody else.
        var administrator = await campus.OpenAsync("admin");
        administrator.Text.ShouldContain("Reading grades from Moodle All courses together.");
        administrator.Text.ShouldContain("Failing: 1 of 1, since");
        (await campus.OpenAsync("instructor")).Text.ShouldNotContain("All courses together");
    }

    private static async Task<TimeSpan> DistanceAsync(Campus campus) =>
        DateTimeOffset.Parse((await campus.AskAsync<string>("SELECT NextReadAt FROM LineItem"))!, System.Globalization.CultureInfo.InvariantCulture) - DateTimeOffset.UtcNow;
}
