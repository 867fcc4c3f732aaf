using Dapper;
using LtiMicroCred.Features.Keys;
using LtiMicroCred.Ledger;
using LtiMicroCred.Storage;
using MediatR;
using Microsoft.AspNetCore.DataProtection;

namespace LtiMicroCred.Features.Ledgers;

/// <summary>The public half of a key, and when it signs.</summary>
internal sealed record KeptLogKey
{
    public required string VerifierKey { get; init; }
    public required DateTimeOffset SignsFrom { get; init; }

    /// <summary>Null while nothing replaces it.</summary>
    public DateTimeOffset? SignsUntil { get; init; }
}

/// <summary>
/// The Ed25519 keys that sign each log's checkpoints. While one replaces another, both sign, so that whoever knows only the old one learns to trust the
/// new one by it. Public halves stay for ever: what was signed must remain verifiable.
/// </summary>
internal sealed class LogKeys(Database database, IDataProtectionProvider protection, IServiceScopeFactory scopes, TimeProvider clock)
{
    /// <summary>How long the old key goes on signing beside the new one: auditors who look once a month see both.</summary>
    public static readonly TimeSpan Overlap = TimeSpan.FromDays(35);

    private readonly IDataProtector _protector = protection.CreateProtector("LogKey");

    private sealed record Row
    {
        public required string VerifierKey { get; init; }
        public required string SealedSeed { get; init; }
    }

    /// <summary>The keys that sign a log now, newest first; the first one is made when it is asked for.</summary>
    public async Task<IReadOnlyList<SigningKey>> SigningAsync(Guid logId, string origin, CancellationToken ct)
    {
        var keys = await ReadSigningAsync(logId, origin, ct);
        if (keys.Count > 0)
            return keys;
        await scopes.SendAsync(New(logId, origin, isFirst: true), ct);
        return await ReadSigningAsync(logId, origin, ct);
    }

    /// <summary>The public halves of all keys that a log ever had, newest first.</summary>
    public async Task<IReadOnlyList<VerifierKey>> OfAsync(Guid logId, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return [.. (await connection.QueryAsync<string>("SELECT VerifierKey FROM LogKey WHERE LogId = @logId ORDER BY SignsFrom DESC, LogKeyId DESC", new { logId })).Select(VerifierKey.Parse)];
    }

    /// <summary>The same as they lie there, with their times.</summary>
    public async Task<IReadOnlyList<KeptLogKey>> KeptAsync(Guid logId, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return (await connection.QueryAsync<KeptLogKey>("SELECT VerifierKey, SignsFrom, SignsUntil FROM LogKey WHERE LogId = @logId ORDER BY SignsFrom DESC, LogKeyId DESC", new { logId })).AsList();
    }

