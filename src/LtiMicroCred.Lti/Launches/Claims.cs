using System.Text.Json;

namespace LtiMicroCred.Lti;

/// <summary>Reads the members of one JSON object of a token. Absent and null are the same; a member of another kind than asked for is <see cref="LtiError.InvalidClaim"/>.</summary>
internal readonly struct Claims(JsonElement json, string path, string issuer)
{
    private readonly JsonElement _json = json;

    public string Issuer { get; } = issuer;

    public string? Text(string name)
    {
        if (!TryGet(name, out var value))
            return null;

        return value.ValueKind == JsonValueKind.String ? value.GetString() : throw Invalid(name, "text", value);
    }

    public string? Text(string name, int maxLength) => Text(name) is { } text && text.Length > maxLength
        ? throw new LtiException(LtiError.InvalidClaim, $"the claim {path}{name} is too long") { Expected = $"at most {maxLength} characters", Got = $"{text.Length} characters", Issuer = Issuer }
        : Text(name);

    /// <summary>As <see cref="Text(string)"/>; null also where a platform sends back a variable that it does not know.</summary>
    public string? Resolved(string name) => Text(name) is { } text && !SubstitutionVariable.IsOne(text) ? text : null;

    /// <summary>A size in pixels, which some platforms write as text; null for anything that is no whole number: nothing depends on it.</summary>
    public int? Pixels(string name) => TryGet(name, out var value) && ExactDecimal.TryRead(value, out var number) && number is >= 0 and <= int.MaxValue && decimal.IsInteger(number) ? (int)number : null;

    /// <summary>Some platforms write booleans as text.</summary>
    public bool? Flag(string name)
    {
        if (!TryGet(name, out var value))
            return null;

        return value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.String when value.ValueEquals("true") => true,
            JsonValueKind.String when value.ValueEquals("false") => false,
            _ => throw Invalid(name, "true or false", value),
        };
    }

    public IReadOnlyList<string>? Texts(string name)
    {
        if (!TryGet(name, out var value))
            return null;
        if (value.ValueKind != JsonValueKind.Array)
            throw Invalid(name, "a list", value);

        var texts = new List<string>(value.GetArrayLength());
        foreach (var item in value.EnumerateArray())
            texts.Add(item.ValueKind == JsonValueKind.String ? item.GetString()! : throw Invalid(name, "a list of text", item)); // a string's text is never null
        return texts;
    }

    public Claims? Object(string name)
    {
        if (!TryGet(name, out var value))
            return null;

        return value.ValueKind == JsonValueKind.Object ? new Claims(value, path + name + " › ", Issuer) : throw Invalid(name, "an object", value);
    }

    /// <summary>An address that the tool will call or send browsers to; empty text counts as absent.</summary>
    public Uri? Address(string name) => Text(name) switch
    {
        null or "" => null,
        var text => WebAddress.TryRead(text, out var address)
            ? address
            : throw new LtiException(LtiError.InvalidClaim, $"the claim {path}{name} is not a usable web address") { Expected = "an absolute https address without a user name", Got = text, Issuer = Issuer },
    };

    /// <summary>A NumericDate (RFC 7519, 2): seconds since 1970, fractions allowed.</summary>
    public DateTimeOffset? Time(string name)
    {
        const long lastSecond = 253402300799;
        if (!TryGet(name, out var value))
            return null;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var seconds) || !(seconds is >= 0 and <= lastSecond))
            throw Invalid(name, "seconds since 1970", value);

        return DateTimeOffset.FromUnixTimeMilliseconds((long)(seconds * 1000));
    }

    /// <summary>Custom parameters are text (Core 5.4.6); plain numbers and booleans are taken as they are written.</summary>
    public IReadOnlyDictionary<string, string> TextByName(string name)
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!TryGet(name, out var value))
            return texts;
        if (value.ValueKind != JsonValueKind.Object)
            throw Invalid(name, "an object", value);

        foreach (var member in value.EnumerateObject())
        {
            texts[member.Name] = member.Value.ValueKind switch
            {
                JsonValueKind.String => member.Value.GetString()!, // a string's text is never null
                JsonValueKind.Null => "",
                JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => member.Value.GetRawText(),
                _ => throw Invalid(name, "an object of text", member.Value),
            };
        }

        return texts;
    }

    /// <summary>The texts of a claim that is either one text or a list of them, such as aud.</summary>
    public IReadOnlyList<string>? OneOrMoreTexts(string name) =>
        TryGet(name, out var value) && value.ValueKind == JsonValueKind.String ? [value.GetString()!] : Texts(name); // a string's text is never null

    private bool TryGet(string name, out JsonElement value) => _json.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;

    private LtiException Invalid(string name, string expected, JsonElement got) =>
        new(LtiError.InvalidClaim, $"the claim {path}{name} has the wrong type") { Expected = expected, Got = got.ValueKind.ToString(), Issuer = Issuer };
}
