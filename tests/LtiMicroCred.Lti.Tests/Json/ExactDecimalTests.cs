using System.Globalization;
using System.Text.Json;

namespace LtiMicroCred.Lti.Tests.Json;

public sealed class ExactDecimalTests
{
    [Theory]
    [InlineData("0", "0")]
    [InlineData("-0.0", "0")]
    [InlineData("0.0000000000000000000000000000000000000000", "0")]
    [InlineData("1e2", "100")]
    [InlineData("1.5E+1", "15")]
    [InlineData("12500e-4", "1.25")]
    [InlineData("9.500", "9.5")]
    [InlineData("-3.25", "-3.25")]
    [InlineData("\"7.25\"", "7.25")]
    [InlineData("0.1000000000000000055511151231", "0.1000000000000000055511151231")]
    public void Number_is_read_exactly(string json, string value)
    {
        Read(json, out var number).ShouldBeTrue();

        number.ShouldBe(decimal.Parse(value, CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("59.99999999999999999999999999999999")]
    [InlineData("12345678901234567890.1234567890123")]
    [InlineData("1e29")]
    [InlineData("1e-29")]
    [InlineData("1e9999")]
    [InlineData("1e99999")]
    [InlineData("\"NaN\"")]
    [InlineData("\"Infinity\"")]
    [InlineData("\"1,5\"")]
    [InlineData("\" 1\"")]
    [InlineData("\"1\\n\"")]
    [InlineData("\"+1\"")]
    [InlineData("\"0x10\"")]
    [InlineData("\"\"")]
    [InlineData("null")]
    [InlineData("true")]
    [InlineData("[1]")]
    public void What_is_no_exact_decimal_is_refused(string json) => Read(json, out _).ShouldBeFalse();

    private static bool Read(string json, out decimal value)
    {
        using var document = JsonDocument.Parse(json);
        return ExactDecimal.TryRead(document.RootElement, out value);
    }
}
