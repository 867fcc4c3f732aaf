using System.Text.Json.Nodes;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Features.Demo;

namespace LtiMicroCred.Tests;

/// <summary>A course that was copied in the LMS, with its credential activity.</summary>
public sealed class CopiedCourseTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_copied_activity_asks_for_the_same_and_has_nobody_in_it(bool keepsOurIdentifier)
    {
        await using var campus = await Campus.FurnishedAsync(DemoLms.Manners.Plain);
        using var wire = new Wire();
        await wire.LaunchAsync(campus.Opening("learner"));
        var original = await SettingsOfAsync(campus, 1);
        var school = campus.Lms.School;
        var (copy, _) = await campus.Lms.CopyCourseAsync(school.FindCourse(DemoStory.Course)!, "COPY", "A copy", CancellationToken.None);
        // Some LMSs lose a link's own parameters on the way.
        campus.Lms.Retouch = keepsOurIdentifier ? null : claims => ((JsonObject)claims["https://purl.imsglobal.org/spec/lti/claim/custom"]!).Remove("credential");

        var page = await wire.LaunchAsync(campus.Lms.UrlFor("instructor", $"activity/{school.LinksOf(copy)[^1].Id}/launch"));

        page.Status.ShouldBe(200, page.Text);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Activity")).ShouldBe(2);
        (await SettingsOfAsync(campus, 2)).ShouldBe(original);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM CourseMember m JOIN Course c ON c.CourseId = m.CourseId WHERE c.Title = 'A copy' AND m.IsLearner = 1 AND m.Seen = 'launch'")).ShouldBe(0);
    }

    [Theory]
    [InlineData(DemoLms.Manners.Plain)]
    [InlineData(DemoLms.Manners.Moodle)]
    public async Task A_copy_asks_for_what_the_original_asks_now_without_its_date(DemoLms.Manners manners)
    {
        await using var campus = await Campus.FurnishedAsync(manners);
        using var wire = new Wire();
        await wire.LaunchAsync(campus.Opening("learner"));
        var rule = new PassRule { Assessments = [new Assessment { Name = "Final quiz" }, new Assessment { Number = 2, Name = "Case study", Pass = new Threshold { Points = 50 } }], Deadline = new Deadline { At = DateTimeOffset.UtcNow.AddDays(-1) } };
        await campus.ExecuteAsync("UPDATE PassRule SET Content = @Content", new { Content = rule.ToJson() });
        var school = campus.Lms.School;
        var (copy, _) = await campus.Lms.CopyCourseAsync(school.FindCourse(DemoStory.Course)!, "COPY", "A copy", CancellationToken.None);

        await wire.LaunchAsync(campus.Lms.UrlFor("instructor", $"activity/{school.LinksOf(copy)[^1].Id}/launch"));

        var copied = PassRule.Parse((await campus.AskAsync<string>("SELECT r.Content FROM PassRule r JOIN Activity a ON a.ActivityId = r.ActivityId ORDER BY a.CreatedAt DESC LIMIT 1"))!);
        copied.Assessments.ShouldBe(rule.Assessments);
        copied.Deadline.ShouldBeNull();
    }

    [Fact]
    public async Task A_history_of_links_that_we_do_not_know_picks_nothing()
    {
        await using var campus = await Campus.FurnishedAsync();
        campus.AddLink(KeyValuePair.Create("resource_link_history", "nobody,knows,these"));
        using var wire = new Wire();

        var page = await wire.LaunchAsync(campus.Opening("instructor"));

        page.Status.ShouldBe(200, page.Text);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Activity")).ShouldBe(0);
    }

    private static async Task<string> SettingsOfAsync(Campus campus, int place) => (await campus.AskAsync<string>(
        """
        SELECT a.AchievementId || ' ' || a.AchievementVersion || ' ' || r.Content FROM Activity a JOIN PassRule r ON r.ActivityId = a.ActivityId
        ORDER BY a.CreatedAt LIMIT 1 OFFSET @Offset
        """,
        new { Offset = place - 1 })).ShouldNotBeNull();
}
