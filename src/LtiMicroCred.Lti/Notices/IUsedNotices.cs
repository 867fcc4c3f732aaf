namespace LtiMicroCred.Lti;

/// <summary>Remembers which notices were taken. Called only for notices whose signature holds, so strangers cannot fill it.</summary>
public interface IUsedNotices
{
    /// <summary>True for exactly one caller per hash, also in parallel and after a restart: one atomic statement. The row may go after <paramref name="expires"/>.</summary>
    Task<bool> TryUseAsync(string noticeHash, DateTimeOffset expires, CancellationToken cancellationToken);
}
