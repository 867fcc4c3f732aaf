using LtiMicroCred.DemoLms;
using LtiMicroCred.Features.Demo;

namespace LtiMicroCred.BrowserTests;

/// <summary>The tool and an LMS that have some of the story behind them, played over HTTP.</summary>
internal static class Worlds
{
    public static Task<DemoWorld> EmptyAsync() => DemoWorld.StartAsync(0, 0, pollSeconds: 1, new DemoLmsOptions(), CancellationToken.None);

    /// <summary>The tool is registered and a credential is in the course; then <paramref name="goOn"/>.</summary>
    public static async Task<DemoWorld> WithCredentialAsync(Func<DemoStory, Task>? goOn = null, Manners manners = Manners.Moodle)
    {
        var world = await DemoWorld.StartAsync(0, 0, pollSeconds: 1, new DemoLmsOptions { Manners = manners }, CancellationToken.None);
        try
        {
            using var story = world.NewStory();
            await story.RegisterAsync(CancellationToken.None);
            await story.AddCredentialAsync(CancellationToken.None);
            await (goOn?.Invoke(story) ?? Task.CompletedTask);
            return world;
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }
}
