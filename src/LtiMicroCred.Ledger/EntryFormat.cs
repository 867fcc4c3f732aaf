using System.Text.Json;

namespace LtiMicroCred.Ledger;

/// <summary>
/// The bytes that are hashed and kept. Version 1 is one flat object of RFC 8785 canonical JSON in UTF-8, at most 65,535 bytes:
/// <list type="bullet">
/// <item><c>achievement</c>, <c>award</c>: ids, lower-case with dashes</item>
/// <item><c>achievementHash</c>, <c>subjectRef</c>: 32 bytes as lower-case hex</item>
/// <item><c>achievementVersion</c>: a whole number from 1</item>
/// <item><c>at</c>: <c>yyyy-MM-ddTHH:mm:ss.ffffffZ</c></item>
/// <item><c>hours</c>, <c>credits</c>: decimals as text without trailing zeros; <c>credits</c> and <c>creditSystem</c> are both there or both left out</item>
/// <item><c>kind</c>: <c>award.issued</c>; <c>passed</c>: true or false</item>
/// <item><c>log</c>: the origin of the log, <c>number</c>: the entry's place in it, from 1. They are part of the bytes so that an entry can
/// neither be moved within its log nor be shown as another log's.</item>
/// <item><c>v</c>: 1</item>
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

        var json = new CanonicalJson()
            .Member("achievement", Texts.Of(entry.AchievementId))
            .Member("achievementHash", Texts.Of(entry.AchievementHash))
            .Member("achievementVersion", entry.AchievementVersion)
            .Member("at", Texts.Of(entry.At))
            .Member("award", Texts.Of(entry.AwardId));
        if (entry is { Credits: { } credits, CreditSystem: { } system })
            json.Member("creditSystem", system).Member("credits", Texts.Of(credits));
        var bytes = json
            .Member("hours", Texts.Of(entry.Hours))
            .Member("kind", Texts.Of(entry.Kind))
            .Member("log", origin)
            .Member("number", number)
            .Member("passed", entry.Passed)
            .Member("subjectRef", Texts.Of(entry.SubjectRef))
            .Member("v", Version)
            .ToBytes();

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
