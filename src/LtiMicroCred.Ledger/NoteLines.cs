using System.Buffers;
using System.Globalization;

namespace LtiMicroCred.Ledger;

/// <summary>
/// Takes the notes out of a text of many, line by line: text lines, an empty line, signature lines, an empty line. What is cut short is passed over,
/// and said. Holds one note at a time.
/// </summary>
internal sealed class NoteLines(Action<byte[]> note, Action<string> warning)
{
    private readonly ArrayBufferWriter<byte> held = new();
    private Phase phase;
    private long line;
    private long begun;

    private enum Phase
    {
        Between,
        Text,
        Gap,
        Signatures,
        Astray,
    }

    /// <summary>C2SP signed-note, Format: an em dash and a space.</summary>
    public static ReadOnlySpan<byte> SignatureStart => "\u2014 "u8;

    /// <param name="content">Without its newline.</param>
    public void Add(ReadOnlySpan<byte> content)
    {
        line++;
        if (phase is Phase.Between)
            begun = line;

        if (content.Length == 0)
            EmptyLine();
        else if (phase is Phase.Gap or Phase.Signatures && content.StartsWith(SignatureStart))
            Keep(content, Phase.Signatures);
        else if (phase is Phase.Between && content.StartsWith(SignatureStart))
            GoAstray("is a signature without a text");
        else if (phase is Phase.Between or Phase.Text)
            Keep(content, Phase.Text);
        else if (phase is not Phase.Astray)
            BeginAgain(content);
    }

    /// <param name="rest">What stands after the last newline.</param>
    public void End(ReadOnlySpan<byte> rest)
    {
        if (phase is Phase.Between)
            begun = line + 1;
        if (phase is Phase.Signatures && rest.Length == 0)
            Complete();
        else if (phase is not (Phase.Astray or Phase.Between) || rest.Length > 0)
            PassOver();
    }

    private void EmptyLine()
    {
        if (phase is Phase.Text)
            Keep([], Phase.Gap);
        else if (phase is Phase.Signatures)
            Complete();
        else if (phase is Phase.Gap)
            PassOver();
        else
            phase = Phase.Between;
    }

    // Text after a text, or right after a signature: whatever came before was not finished.
    private void BeginAgain(ReadOnlySpan<byte> content)
    {
        PassOver();
        begun = line;
        Keep(content, Phase.Text);
    }

    private void Keep(ReadOnlySpan<byte> content, Phase next)
    {
        if (content.Length >= SignedNote.LongestNote - held.WrittenCount)
        {
            GoAstray("is longer than a note can be");
            return;
        }

        held.Write(content);
        held.Write("\n"u8);
        phase = next;
    }

    private void Complete()
    {
        note(held.WrittenSpan.ToArray());
        held.ResetWrittenCount();
        phase = Phase.Between;
    }

    private void PassOver()
    {
        Warn("is not a whole note");
        phase = Phase.Between;
    }

    private void GoAstray(string reason)
    {
        Warn(reason);
        phase = Phase.Astray;
    }

    private void Warn(string reason)
    {
        warning(string.Create(CultureInfo.InvariantCulture, $"line {begun} {reason}: passed over"));
        held.ResetWrittenCount();
    }
}
