using System.Text;
using System.Text.Json;

namespace LtiMicroCred.Ledger.Tests;

public sealed class ProofBundleTests
{
    private static readonly string Origin = Samples.Origin(Samples.LogA);
    private static readonly SigningKey Key = SigningKey.Generate(Origin);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string> Files =>
        [.. Vectors.Json("bundles", "index.json").GetProperty("cases").EnumerateArray().Select(v => v.Text("file"))];

    [Theory]
    [MemberData(nameof(Files))]
    public void Bundles_of_another_implementation_are_judged_as_it_says(string file)
    {
        var expected = Vectors.Json("bundles", "index.json").GetProperty("cases").EnumerateArray().Single(v => v.Text("file") == file);
        var trusted = expected.TryGetProperty("trustedKeys", out _) ? expected.Texts("trustedKeys").Select(VerifierKey.Parse).ToList() : null;

        var check = ProofBundle.Verify(Vectors.Bytes("bundles", file), trusted);

        check.Intact.ShouldBe(expected.GetProperty("intact").GetBoolean(), check.Broken);
        if (check.Intact)
            check.Standing.ToString().ShouldBe(expected.Text("standing"));
        else
            check.Broken.ShouldNotBeNull().ShouldStartWith(expected.Text("broken") + ":");
    }

    [Fact]
    public void There_are_bundles() => Files.Count.ShouldBe(20);

