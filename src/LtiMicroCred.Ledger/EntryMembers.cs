using System.Text.Json;

namespace LtiMicroCred.Ledger;

/// <summary>Takes the members of version 1 out of a parsed entry, each exactly once.</summary>
internal sealed class EntryMembers
{
    private readonly Dictionary<string, JsonElement> members = new(StringComparer.Ordinal);

    public EntryMembers(JsonElement entry)
    {
        if (entry.ValueKind != JsonValueKind.Object)
            throw new LedgerFormatException("entry", "not a JSON object");
        foreach (var member in entry.EnumerateObject())
        {
            if (!members.TryAdd(Readable("entry", () => member.Name), member.Value))
                throw new LedgerFormatException(member.Name, "there twice");
        }
    }

    public DecodedEntry Read()
    {
        // The version comes first: it says which members to expect.
        if (Whole("v") != EntryFormat.Version)
            throw new LedgerFormatException("v", "a version that this program does not know");

        var decoded = new DecodedEntry(
            new LedgerEntry
            {
                Kind = Take("kind", Texts.Kind, "a kind that this program does not know"),
                At = Take("at", Texts.Time, "not a time"),
                AwardId = Take("award", Texts.Id, "not an id"),
                AchievementId = Take("achievement", Texts.Id, "not an id"),
                AchievementVersion = Whole("achievementVersion") is var version and <= int.MaxValue and >= 1
                    ? (int)version : throw new LedgerFormatException("achievementVersion", "out of range"),
                AchievementHash = TakeHash("achievementHash"),
                Hours = Take("hours", Texts.Number, "not a decimal in its shortest form"),
                Credits = members.ContainsKey("credits") ? Take("credits", Texts.Number, "not a decimal in its shortest form") : null,
                CreditSystem = members.ContainsKey("creditSystem") ? Text("creditSystem") : null,
                Passed = Flag("passed"),
                SubjectRef = TakeHash("subjectRef"),
            },
            Text("log"),
            Whole("number"));

        if (decoded.Origin.Length == 0)
            throw new LedgerFormatException("log", "empty");
        if (decoded.Number is < 1 or > CanonicalJson.LargestExactNumber)
            throw new LedgerFormatException("number", "out of range");
        if (members.Keys.FirstOrDefault() is { } extra)
            throw new LedgerFormatException(extra, "not a member of version 1");
        return decoded;
    }

    private T Take<T>(string name, Func<string, T?> parse, string fault)
        where T : struct =>
        parse(Text(name)) ?? throw new LedgerFormatException(name, fault);

    private byte[] TakeHash(string name) => Texts.Hash(Text(name)) ?? throw new LedgerFormatException(name, "not 32 bytes of hex");

    private string Text(string name)
    {
        var value = Member(name, JsonValueKind.String);
        return Readable(name, () => value.GetString()!); // not null: its kind is String
    }

    private long Whole(string name) =>
        Member(name, JsonValueKind.Number).TryGetInt64(out var value) ? value : throw new LedgerFormatException(name, "not a whole number");

    private bool Flag(string name) => Member(name, JsonValueKind.True, JsonValueKind.False).ValueKind == JsonValueKind.True;

    private JsonElement Member(string name, params ReadOnlySpan<JsonValueKind> kinds)
    {
        if (!members.Remove(name, out var value))
            throw new LedgerFormatException(name, "missing");
        return kinds.Contains(value.ValueKind) ? value : throw new LedgerFormatException(name, $"of the wrong type, {value.ValueKind}");
    }

    private static string Readable(string name, Func<string> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException e)
        {
            // Escaped halves of surrogate pairs and broken UTF-8.
            throw new LedgerFormatException(name, "not valid text", e);
        }
    }
}
