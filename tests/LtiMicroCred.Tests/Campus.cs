using Dapper;
using LtiMicroCred.DemoLms;
using LtiMicroCred.Features.Activities;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Features.Demo;
using LtiMicroCred.Features.Operators;
using LtiMicroCred.Features.Platforms;
using LtiMicroCred.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace LtiMicroCred.Tests;

/// <summary>A running tool and a running LMS that know each other, their people's browsers, and a look into the database.</summary>
internal sealed class Campus : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _others = [];

    private Campus(DemoWorld world, DemoStory story) => (World, Story) = (world, story);

    public DemoWorld World { get; }
    public DemoStory Story { get; }
    public DemoLmsServer Lms => World.Lms;
    public string Tool => World.ToolUrl;
    public IServiceProvider Services => World.Tool.Services;

    /// <summary>As environment variables of a process that shares the database.</summary>
    public Dictionary<string, string> Configuration => new(StringComparer.Ordinal)
    {
        ["LtiMicroCred__PublicUrl"] = Tool,
        ["LtiMicroCred__Database__ConnectionString"] = $"Data Source={World.DatabaseFile}",
        ["LtiMicroCred__Keys__MasterKeyFile"] = Path.ChangeExtension(World.DatabaseFile, "masterkey"),
    };

    public static async Task<Campus> StartAsync(Manners manners = Manners.Moodle, TimeProvider? clock = null)
    {
        var world = await DemoWorld.StartAsync(0, 0, pollSeconds: 1, new DemoLmsOptions { Manners = manners, Clock = clock }, CancellationToken.None);
        return new Campus(world, world.NewStory());
    }

    /// <summary>Tool and LMS live by one clock; the course has a credential activity.</summary>
    public static async Task<Campus> FurnishedAsync(TimeProvider clock)
    {
        var world = await DemoWorld.StartAsync(0, 0, pollSeconds: 1, new DemoLmsOptions { Clock = clock }, CancellationToken.None, clock);
        var campus = new Campus(world, world.NewStory());
        await campus.Story.RegisterAsync(CancellationToken.None);
        await campus.Story.AddCredentialAsync(CancellationToken.None);
        return campus;
    }

    /// <summary>The tool is registered and active; no activity uses it yet.</summary>
    public static async Task<Campus> RegisteredAsync(Manners manners = Manners.Moodle, TimeProvider? clock = null)
    {
        var campus = await StartAsync(manners, clock);
        await campus.Story.RegisterAsync(CancellationToken.None);
        return campus;
    }

    /// <summary>The course has a credential activity, which nobody has opened yet.</summary>
    public static async Task<Campus> FurnishedAsync(Manners manners = Manners.Moodle)
    {
        var campus = await RegisteredAsync(manners);
        await campus.Story.AddCredentialAsync(CancellationToken.None);
        return campus;
    }

    /// <summary>Another institution's LMS on the same tool, registered.</summary>
    public async Task<(DemoLmsServer Lms, DemoStory Story)> JoinAsync(string tenant)
    {
        var lms = await DemoLmsServer.StartAsync(new DemoLmsOptions(), CancellationToken.None);
        _others.Add(lms);
        var story = new DemoStory(lms, async ct => (await World.Scopes.SendAsync(new InvitePlatform(tenant, TimeSpan.FromHours(1)), ct)).Url);
        await story.RegisterAsync(CancellationToken.None);
        return (lms, story);
    }

    /// <summary>An activity that opens the tool without deep linking.</summary>
    public ResourceLink AddLink(params KeyValuePair<string, string>[] custom) => Lms.AddLink(custom);

    /// <summary>The page of the LMS that opens the course's newest activity for this person.</summary>
    public string Opening(string username) => Lms.Opening(username);

    public Task<BrowserPage> OpenAsync(string username) => Story.OpenToolAsync(username, CancellationToken.None);

    public Task<BrowserPage> UntilAsync(string username, string text) => Story.UntilAsync(username, text, CancellationToken.None);

    public Task GradeAsync(string username, string points) => Story.GradeByHandAsync(username, points, CancellationToken.None);

    /// <summary>The activity's rule asks for 60 % in “Quiz”, which is there already, and 50 % in “Essay”.</summary>
    public async Task AskForTwoAsync()
    {
        var rule = new PassRule
        {
            Assessments =
            [
                new Assessment { Number = 1, Name = "Quiz", Pass = new Threshold { Percent = 60 } },
                new Assessment { Number = 2, Name = "Essay", Pass = new Threshold { Percent = 50 } },
            ],
        };
        var changed = await World.Scopes.SendAsync(
            new ChangeRule(
                await IdAsync("SELECT TenantId FROM Activity"), await IdAsync("SELECT ActivityId FROM Activity"), await IdAsync("SELECT PassRuleId FROM PassRule"), rule,
                await IdAsync("SELECT LearnerId FROM CourseMember WHERE IsLearner = 0")),
            CancellationToken.None);
        changed.IsChanged.ShouldBeTrue();

        async Task<Guid> IdAsync(string sql) => Guid.Parse((await AskAsync<string>(sql))!);
    }

    public async Task<T?> AskAsync<T>(string sql, object? facts = null)
    {
        await using var connection = await Services.GetRequiredService<Database>().OpenAsync(CancellationToken.None);
        return await connection.ExecuteScalarAsync<T>(sql, facts);
    }

    public async Task ExecuteAsync(string sql, object? facts = null)
    {
        await using var connection = await Services.GetRequiredService<Database>().OpenAsync(CancellationToken.None);
        await connection.ExecuteAsync(sql, facts);
    }

    /// <summary>How often the LMS was asked for results.</summary>
    public int Readings => Lms.Requests.Count(r => r.Service == LmsService.Results);

    public static async Task UntilAsync(Func<Task<bool>> holds, string what)
    {
        for (var i = 0; i < 300; i++)
        {
            if (await holds())
                return;
            await Task.Delay(100);
        }

        throw new TimeoutException($"waited in vain until {what}");
    }

    /// <summary>The browser of somebody who has opened an operator's link.</summary>
    public async Task<Wire> SignInAsOperatorAsync()
    {
        var wire = new Wire();
        var link = await World.Scopes.SendAsync(new MakeOperatorLink(TimeSpan.FromMinutes(15)), CancellationToken.None);
        var form = SelfPost.In(await wire.GetAsync(link.AbsoluteUri));
        (await wire.PostAsync(form.Action, form.Fields)).Status.ShouldBe(302);
        return wire;
    }

    public async ValueTask DisposeAsync()
    {
        Story.Dispose();
        foreach (var other in _others)
            await other.DisposeAsync();
        await World.DisposeAsync();
    }
}

