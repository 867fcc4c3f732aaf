using Dapper;
using LtiMicroCred.Features.About;
using LtiMicroCred.Ledger;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Features.Ledgers;

/// <summary>What came of looking an award up.</summary>
internal enum Search
{
    /// <summary>What was typed is neither an award's id nor a code nor an address.</summary>
    Unclear,

    /// <summary>Of this log no such award is known to whoever asks: it does not exist, it is another institution's, or its holder keeps its page private.</summary>
    NotHere,

    /// <summary>The ledger has something there that cannot be read.</summary>
    Unreadable,

    Found,
}

/// <param name="Entries">All that the log says of the award; none unless it is found.</param>
internal sealed record LogSearch(Search Outcome, Guid AwardId, IReadOnlyList<LedgerRow> Entries)
{
    public AwardIssued Issued => (AwardIssued)Entries[0].Entry;
    public AwardStanding Standing => AwardStandings.After(Entries[^1].Entry.Kind);
}

/// <summary>
/// Looks an award up in one institution's log. Its id, which nobody can guess, is enough; the code of its page counts only while its holder keeps the
/// page public.
/// </summary>
internal sealed class FindInLog(Database database)
{
    private const int IdLength = 36;

    public async Task<LogSearch> RunAsync(Guid logId, string typed, CancellationToken ct)
    {
        var code = HomeModel.ReadCode(typed);
        var id = ReadId(typed);
        if (code is null && id is null)
            return Without(Search.Unclear);
        await using var connection = await database.OpenAsync(ct);
        id ??= await connection.QuerySingleOrDefaultAsync<Guid?>(
            "SELECT c.AwardId FROM CredentialPage c JOIN Award w ON w.AwardId = c.AwardId WHERE c.Code = @code AND c.PublicSince IS NOT NULL AND w.TenantId = @logId",
            new { code, logId });
        if (id is not { } awardId)
            return Without(Search.NotHere);
        try
        {
            var entries = await new LedgerLog(database.Engine).EntriesOfAsync(connection, awardId, ct);
            return entries.Count > 0 && entries.All(entry => entry.LogId == logId) ? new LogSearch(Search.Found, awardId, entries) : Without(Search.NotHere);
        }
        catch (LedgerFormatException)
        {
            return Without(Search.Unreadable);
        }
    }

    /// <summary>An id as it stands, or the one in the address of a proof.</summary>
    private static Guid? ReadId(string typed)
    {
        const string before = "/awards/";
        var start = typed.LastIndexOf(before, StringComparison.OrdinalIgnoreCase);
        var text = start < 0 ? typed.Trim() : typed[(start + before.Length)..];
        return text.Length >= IdLength && (start >= 0 || text.Length == IdLength) && Guid.TryParseExact(text[..IdLength], "D", out var id) ? id : null;
    }

    private static LogSearch Without(Search outcome) => new(outcome, Guid.Empty, []);
}
