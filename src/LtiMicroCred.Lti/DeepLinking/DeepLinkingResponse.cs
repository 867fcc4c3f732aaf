using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;

namespace LtiMicroCred.Lti;

/// <summary>Signs the answer to a deep linking launch (Deep Linking 4.5), which the browser posts to the return address in the form field <c>JWT</c>.</summary>
public sealed class DeepLinkingResponse(IToolKeys keys, TimeProvider time)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Backdating = TimeSpan.FromSeconds(5);

    /// <summary>The signed answer, good for five minutes.</summary>
    /// <exception cref="ArgumentException">The launch's settings exclude an item, or all of them together; the message says what.</exception>
    public async Task<string> SignAsync(Platform platform, DeepLinkingAnswer answer, CancellationToken cancellationToken)
    {
        if (answer.Problem() is { } problem)
            throw new ArgumentException(problem, nameof(answer));

        var now = time.GetUtcNow();
        var payload = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(payload))
        {
            json.WriteStartObject();
            json.WriteString("iss", platform.ClientId);
            json.WriteString("aud", platform.Issuer);
            json.WriteNumber("iat", (now - Backdating).ToUnixTimeSeconds());
            json.WriteNumber("exp", (now + Lifetime).ToUnixTimeSeconds());
            json.WriteString("nonce", Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)));
            json.WriteString(ClaimNames.MessageType, "LtiDeepLinkingResponse");
            json.WriteString(ClaimNames.Version, "1.3.0");
            json.WriteString(ClaimNames.DeploymentId, answer.DeploymentId);
            // Deep Linking 4.5.4: what the platform sent as data comes back as it was, and only then.
            Optional(json, ClaimNames.Data, answer.Settings.Data);
            Optional(json, ClaimNames.Msg, answer.Message);
            Optional(json, ClaimNames.Log, answer.Log);
            Optional(json, ClaimNames.ErrorMsg, answer.ErrorMessage);
            Optional(json, ClaimNames.ErrorLog, answer.ErrorLog);
            json.WriteStartArray(ClaimNames.ContentItems);
            foreach (var item in answer.Items)
                item.Write(json);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return JwtSigner.Sign(payload.WrittenMemory, await keys.CurrentAsync(platform, cancellationToken));
    }

    private static void Optional(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
            json.WriteString(name, value);
    }
}