    [Fact]
    public async Task A_bundle_shows_an_award_and_what_became_of_it()
    {
        var (bundle, award) = await RevokedAsync();

        var check = ProofBundle.Verify(bundle.Encode(), [Key.Verifier]);

        check.Broken.ShouldBeNull();
        check.Standing.ShouldBe(AwardStanding.Revoked);
        check.Award.ShouldNotBeNull().AwardId.ShouldBe(award.AwardId);
        check.Checkpoint.ShouldNotBeNull().Size.ShouldBe(40);
        check.Entries.Select(entry => entry.Number).ShouldBe([3, 20]);
        check.Holds.Count.ShouldBe(3);
        check.Holds[0].ShouldContain("signed by a key given to trust");
        check.Holds[2].ShouldEndWith("it is revoked.");
        check.NotChecked.ShouldNotContain(text => text.StartsWith("No key was given to trust", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_a_key_to_trust_the_one_in_the_file_is_used_and_that_is_said()
    {
        var (bundle, _) = await RevokedAsync();

        foreach (var none in new IReadOnlyList<VerifierKey>?[] { null, [] })
        {
            var check = ProofBundle.Verify(bundle.Encode(), none);

            check.Intact.ShouldBeTrue();
            check.Holds[0].ShouldContain("signed by a key in the file");
            check.NotChecked[0].ShouldStartWith("No key was given to trust: the one in the file is used");
        }
    }

    [Fact]
    public async Task A_bundle_signed_by_another_key_than_the_trusted_one_is_broken()
    {
        var (bundle, _) = await RevokedAsync();

        var check = ProofBundle.Verify(bundle.Encode(), [SigningKey.Generate(Origin).Verifier]);

        check.Broken.ShouldBe("checkpoint: is signed by none of the known keys of its log");
        check.Award.ShouldBeNull();
        check.Standing.ShouldBeNull();
        check.Holds.ShouldBeEmpty();
    }

    [Fact]
    public async Task Every_flipped_bit_of_a_bundle_is_refused()
    {
        var (bundle, _) = await RevokedAsync();
        var bytes = bundle.Encode();

        Parallel.For(0, bytes.Length * 8, bit =>
        {
            var flipped = bytes.ToArray();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            ProofBundle.Verify(flipped).Intact.ShouldBeFalse($"bit {bit}");
        });
        ProofBundle.Verify(bytes).Intact.ShouldBeTrue();
    }

    [Fact]
    public async Task Every_cut_of_a_bundle_is_refused()
    {
        var bytes = (await RevokedAsync()).Bundle.Encode();

        for (var length = 0; length < bytes.Length; length++)
            ProofBundle.Verify(bytes.AsSpan(0, length)).Intact.ShouldBeFalse($"{length} bytes");
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("7")]
    [InlineData("[[[[[[]]]]]]")]
    [InlineData("{\"checkpoint\":null,\"entries\":[],\"format\":\"ledger-proof-bundle\",\"keys\":[],\"v\":1}")]
    [InlineData("{\"checkpoint\":\"\",\"entries\":[],\"format\":\"ledger-proof-bundle\",\"keys\":[],\"v\":1}")]
    [InlineData("{\"checkpoint\":\"\",\"entries\":{},\"format\":\"ledger-proof-bundle\",\"keys\":7,\"v\":1}")]
    [InlineData("{\"checkpoint\":\"\\ud800\",\"entries\":[],\"format\":\"ledger-proof-bundle\",\"keys\":[],\"v\":1}")]
    [InlineData("{\"checkpoint\":\"\",\"entries\":[],\"format\":\"ledger-proof-bundle\",\"keys\":[],\"v\":2}")]
    [InlineData("{\"checkpoint\":\"\",\"entries\":[],\"format\":\"another\",\"keys\":[],\"v\":1}")]
    public void What_is_no_bundle_is_refused_in_words(string text) =>
        ProofBundle.Verify(Encoding.UTF8.GetBytes(text)).Broken.ShouldNotBeNull().ShouldStartWith("bundle: ");

    [Fact]
    public async Task A_bundle_too_large_is_refused_before_it_is_read()
    {
        var bytes = (await RevokedAsync()).Bundle.Encode();
        byte[] padded = [.. bytes, .. Enumerable.Repeat((byte)' ', ProofBundle.LongestBundle)];

        ProofBundle.Verify(padded).Broken.ShouldNotBeNull().ShouldContain("at most");
    }

    [Fact]
    public async Task A_bundle_is_plain_json_for_everybody_else()
    {
        var (bundle, award) = await RevokedAsync();

        using var json = JsonDocument.Parse(bundle.Encode());

        json.RootElement.EnumerateObject().Select(member => member.Name).ShouldBe(["checkpoint", "entries", "format", "keys", "v"]);
        json.RootElement.GetProperty("entries")[0].Text("entry").ShouldContain(award.AwardId.ToString("D"));
    }

    [Fact]
    public async Task A_bundle_without_entries_or_keys_is_not_made()
    {
        var (bundle, _) = await RevokedAsync();

        Should.Throw<LedgerFormatException>(() => (bundle with { Entries = [] }).Encode());
        Should.Throw<LedgerFormatException>(() => (bundle with { Keys = [] }).Encode());
        Should.Throw<LedgerFormatException>(() => (bundle with { Keys = [.. Enumerable.Repeat(Key.Verifier, 17)] }).Encode());
    }

    private static async Task<(ProofBundle Bundle, AwardIssued Award)> RevokedAsync()
    {
        LedgerEntry[] log = [.. Samples.Entries(40)];
        var award = (AwardIssued)log[2];
        log[19] = new AwardRevoked { At = Samples.At, AwardId = award.AwardId, Reason = AwardChangeReason.IssuedInError };
        byte[][] bytes = [.. log.Select((entry, i) => EntryFormat.Encode(entry, Origin, i + 1))];
        byte[][] leaves = [.. bytes.Select(entry => Merkle.LeafHash(entry))];
        var tree = new HashTree(TilesInMemory.Of(leaves), log.Length);
        return (new ProofBundle
        {
            Checkpoint = new Checkpoint { Origin = Origin, Size = log.Length, Root = await tree.RootAsync(Cancel) }.Sign(Key),
            Entries =
            [
                new ProvenEntry(bytes[2], 3, await tree.InclusionProofAsync(2, Cancel)),
                new ProvenEntry(bytes[19], 20, await tree.InclusionProofAsync(19, Cancel)),
            ],
            Keys = [Key.Verifier],
        }, award);
    }
}
