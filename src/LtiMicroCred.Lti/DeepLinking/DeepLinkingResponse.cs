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

    /// <param name="platform">Who asked.</param>
    /// <param name="deploymentId">Of the launch.</param>
    /// <param name="data">Of the launch's settings, unchanged; null if there was none.</param>
    /// <param name="items">None means that the instructor cancelled.</param>
    /// <param name="message">For the platform to show to the instructor.</param>
    /// <param name="cancellationToken">Ends the wait for the key.</param>
    public async Task<string> SignAsync(Platform platform, string deploymentId, string? data, IReadOnlyList<ResourceLinkItem> items, string? message, CancellationToken cancellationToken)
    {
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
            json.WriteString(ClaimNames.DeploymentId, deploymentId);
            if (data is not null)
                json.WriteString(ClaimNames.Data, data);
            if (message is not null)
                json.WriteString(ClaimNames.Msg, message);
            json.WriteStartArray(ClaimNames.ContentItems);
            foreach (var item in items)
                item.Write(json);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return JwtSigner.Sign(payload.WrittenMemory, await keys.CurrentAsync(platform, cancellationToken));
    }
}
