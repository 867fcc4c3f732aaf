using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace LtiMicroCred.Lti.Tests.Support;

/// <summary>Real keys, made once per run.</summary>
public static class TestKeys
{
    public static RsaPair Platform { get; } = new("platform-1", 2048);

    public static RsaPair Stranger { get; } = new("stranger-1", 2048);

    public static RsaPair Weak { get; } = new("weak-1", 1024);

    public static SigningKey Tool { get; } = new("tool-key-1", RSA.Create(2048));

    public static ECDsa Curve { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public static JsonObject CurveJwk
    {
        get
        {
            var point = Curve.ExportParameters(includePrivateParameters: false).Q;
            return new JsonObject { ["kty"] = "EC", ["crv"] = "P-256", ["kid"] = "curve-1", ["use"] = "sig", ["x"] = Base64Url.EncodeToString(point.X), ["y"] = Base64Url.EncodeToString(point.Y) };
        }
    }
}

public sealed class RsaPair(string keyId, int bits)
{
    public string KeyId { get; } = keyId;

    public RSA Key { get; } = RSA.Create(bits);

    public JsonObject Jwk
    {
        get
        {
            var parameters = Key.ExportParameters(includePrivateParameters: false);
            return new JsonObject
            {
                ["kty"] = "RSA", ["alg"] = "RS256", ["use"] = "sig", ["kid"] = KeyId,
                ["n"] = Base64Url.EncodeToString(parameters.Modulus), ["e"] = Base64Url.EncodeToString(parameters.Exponent),
            };
        }
    }

    public byte[] Sign(byte[] data) => Key.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
}
