using System.Text;

namespace LtiMicroCred.Ledger.Tests;

public sealed class CheckpointTests
{
    private static readonly string Origin = Samples.Origin(Samples.LogA);
    private static readonly SigningKey Key = SigningKey.Generate(Origin);
    private static readonly SigningKey Next = SigningKey.Generate(Origin);
    private static readonly Checkpoint Signed = new() { Origin = Origin, Size = 70_000, Root = Merkle.LeafHash([1]) };

    [Fact]
    public void Checkpoints_are_those_of_another_implementation()
    {
        var vectors = Vectors.Json("notes", "checkpoints.json");
        SigningKey key = new(Origins(), vectors.Hex("seed")), next = new(Origins(), vectors.Hex("nextSeed"));
        key.Verifier.ToString().ShouldBe(vectors.Text("key"));
        next.Verifier.ToString().ShouldBe(vectors.Text("nextKey"));
        vectors.GetProperty("cases").GetArrayLength().ShouldBe(3);
        foreach (var v in vectors.GetProperty("cases").EnumerateArray())
        {
            var checkpoint = new Checkpoint { Origin = v.Text("origin"), Size = v.GetProperty("size").GetInt64(), Root = v.Hex("root") };
            var signed = v.GetProperty("keys").GetInt32() == 1 ? checkpoint.Sign(key) : checkpoint.Sign(key, next);

            Encoding.UTF8.GetString(signed).ShouldBe(v.Text("note"));
            var opened = Checkpoint.Open(signed, [key.Verifier]);
            (opened.Origin, opened.Size, Convert.ToHexStringLower(opened.Root)).ShouldBe((checkpoint.Origin, checkpoint.Size, v.Text("root")));
        }

        string Origins() => vectors.GetProperty("cases")[0].Text("origin");
    }

    [Fact]
    public void Every_flipped_bit_of_a_checkpoint_is_refused()
    {
        var note = Signed.Sign(Key);
        for (var bit = 0; bit < note.Length * 8; bit++)
        {
            var flipped = note.ToArray();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            Should.Throw<LedgerFormatException>(() => Checkpoint.Open(flipped, [Key.Verifier]), $"bit {bit}");
        }

        Checkpoint.Open(note, [Key.Verifier]).Size.ShouldBe(70_000);
    }

    [Fact]
    public void While_a_key_is_replaced_either_opens_the_checkpoint()
    {
        var note = Signed.Sign(Key, Next);

        Checkpoint.Open(note, [Key.Verifier]).Root.ShouldBe(Signed.Root);
        Checkpoint.Open(note, [Next.Verifier]).Root.ShouldBe(Signed.Root);
        Checkpoint.Open(note, [SigningKey.Generate(Origin).Verifier, Next.Verifier]).Root.ShouldBe(Signed.Root);
        Should.Throw<LedgerFormatException>(() => Checkpoint.Open(note, [SigningKey.Generate(Origin).Verifier]));
        Should.Throw<LedgerFormatException>(() => Checkpoint.Open(note, []));
    }

    [Fact]
    public void A_logs_key_speaks_for_no_other_log()
    {
        var elsewhere = SigningKey.Generate(Samples.Origin(Samples.LogB));

        Should.Throw<ArgumentException>(() => Signed.Sign(Key, elsewhere));
        Should.Throw<LedgerFormatException>(() => Checkpoint.Open(SignedNote.Sign(Signed.Text, elsewhere), [elsewhere.Verifier]));
    }

    [Theory]
    [InlineData("70000\n", "070000\n")]
    [InlineData("70000\n", "-1\n")]
    [InlineData("70000\n", "+1\n")]
    [InlineData("70000\n", " 1\n")]
    [InlineData("70000\n", "7e4\n")]
    [InlineData("70000\n", "\n")]
    [InlineData("70000\n", "9007199254740992\n")]
    [InlineData("70000\n", "")]
    [InlineData("=\n", "\n")]
    [InlineData("=\n", "=\n\n")]
    [InlineData("=\n", "=\nextension\n\n")]
    [InlineData("=\n", "=")]
    [InlineData("awards.example.edu/logs/0a000000-0000-7000-8000-00000000000a", "")]
    public void A_text_that_is_no_checkpoint_is_refused_though_it_is_signed(string there, string instead)
    {
        var text = Signed.Text.Replace(there, instead, StringComparison.Ordinal);
        (text == Signed.Text).ShouldBeFalse();

        Should.Throw<LedgerFormatException>(() => Checkpoint.Parse(text)).Where.ShouldBe("checkpoint");
    }

    [Fact]
    public void Extension_lines_of_other_logs_are_passed_over()
    {
        var opened = Checkpoint.Open(SignedNote.Sign(Signed.Text + "extension\n", Key), [Key.Verifier]);

        (opened.Origin, opened.Size).ShouldBe((Origin, 70_000));
    }

    [Fact]
    public void What_nobody_could_read_is_not_signed()
    {
        Should.Throw<LedgerFormatException>(() => (Signed with { Size = -1 }).Sign(Key));
        Should.Throw<LedgerFormatException>(() => (Signed with { Root = [1] }).Sign(Key));
    }
}
