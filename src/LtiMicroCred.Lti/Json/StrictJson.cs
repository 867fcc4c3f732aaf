using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Unicode;

namespace LtiMicroCred.Lti;

/// <summary>JSON from outside: duplicate names are refused, and every string can be read once it is parsed.</summary>
internal static class StrictJson
{
    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    public static bool TryParse(ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out JsonDocument? document)
    {
        document = null;
        if (!Utf8.IsValid(utf8.Span))
            return false;

        try
        {
            document = JsonDocument.Parse(utf8, Options);
            RequireReadableStrings(utf8.Span, document.RootElement);
            return true;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            document?.Dispose();
            document = null;
            return false;
        }
    }

    /// <summary>Text of a string, digits of a number; null for anything else. Some platforms send ids as numbers.</summary>
    public static string? TextOrNumber(this JsonElement element, string name)
    {
        if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out var value))
            return null;

        return value.ValueKind switch
        {
            JsonValueKind.String => value.GetString(),
            JsonValueKind.Number => value.GetRawText(),
            _ => null,
        };
    }

    public static string? Text(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    /// <summary>The strings of an array; empty if there is none. Elements of other kinds are left out.</summary>
    public static IReadOnlyList<string> Texts(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!)] // a string's text is never null
            : [];

    /// <summary>True and false, also written as text; null for anything else.</summary>
    public static bool? Flag(this JsonElement element, string name)
    {
        if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out var value))
            return null;

        return value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.String when value.ValueEquals("true") => true,
            JsonValueKind.String when value.ValueEquals("false") => false,
            _ => null,
        };
    }

    /// <summary>Texts and numbers of an object by their names; empty if there is none. Members of other kinds are left out.</summary>
    public static IReadOnlyDictionary<string, string> TextByName(this JsonElement element, string name)
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.Object)
            return texts;

        foreach (var member in value.EnumerateObject())
        {
            if (value.TextOrNumber(member.Name) is { } text)
                texts[member.Name] = text;
        }

        return texts;
    }

    // Half a surrogate pair, written as an escape, passes the parser and throws when it is read: find it now.
    private static void RequireReadableStrings(ReadOnlySpan<byte> utf8, JsonElement root)
    {
        if (utf8.IndexOf("\\ud"u8) >= 0 || utf8.IndexOf("\\uD"u8) >= 0)
            ReadAll(root);
    }

    private static void ReadAll(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                _ = element.GetString();
                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                    ReadAll(item);
                break;
            case JsonValueKind.Object:
                foreach (var property in element.EnumerateObject())
                {
                    _ = property.Name;
                    ReadAll(property.Value);
                }

                break;
        }
    }
}
