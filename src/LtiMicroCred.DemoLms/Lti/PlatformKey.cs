using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace LtiMicroCred.DemoLms.Lti;

/// <summary>The LMS's signing key, made at start.</summary>
internal sealed class PlatformKey : IDisposable
{
    private readonly RSA rsa = RSA.Create(2048);
    private readonly JsonWebTokenHandler handler = new() { SetDefaultTimesOnTokenCreation = false };
    private readonly RsaSecurityKey key;

    public PlatformKey() => key = new RsaSecurityKey(rsa) { KeyId = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(10)) };

    public JsonObject AsJwk()
    {
        var numbers = rsa.ExportParameters(includePrivateParameters: false);
        return new JsonObject
        {
            ["kty"] = "RSA",
            ["alg"] = "RS256",
            ["kid"] = key.KeyId,
            ["e"] = Base64UrlEncoder.Encode(numbers.Exponent),
            ["n"] = Base64UrlEncoder.Encode(numbers.Modulus),
            ["use"] = "sig",
        };
    }

    public string Sign(JsonObject claims)
    {
        // The RSA object is shared by all requests.
        lock (handler)
            return handler.CreateToken(claims.ToJsonString(), new SigningCredentials(key, SecurityAlgorithms.RsaSha256));
    }

    /// <returns>The payload when this key signed it, whatever its times.</returns>
    public async Task<JsonWebToken?> ReadOwnAsync(string token) => await SignatureCheck.ReadAsync(token, key);

    public void Dispose() => rsa.Dispose();
}

internal static class SignatureCheck
{
    /// <summary>Signature and algorithm only (RS256, as both sides announce); issuer, audience and times are each message's own business.</summary>
    public static async Task<JsonWebToken?> ReadAsync(string token, SecurityKey key)
    {
        var result = await new JsonWebTokenHandler { MaximumTokenSizeInBytes = 256 * 1024 }.ValidateTokenAsync(token, new TokenValidationParameters
        {
            IssuerSigningKey = key,
            ValidAlgorithms = [SecurityAlgorithms.RsaSha256],
            ValidateIssuer = false,
            ValidateAudience = false,
            ValidateLifetime = false,
        });
        return result.IsValid ? (JsonWebToken)result.SecurityToken : null;
    }
}
