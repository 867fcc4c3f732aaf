using System.Text.Json;

namespace LtiMicroCred.Ledger;

/// <summary>Takes the members of version 1 out of a parsed entry, each exactly once.</summary>
internal sealed class EntryMembers : IEntrySource
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

        var decoded = new DecodedEntry(EntryReading.Read(this), TextOf("log"), Whole("number"));
        if (decoded.Origin.Length == 0)
            throw new LedgerFormatException("log", "empty");
        if (decoded.Number is < 1 or > CanonicalJson.LargestExactNumber)
            throw new LedgerFormatException("number", "out of range");
        if (members.Keys.FirstOrDefault() is { } extra)
            throw new LedgerFormatException(extra, $"not a member of {Texts.Of(decoded.Entry.Kind)} in version 1");
        return decoded;
    }

    public Guid Id(string property) => Take(NameOf(property), Texts.Id, "not an id");

    public DateTimeOffset Time(string property) => Take(NameOf(property), Texts.Time, "not a time");

    public int Int(string property) => Whole(NameOf(property)) is var value and >= 1 and <= int.MaxValue
        ? (int)value : throw new LedgerFormatException(NameOf(property), "out of range");

    public decimal Number(string property) => Take(NameOf(property), Texts.Number, "not a decimal in its shortest form");

    public decimal? NumberOrNull(string property) => members.ContainsKey(NameOf(property)) ? Number(property) : null;

    public string Text(string property) => TextOf(NameOf(property));

    public string? TextOrNull(string property) => members.ContainsKey(NameOf(property)) ? Text(property) : null;

    public bool Flag(string property) => Member(NameOf(property), JsonValueKind.True, JsonValueKind.False).ValueKind == JsonValueKind.True;

    public byte[] Hash(string property) =>
        Texts.Hash(Text(property)) ?? throw new LedgerFormatException(NameOf(property), "not 32 bytes of hex");

    public LedgerFormatException Unknown(string property, string reason) => new(NameOf(property), reason);

    /// <summary>Of the same name but for its capital; ids do without their suffix.</summary>
    public static string NameOf(string property) => property switch
    {
        nameof(AwardIssued.AwardId) => "award",
        nameof(AchievementEntry.AchievementId) => "achievement",
        _ => char.ToLowerInvariant(property[0]) + property[1..],
    };

    private T Take<T>(string name, Func<string, T?> parse, string fault)
        where T : struct =>
        parse(TextOf(name)) ?? throw new LedgerFormatException(name, fault);

    private string TextOf(string name)
    {
        var value = Member(name, JsonValueKind.String);
        return Readable(name, () => value.GetString()!); // not null: its kind is String
    }

    private long Whole(string name) =>
        Member(name, JsonValueKind.Number).TryGetInt64(out var value) ? value : throw new LedgerFormatException(name, "not a whole number");

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
