using LtiMicroCred.Features.Results;

namespace LtiMicroCred.Tests;

public sealed class ReadingLogTests
{
    private static readonly DateTimeOffset s_noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_last_thirty_are_kept_and_read_back()
    {
        string? log = null;
        for (var i = 0; i < 40; i++)
            log = ReadingLog.Append(log, new Reading(s_noon.AddMinutes(i), TimeSpan.FromMilliseconds(400 + i), i % 10 == 9 ? "Busy" : null));

        var readings = ReadingLog.Parse(log).ToList();
        readings.Count.ShouldBe(30);
        readings[0].ShouldBe(new Reading(s_noon.AddMinutes(10), TimeSpan.FromMilliseconds(410), null));
        readings[^1].ShouldBe(new Reading(s_noon.AddMinutes(39), TimeSpan.FromMilliseconds(439), "Busy"));
        log!.Length.ShouldBeLessThan(2000);
        ReadingLog.Append(null, new Reading(s_noon, TimeSpan.FromDays(1), "AddressRefused")).Length.ShouldBeLessThan(2000 / 30);
    }

    [Fact]
    public void What_cannot_be_read_is_left_out() => ReadingLog.Parse("1,2,;nonsense;3,4,Busy").Select(r => r.Failure).ShouldBe([null, "Busy"]);
}
