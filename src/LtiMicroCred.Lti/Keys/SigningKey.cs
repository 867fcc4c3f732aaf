using System.Security.Cryptography;

namespace LtiMicroCred.Lti;

/// <summary>A key of the tool's own. The id is never used again for another key; the host owns and disposes the RSA object.</summary>
public sealed record SigningKey(string KeyId, RSA Key);

/// <summary>
/// The tool's keys that the host keeps: each registration has its own, published at a JWKS address of its own. With one key for all, a platform
/// that names another's token endpoint as its audience, and another's client_id as ours, could have us sign what opens the other's services.
/// </summary>
public interface IToolKeys
{
    /// <summary>The key that signs towards this platform.</summary>
    Task<SigningKey> CurrentAsync(Platform platform, CancellationToken cancellationToken);
}
