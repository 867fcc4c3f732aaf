namespace LtiMicroCred.Tests;

/// <summary>A deployment that the LMS did not name while registering waits for an operator, and leaves nothing about anyone until then.</summary>
public sealed class DeploymentTests
{
    private static readonly string[] s_kept = ["Learner", "LearnerProfile", "Course", "CourseMember", "Activity", "LaunchSession"];

    [Attack(7)]
    [Fact]
    public async Task An_unapproved_deployment_waits_without_a_trace_of_anyone_until_it_is_approved()
    {
        await using var campus = await Campus.RegisteredAsync();
        campus.AddLink();
        await campus.ExecuteAsync("UPDATE Deployment SET DeploymentId = 'another'");

        using var wire = new Wire();
        for (var i = 0; i < 3; i++)
        {
            var launch = await wire.BeginLaunchAsync(campus.Opening("learner"));
            (await wire.PostAsync(launch.Action, launch.Fields)).ShouldRefuse(403, "This tool is waiting for approval");
            await Task.Delay(1100, TestContext.Current.CancellationToken); // it is counted once a second
        }

        wire.Cookies.ContainsKey("ltimc-browser").ShouldBeFalse();
        foreach (var table in s_kept)
            (await campus.AskAsync<long>($"SELECT COUNT(*) FROM {table}")).ShouldBe(0, table);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Deployment WHERE ApprovedAt IS NULL")).ShouldBe(1);
        (await campus.AskAsync<long>("SELECT TurnedAway FROM Deployment WHERE ApprovedAt IS NULL")).ShouldBe(3);

        var listed = (await ToolProcess.RunAsync(campus.Configuration, "platforms", "list")).Output.Split('\n').Single(l => l.EndsWith("pending", StringComparison.Ordinal)).Split('\t');
        listed[3].ShouldBe(campus.Lms.School.Tools[0].Id);
        (await ToolProcess.RunAsync(campus.Configuration, "platforms", "approve", listed[0])).ShouldBe((ExitCode.Done, "approved\n", ""));

        (await wire.LaunchAsync(campus.Opening("learner"))).Status.ShouldBe(200);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Learner")).ShouldBe(1);
    }

    [Fact]
    public async Task A_launch_sent_again_and_again_is_written_down_once_a_second()
    {
        await using var campus = await Campus.RegisteredAsync();
        campus.AddLink();
        await campus.ExecuteAsync("UPDATE Deployment SET DeploymentId = 'another'");
        using var wire = new Wire();
        var launch = await wire.BeginLaunchAsync(campus.Opening("learner"));
        var before = DateTimeOffset.UtcNow;
        for (var i = 0; i < 30; i++)
            (await wire.PostAsync(launch.Action, launch.Fields)).ShouldRefuse(403, "This tool is waiting for approval");
        var seconds = (DateTimeOffset.UtcNow - before).TotalSeconds;

        (await campus.AskAsync<long>("SELECT TurnedAway FROM Deployment WHERE ApprovedAt IS NULL")).ShouldBeLessThan(30);
        await Task.Delay(1100, TestContext.Current.CancellationToken);
        await wire.PostAsync(launch.Action, launch.Fields);

        (await campus.AskAsync<long>("SELECT TurnedAway FROM Deployment WHERE ApprovedAt IS NULL")).ShouldBe(31, $"all are counted in the end, after {seconds:0.0} s");
    }

    [Fact]
    public async Task Waiting_deployments_are_bounded()
    {
        await using var campus = await Campus.RegisteredAsync();
        var platform = Guid.Parse((await campus.AskAsync<string>("SELECT PlatformId FROM Platform"))!);
        for (var i = 0; i < 60; i++)
            await LtiMicroCred.Storage.Messages.SendAsync(campus.World.Scopes, new Features.Platforms.NoteUnknownDeployment(platform, $"d{i}"), CancellationToken.None);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Deployment WHERE ApprovedAt IS NULL")).ShouldBe(50);
    }
}
