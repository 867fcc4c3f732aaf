using System.Buffers.Text;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace LtiMicroCred.Lti;

/// <summary>A signed token taken apart; what it claims is worth nothing before <see cref="RequireSignatureAsync"/>.</summary>
internal sealed record IdToken
{
    private const int MaxLength = 64 * 1024;

    private static readonly JsonWebTokenHandler Handler = new() { MaximumTokenSizeInBytes = MaxLength };

    // RFC 7515 4.1.2–4.1.6 and 4.1.11: keys that a token brings along are no reason to believe it, and no extension is understood here.
    private static readonly string[] RefusedHeaders = ["jku", "jwk", "x5u", "x5c", "crit"];

    public required string Compact { get; init; }

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
        var refused = Array.Find(RefusedHeaders, name => header.TryGetProperty(name, out _));
        if (refused is not null)
            throw new LtiException(LtiError.HeaderNotAllowed, $"the id_token's header holds {refused}") { Got = refused, Issuer = issuer, Spec = "Security Framework 6.1" };

        return new IdToken { Compact = compact, KeyId = header.Text("kid"), Algorithm = header.Text("alg"), Payload = Part(parts[1], "payload", issuer) };
    }

    public async Task RequireSignatureAsync(PlatformKey key, string algorithm, string issuer)
    {
        var result = await Handler.ValidateTokenAsync(Compact, new TokenValidationParameters
        {
            IssuerSigningKey = key.Key,
            ValidAlgorithms = [algorithm],
            RequireSignedTokens = true,
            // The launch validator checks these itself, each with its own answer.
            ValidateIssuer = false,
            ValidateAudience = false,
            ValidateLifetime = false,
            RequireExpirationTime = false,
        });

        // Security Framework 5.1.3 (1): the platform's key must have signed it.
        if (!result.IsValid)
            throw new LtiException(LtiError.BadSignature, "the id_token's signature does not fit the platform's key") { Issuer = issuer, Spec = "Security Framework 5.1.3" };
    }

    private static JsonElement Part(string text, string name, string issuer)
    {
        if (text.Length == 0 || text.AsSpan().ContainsAnyExcept(Base64UrlCharacters) || !Base64Url.IsValid(text))
            throw Malformed($"its {name} is not base64url", issuer);
        if (!StrictJson.TryParse(Base64Url.DecodeFromChars(text), out var document))
            throw Malformed($"its {name} is not JSON with distinct names", issuer);

        using (document)
        {
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document.RootElement.Clone()
                : throw Malformed($"its {name} is not a JSON object", issuer);
        }
    }

    private static readonly System.Buffers.SearchValues<char> Base64UrlCharacters =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    private static LtiException Malformed(string why, string issuer) =>
        new(LtiError.MalformedToken, $"the id_token cannot be read: {why}") { Issuer = issuer, Spec = "RFC 7519 7.2" };
}
