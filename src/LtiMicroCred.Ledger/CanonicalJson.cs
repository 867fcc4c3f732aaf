using System.Globalization;
using System.Text;

namespace LtiMicroCred.Ledger;

/// <summary>Writes an object in the canonical form of RFC 8785: members sorted by UTF-16 code units, no white space, minimal escapes, UTF-8.</summary>
public sealed class CanonicalJson
{
    // RFC 8785, 3.2.2.3: numbers are IEEE 754 doubles; beyond this, whole numbers are no longer exact.
    internal const long LargestExactNumber = (1L << 53) - 1;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly StringBuilder text = new("{", 512);
    private string? last;

    public CanonicalJson Member(string name, string value)
    {
        Name(name);
        Quoted(value);
        return this;
    }

    public CanonicalJson Member(string name, long value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, LargestExactNumber);
        ArgumentOutOfRangeException.ThrowIfLessThan(value, -LargestExactNumber);
        Name(name);
        text.Append(CultureInfo.InvariantCulture, $"{value}");
        return this;
    }

    public CanonicalJson Member(string name, bool value)
    {
        Name(name);
        text.Append(value ? "true" : "false");
        return this;
    }

    public CanonicalJson Member(string name, IReadOnlyList<string> values)
    {
        Name(name);
        text.Append('[');
        for (var i = 0; i < values.Count; i++)
        {
            if (i > 0)
                text.Append(',');
            Quoted(values[i]);
        }

        text.Append(']');
        return this;
    }

    public CanonicalJson Member(string name, IReadOnlyList<CanonicalJson> values)
    {
        Name(name);
        text.Append('[').AppendJoin(',', values.Select(value => value.text.ToString() + "}")).Append(']');
        return this;
    }

    /// <exception cref="EncoderFallbackException">A text holds half of a surrogate pair, which RFC 8785, 3.2.2.2 forbids.</exception>
    public byte[] ToBytes() => StrictUtf8.GetBytes(text.ToString() + "}");

    private void Name(string name)
    {
        // RFC 8785, 3.2.3: sorted by code units.
        if (last is not null && string.CompareOrdinal(last, name) >= 0)
            throw new InvalidOperationException($"member '{name}' must come before '{last}'");
        if (last is not null)
            text.Append(',');
        last = name;
        Quoted(name);
        text.Append(':');
    }

    private void Quoted(string value)
    {
        text.Append('"');
        foreach (var c in value)
            Escaped(c);
        text.Append('"');
    }

    // RFC 8785, 3.2.2.2: the short escapes where JSON has them, lower-case \u00xx for other controls, everything else as it is.
    private void Escaped(char c) => _ = c switch
    {
        '"' => text.Append("\\\""),
        '\\' => text.Append(@"\\"),
        '\b' => text.Append(@"\b"),
        '\t' => text.Append(@"\t"),
        '\n' => text.Append(@"\n"),
        '\f' => text.Append(@"\f"),
        '\r' => text.Append(@"\r"),
        < ' ' => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
        _ => text.Append(c),
    };
}
