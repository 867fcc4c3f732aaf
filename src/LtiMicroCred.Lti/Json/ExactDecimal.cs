using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace LtiMicroCred.Lti;

/// <summary>Reads numbers as decimals without rounding: what would not fit exactly is refused, since 59.999… must not become 60.</summary>
internal static partial class ExactDecimal
{
    private const int MostDigits = 28;

    /// <summary>Takes JSON numbers and, as some platforms send, numbers in strings.</summary>
    public static bool TryRead(JsonElement element, out decimal value)
    {
        value = 0;
        return element.ValueKind switch
        {
            JsonValueKind.Number => TryRead(element.GetRawText(), out value),
            JsonValueKind.String => TryRead(element.GetString(), out value),
            _ => false,
        };
    }

    public static bool TryRead(string? text, out decimal value)
    {
        value = 0;
        if (text is null || text.Length > 64 || Number().Match(text) is not { Success: true } number)
            return false;

        var fraction = number.Groups["fraction"].Value;
        var exponent = number.Groups["exponent"] is { Success: true } written ? int.Parse(written.Value, CultureInfo.InvariantCulture) : 0;
        var digits = (number.Groups["whole"].Value + fraction).TrimStart('0');
        var significant = digits.TrimEnd('0');
        var scale = fraction.Length - exponent - (digits.Length - significant.Length);
        if (significant.Length == 0)
            return true;

        var fitsExactly = significant.Length <= MostDigits && scale <= MostDigits && significant.Length - scale <= MostDigits;
        return fitsExactly && decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);
    }

    [GeneratedRegex(@"^-?(?<whole>[0-9]+)(\.(?<fraction>[0-9]+))?([eE](?<exponent>[+-]?[0-9]{1,4}))?\z", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Number();
}
