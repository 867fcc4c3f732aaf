using System.Text.Json;
using LtiMicroCred.DemoLms;
using LtiMicroCred.Features.Keys;
using LtiMicroCred.Lti;
using LtiMicroCred.Shell;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LtiMicroCred.Tests;

/// <summary>A new key is known before it signs, the old one as long as anything that it signed may be on its way.</summary>
public sealed class KeyRotationTests
{
    [Fact]
    public async Task Services_keep_working_through_a_rotation()
    {
        var clock = new MovedClock();
        await using var campus = await Campus.FurnishedAsync(clock);
        await campus.OpenAsync("learner");
        var platform = Guid.Parse((await campus.AskAsync<string>("SELECT PlatformId FROM Platform"))!);
        var old = (await PublishedAsync(campus, platform)).ShouldHaveSingleItem();
        var rotate = campus.Services.GetRequiredService<RotateKeys>();

        (await rotate.RotateAsync(platform, CancellationToken.None)).ShouldBe(Rotation.Begun);
        (await rotate.RotateAsync(platform, CancellationToken.None)).ShouldBe(Rotation.UnderWay, "one at a time");
        clock.Move(ToolKeys.Fresh);
        var both = await PublishedAsync(campus, platform);
        both.Count.ShouldBe(2);
        (await SigningAsync(campus, platform)).ShouldBe(old, "platforms may not know the new one yet");

        clock.Move(KeyTimes.Notice);
        var next = await SigningAsync(campus, platform);
        both.ShouldContain(kid => kid == next);
        (next == old).ShouldBeFalse();
        (await PublishedAsync(campus, platform)).ShouldBe(both, ignoreOrder: true);
        // The access token of before has run out: the LMS takes the new key's signature for the next.
        await campus.GradeAsync("learner", "80");
        await campus.UntilAsync("learner", "You earned this credential");

        clock.Move(KeyTimes.Overlap);
        (await PublishedAsync(campus, platform)).ShouldBe([next]);
        (await rotate.RetireAsync(CancellationToken.None)).ShouldBe(1);
        (await campus.AskAsync<string>("SELECT SealedKey FROM ToolKey WHERE KeyId = @old", new { old })).ShouldBe("", "no private key is kept longer than needed");
        (await SigningAsync(campus, platform)).ShouldBe(next);
        (await campus.Services.GetRequiredService<ListKeys>().AllAsync(platform, CancellationToken.None)).Select(k => k.Standing).ShouldBe([KeyStanding.Signing, KeyStanding.Retired]);
    }

