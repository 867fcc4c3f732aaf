using LtiMicroCred.DemoLms;

namespace LtiMicroCred.Tests;

/// <summary>What <c>demo --check</c> plays, with an LMS that has Moodle's oddities and with one that does as the specifications ask.</summary>
public sealed class DemoStoryTests
{
    [Theory]
    [InlineData(Manners.Moodle)]
    [InlineData(Manners.Plain)]
    public async Task The_whole_story_holds(Manners manners)
    {
        await using var campus = await Campus.StartAsync(manners);
        var said = new List<string>();

        var code = await campus.Story.PlayAsync(said.Add, () => campus.World.VerifyAsync(CancellationToken.None), CancellationToken.None);

        code.ShouldBe(ExitCode.Done, string.Join('\n', said));
        said[^1].ShouldBe("ok  the ledger verifies: 3 entries");
        said.ShouldAllBe(line => line.StartsWith("ok  ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_demo_checks_itself_and_needs_no_setting()
    {
        var (code, output, errors) = await ToolProcess.RunAsync(new Dictionary<string, string>(StringComparer.Ordinal), "demo", "--check");
        code.ShouldBe(ExitCode.Done, output + errors);
        output.TrimEnd().Split('\n').ShouldAllBe(line => line.StartsWith("ok  ", StringComparison.Ordinal));
        output.ShouldEndWith("ok  the ledger verifies: 3 entries\n");
    }
}