    /// <summary>Of all logs. One that cannot be read is left out: what it signed is then signed by no known key.</summary>
    public async Task<IReadOnlyList<VerifierKey>> AllAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return [.. (await connection.QueryAsync<string>("SELECT VerifierKey FROM LogKey ORDER BY LogKeyId")).Select(Readable).OfType<VerifierKey>()];
    }

    /// <summary>The newest checkpoint of each log, as a signed note.</summary>
    public async Task<IReadOnlyList<byte[]>> NewestCheckpointsAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return (await connection.QueryAsync<byte[]>(
            "SELECT Note FROM LedgerCheckpoint c WHERE NOT EXISTS (SELECT 1 FROM LedgerCheckpoint l WHERE l.LogId = c.LogId AND l.Size > c.Size) ORDER BY LogId")).AsList();
    }

    /// <summary>A new key signs from now on, the others for <see cref="Overlap"/> more; with <paramref name="leaked"/> they sign no more.</summary>
    public Task RotateAsync(Guid logId, string origin, bool leaked, CancellationToken ct) =>
        scopes.SendAsync(New(logId, origin, isFirst: false) with { OthersUntil = leaked ? clock.GetUtcNow() : clock.GetUtcNow() + Overlap }, ct);

    /// <summary>Logs whose newest key is older than that.</summary>
    public async Task<IReadOnlyList<(Guid LogId, string Origin)>> DueAsync(TimeSpan age, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return (await connection.QueryAsync<(Guid, string)>(
            """
            SELECT h.LogId, h.Origin FROM LedgerHead h JOIN LogKey k ON k.LogId = h.LogId
            GROUP BY h.LogId, h.Origin HAVING MAX(k.SignsFrom) < @Before
            """,
            new { Before = clock.GetUtcNow() - age })).AsList();
    }

    /// <summary>Destroys the private halves of keys that sign no more.</summary>
    public Task<int> RetireAsync(CancellationToken ct) => scopes.SendAsync(new RetireLogKeys(), ct);

    private async Task<IReadOnlyList<SigningKey>> ReadSigningAsync(Guid logId, string origin, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        var rows = await connection.QueryAsync<Row>(
            """
            SELECT VerifierKey, SealedSeed FROM LogKey
            WHERE LogId = @logId AND SealedSeed IS NOT NULL AND SignsFrom <= @Now AND (SignsUntil IS NULL OR SignsUntil > @Now)
            ORDER BY SignsFrom DESC, LogKeyId DESC
            """,
            new { logId, Now = clock.GetUtcNow() });
        return [.. rows.Select(row => new SigningKey(origin, Convert.FromBase64String(_protector.Unprotect(row.SealedSeed))))];
    }

    // Sealed before any transaction begins: sealing may itself write the first key of the Data Protection ring.
    private KeepLogKey New(Guid logId, string origin, bool isFirst)
    {
        var key = SigningKey.Generate(origin);
        return new KeepLogKey(logId, key.Verifier.ToString(), _protector.Protect(Convert.ToBase64String(key.Seed)), isFirst);
    }

    private static VerifierKey? Readable(string text)
    {
        try
        {
            return VerifierKey.Parse(text);
        }
        catch (LedgerFormatException)
        {
            return null;
        }
    }
}

/// <param name="IsFirst">Only where the log has no key yet.</param>
internal sealed record KeepLogKey(Guid LogId, string VerifierKey, string SealedSeed, bool IsFirst) : IWrite<bool>
{
    /// <summary>When the log's other keys sign for the last time.</summary>
    public DateTimeOffset? OthersUntil { get; init; }
}

internal sealed class KeepLogKeyHandler(Work work, TimeProvider clock) : IRequestHandler<KeepLogKey, bool>
{
    public async Task<bool> Handle(KeepLogKey request, CancellationToken cancellationToken)
    {
        var facts = new { Id = Guid.CreateVersion7(), request.LogId, request.VerifierKey, request.SealedSeed, request.IsFirst, request.OthersUntil, Now = clock.GetUtcNow() };
        // The log's own row first: of two nodes that make the first key at once, one sees the other's.
        await work.Connection.ExecuteAsync("UPDATE Tenant SET Name = Name WHERE TenantId = @LogId", facts, work.Transaction);
        await work.Connection.ExecuteAsync("UPDATE LogKey SET SignsUntil = @OthersUntil WHERE LogId = @LogId AND @OthersUntil IS NOT NULL AND (SignsUntil IS NULL OR SignsUntil > @OthersUntil)", facts, work.Transaction);
        return await work.Connection.ExecuteAsync(
            """
            INSERT INTO LogKey (LogKeyId, LogId, VerifierKey, SealedSeed, SignsFrom)
            SELECT @Id, @LogId, @VerifierKey, @SealedSeed, @Now WHERE @IsFirst = 0 OR NOT EXISTS (SELECT 1 FROM LogKey WHERE LogId = @LogId)
            """,
            facts,
            work.Transaction) == 1;
    }
}

internal sealed record RetireLogKeys : IWrite<int>;

internal sealed class RetireLogKeysHandler(Work work, TimeProvider clock) : IRequestHandler<RetireLogKeys, int>
{
    public Task<int> Handle(RetireLogKeys request, CancellationToken cancellationToken) => work.Connection.ExecuteAsync(
        "UPDATE LogKey SET SealedSeed = NULL WHERE SealedSeed IS NOT NULL AND SignsUntil <= @Now", new { Now = clock.GetUtcNow() }, work.Transaction);
}
