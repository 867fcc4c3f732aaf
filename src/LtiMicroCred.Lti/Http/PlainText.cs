using System.Text;

namespace LtiMicroCred.Lti;

/// <summary>Makes a platform's own words fit for a one-line message.</summary>
internal static class PlainText
{
    /// <summary>Null if nothing printable is left.</summary>
    public static string? Of(string? text, int maxLength)
    {
        if (text is null)
            return null;

        var kept = new StringBuilder(Math.Min(text.Length, maxLength));
        foreach (var letter in text.Where(letter => !char.IsControl(letter) && letter is not ('<' or '>')).Take(maxLength))
            kept.Append(letter);
        var plain = kept.ToString().Trim();
        return plain.Length == 0 ? null : plain;
    }
}
