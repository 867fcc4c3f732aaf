using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace LtiMicroCred.Lti;

/// <summary>One public key of a platform, read from its JWKS.</summary>
internal sealed record PlatformKey
{
    private const int FewestRsaBits = 2048;
    private const int MostRsaBits = 16384;

    public required string KeyId { get; init; }

    public required SecurityKey Key { get; init; }

    /// <summary>The algorithms that this key can have signed with.</summary>
    public required IReadOnlyList<string> Algorithms { get; init; }

    public required bool IsWeak { get; init; }

    /// <summary>Null for anything that is no public signing key with an id: one odd key must not cost the others.</summary>
    public static PlatformKey? Read(JsonElement jwk)
    {
        if (jwk.Text("kid") is not { Length: > 0 and <= 512 } keyId || jwk.Text("use") is not (null or "sig"))
            return null;

        var key = jwk.Text("kty") switch
        {
            "RSA" => ReadRsa(jwk, keyId),
            "EC" => ReadEc(jwk, keyId),
            _ => null,
        };
        return key is not null && jwk.Text("alg") is { Length: > 0 } algorithm
            ? key with { Algorithms = [.. key.Algorithms.Where(known => known == algorithm)] }
            : key;
    }

    private static PlatformKey? ReadRsa(JsonElement jwk, string keyId)
    {
        if (Bytes(jwk, "n") is not { Length: > 0 } modulus || Bytes(jwk, "e") is not { Length: > 0 and <= 8 } exponent)
            return null;

        var trimmed = modulus.AsSpan().TrimStart((byte)0).ToArray();
        var bits = trimmed.Length == 0 ? 0 : (trimmed.Length * 8) - byte.LeadingZeroCount(trimmed[0]);
        var exponentIsSound = (exponent[^1] & 1) == 1 && !exponent.AsSpan().TrimStart((byte)0).SequenceEqual(new byte[] { 1 });
        if (bits > MostRsaBits || !exponentIsSound)
            return null;

        return new PlatformKey
        {
            KeyId = keyId,
            Key = new RsaSecurityKey(new RSAParameters { Modulus = trimmed, Exponent = exponent }) { KeyId = keyId },
            Algorithms = ["RS256", "RS384", "RS512"],
            IsWeak = bits < FewestRsaBits,
        };
    }

    private static PlatformKey? ReadEc(JsonElement jwk, string keyId)
    {
        var (curve, algorithm, size) = jwk.Text("crv") switch
        {
            "P-256" => (ECCurve.NamedCurves.nistP256, "ES256", 32),
            "P-384" => (ECCurve.NamedCurves.nistP384, "ES384", 48),
            "P-521" => (ECCurve.NamedCurves.nistP521, "ES512", 66),
            _ => (default, "", 0),
        };
        if (size == 0 || Bytes(jwk, "x") is not { } x || Bytes(jwk, "y") is not { } y || x.Length != size || y.Length != size)
            return null;

        try
        {
            var key = ECDsa.Create(new ECParameters { Curve = curve, Q = new ECPoint { X = x, Y = y } });
            return new PlatformKey { KeyId = keyId, Key = new ECDsaSecurityKey(key) { KeyId = keyId }, Algorithms = [algorithm], IsWeak = false };
        }
        catch (CryptographicException)
        {
            // Not a point of the curve.
            return null;
        }
    }

    // Some platforms pad, against RFC 7515.
    private static byte[]? Bytes(JsonElement jwk, string name)
    {
        var text = jwk.Text(name)?.TrimEnd('=').Replace('+', '-').Replace('/', '_');
        return text is not null && Base64Url.IsValid(text) ? Base64Url.DecodeFromChars(text) : null;
    }
}
