namespace LtiMicroCred.Lti;

/// <summary>Remembers which nonces were used, across all nodes and restarts. Called only for messages that are genuine, so strangers cannot fill it.</summary>
public interface INonces
{
    /// <summary>One atomic step, such as an insert under a unique key: true for exactly one caller per hash, however many ask at once.</summary>
    /// <param name="nonceHash">SHA-256 in lower-case hex: 64 characters.</param>
    /// <param name="expires">From then on nothing can be replayed with it, so the host may forget it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<bool> TryUseAsync(string nonceHash, DateTimeOffset expires, CancellationToken cancellationToken);
}

/// <summary>The nonce of a launch, for a host that uses it in the same statement with which it keeps the launch. See <see cref="INonces.TryUseAsync"/> for what the two mean.</summary>
public sealed record NonceUse(string Hash, DateTimeOffset Expires);
