using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace LtiMicroCred.Lti;

/// <summary>The JSON Web Key Set that the tool publishes (RFC 7517): public parts only.</summary>
public static class ToolKeySet
{
    /// <summary>A document for <c>application/json</c>, each key marked for RS256 signatures (Security Framework 6.3). During a change of keys it has to hold the old one too, for as long as platforms keep the set.</summary>
    public static string ToJson(IEnumerable<SigningKey> keys)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartArray("keys");
            foreach (var key in keys)
                Write(json, key);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter json, SigningKey key)
    {
        var parameters = key.Key.ExportParameters(includePrivateParameters: false);
        json.WriteStartObject();
        json.WriteString("kty", "RSA");
        json.WriteString("use", "sig");
        json.WriteString("alg", "RS256");
        json.WriteString("kid", key.KeyId);
        json.WriteString("n", Base64Url.EncodeToString(parameters.Modulus));
        json.WriteString("e", Base64Url.EncodeToString(parameters.Exponent));
        json.WriteEndObject();
    }
}
