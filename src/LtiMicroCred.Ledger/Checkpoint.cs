using System.Globalization;

namespace LtiMicroCred.Ledger;

/// <summary>C2SP tlog-checkpoint: what a log signs about itself at one size.</summary>
public sealed record Checkpoint
{
    /// <summary>The log's name for ever.</summary>
    public required string Origin { get; init; }

    public required long Size { get; init; }

    public required byte[] Root { get; init; }

    /// <summary>
    /// The text that is signed: origin, size and base64 of the root, a line each. A checkpoint of ours has no extension lines; those of others are
    /// not kept.
    /// </summary>
    public string Text => string.Create(CultureInfo.InvariantCulture, $"{Origin}\n{Size}\n{Convert.ToBase64String(Root)}\n");

    /// <param name="keys">Named as the origin. While a key is replaced by another, both sign.</param>
    /// <returns>The signed note, UTF-8.</returns>
    public byte[] Sign(params ReadOnlySpan<SigningKey> keys)
    {
        foreach (var key in keys)
        {
            if (key.Verifier.Name != Origin)
                throw new ArgumentException($"the key of {key.Verifier.Name} does not sign for {Origin}", nameof(keys));
        }

        // What nobody could read is not signed.
        Parse(Text);
        return SignedNote.Sign(Text, keys);
    }

    /// <summary>
    /// The checkpoint, if at least one of the keys signed it; signatures of other keys are passed over. Of the keys only those count that are named
    /// as the checkpoint's origin: a log's key speaks for no other log.
    /// </summary>
    /// <exception cref="LedgerFormatException">Otherwise.</exception>
    public static Checkpoint Open(ReadOnlySpan<byte> note, IEnumerable<VerifierKey> keys) => Open(note, keys, out _);

    internal static Checkpoint Open(ReadOnlySpan<byte> note, IEnumerable<VerifierKey> keys, out IReadOnlyList<VerifierKey> signers)
    {
        var signed = SignedNote.Parse(note);
        var checkpoint = Parse(signed.Text);
        signers = signed.SignedBy(keys.Where(key => key.Name == checkpoint.Origin));
        return signers.Count > 0 ? checkpoint : throw Broken("is signed by none of the known keys of its log");
    }

    /// <exception cref="LedgerFormatException">The text of the note is not that of a checkpoint. Nothing is said about signatures.</exception>
    public static Checkpoint Parse(string text)
    {
        // Three lines or more, each with its newline, none empty.
        if (text.Split('\n') is not [var origin, var size, var root, .. var extensions, ""] || origin.Length == 0 || extensions.Contains(""))
            throw Broken("does not have an origin, a size and a root, a line each");
        if (!long.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > CanonicalJson.LargestExactNumber
            || number.ToString(CultureInfo.InvariantCulture) != size)
            throw Broken("has a size that is not a whole number in its shortest form");
        if (Texts.Base64(root) is not { Length: Merkle.HashSize } hash)
            throw Broken("has a root that is not 32 bytes of base64");
        return new Checkpoint { Origin = origin, Size = number, Root = hash };
    }

    private static LedgerFormatException Broken(string reason) => new("checkpoint", reason);
}
