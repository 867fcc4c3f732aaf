using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace LtiMicroCred.Ledger;

/// <summary>Checks a log's signatures. C2SP signed-note, Ed25519 signatures; the text form is that of the notes of Go's checksum database.</summary>
public sealed class VerifierKey
{
    private const byte TypeEd25519 = 0x01;
    private const int LongestText = 512;

    private readonly byte[] publicKey;

    /// <exception cref="ArgumentException">The name is empty, or holds a space, a plus or a control character, or the key does not have 32 bytes.</exception>
    public VerifierKey(string name, ReadOnlySpan<byte> publicKey)
    {
        if (!IsName(name))
            throw new ArgumentException($"'{name}' cannot name a key", nameof(name));
        if (publicKey.Length != Ed25519.KeySize)
            throw new ArgumentException($"an Ed25519 key has {Ed25519.KeySize} bytes, not {publicKey.Length}", nameof(publicKey));

        Name = name;
        this.publicKey = publicKey.ToArray();

        // C2SP signed-note, Ed25519 signatures: SHA-256(name || 0x0A || 0x01 || public key)[:4].
        Id = BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData([.. Encoding.UTF8.GetBytes(name), (byte)'\n', TypeEd25519, .. publicKey]));
    }

    /// <summary>A log's key is named as its origin.</summary>
    public string Name { get; }

    public uint Id { get; }

    public ReadOnlySpan<byte> PublicKey => publicKey;

    /// <summary><c>{name}+{id as 8 hex digits}+{base64 of 0x01 and the public key}</c>, exactly.</summary>
    /// <exception cref="LedgerFormatException">Anything else, also keys of other algorithms.</exception>
    public static VerifierKey Parse(string text)
    {
        if (text.Length > LongestText)
            throw new LedgerFormatException("key", "too long");
        if (text.Split('+', 3) is not [var name, _, var key] || !IsName(name))
            throw new LedgerFormatException("key", "does not read name+id+key");
        if (Texts.Base64(key) is not [TypeEd25519, .. var bytes] || bytes.Length != Ed25519.KeySize)
            throw new LedgerFormatException("key", "is not an Ed25519 key");

        var parsed = new VerifierKey(name, bytes);
        return parsed.ToString() == text ? parsed : throw new LedgerFormatException("key", "has the id of another key");
    }

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Name}+{Id:x8}+{Convert.ToBase64String([TypeEd25519, .. publicKey])}");

    internal bool Verifies(string text, ReadOnlySpan<byte> signature) => Ed25519.Verify(publicKey, Encoding.UTF8.GetBytes(text), signature);

    // C2SP signed-note, Format: no Unicode spaces, no plus; control characters cannot be in a note at all.
    internal static bool IsName(string name) =>
        name.Length is > 0 and <= 255 && !name.Any(c => c == '+' || char.IsWhiteSpace(c) || char.IsControl(c) || char.IsSurrogate(c));
}

/// <summary>Signs a log's checkpoints. The seed stays in memory as long as this does; keep it nowhere but encrypted.</summary>
public sealed class SigningKey
{
    private readonly byte[] seed;

    /// <param name="name">The origin of the log.</param>
    /// <param name="seed">32 random bytes, the private key of RFC 8032.</param>
    public SigningKey(string name, ReadOnlySpan<byte> seed)
    {
        this.seed = seed.ToArray();
        Verifier = new VerifierKey(name, Ed25519.PublicKey(seed));
    }

    public VerifierKey Verifier { get; }

    public static SigningKey Generate(string name) => new(name, RandomNumberGenerator.GetBytes(Ed25519.KeySize));

    public ReadOnlySpan<byte> Seed => seed;

    internal NoteSignature Sign(string text) => new(Verifier.Name, Verifier.Id, Ed25519.Sign(seed, Encoding.UTF8.GetBytes(text)));
}
