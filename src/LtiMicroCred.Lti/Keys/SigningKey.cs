using System.Security.Cryptography;

namespace LtiMicroCred.Lti;

/// <summary>A key of the tool's own. The id is never used again for another key; the host owns and disposes the RSA object.</summary>
public sealed record SigningKey(string KeyId, RSA Key);

/// <summary>The tool's keys that the host keeps.</summary>
public interface IToolKeys
{
    Task<SigningKey> CurrentAsync(CancellationToken cancellationToken);

    /// <summary>The current key and those that platforms may still need to know, old or coming.</summary>
    Task<IReadOnlyList<SigningKey>> PublishedAsync(CancellationToken cancellationToken);
}
