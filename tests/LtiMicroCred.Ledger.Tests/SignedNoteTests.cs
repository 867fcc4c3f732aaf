using System.Text;

namespace LtiMicroCred.Ledger.Tests;

public sealed class SignedNoteTests
{
    private static readonly SigningKey Key = SigningKey.Generate("awards.example.edu/logs/1");
    private static readonly string Note = Encoding.UTF8.GetString(SignedNote.Sign("text\n\nwith an empty line\n", Key));

    [Theory]
    [InlineData("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b")]
    [InlineData("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")]
    public void Signatures_are_those_of_rfc_8032(string seed, string publicKey, string message, string signature)
    {
        // RFC 8032, 7.1.
        var key = Convert.FromHexString(seed);

        Convert.ToHexStringLower(Ed25519.PublicKey(key)).ShouldBe(publicKey);
        Convert.ToHexStringLower(Ed25519.Sign(key, Convert.FromHexString(message))).ShouldBe(signature);
        Ed25519.Verify(Convert.FromHexString(publicKey), Convert.FromHexString(message), Convert.FromHexString(signature)).ShouldBeTrue();
        Ed25519.Verify(Convert.FromHexString(publicKey), [1], Convert.FromHexString(signature)).ShouldBeFalse();
    }

    [Fact]
    public void Published_notes_are_opened_with_their_published_keys()
    {
        var cases = Vectors.Json("notes", "notes.json").GetProperty("cases").EnumerateArray().ToList();

        cases.Count.ShouldBe(5);
        foreach (var v in cases)
        {
            var key = VerifierKey.Parse(v.Text("key"));
            var note = SignedNote.Parse(Encoding.UTF8.GetBytes(v.Text("note")));

            note.Text.ShouldBe(v.Text("text"));
            note.SignedBy([key, Key.Verifier]).ShouldBe([key], v.Text("source"));
            note.SignedBy([Key.Verifier]).ShouldBeEmpty();
            if (v.TryGetProperty("seed", out _) && new SigningKey(key.Name, v.Hex("seed")) is var signer)
            {
                signer.Verifier.ToString().ShouldBe(v.Text("key"));
                Encoding.UTF8.GetString(SignedNote.Sign(note.Text, signer)).ShouldBe(v.Text("note"));
            }
        }
    }

    [Fact]
    public void Every_flipped_bit_of_a_note_is_refused()
    {
        var note = Encoding.UTF8.GetBytes(Note);
        for (var bit = 0; bit < note.Length * 8; bit++)
        {
            var flipped = note.ToArray();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            Opens(flipped).ShouldBeFalse($"bit {bit}");
        }

        Opens(note).ShouldBeTrue();
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("text\n")]
    [InlineData("text\n\n")]
    [InlineData("\n{line}\n")]
    [InlineData("\n\n")]
    [InlineData("text\n\n{line}")]
    [InlineData("text\n\n{line}\n\n")]
    [InlineData("text\n{line}\n")]
    [InlineData("te\u0000xt\n\n{line}\n")]
    [InlineData("te\txt\n\n{line}\n")]
    [InlineData("text\r\n\n{line}\n")]
    [InlineData("text\n\n{line}\nmore\n")]
    [InlineData("text\n\n-- name QUJDREVG\n")]
    [InlineData("text\n\n— name  QUJDREVG\n")]
    [InlineData("text\n\n— na+me QUJDREVG\n")]
    [InlineData("text\n\n— na\u00a0me QUJDREVG\n")]
    [InlineData("text\n\n—  QUJDREVG\n")]
    [InlineData("text\n\n— name\n")]
    [InlineData("text\n\n— name \n")]
    [InlineData("text\n\n— name QUJD\n")]
    [InlineData("text\n\n— name QUJDRA==\n")]
    [InlineData("text\n\n— name QUJDREVG \n")]
    [InlineData("text\n\n— name QUJDRE\n")]
    [InlineData("text\n\n— name QUJDREV=\n")]
    [InlineData("text\n\n— name QUJDRE_-\n")]
    public void What_is_not_exactly_a_signed_note_is_refused(string note)
    {
        var bytes = Encoding.UTF8.GetBytes(note.Replace("{line}", "— name QUJDREVG", StringComparison.Ordinal));

        Should.Throw<LedgerFormatException>(() => SignedNote.Parse(bytes)).Where.ShouldBe("note");
    }