internal static class DemoLmsAsked
{
    public static ResourceLink AddLink(this DemoLmsServer lms, params KeyValuePair<string, string>[] custom) => lms.School.AddLink(new NewResourceLink
    {
        CourseId = DemoStory.Course,
        ToolId = lms.School.Tools[^1].Id,
        Title = "Data Ethics",
        Custom = custom,
        Column = new NewColumn { Title = "Data Ethics", Maximum = 100 },
    });

    public static string Opening(this DemoLmsServer lms, string username) =>
        lms.UrlFor(username, $"activity/{lms.School.LinksOf(lms.School.FindCourse(DemoStory.Course)!)[^1].Id}/launch");

    public static string OpeningPick(this DemoLmsServer lms) => lms.UrlFor("instructor", $"course/{DemoStory.Course}/add/{lms.School.Tools[^1].Id}/launch");
}

/// <summary>One campus with a credential activity, shared by tests that change nothing that the others see.</summary>
public sealed class FurnishedCampus : IAsyncLifetime
{
    internal Campus Campus { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Campus = await Campus.FurnishedAsync();

    public ValueTask DisposeAsync() => Campus.DisposeAsync();
}

/// <summary>A clock that is ahead, or behind.</summary>
internal sealed class ShiftedClock(TimeSpan by) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;
}

/// <summary>A clock that is moved on by hand, and goes on between.</summary>
internal sealed class MovedClock : TimeProvider
{
    private long _ticks;

    public void Move(TimeSpan by) => Interlocked.Add(ref _ticks, by.Ticks);

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _ticks));
}
