using System.Text;
using System.Text.Json;

namespace LtiMicroCred.Ledger;

/// <summary>
/// One award's proof in one file, to be checked without database or network. Version 1 is one object of RFC 8785 canonical JSON in UTF-8, at most
/// 4 MiB, with exactly these members:
/// <list type="bullet">
/// <item><c>checkpoint</c>: the signed note (C2SP tlog-checkpoint) of the log at one size, as text</item>
/// <item><c>entries</c>: 1 to 256 objects in the order of the log: first the <c>award.issued</c>, then whatever the log says of the same award
/// up to the checkpoint. Each has <c>entry</c>, the hashed bytes as text; <c>number</c>, its place in the log from 1; <c>proof</c>, the inclusion
/// proof of RFC 6962, 2.1.1, for leaf <c>number - 1</c>, hashes as lower-case hex, nearest to the leaf first</item>
/// <item><c>format</c>: <c>ledger-proof-bundle</c></item>
/// <item><c>keys</c>: 1 to 16 verifier keys that the log says are its own, <c>name+id+base64</c></item>
/// <item><c>v</c>: 1</item>
/// </list>
/// </summary>
public sealed record ProofBundle
{
    public const int Version = 1;
    public const int LongestBundle = 4 * 1024 * 1024;

    internal const string Format = "ledger-proof-bundle";
    internal const int MostEntries = 256;
    internal const int MostKeys = 16;

    /// <summary>A signed note, see <see cref="Checkpoint.Sign"/>.</summary>
    public required byte[] Checkpoint { get; init; }

    public required IReadOnlyList<ProvenEntry> Entries { get; init; }

    public required IReadOnlyList<VerifierKey> Keys { get; init; }

    /// <exception cref="LedgerFormatException">There are too many entries or keys, or none, or the whole is too long.</exception>
    public byte[] Encode()
    {
        RequireBounds();
        var bytes = new CanonicalJson()
            .Member("checkpoint", Encoding.UTF8.GetString(Checkpoint))
            .Member("entries", [.. Entries.Select(proven => new CanonicalJson()
                .Member("entry", Encoding.UTF8.GetString(proven.EntryBytes))
                .Member("number", proven.Number)
                .Member("proof", [.. proven.Proof.Select(Texts.Of)]))])
            .Member("format", Format)
            .Member("keys", [.. Keys.Select(key => key.ToString())])
            .Member("v", Version)
            .ToBytes();
        return bytes.Length <= LongestBundle ? bytes : throw Broken($"has {bytes.Length} bytes; at most {LongestBundle} are allowed");
    }

    /// <summary>Strict: accepts exactly the bytes that <see cref="Encode"/> makes. Nothing is proven by reading; see <see cref="ProofBundleCheck"/>.</summary>
    /// <exception cref="LedgerFormatException">Anything else.</exception>
    public static ProofBundle Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > LongestBundle)
            throw Broken($"has {bytes.Length} bytes; at most {LongestBundle} are allowed");

        ProofBundle bundle;
        try
        {
            var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = 4 });
            bundle = Read(JsonElement.ParseValue(ref reader));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            // A missing member, one of another type, a text that is none.
            throw new LedgerFormatException("bundle", "is not a proof bundle of a version that this program knows", e);
        }

        // RFC 8785: there is one way to write it. Members too many or twice, order, white space, escapes: whatever differs is refused here.
        return bytes.SequenceEqual(bundle.Encode()) ? bundle : throw Broken("is not in canonical form");
    }

    /// <summary>See <see cref="ProofBundleCheck.Run"/>.</summary>
    public static ProofBundleCheck Verify(ReadOnlySpan<byte> bytes, IReadOnlyList<VerifierKey>? trustedKeys = null) => ProofBundleCheck.Run(bytes, trustedKeys);

    private static ProofBundle Read(JsonElement json)
    {
        if (json.GetProperty("format").GetString() != Format || json.GetProperty("v").GetInt64() != Version)
            throw new FormatException("another format or version");
        return new ProofBundle
        {
            Checkpoint = Encoding.UTF8.GetBytes(Text(json.GetProperty("checkpoint"))),
            Entries = [.. json.GetProperty("entries").EnumerateArray().Select(Entry)],
            Keys = [.. json.GetProperty("keys").EnumerateArray().Select(key => VerifierKey.Parse(Text(key)))],
        };
    }

    private static ProvenEntry Entry(JsonElement json) => new(
        Encoding.UTF8.GetBytes(Text(json.GetProperty("entry"))),
        json.GetProperty("number").GetInt64(),
        [.. json.GetProperty("proof").EnumerateArray().Select(hash => Texts.Hash(Text(hash)) ?? throw new FormatException("not a hash"))]);

    private static string Text(JsonElement json) => json.GetString() ?? throw new FormatException("null in place of a text");

    private void RequireBounds()
    {
        if (Entries.Count is < 1 or > MostEntries)
            throw Broken($"has {Entries.Count} entries, not 1 to {MostEntries}");
        if (Keys.Count is < 1 or > MostKeys)
            throw Broken($"has {Keys.Count} keys, not 1 to {MostKeys}");
        if (Entries.Any(proven => proven.Number is < 1 or > CanonicalJson.LargestExactNumber))
            throw Broken("has an entry with a number out of range");
    }

    private static LedgerFormatException Broken(string reason) => new("bundle", reason);
}

/// <param name="Number">From 1; the leaf is the one before.</param>
/// <param name="Proof">See <see cref="HashTree.InclusionProofAsync"/>.</param>
public sealed record ProvenEntry(byte[] EntryBytes, long Number, IReadOnlyList<byte[]> Proof);
