using System.CommandLine;
using LtiMicroCred.DemoLms;

namespace LtiMicroCred.Features.Demo;

/// <summary>The verb <c>demo</c>: the whole story on one machine, to click through or to check.</summary>
internal static class DemoCommand
{
    public static Command Build()
    {
        var toolPort = Port("--tool-port", "The tool's port; 0 takes a free one.");
        var lmsPort = Port("--lms-port", "The demo LMS's port; 0 takes a free one.");
        var check = new Option<bool>("--check") { Description = "Plays the story over HTTP, verifies the ledger and ends." };
        var command = new Command("demo", "A tool and a demo LMS, registered with each other, on a fresh database.") { toolPort, lmsPort, check };
        command.SetAction((parsed, ct) => parsed.GetValue(check)
            ? CheckAsync(parsed.GetValue(toolPort), parsed.GetValue(lmsPort), ct)
            : RunAsync(parsed.GetValue(toolPort), parsed.GetValue(lmsPort), ct));
        return command;
    }

    private static Option<int> Port(string name, string description)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => 0 };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && int.TryParse(result.Tokens[0].Value, System.Globalization.CultureInfo.InvariantCulture, out var port) && port is < 0 or > 65535)
                result.AddError($"{name} takes a port from 0 to 65535.");
        });
        return option;
    }

    private static async Task<int> RunAsync(int toolPort, int lmsPort, CancellationToken ct)
    {
        await using var world = await DemoWorld.StartAsync(toolPort, lmsPort, pollSeconds: 3, new DemoLmsOptions(), ct);
        using var story = world.NewStory();
        await story.RegisterAsync(ct);
        Console.WriteLine($"tool {world.ToolUrl}");
        Console.WriteLine($"lms {world.Lms.BaseUrl.AbsoluteUri.TrimEnd('/')}");
        Console.WriteLine($"admin {world.Lms.UrlFor("admin", "tools")}");
        Console.WriteLine($"instructor {world.Lms.UrlFor("instructor", "course/2")}");
        Console.WriteLine($"learner {world.Lms.UrlFor("learner", "course/2")}");
        Console.WriteLine("ready");
        await Console.Error.WriteLineAsync("Start as the instructor: add a micro-credential. Ctrl-C ends the demo and forgets everything.");
        try
        {
            await Task.Delay(Timeout.Infinite, ct);
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C is how a demo ends.
        }

        return ExitCode.Done;
    }

    private static async Task<int> CheckAsync(int toolPort, int lmsPort, CancellationToken ct)
    {
        await using var world = await DemoWorld.StartAsync(toolPort, lmsPort, pollSeconds: 1, new DemoLmsOptions(), ct);
        using var story = world.NewStory();
        return await story.PlayAsync(Console.WriteLine, () => world.VerifyAsync(ct), ct);
    }
}
