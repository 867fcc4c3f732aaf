using System.Globalization;
using System.Text;
using System.Text.Json;

namespace LtiMicroCred.Ledger.Tests;

public sealed class EntryFormatTests
{
    private static readonly string Origin = Samples.Origin(Samples.LogA);
    private static readonly AwardIssued Entry = Samples.Entry() with { Credits = 2.5m, At = Samples.At.ToUniversalTime() };
    private static readonly string Json = Encoding.UTF8.GetString(EntryFormat.Encode(Entry, Origin, 7));

    private static readonly AwardRevoked Revoked = new() { At = Samples.At, AwardId = Entry.AwardId, Reason = AwardChangeReason.ResultBelowRule };
    private static readonly string RevokedJson = Encoding.UTF8.GetString(EntryFormat.Encode(Revoked, Origin, 8));

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
    public void There_are_vectors() => Vectors.Count.ShouldBe(11);

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
        var issued = decoded.Entry.ShouldBeOfType<AwardIssued>();
        issued.AwardId.ShouldBe(Entry.AwardId);
        issued.AchievementId.ShouldBe(Entry.AchievementId);
        issued.AchievementVersion.ShouldBe(3);
        issued.AchievementHash.ShouldBe(Entry.AchievementHash);
        issued.Hours.ShouldBe(60m);
        issued.Credits.ShouldBe(2.5m);
        issued.CreditSystem.ShouldBe("ECTS");
        issued.Passed.ShouldBeTrue();
        issued.SubjectRef.ShouldBe(Entry.SubjectRef);
        (Entry.At - issued.At).Ticks.ShouldBe(7);
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
    [InlineData("award.issued", "missing", "achievement")]
    [InlineData("award.superseded", "missing", "replacedBy")]
    [InlineData("learner.erased", "not a member of learner.erased in version 1", "reason")]
    [InlineData("achievement.published", "missing", "achievement")]
    public void Each_kind_has_exactly_its_members(string kind, string reason, string where)
    {
        var json = RevokedJson.Replace("award.revoked", kind, StringComparison.Ordinal);

        var refused = Should.Throw<LedgerFormatException>(() => EntryFormat.Decode(Encoding.UTF8.GetBytes(json)));

        (refused.Where, refused.Reason).ShouldBe((where, reason));
    }

    [Theory]
    [InlineData("conduct", "reason")]
    [InlineData("Result-Below-Rule", "reason")]
    [InlineData("under-review", "Reason")]
    [InlineData("result-meets-rule", "Reason")]
    public void A_reason_outside_its_closed_list_is_refused(string reason, string where)
    {
        var json = RevokedJson.Replace("result-below-rule", reason, StringComparison.Ordinal);

        Should.Throw<LedgerFormatException>(() => EntryFormat.Decode(Encoding.UTF8.GetBytes(json))).Where.ShouldBe(where);
    }

    [Fact]
    public void Every_kind_and_reason_has_a_name_of_its_own_and_is_read_by_it()
    {
        foreach (var kind in Enum.GetValues<LedgerKind>())
            Texts.Kind(Texts.Of(kind)).ShouldBe(kind);
        foreach (var reason in Enum.GetValues<AwardChangeReason>())
            Texts.Reason(Texts.Of(reason)).ShouldBe(reason);
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
        Unencodable(Revoked with { Reason = (AwardChangeReason)99 });
        Unencodable(new AwardSuperseded { At = Samples.At, AwardId = Entry.AwardId, ReplacedBy = Entry.AwardId });
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

    // Spelled out, so that the vectors are read by another hand than the one that is tested.
    private static LedgerEntry Read(JsonElement facts)
    {
        var at = DateTimeOffset.Parse(Text("at"), CultureInfo.InvariantCulture);
        return Text("kind") switch
        {
            "achievement.published" => new AchievementPublished
            {
                At = at,
                AchievementId = Id("achievement"),
                AchievementVersion = facts.GetProperty("achievementVersion").GetInt32(),
                AchievementHash = Convert.FromHexString(Text("achievementHash")),
                Hours = Number("hours"),
                Credits = facts.TryGetProperty("credits", out _) ? Number("credits") : null,
                CreditSystem = facts.TryGetProperty("creditSystem", out var system) ? system.GetString() : null,
            },
            "award.issued" => new AwardIssued
            {
                At = at,
                AwardId = Id("award"),
                AchievementId = Id("achievement"),
                AchievementVersion = facts.GetProperty("achievementVersion").GetInt32(),
                AchievementHash = Convert.FromHexString(Text("achievementHash")),
                Hours = Number("hours"),
                Credits = facts.TryGetProperty("credits", out _) ? Number("credits") : null,
                CreditSystem = facts.TryGetProperty("creditSystem", out var system) ? system.GetString() : null,
                Passed = facts.GetProperty("passed").GetBoolean(),
                SubjectRef = Convert.FromHexString(Text("subjectRef")),
            },
            "award.superseded" => new AwardSuperseded { At = at, AwardId = Id("award"), ReplacedBy = Id("replacedBy") },
            "award.suspended" => new AwardSuspended { At = at, AwardId = Id("award"), Reason = Reason() },
            "award.reinstated" => new AwardReinstated { At = at, AwardId = Id("award"), Reason = Reason() },
            "award.revoked" => new AwardRevoked { At = at, AwardId = Id("award"), Reason = Reason() },
            "learner.erased" => new LearnerErased { At = at, AwardId = Id("award") },
            var other => throw new InvalidDataException(other),
        };

        string Text(string name) => facts.GetProperty(name).GetString()!;
        Guid Id(string name) => facts.GetProperty(name).GetGuid();
        decimal Number(string name) => decimal.Parse(Text(name), CultureInfo.InvariantCulture);
        AwardChangeReason Reason() => Enum.Parse<AwardChangeReason>(Text("reason").Replace("-", "", StringComparison.Ordinal), ignoreCase: true);
    }
}
