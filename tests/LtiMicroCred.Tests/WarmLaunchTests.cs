namespace LtiMicroCred.Tests;

/// <summary>What a launch costs the database once its learner, course and activity are known.</summary>
public sealed class WarmLaunchTests
{
    [Fact]
    public async Task A_launch_of_known_people_is_one_read_and_one_insert()
    {
        StatementLog.Install();
        await using var campus = await Campus.FurnishedAsync();
        using var browser = new Wire();
        await browser.LaunchAsync(campus.Opening("learner"));
        var statements = StatementLog.Watch(campus.World.DatabaseFile);
        var runs = new List<IReadOnlyList<string>>();
        for (var i = 0; i < 10; i++)
        {
            var launch = await LoginToLmsAnswerAsync(browser, campus, statements);
            (await browser.PostAsync(launch.Action, launch.Fields)).Status.ShouldBe(303);
            runs.Add([.. statements]);
        }

        // Readings of columns go on in the background: the quietest of the ten is the launch alone.
        var quietest = runs.MinBy(run => run.Count)!;
        quietest.Count.ShouldBe(2, string.Join("\n---\n", quietest));
        quietest[0].ShouldStartWith("SELECT");
        quietest[1].ShouldStartWith("INSERT INTO LaunchSession");
    }

    // The login's statements count as well: what is known of the platform is remembered for half a minute.
    private static async Task<SelfPost> LoginToLmsAnswerAsync(Wire browser, Campus campus, System.Collections.Concurrent.ConcurrentQueue<string> statements)
    {
        statements.Clear();
        return await browser.BeginLaunchAsync(campus.Opening("learner"));
    }

    [Theory]
    [InlineData("LearnerProfile", "Name", "'Someone Else'")]
    [InlineData("LearnerProfile", "Email", "'else@lms.example'")]
    [InlineData("Course", "Label", "'Elsewhere'")]
    [InlineData("Course", "Title", "'Elsewhere'")]
    [InlineData("Course", "LineItemsUrl", "'http://localhost:1/elsewhere'")]
    [InlineData("Course", "MembershipsUrl", "NULL")]
    [InlineData("CourseMember", "IsLearner", "0")]
    [InlineData("CourseMember", "FirstOpenedAt", "NULL")]
    [InlineData("LineItem", "Url", "'http://localhost:1/elsewhere'")]
    public async Task Whatever_a_launch_tells_anew_is_kept(string table, string column, string other)
    {
        await using var campus = await Campus.FurnishedAsync();
        using var browser = new Wire();
        await browser.LaunchAsync(campus.Opening("learner"));
        // No list of members has been read yet: the launch alone says who is a learner here.
        await campus.ExecuteAsync("UPDATE CourseMember SET Seen = 'launch'");
        var where = table switch
        {
            "LearnerProfile" => "LearnerId IN (SELECT LearnerId FROM CourseMember WHERE IsLearner = 1)",
            "LineItem" => "Way = 'own'",
            "CourseMember" => "LearnerId IN (SELECT LearnerId FROM LaunchSession WHERE Kind = 'Learner')",
            _ => "1 = 1",
        };
        var said = await campus.AskAsync<string>($"SELECT CAST({column} AS TEXT) FROM {table} WHERE {where}");
        await campus.ExecuteAsync($"UPDATE {table} SET {column} = {other} WHERE {where}");

        await browser.LaunchAsync(campus.Opening("learner"));

        var now = await campus.AskAsync<string>($"SELECT CAST({column} AS TEXT) FROM {table} WHERE {where}");
        if (column == "FirstOpenedAt")
            now.ShouldNotBeNull();
        else
            now.ShouldBe(said);
    }

    [Fact]
    public async Task Each_launch_has_a_session_and_the_deployment_and_the_columns_hear_of_it()
    {
        await using var campus = await Campus.FurnishedAsync();
        using var browser = new Wire();
        await browser.LaunchAsync(campus.Opening("learner"));
        await browser.LaunchAsync(campus.Opening("learner"));

        (await campus.AskAsync<long>("SELECT COUNT(*) FROM LaunchSession WHERE NonceHash IS NOT NULL")).ShouldBeGreaterThanOrEqualTo(2);
        const string LongAgo = "2020-01-01T00:00:00.000000Z";
        await campus.ExecuteAsync("UPDATE Deployment SET LastLaunchAt = @LongAgo", new { LongAgo });
        await campus.ExecuteAsync("UPDATE LineItem SET ActiveAt = @LongAgo", new { LongAgo });

        await browser.LaunchAsync(campus.Opening("learner"));

        await Campus.UntilAsync(async () => await campus.AskAsync<long>("SELECT COUNT(*) FROM Deployment WHERE LastLaunchAt > @LongAgo", new { LongAgo }) == 1, "the deployment's last launch is noted");
        await Campus.UntilAsync(async () => await campus.AskAsync<long>("SELECT COUNT(*) FROM LineItem WHERE ActiveAt > @LongAgo", new { LongAgo }) == 1, "the column is active");
    }

    [Fact]
    public async Task A_deployment_that_is_no_longer_approved_is_refused_although_it_was_remembered()
    {
        await using var campus = await Campus.FurnishedAsync();
        using var browser = new Wire();
        await browser.LaunchAsync(campus.Opening("learner"));
        await campus.ExecuteAsync("UPDATE Deployment SET ApprovedAt = NULL");

        var launch = await browser.BeginLaunchAsync(campus.Opening("learner"));

        (await browser.PostAsync(launch.Action, launch.Fields)).ShouldRefuse(403, "waiting for approval");
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Deployment WHERE TurnedAway > 0")).ShouldBe(1);
    }

    [Fact]
    public async Task The_eleventh_launch_of_a_browser_closes_its_first()
    {
        await using var campus = await Campus.FurnishedAsync();
        using var browser = new Wire();
        var first = (await browser.LaunchAsync(campus.Opening("learner"))).Url.AbsoluteUri;
        for (var i = 0; i < 9; i++)
            await browser.LaunchAsync(campus.Opening("learner"));
        (await browser.GetAsync(first)).Status.ShouldBe(200);

        await browser.LaunchAsync(campus.Opening("learner"));

        (await browser.GetAsync(first)).Status.ShouldBe(404);
    }
}
