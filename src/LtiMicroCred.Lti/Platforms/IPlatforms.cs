namespace LtiMicroCred.Lti;

/// <summary>The registrations and deployments that the host keeps.</summary>
public interface IPlatforms
{
    /// <summary>Without <paramref name="clientId"/> answers only if exactly one registration of this issuer exists.</summary>
    Task<Platform?> FindAsync(string issuer, string? clientId, CancellationToken cancellationToken);

    /// <summary>By the host's own key; null if the registration is gone.</summary>
    Task<Platform?> FindAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Called only after signature, audience, age and nonce hold, so the host may note an unknown deployment here.</summary>
    Task<bool> IsApprovedAsync(Platform platform, string deploymentId, CancellationToken cancellationToken);
}
