using Dapper;
using LtiMicroCred.Features.Tenants;
using LtiMicroCred.Storage;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace LtiMicroCred.Features.About;

/// <summary>Help for everybody. Where the server is one institution's alone it leads to the ledger; who else is here, it tells nobody.</summary>
internal sealed class HelpModel(Database database) : PageModel
{
    /// <summary>The only institution here; null where there are others, or none yet.</summary>
    public Tenant? Only { get; private set; }

    public async Task OnGetAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        Only = (await connection.QueryAsync<Tenant>("SELECT TenantId, Name FROM Tenant ORDER BY Name")).AsList() is [var only] ? only : null;
    }
}
