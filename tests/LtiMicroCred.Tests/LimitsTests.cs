using LtiMicroCred.Features.Launches;
using LtiMicroCred.Lti;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace LtiMicroCred.Tests;

/// <summary>One registration's flood is told to wait, and nobody else is.</summary>
public sealed class LimitsTests
{
    [Fact]
    public async Task A_registration_beyond_its_limit_is_told_to_wait_while_others_go_on()
    {
        await using var campus = await Campus.FurnishedAsync();
        var (other, _) = await campus.JoinAsync("University of Elsewhere");
        other.AddLink();
        using var wire = new Wire();
        var login = SelfPost.In(await wire.GetAsync(campus.Opening("learner")));
        var prepared = await wire.BeginLaunchAsync(campus.Opening("learner"));
        var platform = await campus.Services.GetRequiredService<IPlatforms>().FindAsync(campus.Lms.BaseUrl.AbsoluteUri.TrimEnd('/'), null, CancellationToken.None);
        var flood = FloodOf(campus, platform.ShouldNotBeNull().Id);

        await MustWaitAsync(flood, () => wire.PostAsync(login.Action, login.Fields));
        await MustWaitAsync(flood, () => wire.PostAsync(campus.Tool + "/lti/restart", [KeyValuePair.Create("state", prepared.Fields["state"])]));
        await MustWaitAsync(flood, () => wire.PostAsync(prepared.Action, prepared.Fields));

        flood();
        using var elsewhere = new Wire();
        (await elsewhere.LaunchAsync(other.Opening("learner"))).Status.ShouldBe(200);
        (await elsewhere.GetAsync(StrangersLogin(campus))).Status.ShouldBe(400);

        // What had to wait was not looked at, so it is still good.
        await Campus.UntilAsync(async () => (await wire.PostAsync(prepared.Action, prepared.Fields)).Status == 303, "the limit lets go");
    }

    [Fact]
    public async Task Strangers_share_one_limit_and_use_up_nobody_elses()
    {
        await using var campus = await Campus.FurnishedAsync();
        var flood = FloodOf(campus, platformId: null);
        using var wire = new Wire();

        await MustWaitAsync(flood, () => wire.GetAsync(StrangersLogin(campus)));

        flood();
        (await wire.LaunchAsync(campus.Opening("learner"))).Status.ShouldBe(200);
    }

    [Fact]
    public async Task Posts_that_are_no_launches_use_up_nobodys_launches()
    {
        await using var campus = await Campus.FurnishedAsync();
        using var wire = new Wire();
        var prepared = await wire.BeginLaunchAsync(campus.Opening("learner"));
        var platform = await campus.Services.GetRequiredService<IPlatforms>().FindAsync(campus.Lms.BaseUrl.AbsoluteUri.TrimEnd('/'), null, CancellationToken.None);
        var limits = campus.Services.GetRequiredService<Limits>();
        while (limits.LaunchesLeft(platform.ShouldNotBeNull().Id) > 1)
            limits.AdmitLaunch(platform.Id);

        // A state is had by anybody who knows our addresses.
        for (var i = 0; i < 20; i++)
            (await wire.PostAsync(prepared.Action, prepared.Without("id_token").Fields)).Status.ShouldBe(400);

        (await wire.PostAsync(prepared.Action, prepared.Fields)).Status.ShouldBe(303);
    }

    [Fact]
    public void Ten_seconds_worth_may_come_at_once()
    {
        var configuration = new ConfigurationManager
        {
            ["LtiMicroCred:PublicUrl"] = "https://tool.example",
            ["LtiMicroCred:Database:ConnectionString"] = "Data Source=unused.db",
            ["LtiMicroCred:Limits:LaunchesPerSecond"] = "3",
        };
        using var limits = new Limits(Settings.From(configuration));
        var (one, another) = (Guid.NewGuid(), Guid.NewGuid());
        for (var i = 0; i < 30; i++)
            limits.AdmitLaunch(one);

        Should.Throw<TooManyLaunchesException>(() => limits.AdmitLaunch(one)).RetryAfterSeconds.ShouldBeInRange(1, 2);
        limits.AdmitLaunch(another);
        limits.AdmitLogin(one);
    }

    private static string StrangersLogin(Campus campus) => $"{campus.Tool}/lti/login?iss=https://nobody.example&login_hint=1&target_link_uri={Uri.EscapeDataString(campus.Tool + "/")}";

    /// <summary>Uses up what is left of both limits.</summary>
    private static Action FloodOf(Campus campus, Guid? platformId)
    {
        var limits = campus.Services.GetRequiredService<Limits>();
        return () =>
        {
            UseUp(limits.AdmitLogin);
            UseUp(id => limits.AdmitLaunch(id ?? Guid.Empty));
        };

        void UseUp(Action<Guid?> admit)
        {
            try
            {
                while (true)
                    admit(platformId);
            }
            catch (TooManyLaunchesException)
            {
                // That was the last.
            }
        }
    }

    /// <summary>Each second lets some in again, perhaps between the flood and the request: five floods would all have to be so unlucky.</summary>
    private static async Task MustWaitAsync(Action flood, Func<Task<Answer>> send)
    {
        Answer answer;
        var tries = 0;
        do
        {
            flood();
            answer = await send();
        }
        while (answer.Status != 429 && ++tries < 5);

        answer.ShouldSay(429, "Very many people are opening this right now");
        answer.Headers.RetryAfter.ShouldNotBeNull().Delta.ShouldNotBeNull().ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(1));
    }
}
