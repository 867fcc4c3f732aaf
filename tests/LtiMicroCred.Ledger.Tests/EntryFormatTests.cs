using System.Globalization;
using System.Text;
using System.Text.Json;

namespace LtiMicroCred.Ledger.Tests;

public sealed class EntryFormatTests
{
    private static readonly string Origin = Samples.Origin(Samples.LogA);
    private static readonly LedgerEntry Entry = Samples.Entry() with { Credits = 2.5m, At = Samples.At.ToUniversalTime() };
    private static readonly string Json = Encoding.UTF8.GetString(EntryFormat.Encode(Entry, Origin, 7));

    public static TheoryData<string> Vectors =>
        [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "vectors"), "*.json").Select(file => Path.GetFileName(file))];

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Version_1_makes_the_published_bytes_and_leaf_hash(string file)
    {
        using var vector = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "vectors", file)));
        var facts = vector.RootElement.GetProperty("facts");
        var bytes = Convert.FromHexString(vector.RootElement.GetProperty("bytes").GetString()!);
        var (origin, number) = (facts.GetProperty("log").GetString()!, facts.GetProperty("number").GetInt64());

        var encoded = EntryFormat.Encode(Read(facts), origin, number);

        Encoding.UTF8.GetString(encoded).ShouldBe(Encoding.UTF8.GetString(bytes));
        Convert.ToHexStringLower(Merkle.LeafHash(encoded)).ShouldBe(vector.RootElement.GetProperty("leafHash").GetString());
        var decoded = EntryFormat.Decode(bytes);
        (decoded.Origin, decoded.Number).ShouldBe((origin, number));
        EntryFormat.Encode(decoded.Entry, decoded.Origin, decoded.Number).ShouldBe(bytes);
    }

    [Fact]
    public void There_are_vectors() => Vectors.Count.ShouldBe(4);

    [Fact]
    public void Times_are_cut_to_the_microsecond_in_utc_and_decimals_lose_trailing_zeros()
    {
        var bytes = EntryFormat.Encode(Samples.Entry(hours: 60.500000m), Origin, 1);

        var text = Encoding.UTF8.GetString(bytes);
        text.ShouldContain("\"at\":\"2026-03-01T08:30:00.123456Z\"");
        text.ShouldContain("\"credits\":\"2.5\"");
        text.ShouldContain("\"hours\":\"60.5\"");
    }

    [Fact]
    public void A_decoded_entry_says_what_was_encoded()
    {
        var decoded = EntryFormat.Decode(Encoding.UTF8.GetBytes(Json));

        decoded.Number.ShouldBe(7);
        decoded.Origin.ShouldBe(Origin);
        decoded.Entry.AwardId.ShouldBe(Entry.AwardId);
        decoded.Entry.AchievementId.ShouldBe(Entry.AchievementId);
        decoded.Entry.AchievementVersion.ShouldBe(3);
        decoded.Entry.AchievementHash.ShouldBe(Entry.AchievementHash);
        decoded.Entry.Hours.ShouldBe(60m);
        decoded.Entry.Credits.ShouldBe(2.5m);
        decoded.Entry.CreditSystem.ShouldBe("ECTS");
        decoded.Entry.Passed.ShouldBeTrue();
        decoded.Entry.SubjectRef.ShouldBe(Entry.SubjectRef);
        (Entry.At - decoded.Entry.At).Ticks.ShouldBe(7);
    }

    [Theory]
    [InlineData("\"v\":1", "\"v\":2", "v")]
    [InlineData("\"v\":1", "\"v\":\"1\"", "v")]
    [InlineData(",\"v\":1", "", "v")]
    [InlineData("award.issued", "award.unheard", "kind")]
    [InlineData("\"passed\":true,", "", "passed")]
    [InlineData("\"passed\":true", "\"passed\":null", "passed")]
    [InlineData("\"passed\":true", "\"passed\":1", "passed")]
    [InlineData("\"v\":1", "\"v\":1,\"w\":1", "w")]
    [InlineData("\"v\":1", "\"v\":1,\"v\":1", "v")]
    [InlineData("\"v\":1", "\"v\":1 ", "entry")]
    [InlineData("\"v\":1}", "\"v\":1}\n", "entry")]
    [InlineData("\"v\":1}", "\"v\":1", "entry")]
    [InlineData("\"number\":7", "\"number\":7.5", "number")]
    [InlineData("\"number\":7", "\"number\":7e0", "number")]
    [InlineData("\"number\":7", "\"number\":0", "number")]
    [InlineData("\"number\":7", "\"number\":9007199254740993", "number")]
    [InlineData("\"number\":7", "\"number\":[7]", "entry")]
    [InlineData("\"hours\":\"60\"", "\"hours\":\"60.0\"", "hours")]
    [InlineData("\"hours\":\"60\"", "\"hours\":\"060\"", "hours")]
    [InlineData("\"hours\":\"60\"", "\"hours\":60", "hours")]
    [InlineData("\"hours\":\"60\"", "\"hours\":\"-1\"", "hours")]
    [InlineData("\"hours\":\"60\"", "\"hours\":\"0.0000001\"", "Hours")]
    [InlineData("\"achievementVersion\":3", "\"achievementVersion\":0", "achievementVersion")]
    [InlineData("\"achievementVersion\":3", "\"achievementVersion\":2147483648", "achievementVersion")]
    [InlineData("ECTS", "EC\\u0054S", "entry")]
    [InlineData("ECTS", "\\ud800", "creditSystem")]
    [InlineData("\"creditSystem\":\"ECTS\",", "", "CreditSystem")]
    [InlineData("\"credits\":\"2.5\",", "", "Credits")]
    [InlineData("Z\"", "+00:00\"", "at")]
    [InlineData("T08", "T8", "at")]
    [InlineData("\"award\":\"", "\"award\":\"{", "award")]
    [InlineData("\"subjectRef\":\"", "\"subjectRef\":\"00", "subjectRef")]
    [InlineData("{\"achievement\"", "{\"Achievement\"", "achievement")]
    public void Anything_but_the_canonical_bytes_is_refused(string there, string instead, string where)
    {
        var broken = Json.Replace(there, instead, StringComparison.Ordinal);
        (broken == Json).ShouldBeFalse();

        Should.Throw<LedgerFormatException>(() => EntryFormat.Decode(Encoding.UTF8.GetBytes(broken))).Where.ShouldBe(where);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"v\":1}")]
    public void What_is_no_entry_at_all_is_refused(string text) =>
        Should.Throw<LedgerFormatException>(() => EntryFormat.Decode(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Upper_case_hex_and_ids_are_refused()
    {
        var hash = Convert.ToHexStringLower(Entry.SubjectRef);
        var id = Entry.AwardId.ToString("D");

        Refused(Json.Replace(hash, hash.ToUpperInvariant(), StringComparison.Ordinal));
        Refused(Json.Replace(id, "0198ABCD" + id[8..], StringComparison.Ordinal));
    }

    [Fact]
    public void Broken_utf8_is_refused()
    {
        var bytes = Encoding.UTF8.GetBytes(Json);
        bytes[Json.IndexOf("ECTS", StringComparison.Ordinal)] = 0xff;

        Should.Throw<LedgerFormatException>(() => EntryFormat.Decode(bytes));
    }

    [Fact]
    public void Every_flipped_bit_is_either_refused_or_another_entry()
    {
        var bytes = Encoding.UTF8.GetBytes(Json);
        for (var i = 0; i < bytes.Length; i++)
        {
            var flipped = bytes.ToArray();
            flipped[i] ^= 0x01;
            try
            {
                var decoded = EntryFormat.Decode(flipped);
                EntryFormat.Encode(decoded.Entry, decoded.Origin, decoded.Number).ShouldBe(flipped);
            }
            catch (LedgerFormatException e)
            {
                e.Reason.ShouldNotBeEmpty();
            }
        }
    }

    [Fact]
    public void Entries_beyond_their_limits_are_never_encoded()
    {
        Unencodable(Entry with { Hours = -0.1m });
        Unencodable(Entry with { Hours = 1_000_000_000_000m });
        Unencodable(Entry with { Hours = 0.0000001m });
        Unencodable(Entry with { AchievementVersion = 0 });
        Unencodable(Entry with { AchievementHash = new byte[31] });
        Unencodable(Entry with { SubjectRef = new byte[33] });
        Unencodable(Entry with { Credits = null });
        Unencodable(Entry with { CreditSystem = null });
        Unencodable(Entry with { CreditSystem = "" });
        Unencodable(Entry with { CreditSystem = new string('x', 41) });
        Unencodable(Entry with { CreditSystem = "EC\nTS" });
        Unencodable(Entry with { CreditSystem = "EC\ud800" });
        Unencodable(Entry with { Kind = (LedgerKind)99 });
        Should.Throw<ArgumentException>(() => EntryFormat.Encode(Entry, Origin, 0));
        Should.Throw<ArgumentException>(() => EntryFormat.Encode(Entry, "", 1));
    }

    [Fact]
    public void Text_is_escaped_as_rfc_8785_shows() =>
        // RFC 8785, 3.2.2.2: the "string" member of its sample.
        Encoding.UTF8.GetString(new CanonicalJson().Member("string", "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/").ToBytes())
            .ShouldBe("{\"string\":\"\u20ac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");

    [Fact]
    public void Members_out_of_order_are_a_mistake() =>
        Should.Throw<InvalidOperationException>(() => new CanonicalJson().Member("b", 1).Member("a", 1));

    private static void Refused(string json)
    {
        (json == Json).ShouldBeFalse();
        Should.Throw<LedgerFormatException>(() => EntryFormat.Decode(Encoding.UTF8.GetBytes(json)));
    }

    private static void Unencodable(LedgerEntry entry) => Should.Throw<ArgumentException>(() => EntryFormat.Encode(entry, Origin, 1));

    private static LedgerEntry Read(JsonElement facts) => new()
    {
        Kind = facts.GetProperty("kind").GetString() == "award.issued" ? LedgerKind.AwardIssued : throw new InvalidDataException(),
        At = DateTimeOffset.Parse(facts.GetProperty("at").GetString()!, CultureInfo.InvariantCulture),
        AwardId = facts.GetProperty("award").GetGuid(),
        AchievementId = facts.GetProperty("achievement").GetGuid(),
        AchievementVersion = facts.GetProperty("achievementVersion").GetInt32(),
        AchievementHash = Convert.FromHexString(facts.GetProperty("achievementHash").GetString()!),
        Hours = decimal.Parse(facts.GetProperty("hours").GetString()!, CultureInfo.InvariantCulture),
        Credits = facts.TryGetProperty("credits", out var credits) ? decimal.Parse(credits.GetString()!, CultureInfo.InvariantCulture) : null,
        CreditSystem = facts.TryGetProperty("creditSystem", out var system) ? system.GetString() : null,
        Passed = facts.GetProperty("passed").GetBoolean(),
        SubjectRef = Convert.FromHexString(facts.GetProperty("subjectRef").GetString()!),
    };
}
