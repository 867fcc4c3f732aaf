using System.Xml.Linq;
using LtiMicroCred.Features.Traces;
using LtiMicroCred.Lti;
using Microsoft.Extensions.DependencyInjection;

namespace LtiMicroCred.Tests;

/// <summary>What a refused launch looked like is on the platform's page under the reference that the person was shown, and holds nothing that must not be kept.</summary>
public sealed class LaunchTraceTests
{
    [Fact]
    public void Every_reason_to_refuse_belongs_to_exactly_one_check()
    {
        LaunchChecks.InOrder.SelectMany(c => c.Errors).ShouldBe(Enum.GetValues<LtiError>(), ignoreOrder: true);
        LaunchChecks.InOrder.Select(c => c.Name).Distinct(StringComparer.Ordinal).Count().ShouldBe(LaunchChecks.InOrder.Count);
    }

    [Fact]
    public void Every_check_has_its_name_and_what_to_do_in_words()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "LtiMicroCred.sln")))
            folder = folder.Parent.ShouldNotBeNull();
        var words = XDocument.Load(Path.Combine(folder.FullName, "src", "LtiMicroCred", "Texts", "Words.resx")).Root!.Elements("data").Select(d => d.Attribute("name")!.Value).ToHashSet(StringComparer.Ordinal);
        foreach (var check in LaunchChecks.InOrder)
            words.IsSupersetOf([$"Trace.Step.{check.Name}", $"Trace.Do.{check.Name}"]).ShouldBeTrue(check.Name);
    }

    [Fact]
    public async Task A_refused_launch_is_on_its_platforms_page_with_the_checks_before_and_after()
    {
        await using var campus = await Campus.RegisteredAsync();
        campus.AddLink();
        await campus.ExecuteAsync("UPDATE Deployment SET DeploymentId = 'another'");
        using var wire = new Wire();
        var launch = await wire.BeginLaunchAsync(campus.Opening("learner"));
        var refused = await wire.PostAsync(launch.Action, launch.Fields);
        refused.ShouldRefuse(403, "This tool is waiting for approval");
        var reference = refused.Document.QuerySelector("#reference")!.TextContent;
        await KeptAsync(campus, 1);

        using var operators = await campus.SignInAsOperatorAsync();
        var page = await operators.GetAsync($"{campus.Tool}/admin/platforms/{await campus.AskAsync<string>("SELECT PlatformId FROM Platform")}");
        page.Status.ShouldBe(200);
        page.Text.ShouldContain(reference);
        page.Text.ShouldContain("Core 5.3.3");
        page.Text.ShouldContain("Its deployment is approved failed");
        page.Text.ShouldContain("The signature is the LMS’s passed");
        page.Text.ShouldContain("Approve the deployment above");
        foreach (var secret in new[] { launch.Fields["id_token"], launch.Fields["state"] })
            (await campus.AskAsync<long>("SELECT COUNT(*) FROM LaunchTrace WHERE instr(Reason || COALESCE(Expected, '') || COALESCE(Got, ''), @secret) > 0", new { secret = secret[..40] })).ShouldBe(0);
    }

    [Fact]
    public async Task What_fits_no_registration_is_kept_apart()
    {
        await using var campus = await Campus.RegisteredAsync();
        using var wire = new Wire();
        await wire.GetAsync(campus.Tool + "/lti/login?iss=https%3A%2F%2Felsewhere.example&login_hint=1&target_link_uri=" + Uri.EscapeDataString(campus.Tool + "/lti/launch"));
        await wire.GetAsync((await campus.World.InviteAsync(CancellationToken.None)).AbsoluteUri + "?openid_configuration=nonsense");
        await KeptAsync(campus, 2);
        using var operators = await campus.SignInAsOperatorAsync();
        var page = await operators.GetAsync($"{campus.Tool}/admin/platforms/{Guid.Empty}");
        page.Text.ShouldContain("https://elsewhere.example");
        page.Text.ShouldContain("A registration by link failed");
        (await operators.GetAsync($"{campus.Tool}/admin/platforms/{Guid.NewGuid()}")).Status.ShouldBe(404);
        using var stranger = new Wire();
        (await stranger.GetAsync($"{campus.Tool}/admin/platforms/{Guid.Empty}")).ShouldSay(401, "This page is for operators");
    }

    [Fact]
    public async Task The_last_fifty_are_kept_and_a_flood_is_counted_instead()
    {
        var clock = new MovedClock();
        await using var campus = await Campus.FurnishedAsync(clock);
        var traces = campus.Services.GetRequiredService<LaunchTraces>();
        for (var minute = 0; minute < 4; minute++)
        {
            for (var i = 0; i < 2 * LaunchTraces.MostPerMinute; i++)
                traces.Note(new LtiException(LtiError.UnknownPlatform, "no registration fits"), $"{minute}-{i}");
            clock.Move(TimeSpan.FromMinutes(1));
            await Campus.UntilAsync(async () => await campus.AskAsync<long>("SELECT COUNT(*) FROM LaunchTrace WHERE Reference = @last", new { last = $"{minute}-{LaunchTraces.MostPerMinute - 1}" }) == 1, "the last of the minute is kept");
        }

        traces.Dropped.ShouldBe(4 * LaunchTraces.MostPerMinute);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM LaunchTrace")).ShouldBe(LaunchTraces.Slots);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM LaunchTrace WHERE Reference LIKE '0-%'")).ShouldBe(0, "the oldest make room");
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM LaunchTrace WHERE Reference LIKE '3-%'")).ShouldBe(LaunchTraces.MostPerMinute);
    }

    private static Task KeptAsync(Campus campus, int count) =>
        Campus.UntilAsync(async () => await campus.AskAsync<long>("SELECT COUNT(*) FROM LaunchTrace") >= count, "the refusals are kept");
}
