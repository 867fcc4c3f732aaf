namespace LtiMicroCred.Tests;

/// <summary>What happens to an award when the grade behind it changes, and who gets to see a credential.</summary>
public sealed class RegradeTests
{
    [Fact]
    public async Task A_lowered_grade_leaves_the_award_and_asks_the_instructor()
    {
        await using var campus = await Campus.FurnishedAsync();
        await campus.OpenAsync("learner");
        await campus.GradeAsync("learner", "80");
        var earned = await campus.UntilAsync("learner", "You earned this credential");
        var published = await campus.Story.PublishAsync(earned, CancellationToken.None);

        await campus.GradeAsync("learner", "40");
        var course = await campus.UntilAsync("instructor", "no longer meets the rule");
        course.Text.ShouldContain("The grade was changed from 80% to 40% after the award");
        course.Text.ShouldContain("The credential still counts");
        (await campus.OpenAsync("learner")).Text.ShouldContain("Your credential still counts");
        (await published.ReloadAsync(CancellationToken.None)).Text.ShouldContain("Valid");
        (await campus.AskAsync<string>("SELECT State FROM Award")).ShouldBe("issued");

        await campus.GradeAsync("learner", "90");
        await campus.UntilAsync("learner", "You earned this credential");
        (await campus.OpenAsync("instructor")).Text.ShouldNotContain("no longer meets the rule");
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Award")).ShouldBe(1);
        var verification = await campus.World.VerifyAsync(CancellationToken.None);
        verification.Break.ShouldBeNull();
        verification.Entries.ShouldBe(2);
    }

    [Fact]
    public async Task A_cleared_grade_leaves_the_award_and_asks_the_instructor()
    {
        await using var campus = await Campus.FurnishedAsync();
        await campus.OpenAsync("learner");
        await campus.GradeAsync("learner", "80");
        await campus.UntilAsync("learner", "You earned this credential");

        var column = campus.Lms.School.Gradebook.ColumnsOf(campus.Lms.School.LinksOf(campus.Lms.School.FindCourse("2")!)[0])[0];
        campus.Lms.School.Gradebook.SetGrade(column, campus.Lms.School.Person("learner"), null);

        (await campus.UntilAsync("instructor", "no longer meets the rule")).Text.ShouldContain("taken out of the gradebook after the award");
        (await campus.OpenAsync("learner")).Text.ShouldContain("Your credential still counts");
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM HeldAward")).ShouldBe(1);
    }

    [Fact]
    public async Task A_private_credential_looks_like_one_that_does_not_exist()
    {
        await using var campus = await Campus.FurnishedAsync();
        await campus.OpenAsync("learner");
        await campus.GradeAsync("learner", "80");
        var earned = await campus.UntilAsync("learner", "You earned this credential");
        var code = (await campus.AskAsync<string>("SELECT Code FROM CredentialPage"))!;
        using var stranger = new Wire();

        var hidden = await stranger.GetAsync($"{campus.Tool}/c/{code}");
        var unknown = await stranger.GetAsync($"{campus.Tool}/c/0000-0000-0000-0000");
        hidden.ShouldSay(404, "No public credential has this code");
        hidden.Steady().ShouldBe(unknown.Steady());
        (await stranger.GetAsync($"{campus.Tool}/c/{code}?handler=Entry")).Status.ShouldBe(404);

        var shown = await campus.Story.PublishAsync(earned, CancellationToken.None);
        (await stranger.GetAsync(shown.Url.AbsoluteUri)).Status.ShouldBe(200);
        var entry = await stranger.GetAsync($"{campus.Tool}/c/{code}?handler=Entry");
        entry.Status.ShouldBe(200);
        entry.Body.ShouldNotContain("Nguyễn");

        // And back again: what was shared is gone at once.
        await (await campus.OpenAsync("learner")).SubmitAsync("button[role=switch]", CancellationToken.None);
        (await stranger.GetAsync(shown.Url.AbsoluteUri)).Steady().ShouldBe(unknown.Steady());
    }
}
