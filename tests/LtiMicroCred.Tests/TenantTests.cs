using LtiMicroCred.DemoLms;
using LtiMicroCred.Features.Demo;

namespace LtiMicroCred.Tests;

/// <summary>Two institutions on one server: neither sees or uses what is the other's.</summary>
public sealed class TenantTests
{
    [Fact]
    public async Task An_instructor_neither_sees_nor_uses_another_institutions_achievements()
    {
        await using var campus = await Campus.FurnishedAsync();
        var (lms, story) = await campus.JoinAsync("Otherton College");
        using var ours = story;
        await story.AddCredentialAsync(CancellationToken.None);
        var foreign = (await campus.AskAsync<string>("SELECT AchievementId FROM Achievement ORDER BY CreatedAt LIMIT 1"))!;
        var own = (await campus.AskAsync<string>("SELECT AchievementId FROM Achievement ORDER BY CreatedAt DESC LIMIT 1"))!;

        using var wire = new Wire();
        var pick = await wire.LaunchAsync(lms.OpeningPick());
        pick.Body.ShouldContain(own);
        pick.Body.ShouldNotContain(foreign);

        var links = await campus.AskAsync<long>("SELECT COUNT(*) FROM ContentLink");
        var form = SelfPost.In(new Answer(pick.Url, pick.Status, pick.Headers, [], pick.Document.QuerySelector("form#insert")!.OuterHtml));
        var insert = form.With("achievement", foreign).With("threshold", "60");
        var refused = await wire.PostAsync(insert.Action, insert.Fields);
        refused.Status.ShouldBe(200);
        refused.Text.ShouldContain("Choose one of the micro-credentials");
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM ContentLink")).ShouldBe(links);

        var accepted = await wire.PostAsync(insert.Action, insert.With("achievement", own).Fields);
        accepted.Document.QuerySelector("form[data-submit]").ShouldNotBeNull(accepted.Text);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM ContentLink")).ShouldBe(links + 1);
    }

    [Attack(12)]
    [Fact]
    public async Task A_link_copied_from_another_institution_is_not_set_up_here()
    {
        await using var campus = await Campus.FurnishedAsync();
        var (lms, story) = await campus.JoinAsync("Otherton College");
        using var theirs = story;
        var foreign = campus.Lms.School.LinksOf(campus.Lms.School.FindCourse(DemoStory.Course)!)[0].Custom;
        foreign.ShouldContain(c => c.Key == "credential");

        lms.AddLink([.. foreign]);
        using var learner = new Wire();
        (await learner.LaunchAsync(lms.Opening("learner"))).Text.ShouldContain("This activity is not set up yet");
        using var instructor = new Wire();
        (await instructor.LaunchAsync(lms.Opening("instructor"))).Url.AbsolutePath.ShouldEndWith("/pick");
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Activity")).ShouldBe(0);

        // The same link in a course of the institution that made it is set up.
        campus.AddLink([.. foreign]);
        using var own = new Wire();
        (await own.LaunchAsync(campus.Opening("learner"))).Text.ShouldContain("Data Ethics in Practice");
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Activity")).ShouldBe(1);
    }

    [Attack(13)]
    [Fact]
    public async Task The_same_person_in_two_LMSs_stays_two_learners_with_two_logs()
    {
        await using var campus = await Campus.FurnishedAsync();
        var (lms, story) = await campus.JoinAsync("Otherton College");
        using var theirs = story;
        await story.AddCredentialAsync(CancellationToken.None);
        await campus.OpenAsync("learner");
        await story.OpenToolAsync("learner", CancellationToken.None);
        await campus.GradeAsync("learner", "80");
        await campus.UntilAsync("learner", "You earned this credential");

        (await story.OpenToolAsync("learner", CancellationToken.None)).Text.ShouldNotContain("You earned this credential");
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Learner WHERE Subject = @Id", new { campus.Lms.School.Person("learner").Id })).ShouldBe(2);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM LedgerEntry WHERE Kind = 'award.issued'")).ShouldBe(1);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM LedgerHead h WHERE NOT EXISTS (SELECT 1 FROM LedgerEntry e WHERE e.LogId = h.LogId AND e.Kind = 'award.issued')")).ShouldBe(1);
        lms.School.Person("learner").Id.ShouldBe(campus.Lms.School.Person("learner").Id);
    }
}
