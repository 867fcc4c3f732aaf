using System.Globalization;

namespace LtiMicroCred.Lti.Tests.Json;

public sealed class TimestampTests
{
    [Theory]
    [InlineData("2026-11-22T06:20:42+01:00", "2026-11-22T06:20:42.0000000+01:00")]
    [InlineData("2026-11-22T06:20:42+0100", "2026-11-22T06:20:42.0000000+01:00")]
    [InlineData("2026-11-22T05:20:42.123Z", "2026-11-22T05:20:42.1230000+00:00")]
    [InlineData("2026-11-22T05:20:42.123456789Z", "2026-11-22T05:20:42.1234567+00:00")]
    [InlineData("2026-11-22T05:20:42", null)]
    [InlineData("2026-11-22", null)]
    [InlineData("2026-13-22T05:20:42Z", null)]
    [InlineData("2026-11-22T05:20:42+99:00", null)]
    [InlineData("yesterday", null)]
    [InlineData(null, null)]
    public void Time_is_read_with_its_zone_or_not_at_all(string? text, string? time)
    {
        var read = Timestamp.Read(text)?.ToString("O", CultureInfo.InvariantCulture);

        read.ShouldBe(time);
    }
}