    [Fact]
    public void Notes_are_bounded_but_sixteen_large_signatures_fit()
    {
        var line = $"— name {Convert.ToBase64String(new byte[5000])}\n";

        SignedNote.Parse(Encoding.UTF8.GetBytes("text\n\n" + string.Concat(Enumerable.Repeat(line, 16)))).Signatures.Count.ShouldBe(16);
        Should.Throw<LedgerFormatException>(() => SignedNote.Parse(Encoding.UTF8.GetBytes("text\n\n" + string.Concat(Enumerable.Repeat(line, 64)))));
        Should.Throw<LedgerFormatException>(() => SignedNote.Parse(Encoding.UTF8.GetBytes("text\n\n" + string.Concat(Enumerable.Repeat("— name QUJDREVG\n", 65)))));
        Should.Throw<LedgerFormatException>(() => SignedNote.Parse([.. Encoding.UTF8.GetBytes(Note), 0xff]));
    }

    [Fact]
    public void A_key_is_known_by_name_and_id_together()
    {
        var sameKeyElsewhere = new SigningKey("elsewhere.example", Key.Seed).Verifier;
        var sameName = SigningKey.Generate(Key.Verifier.Name).Verifier;

        SignedNote.Parse(Encoding.UTF8.GetBytes(Note)).SignedBy([sameKeyElsewhere, sameName]).ShouldBeEmpty();
    }

    [Fact]
    public void One_wrong_signature_of_a_known_key_spoils_the_note()
    {
        var next = SigningKey.Generate(Key.Verifier.Name);
        var note = Encoding.UTF8.GetString(SignedNote.Sign("text\n", Key, next));
        var other = Encoding.UTF8.GetString(SignedNote.Sign("another\n", Key, next)).Split('\n')[3];
        var mixed = SignedNote.Parse(Encoding.UTF8.GetBytes(note.Replace(note.Split('\n')[3], other, StringComparison.Ordinal)));

        SignedNote.Parse(Encoding.UTF8.GetBytes(note)).SignedBy([next.Verifier, Key.Verifier]).ShouldBe([next.Verifier, Key.Verifier]);
        mixed.SignedBy([Key.Verifier]).ShouldBe([Key.Verifier]);
        Should.Throw<LedgerFormatException>(() => mixed.SignedBy([Key.Verifier, next.Verifier]));
    }

    [Fact]
    public void Every_changed_character_of_a_key_is_refused()
    {
        var text = Key.Verifier.ToString();
        VerifierKey.Parse(text).ToString().ShouldBe(text);
        for (var i = 0; i < text.Length; i++)
        {
            var changed = text.ToCharArray();
            changed[i] = changed[i] == 'b' ? 'c' : 'b';
            Should.Throw<LedgerFormatException>(() => VerifierKey.Parse(new string(changed)), $"character {i}");
        }

        Should.Throw<LedgerFormatException>(() => VerifierKey.Parse(""));
        Should.Throw<LedgerFormatException>(() => VerifierKey.Parse(new string('a', 1000)));
        Should.Throw<LedgerFormatException>(() => VerifierKey.Parse(text + "\n"));
        Should.Throw<LedgerFormatException>(() => VerifierKey.Parse("name+00000000+BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
    }

    [Fact]
    public void What_would_be_no_note_is_not_signed()
    {
        Should.Throw<ArgumentException>(() => SignedNote.Sign("text", Key));
        Should.Throw<ArgumentException>(() => SignedNote.Sign("te\txt\n", Key));
        Should.Throw<ArgumentException>(() => SignedNote.Sign("text\n"));
        Should.Throw<ArgumentException>(() => SigningKey.Generate("a name"));
        Should.Throw<ArgumentException>(() => new SigningKey("name", new byte[31]));
    }

    private static bool Opens(byte[] note)
    {
        try
        {
            return SignedNote.Parse(note).SignedBy([Key.Verifier]).Count > 0;
        }
        catch (LedgerFormatException)
        {
            return false;
        }
    }
}
