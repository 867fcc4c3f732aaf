using System.Text.Json;

namespace LtiMicroCred.Ledger;

/// <summary>
/// The bytes that are hashed and kept. Version 1 is one flat object of RFC 8785 canonical JSON in UTF-8, at most 65,535 bytes. Every entry has
/// <list type="bullet">
/// <item><c>at</c>: <c>yyyy-MM-ddTHH:mm:ss.ffffffZ</c></item>
/// <item><c>kind</c>: what happened</item>
/// <item><c>log</c>: the origin of the log, <c>number</c>: the entry's place in it, from 1. They are part of the bytes so that an entry can
/// neither be moved within its log nor be shown as another log's.</item>
/// <item><c>v</c>: 1</item>
/// </list>
/// and, by its kind, exactly
/// <list type="bullet">
/// <item><c>achievement.published</c>: achievement, achievementHash, achievementVersion, hours, and credits with creditSystem or neither</item>
/// <item><c>award.issued</c>: the same, and award, passed, subjectRef</item>
/// <item><c>award.superseded</c>: award, replacedBy</item>
/// <item><c>award.suspended</c>, <c>award.reinstated</c>, <c>award.revoked</c>: award, reason</item>
/// <item><c>learner.erased</c>: award</item>
/// </list>
/// where
/// <list type="bullet">
/// <item><c>achievement</c>, <c>award</c>, <c>replacedBy</c>: ids, lower-case with dashes</item>
/// <item><c>achievementHash</c>, <c>subjectRef</c>: 32 bytes as lower-case hex</item>
/// <item><c>achievementVersion</c>: a whole number from 1</item>
/// <item><c>hours</c>, <c>credits</c>: decimals as text without trailing zeros</item>
/// <item><c>passed</c>: true or false</item>
/// <item><c>reason</c>: one of <see cref="AwardChangeReason"/></item>
/// </list>
/// A change of any of this is a new version; every old one stays readable.
/// </summary>
public static class EntryFormat
{
    public const int Version = 1;
    public const int LongestEntry = 65_535;

    /// <exception cref="ArgumentException">The entry breaks one of the limits that its members document.</exception>
    public static byte[] Encode(LedgerEntry entry, string origin, long number)
    {
        if (EntryRules.FirstFault(entry) is { } fault)
            throw new ArgumentException($"{fault.Member} {fault.Reason}", nameof(entry));
        ArgumentException.ThrowIfNullOrEmpty(origin);
        ArgumentOutOfRangeException.ThrowIfLessThan(number, 1);

        var facts = EntryFacts.Of(entry);
        var json = new CanonicalJson();
        if (facts is { AchievementId: { } achievement, AchievementHash: { } hash, AchievementVersion: { } version })
            json.Member("achievement", Texts.Of(achievement)).Member("achievementHash", Texts.Of(hash)).Member("achievementVersion", version);
        json.Member("at", Texts.Of(facts.At));
        if (facts.AwardId is { } award)
            json.Member("award", Texts.Of(award));
        if (facts is { Credits: { } credits, CreditSystem: { } system })
            json.Member("creditSystem", system).Member("credits", Texts.Of(credits));
        if (facts.Hours is { } hours)
            json.Member("hours", Texts.Of(hours));
        json.Member("kind", Texts.Of(facts.Kind)).Member("log", origin).Member("number", number);
        if (facts.Passed is { } passed)
            json.Member("passed", passed);
        if (facts.Reason is { } reason)
            json.Member("reason", Texts.Of(reason));
        if (facts.ReplacedBy is { } replacedBy)
            json.Member("replacedBy", Texts.Of(replacedBy));
        if (facts.SubjectRef is { } subjectRef)
            json.Member("subjectRef", Texts.Of(subjectRef));
        var bytes = json.Member("v", Version).ToBytes();

        return bytes.Length <= LongestEntry ? bytes : throw new ArgumentException($"{bytes.Length} bytes; at most {LongestEntry} are allowed", nameof(entry));
    }

    /// <summary>Strict: accepts exactly the bytes that <see cref="Encode"/> makes, and nothing else.</summary>
    /// <exception cref="LedgerFormatException">Anything else, with the member at fault.</exception>
    public static DecodedEntry Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > LongestEntry)
            throw new LedgerFormatException("entry", $"{bytes.Length} bytes; at most {LongestEntry} are allowed");

        var decoded = new EntryMembers(Parse(bytes)).Read();
        if (EntryRules.FirstFault(decoded.Entry) is { } fault)
            throw new LedgerFormatException(fault.Member, fault.Reason);

        // RFC 8785: there is one way to write it. Order, white space, escapes, repeated members, hex case: whatever differs is refused here.
        if (!bytes.SequenceEqual(Encode(decoded.Entry, decoded.Origin, decoded.Number)))
            throw new LedgerFormatException("entry", "not in canonical form");
        return decoded;
    }

    private static JsonElement Parse(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = 1 });
            return JsonElement.ParseValue(ref reader);
        }
        catch (JsonException e)
        {
            throw new LedgerFormatException("entry", "not a flat JSON object", e);
        }
    }
}

/// <summary>An entry together with its place: the log's origin and the number in it.</summary>
public sealed record DecodedEntry(LedgerEntry Entry, string Origin, long Number);