    [Fact]
    public async Task Keys_that_are_old_enough_are_rotated_by_themselves_and_younger_ones_are_not()
    {
        var clock = new MovedClock();
        await using var campus = await Campus.FurnishedAsync(clock);
        var platform = Guid.Parse((await campus.AskAsync<string>("SELECT PlatformId FROM Platform"))!);
        var schedule = campus.Services.GetServices<IHostedService>().OfType<KeySchedule>().Single();

        clock.Move(TimeSpan.FromDays(179));
        await schedule.RunAsync(CancellationToken.None);
        (await PublishedAsync(campus, platform)).Count.ShouldBe(1);

        clock.Move(TimeSpan.FromDays(2));
        await schedule.RunAsync(CancellationToken.None);
        await schedule.RunAsync(CancellationToken.None);
        clock.Move(ToolKeys.Fresh);
        (await PublishedAsync(campus, platform)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_rotation_by_the_command_is_seen_by_a_running_server()
    {
        var clock = new MovedClock();
        await using var campus = await Campus.FurnishedAsync(clock);
        var platform = Guid.Parse((await campus.AskAsync<string>("SELECT PlatformId FROM Platform"))!);
        (await PublishedAsync(campus, platform)).Count.ShouldBe(1);

        var (code, output, errors) = await ToolProcess.RunAsync(campus.Configuration, "keys", "rotate", "--all");
        code.ShouldBe(ExitCode.Done, errors);
        output.ShouldBe($"{platform:D}\tbegun\n");
        clock.Move(ToolKeys.Fresh);
        (await PublishedAsync(campus, platform)).Count.ShouldBe(2);
        var listed = (await ToolProcess.RunAsync(campus.Configuration, "keys", "list")).Output.TrimEnd('\n').Split('\n').Select(l => l.Split('\t')).ToList();
        listed.Select(l => l[2]).ShouldBe(["waiting", "signing"]);
        listed.ShouldAllBe(l => l[0] == platform.ToString("D") && l.Length == 5);
    }

    [Fact]
    public async Task A_key_that_leaked_is_replaced_at_once_also_in_the_middle_of_a_rotation()
    {
        var clock = new MovedClock();
        await using var campus = await Campus.FurnishedAsync(clock);
        var platform = Guid.Parse((await campus.AskAsync<string>("SELECT PlatformId FROM Platform"))!);
        await campus.Services.GetRequiredService<RotateKeys>().RotateAsync(platform, CancellationToken.None);
        var before = await campus.AskAsync<string>("SELECT GROUP_CONCAT(KeyId) FROM ToolKey");

        var (code, output, errors) = await ToolProcess.RunAsync(campus.Configuration, "keys", "rotate", "--now", "--platform", platform.ToString("D"));

        code.ShouldBe(ExitCode.Done, errors);
        output.ShouldBe($"{platform:D}\treplaced\n");
        clock.Move(ToolKeys.Fresh);
        var key = (await PublishedAsync(campus, platform)).ShouldHaveSingleItem();
        before!.ShouldNotContain(key);
        (await SigningAsync(campus, platform)).ShouldBe(key);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM ToolKey WHERE SealedKey <> ''")).ShouldBe(1, "the private halves are gone");
    }

    [Fact]
    public async Task Keys_of_links_that_nobody_used_are_forgotten_and_those_of_registrations_never()
    {
        var clock = new MovedClock();
        await using var campus = await Campus.FurnishedAsync(clock);
        using var wire = new Wire();
        await wire.GetAsync((await campus.World.InviteAsync(CancellationToken.None)).AbsoluteUri + "?lms=canvas");
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM ToolKey")).ShouldBe(2);
        var housekeeping = campus.Services.GetServices<IHostedService>().OfType<Housekeeping>().Single();

        clock.Move(TimeSpan.FromHours(26));
        await housekeeping.ClearAsync(CancellationToken.None);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM ToolKey")).ShouldBe(2, "the link ran out two hours ago only");
        clock.Move(TimeSpan.FromHours(24));
        await housekeeping.ClearAsync(CancellationToken.None);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM ToolKey")).ShouldBe(1);
    }

    [Theory]
    [InlineData(0, null, -1, "Signing")]
    [InlineData(1, null, -1, "Waiting")]
    [InlineData(-2, 5, -1, "Leaving")]
    [InlineData(-2, 5, -2, "Signing")]
    [InlineData(-2, 0, -1, "Retired")]
    public void A_keys_standing_follows_from_its_times(int signsFrom, int? publishedUntil, int newest, string standing)
    {
        var now = new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
        var times = new KeyTimes(now.AddHours(signsFrom), publishedUntil is { } until ? now.AddHours(until) : null);
        times.At(now, now.AddHours(newest)).ToString().ShouldBe(standing);
    }

    private static async Task<IReadOnlyList<string>> PublishedAsync(Campus campus, Guid platform)
    {
        using var wire = new Wire();
        var answer = await wire.GetAsync($"{campus.Tool}/lti/jwks/{platform}");
        answer.Status.ShouldBe(200);
        return [.. JsonDocument.Parse(answer.Body).RootElement.GetProperty("keys").EnumerateArray().Select(k => k.GetProperty("kid").GetString()!)];
    }

    private static async Task<string> SigningAsync(Campus campus, Guid platform)
    {
        var found = (await campus.Services.GetRequiredService<IPlatforms>().FindAsync(platform, CancellationToken.None)).ShouldNotBeNull();
        return (await campus.Services.GetRequiredService<ToolKeys>().CurrentAsync(found, CancellationToken.None)).KeyId;
    }
}
