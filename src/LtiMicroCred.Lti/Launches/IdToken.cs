using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace LtiMicroCred.Lti;

/// <summary>A signed token taken apart; what it claims is worth nothing before <see cref="RequireSignature"/>.</summary>
internal sealed record IdToken
{
    private const int MaxLength = 64 * 1024;

    private static readonly SearchValues<char> Base64UrlCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    // RFC 8725 3.10, RFC 7515 4.1.11: keys that a token brings along are no reason to believe it, and no extension is understood here.
    private static readonly string[] RefusedHeaders = ["jku", "jwk", "x5u", "x5c", "crit"];

    /// <summary>Header and payload as they came: what the signature is for.</summary>
    public required string Signed { get; init; }

    public required byte[] Signature { get; init; }

    public required string? KeyId { get; init; }

    public required string? Algorithm { get; init; }

    public required JsonElement Payload { get; init; }

    public static IdToken Parse(string? compact, string issuer)
    {
        if (string.IsNullOrEmpty(compact))
            throw new LtiException(LtiError.MissingToken, "the launch has no id_token") { Issuer = issuer, Spec = "Security Framework 5.1.1.3" };
        if (compact.Length > MaxLength)
            throw Malformed($"it is longer than {MaxLength / 1024} KiB", issuer);

        var parts = compact.Split('.');
        if (parts.Length != 3)
            throw Malformed($"it has {parts.Length} parts instead of 3", issuer);

        var header = Part(parts[0], "header", issuer);
        var payload = Part(parts[1], "payload", issuer);
        var refused = Array.Find(RefusedHeaders, name => header.TryGetProperty(name, out _));
        if (refused is not null)
            throw new LtiException(LtiError.HeaderNotAllowed, $"the id_token's header holds {refused}") { Got = refused, Issuer = issuer, Spec = "RFC 8725 3.10" };

        return new IdToken
        {
            Signed = $"{parts[0]}.{parts[1]}",
            Signature = Bytes(parts[2], "signature", issuer),
            KeyId = header.Text("kid"),
            Algorithm = header.Text("alg"),
            Payload = payload,
        };
    }

    /// <summary>Only the signature is left to the token library: it must not read the payload a second time, in its own way.</summary>
    public void RequireSignature(PlatformKey key, string algorithm, string issuer)
    {
        var factory = key.Key.CryptoProviderFactory;
        var verifier = factory.CreateForVerifying(key.Key, algorithm);
        try
        {
            // Security Framework 5.1.3 (1): the platform's key must have signed it.
            if (Signature.Length == 0 || !verifier.Verify(Encoding.ASCII.GetBytes(Signed), Signature))
                throw new LtiException(LtiError.BadSignature, "the id_token's signature does not fit the platform's key") { Issuer = issuer, Spec = "Security Framework 5.1.3" };
        }
        finally
        {
            factory.ReleaseSignatureProvider(verifier);
        }
    }

    private static JsonElement Part(string text, string name, string issuer)
    {
        if (!StrictJson.TryParse(Bytes(text, name, issuer), out var document))
            throw Malformed($"its {name} is not JSON with distinct names", issuer);

        using (document)
        {
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document.RootElement.Clone()
                : throw Malformed($"its {name} is not a JSON object", issuer);
        }
    }

    // RFC 7515 2: base64url without padding, line breaks or spaces.
    private static byte[] Bytes(string text, string name, string issuer) => !text.AsSpan().ContainsAnyExcept(Base64UrlCharacters) && Base64Url.IsValid(text)
        ? Base64Url.DecodeFromChars(text)
        : throw Malformed($"its {name} is not base64url", issuer);

    private static LtiException Malformed(string why, string issuer) =>
        new(LtiError.MalformedToken, $"the id_token cannot be read: {why}") { Issuer = issuer, Spec = "RFC 7519 7.2" };
}
