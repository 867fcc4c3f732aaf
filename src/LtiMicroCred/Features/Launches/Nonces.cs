using Dapper;
using LtiMicroCred.Lti;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Features.Launches;

/// <summary>Single use across all nodes and restarts: the primary key decides, in one statement. Written only for messages whose signature holds.</summary>
internal sealed class Nonces(Database database) : INonces
{
    public async Task<bool> TryUseAsync(string nonceHash, DateTimeOffset expires, CancellationToken ct)
    {
        using var turn = await database.WriteTurnAsync(ct);
        await using var connection = await database.OpenAsync(ct);
        try
        {
            await connection.ExecuteAsync("INSERT INTO UsedNonce (NonceHash, ExpiresAt) VALUES (@nonceHash, @expires)", new { nonceHash, expires });
            return true;
        }
        catch (Exception exception) when (exception.IsDuplicateKey())
        {
            return false;
        }
    }
}
