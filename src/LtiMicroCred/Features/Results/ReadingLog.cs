using System.Globalization;

namespace LtiMicroCred.Features.Results;

/// <summary>How one reading of a column went.</summary>
/// <param name="Failure">What failed, see <c>LineItem.FailureKind</c>; null where it worked.</param>
internal sealed record Reading(DateTimeOffset At, TimeSpan Took, string? Failure);

/// <summary>The last readings of a column, kept with it: told in the write that ends a reading anyway.</summary>
internal static class ReadingLog
{
    public const int Kept = 30;

    public static string Append(string? log, Reading reading)
    {
        var line = string.Create(CultureInfo.InvariantCulture, $"{reading.At.ToUnixTimeSeconds()},{(long)reading.Took.TotalMilliseconds},{reading.Failure}");
        return string.Join(';', Lines(log).Append(line).TakeLast(Kept));
    }

    /// <summary>The oldest first; what cannot be read is left out.</summary>
    public static IEnumerable<Reading> Parse(string? log) => Lines(log).Select(Read).OfType<Reading>();

    private static string[] Lines(string? log) => log?.Split(';', StringSplitOptions.RemoveEmptyEntries) ?? [];

    private static Reading? Read(string line) => line.Split(',') is [var at, var took, var failure]
        && long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && long.TryParse(took, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            ? new Reading(DateTimeOffset.FromUnixTimeSeconds(seconds), TimeSpan.FromMilliseconds(milliseconds), failure.Length > 0 ? failure : null) : null;
}
