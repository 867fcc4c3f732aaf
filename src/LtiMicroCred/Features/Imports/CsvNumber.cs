using System.Globalization;
using System.Text.RegularExpressions;

namespace LtiMicroCred.Features.Imports;

/// <summary>A number as somebody wrote it: read exactly or not at all.</summary>
internal static partial class CsvNumber
{
    /// <summary>A decimal keeps any 28; of more it would round the last.</summary>
    private const int MostDigits = 28;

    /// <param name="written">As it stands in the file.</param>
    /// <param name="commaIsDecimal">In files whose columns are parted by something else than commas, 7,5 is seven and a half.</param>
    /// <returns>Null for what is no number, or could be two different ones: 1.234 where 7,5 is seven and a half.</returns>
    public static decimal? Read(string written, bool commaIsDecimal)
    {
        var text = written.Trim();
        if (commaIsDecimal && (Thousands().IsMatch(text) || (text.Contains(',', StringComparison.Ordinal) && text.Contains('.', StringComparison.Ordinal))))
            return null;
        if (commaIsDecimal)
            text = text.Replace(',', '.');
        return Plain().IsMatch(text) && text.Length <= MostDigits && decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    /// <summary>How to write what cannot be read, where that is plain: “7.5” for “7,5”.</summary>
    public static string? Better(string written)
    {
        var text = written.Trim().TrimEnd('%').TrimEnd();
        var point = OneComma().IsMatch(text) ? text.Replace(',', '.') : text;
        return point != written.Trim() && Plain().IsMatch(point) && !Thousands().IsMatch(point) ? point : null;
    }

    [GeneratedRegex(@"^[0-9]{1,18}(\.[0-9]{1,18})?\z", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Plain();

    [GeneratedRegex(@"^[1-9][0-9]{0,2}\.[0-9]{3}\z", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Thousands();

    [GeneratedRegex(@"^[0-9]+,[0-9]+\z", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex OneComma();
}
