using System.Text;
using Dapper;
using LtiMicroCred.Ledger;
using LtiMicroCred.Storage;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace LtiMicroCred.Features.Ledgers;

/// <summary>A log's page for auditors, registrars and employers, without an account: its checkpoint, its keys, its growth, and its awards one by one.</summary>
internal sealed class LogModel(Database database, LogKeys keys, FindInLog find, Settings settings) : PageModel
{
    private const int LongestSearch = 300;

    [FromRoute]
    public Guid LogId { get; set; }

    /// <summary>An award's id, the code of its page, or an address with either.</summary>
    [FromQuery(Name = "q")]
    public string? Typed { get; set; }

    public string Institution { get; private set; } = "";
    public string Origin { get; private set; } = "";

    /// <summary>None before the first; none either where the newest cannot be read, see <see cref="IsDamaged"/>.</summary>
    public CheckpointRow? Newest { get; private set; }

    public bool IsDamaged { get; private set; }
    public string Note => Newest is { } newest ? Encoding.UTF8.GetString(newest.Note) : "";
    public IReadOnlyList<Signing> Growth { get; private set; } = [];
    public DateTimeOffset? SignedAt => Growth is [.., var last] && last.Size == Newest?.Size ? last.SignedAt : null;
    public IReadOnlyList<KeptLogKey> Keys { get; private set; } = [];

    /// <summary>Null where nothing was asked for.</summary>
    public LogSearch? Found { get; private set; }

    public string Address => $"{settings.PublicBase}/logs/{LogId:D}";

    private sealed record Named(string Name, string Origin);

    public async Task<IActionResult> OnGetAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        if (await connection.QuerySingleOrDefaultAsync<Named>("SELECT t.Name, h.Origin FROM LedgerHead h JOIN Tenant t ON t.TenantId = h.LogId WHERE h.LogId = @LogId", new { LogId }) is not { } log)
            return NotFound();
        (Institution, Origin) = (log.Name, log.Origin);
        await ReadNewestAsync(connection, ct);
        Keys = await keys.KeptAsync(LogId, ct);
        if (!string.IsNullOrWhiteSpace(Typed))
            Found = Typed.Length <= LongestSearch ? await find.RunAsync(LogId, Typed, ct) : new LogSearch(Search.Unclear, Guid.Empty, []);
        Response.Headers.CacheControl = "no-store";
        Response.Headers["X-Robots-Tag"] = "noindex";
        return Page();
    }

    private async Task ReadNewestAsync(System.Data.Common.DbConnection connection, CancellationToken ct)
    {
        try
        {
            Newest = await new LedgerCheckpoints(database.Engine).NewestAsync(connection, transaction: null, LogId, ct);
            if (Newest is not null)
                Growth = await LogGrowth.ReadAsync(connection, LogId, Newest.Size);
        }
        catch (LedgerFormatException)
        {
            IsDamaged = true;
        }
    }
}
