using Dapper;
using LtiMicroCred.Ledger;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Features.Awards;

/// <summary>Awards follow what the ledger says of them: their state, and whether they are still held.</summary>
internal static class AwardChanges
{
    /// <summary>The entries themselves are the caller's to append, last of all.</summary>
    public static async Task WriteAsync(Work work, IReadOnlyList<AwardChange> entries)
    {
        if (entries.Count == 0)
            return;
        var rows = entries.Select(e => new { e.AwardId, State = AwardState.After(e) }).ToList();
        await work.Connection.ExecuteAsync("UPDATE Award SET State = @State WHERE AwardId = @AwardId", rows, work.Transaction);
        await work.Connection.ExecuteAsync("DELETE FROM HeldAward WHERE AwardId = @AwardId", rows.Where(r => !AwardState.IsHeld(r.State)), work.Transaction);
    }
}
