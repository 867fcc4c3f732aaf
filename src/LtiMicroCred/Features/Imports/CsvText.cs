using System.Text;

namespace LtiMicroCred.Features.Imports;

/// <summary>The text of a file, whatever its encoding.</summary>
/// <param name="IsGuessed">It said no encoding and is not UTF-8: read as Windows-1252, which reads anything, also wrongly.</param>
internal sealed record CsvText(string Text, bool IsGuessed)
{
    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly Encoding s_windows = CodePagesEncodingProvider.Instance.GetEncoding(1252)!; // the provider has it

    /// <returns>Null for what is no text.</returns>
    public static CsvText? Of(ReadOnlySpan<byte> bytes)
    {
        var (text, isGuessed) = bytes switch
        {
            [0xEF, 0xBB, 0xBF, .. var rest] => (Utf8(rest), false),
            [0xFF, 0xFE, .. var rest] => (Encoding.Unicode.GetString(rest), false),
            [0xFE, 0xFF, .. var rest] => (Encoding.BigEndianUnicode.GetString(rest), false),
            _ => Utf8(bytes) is { } utf8 ? (utf8, false) : (s_windows.GetString(bytes), true),
        };
        return text is null || text.Contains('\0', StringComparison.Ordinal) ? null : new CsvText(text, isGuessed);
    }

    private static string? Utf8(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return s_utf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
