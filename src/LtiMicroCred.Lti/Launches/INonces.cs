namespace LtiMicroCred.Lti;

/// <summary>Remembers which nonces were used. Called only for tokens whose signature holds, so strangers cannot fill it.</summary>
public interface INonces
{
    /// <summary>True for exactly one caller per hash, also in parallel and after a restart: one atomic statement. The row may go after <paramref name="expires"/>.</summary>
    Task<bool> TryUseAsync(string nonceHash, DateTimeOffset expires, CancellationToken cancellationToken);
}
