namespace LtiMicroCred.Lti;

/// <summary>The registrations and deployments that the host keeps.</summary>
public interface IPlatforms
{
    /// <summary>Without <paramref name="clientId"/> answers only if exactly one registration of this issuer exists.</summary>
    Task<Platform?> FindAsync(string issuer, string? clientId, CancellationToken cancellationToken);

    /// <summary>By the host's own key; null if the registration is gone.</summary>
    Task<Platform?> FindAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Called only when the message is genuine and complete, so the host may note an unknown deployment here; a message that was sent again gets so far too.</summary>
    Task<bool> IsApprovedAsync(Platform platform, string deploymentId, CancellationToken cancellationToken);
}
