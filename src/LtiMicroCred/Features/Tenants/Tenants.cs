using Dapper;
using LtiMicroCred.Ledger;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Features.Tenants;

/// <summary>An institution: owner of its people, achievements and awards, and of one ledger log.</summary>
internal sealed record Tenant
{
    public required Guid TenantId { get; init; }
    public required string Name { get; init; }
}

/// <summary>More than one institution is here and none was named.</summary>
internal sealed class TenantUnclearException(string message) : Exception(message);

internal sealed class TenantDirectory(Database database, Settings settings, TimeProvider clock)
{
    /// <summary>The tenant of that name; without a name the only one.</summary>
    /// <exception cref="TenantUnclearException"/>
    public static async Task<Tenant> FindAsync(string? name, Work work)
    {
        var known = await KnownAsync(work, name);
        return known.Find(t => name is null || t.Name == name)
            ?? throw new TenantUnclearException(known.Count == 0 ? "There is no institution here yet. The verb “platforms invite” makes one." : $"There is no institution \"{name}\" here. There is, for example, \"{known[0].Name}\".");
    }

    /// <summary>The tenant of that name, made where it is new together with its log. Without a name: the only one, or one named after our own host.</summary>
    /// <exception cref="TenantUnclearException"/>
    public async Task<Tenant> FindOrCreateAsync(string? name, Work work, CancellationToken ct)
    {
        var known = await KnownAsync(work, name);
        name ??= known.Count == 1 ? known[0].Name : settings.PublicUrl.Host;
        if (known.Find(t => t.Name == name) is { } tenant)
            return tenant;

        tenant = new Tenant { TenantId = Guid.CreateVersion7(), Name = name };
        await work.Connection.ExecuteAsync(
            "INSERT INTO Tenant (TenantId, Name, CreatedAt) VALUES (@TenantId, @Name, @Now)",
            new { tenant.TenantId, tenant.Name, Now = clock.GetUtcNow() },
            work.Transaction);
        var origin = $"{settings.PublicUrl.Authority}{settings.PublicUrl.AbsolutePath.TrimEnd('/')}/logs/{tenant.TenantId:D}";
        await new LedgerLog(database.Engine).CreateAsync(work.Connection, work.Transaction, tenant.TenantId, origin, ct);
        return tenant;
    }

    private static async Task<List<Tenant>> KnownAsync(Work work, string? name)
    {
        var known = (await work.Connection.QueryAsync<Tenant>("SELECT TenantId, Name FROM Tenant ORDER BY Name", transaction: work.Transaction)).AsList();
        return name is null && known.Count > 1
            ? throw new TenantUnclearException($"There are {known.Count} institutions here. Name one with --tenant, for example --tenant \"{known[0].Name}\".")
            : known;
    }
}
