using System.Buffers.Binary;
using System.Text;

namespace LtiMicroCred.Ledger;

/// <param name="Signature">Without the four bytes of the key's id.</param>
public sealed record NoteSignature(string Name, uint KeyId, byte[] Signature);

/// <summary>C2SP signed-note: a text that ends in a newline, an empty line, one signature a line.</summary>
public sealed class SignedNote
{
    // C2SP signed-note, Format: at least 16 signatures, each of nearly 5 kB, must be accepted.
    public const int LongestNote = 256 * 1024;
    public const int MostSignatures = 64;

    private const string SignatureStart = "\u2014 ";

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private SignedNote(string text, IReadOnlyList<NoteSignature> signatures)
    {
        Text = text;
        Signatures = signatures;
    }

    /// <summary>Not to be believed before <see cref="SignedBy"/>.</summary>
    public string Text { get; }

    public IReadOnlyList<NoteSignature> Signatures { get; }

    public static byte[] Sign(string text, params ReadOnlySpan<SigningKey> keys)
    {
        if (!IsText(text) || keys.Length == 0)
            throw new ArgumentException("a note has a text that ends in a newline, no control characters, and a signature", nameof(text));

        var note = new StringBuilder(text).Append('\n');
        foreach (var key in keys)
            note.Append(Line(key.Sign(text))).Append('\n');
        return StrictUtf8.GetBytes(note.ToString());
    }

    /// <exception cref="LedgerFormatException">Not a signed note. Nothing is said about the signatures yet.</exception>
    public static SignedNote Parse(ReadOnlySpan<byte> note)
    {
        var all = Decoded(note);

        // The text itself may hold empty lines: the last one separates.
        var end = all.LastIndexOf("\n\n", StringComparison.Ordinal);
        if (end < 0 || end + 2 == all.Length || !IsText(all))
            throw Broken("is not a text, an empty line and signatures, a line each, without control characters");

        var lines = all[(end + 2)..^1].Split('\n');
        if (lines.Length > MostSignatures)
            throw Broken($"has more than {MostSignatures} signatures");
        return new SignedNote(all[..(end + 1)], [.. lines.Select(Signature)]);
    }

    /// <summary>Those of the known keys that signed the text; none means that nothing of it may be believed.</summary>
    /// <exception cref="LedgerFormatException">A signature that names a known key is not by it.</exception>
    public IReadOnlyList<VerifierKey> SignedBy(IEnumerable<VerifierKey> known)
    {
        var signers = new List<VerifierKey>();
        foreach (var key in known)
        {
            foreach (var signature in Signatures.Where(s => s.Name == key.Name && s.KeyId == key.Id))
            {
                // C2SP signed-note, Signatures: name and id must both match, then the signature must verify.
                if (!key.Verifies(Text, signature.Signature))
                    throw Broken($"the signature of {key.Name} is wrong");
                if (!signers.Contains(key))
                    signers.Add(key);
            }
        }

        return signers;
    }

    private static string Decoded(ReadOnlySpan<byte> note)
    {
        if (note.Length > LongestNote)
            throw Broken($"has {note.Length} bytes; at most {LongestNote} are allowed");
        try
        {
            return StrictUtf8.GetString(note);
        }
        catch (DecoderFallbackException e)
        {
            throw new LedgerFormatException("note", "is not UTF-8", e);
        }
    }

    private static NoteSignature Signature(string line)
    {
        if (!line.StartsWith(SignatureStart, StringComparison.Ordinal) || line[SignatureStart.Length..].Split(' ') is not [var name, var base64])
            throw Broken("has a line after its text that is not a signature");
        if (!VerifierKey.IsName(name))
            throw Broken("has a signature whose key has no proper name");
        if (Texts.Base64(base64) is not { Length: > sizeof(uint) } bytes)
            throw Broken($"has a signature of {name} that cannot be read");
        return new NoteSignature(name, BinaryPrimitives.ReadUInt32BigEndian(bytes), bytes[sizeof(uint)..]);
    }

    private static string Line(NoteSignature signature)
    {
        var bytes = new byte[sizeof(uint) + signature.Signature.Length];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, signature.KeyId);
        signature.Signature.CopyTo(bytes, sizeof(uint));
        return $"{SignatureStart}{signature.Name} {Convert.ToBase64String(bytes)}";
    }

    private static bool IsText(string text) => text.Length > 0 && text[^1] == '\n' && !text.Any(c => c < ' ' && c != '\n');

    private static LedgerFormatException Broken(string reason) => new("note", reason);
}
