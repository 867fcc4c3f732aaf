using LtiMicroCred.DemoLms;
using LtiMicroCred.Features.Demo;

namespace LtiMicroCred.Tests.Gates;

/// <summary>The LMS's own condition as the way for grades, from the switch to the credential, and what somebody might try.</summary>
public sealed class GatedActivityTests
{
    private const int Learners = 5;

    [Fact]
    public async Task Whoever_is_seen_to_meet_the_condition_earns_and_nobody_else()
    {
        await using var campus = await GatedAsync();
        await Campus.UntilAsync(async () => await StandingAsync(campus, "Outside") == Learners, "all learners are seen outside");

        await campus.Story.TakeQuizAsync("learner", rightAnswers: 5, CancellationToken.None);
        await campus.UntilAsync("learner", "You earned this credential");

        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Award")).ShouldBe(1);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Result WHERE Score = 1 AND Maximum = 1")).ShouldBe(1);
        (await StandingAsync(campus, "Inside")).ShouldBe(1);
        (await GateAsync(campus)).Text.ShouldContain($"Outside: {Learners - 1}. Met the condition: 1. Waiting for you: 0.");
        (await campus.World.VerifyAsync(CancellationToken.None)).Break.ShouldBeNull();
    }

    [Fact]
    public async Task Whoever_was_let_in_before_we_looked_waits_for_the_instructors_word()
    {
        await using var campus = await RestrictedAsync();
        await campus.Story.TakeQuizAsync("learner", rightAnswers: 5, CancellationToken.None);
        await campus.Story.TakeQuizAsync("learner2", rightAnswers: 5, CancellationToken.None);
        await SwitchAsync(campus);
        await Campus.UntilAsync(async () => await StandingAsync(campus, "Waiting") == 2, "two wait");
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Award")).ShouldBe(0);

        var page = await GateAsync(campus);
        page.Text.ShouldContain("2 learners were let in before we saw them outside.");
        page.Text.ShouldContain("Confirm these 2");
        await page.SubmitAsync("form[action*='handler=Confirm'] button.primary", CancellationToken.None);

        await campus.UntilAsync("learner", "You earned this credential");
        await Campus.UntilAsync(async () => await campus.AskAsync<long>("SELECT COUNT(*) FROM Award") == 2, "both hold it");
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM GateBatch WHERE Counts = 1 AND DecidedBy IS NOT NULL")).ShouldBe(1);
        // Said once: a form that was kept says nothing any more.
        await page.SubmitAsync("button[formaction*='handler=Dismiss']", CancellationToken.None);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM GateBatch WHERE Counts = 1")).ShouldBe(1);
    }

    [Fact]
    public async Task Whoever_is_said_not_to_have_met_it_earns_nothing()
    {
        await using var campus = await RestrictedAsync();
        await campus.Story.TakeQuizAsync("learner", rightAnswers: 5, CancellationToken.None);
        await SwitchAsync(campus);
        await Campus.UntilAsync(async () => await StandingAsync(campus, "Waiting") == 1, "one waits");

        await (await GateAsync(campus)).SubmitAsync("button[formaction*='handler=Dismiss']", CancellationToken.None);

        await Campus.UntilAsync(async () => await StandingAsync(campus, "Dismissed") == 1, "it was dismissed");
        await ReadAgainAsync(campus);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Result")).ShouldBe(0);
    }

    [Fact]
    public async Task A_restriction_that_is_lifted_awards_nobody()
    {
        await using var campus = await GatedAsync();
        await Campus.UntilAsync(async () => await StandingAsync(campus, "Outside") == Learners, "all learners are seen outside");

        campus.Lms.School.Restrict(Link(campus), null);

        await Campus.UntilAsync(async () => await StandingAsync(campus, "Waiting") == Learners, "all wait");
        await campus.OpenAsync("learner");
        await ReadAgainAsync(campus);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Award")).ShouldBe(0);
        (await GateAsync(campus)).Text.ShouldContain($"{Learners} learners were let in at once, and nobody is left outside.");
    }

    [Fact]
    public async Task Half_a_list_proves_nothing()
    {
        await using var campus = await GatedAsync();
        await Campus.UntilAsync(async () => await StandingAsync(campus, "Outside") == Learners, "all learners are seen outside");
        campus.Lms.Faults.HalfPage(LmsService.Memberships);

        await campus.Story.TakeQuizAsync("learner", rightAnswers: 5, CancellationToken.None);

        await Campus.UntilAsync(async () => await campus.AskAsync<long>("SELECT COUNT(*) FROM LineItem WHERE Way = 'gate' AND FailingSince IS NOT NULL") == 1, "the reading failed");
        (await StandingAsync(campus, "Outside")).ShouldBe(Learners);
        (await GateAsync(campus)).Text.ShouldContain("did not give us the lists");
        campus.Lms.Faults.Clear();
        await campus.UntilAsync("learner", "You earned this credential");
    }

    [Fact]
    public async Task Whoever_does_not_meet_it_any_more_keeps_the_award_and_the_instructor_is_asked()
    {
        await using var campus = await GatedAsync();
        await Campus.UntilAsync(async () => await StandingAsync(campus, "Outside") == Learners, "all learners are seen outside");
        await campus.Story.TakeQuizAsync("learner", rightAnswers: 5, CancellationToken.None);
        await campus.UntilAsync("learner", "You earned this credential");

        campus.Lms.School.Restrict(Link(campus), new Restriction(Quiz(campus).ColumnId, 101));

        await Campus.UntilAsync(async () => await StandingAsync(campus, "Inside") == 0, "it is lost");
        await campus.UntilAsync("instructor", "no longer meets the rule");
        (await campus.AskAsync<string>("SELECT State FROM Award")).ShouldBe("issued");
    }

    [Fact]
    public async Task Switched_off_it_counts_nothing_and_forgets_whom_it_saw_outside()
    {
        await using var campus = await GatedAsync();
        await Campus.UntilAsync(async () => await StandingAsync(campus, "Outside") == Learners, "all learners are seen outside");
        await SwitchAsync(campus);

        await campus.Story.TakeQuizAsync("learner", rightAnswers: 5, CancellationToken.None);
        await SwitchAsync(campus);

        await Campus.UntilAsync(async () => await StandingAsync(campus, "Waiting") == 1, "the learner was let in while nobody looked");
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Award")).ShouldBe(0);
    }

    [Fact]
    public async Task It_can_stand_for_any_one_assessment_of_a_rule()
    {
        await using var campus = await GatedAsync();
        await campus.AskForTwoAsync();
        await Campus.UntilAsync(async () => await StandingAsync(campus, "Outside") == Learners, "all learners are seen outside");
        await campus.Story.TakeQuizAsync("learner", rightAnswers: 5, CancellationToken.None);
        await Campus.UntilAsync(async () => await StandingAsync(campus, "Inside") == 1, "the learner meets the condition");

        var essay = await (await GateAsync(campus)).FollowAsync("nav a[href$='/gate?assessment=2']", CancellationToken.None);
        essay.Text.ShouldContain("It counts for “Quiz” now.");
        essay = await essay.SubmitAsync("button[role=switch]", CancellationToken.None);
        essay.Url.Query.ShouldBe("?assessment=2");
        essay.Has("button[role=switch][aria-checked=true]").ShouldBeTrue();
        (await campus.AskAsync<long>("SELECT Assessment FROM LineItem WHERE Way = 'gate'")).ShouldBe(2);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Award")).ShouldBe(0, "the quiz of the rule has no grade");
        await campus.GradeAsync("learner", "80");
        await campus.UntilAsync("learner", "You earned this credential");
    }

    private static async Task<Campus> RestrictedAsync()
    {
        var campus = await Campus.FurnishedAsync();
        await campus.OpenAsync("instructor");
        campus.Lms.School.Restrict(Link(campus), new Restriction(Quiz(campus).ColumnId, 60));
        return campus;
    }

    private static async Task<Campus> GatedAsync()
    {
        var campus = await RestrictedAsync();
        await SwitchAsync(campus);
        return campus;
    }

    private static async Task<BrowserPage> GateAsync(Campus campus)
    {
        var course = await campus.OpenAsync("instructor");
        var connect = await course.FollowAsync("a[href*='connect']", CancellationToken.None);
        return await connect.FollowAsync("a[href$='/gate']", CancellationToken.None);
    }

    private static async Task SwitchAsync(Campus campus) => await (await GateAsync(campus)).SubmitAsync("button[role=switch]", CancellationToken.None);

    private static ResourceLink Link(Campus campus) => campus.Lms.School.LinksOf(campus.Lms.School.FindCourse(DemoStory.Course)!)[0];

    private static Quiz Quiz(Campus campus) => campus.Lms.School.QuizzesOf(campus.Lms.School.FindCourse(DemoStory.Course)!)[0];

    private static Task<long> StandingAsync(Campus campus, string standing) => campus.AskAsync<long>("SELECT COUNT(*) FROM GateMember WHERE Standing = @standing", new { standing });

    private static async Task ReadAgainAsync(Campus campus)
    {
        var before = await campus.AskAsync<string>("SELECT ReadAt FROM LineItem WHERE Way = 'gate'");
        await Campus.UntilAsync(async () => await campus.AskAsync<string>("SELECT ReadAt FROM LineItem WHERE Way = 'gate'") != before, "it is read again");
    }
}
