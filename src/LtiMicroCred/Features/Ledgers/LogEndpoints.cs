using System.Globalization;
using System.Text;
using LtiMicroCred.Ledger;
using LtiMicroCred.Storage;
using HttpResults = Microsoft.AspNetCore.Http.Results;

namespace LtiMicroCred.Features.Ledgers;

/// <summary>
/// A log as anybody may read it (C2SP tlog-tiles, under <c>/logs/{id}</c>): checkpoints, keys, hash tiles and proofs, which tell nothing about anyone.
/// Entries are for who holds a key of the institution; the proof of an award for who knows the award's id, which nobody can guess.
/// </summary>
internal static partial class LogEndpoints
{
    private const string Forever = "public, max-age=31536000, immutable";
    private const string Shortly = "public, max-age=5";

    public static void MapLogs(this IEndpointRouteBuilder routes)
    {
        var log = routes.MapGroup("/logs/{logId:guid}").AddEndpointFilter(async (context, next) =>
        {
            // Public, and the same for everybody: pages elsewhere may check it too.
            context.HttpContext.Response.Headers.AccessControlAllowOrigin = "*";
            return await next(context);
        });
        log.MapGet("/checkpoint", CheckpointAsync);
        log.MapGet("/keys", KeysAsync);
        log.MapGet("/tile/entries/{**path}", EntriesAsync);
        log.MapGet("/tile/{**path}", TileAsync);
        log.MapGet("/consistency/{from:long}/{to:long}", ConsistencyAsync);
        log.MapGet("/awards/{awardId:guid}/proof.json", ProofAsync);
    }

    private static async Task<IResult> CheckpointAsync(Guid logId, HttpContext http, Database database, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return await new LedgerCheckpoints(database.Engine).NewestAsync(connection, transaction: null, logId, ct) is { } newest
            ? Text(http, Encoding.UTF8.GetString(newest.Note)) : HttpResults.NotFound();
    }

    private static async Task<IResult> KeysAsync(Guid logId, HttpContext http, LogKeys keys, CancellationToken ct) =>
        await keys.OfAsync(logId, ct) is { Count: > 0 } known ? Text(http, string.Concat(known.Select(key => $"{key}\n"))) : HttpResults.NotFound();

    private static async Task<IResult> TileAsync(Guid logId, string path, HttpContext http, Database database, CancellationToken ct)
    {
        if (Tile.Parse($"tile/{path}") is not { } tile)
            return HttpResults.NotFound();
        await using var connection = await database.OpenAsync(ct);
        var checkpoints = new LedgerCheckpoints(database.Engine);
        var size = await SizeAsync(checkpoints, connection, logId, ct);
        if (!tile.IsWithin(size))
            return HttpResults.NotFound();
        http.Response.Headers.CacheControl = Forever;
        return HttpResults.Bytes(await checkpoints.Tiles(connection, logId).ReadAsync(tile, ct), "application/octet-stream");
    }

    private static async Task<IResult> EntriesAsync(Guid logId, string path, HttpContext http, Database database, AuditorKeys auditors, ILogger<AuditorKeys> logger, CancellationToken ct)
    {
        if (EntryBundle.Parse($"tile/entries/{path}") is not { } bundle)
            return HttpResults.NotFound();
        http.Response.Headers.CacheControl = "private, no-store";
        if (await auditors.FindAsync(logId, http.Request.Headers.Authorization.ToString(), ct) is not { } auditor)
        {
            http.Response.Headers.WWWAuthenticate = "Bearer realm=\"entries\"";
            return HttpResults.Text("The entries of this log are for auditors of its institution, who send their key as “Authorization: Bearer …”.\n", "text/plain; charset=utf-8", statusCode: StatusCodes.Status401Unauthorized);
        }

        await using var connection = await database.OpenAsync(ct);
        if (!bundle.IsWithin(await SizeAsync(new LedgerCheckpoints(database.Engine), connection, logId, ct)))
            return HttpResults.NotFound();
        Log.Disclosed(logger, logId, auditor, bundle.First, bundle.First + bundle.Width - 1);
        return HttpResults.Bytes(EntryBundle.Pack(await new LedgerLog(database.Engine).BytesAsync(connection, logId, bundle.First - 1, bundle.First - 1 + bundle.Width, ct)), "application/octet-stream");
    }

    private static async Task<IResult> ConsistencyAsync(Guid logId, long from, long to, HttpContext http, Database database, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        var checkpoints = new LedgerCheckpoints(database.Engine);
        if (from < 0 || from > to || to > await SizeAsync(checkpoints, connection, logId, ct))
            return HttpResults.NotFound();
        var proof = await new HashTree(checkpoints.Tiles(connection, logId), to).ConsistencyProofAsync(from, ct);
        http.Response.Headers.CacheControl = Forever;
        return HttpResults.Json(new { from, to, proof = proof.Select(Convert.ToHexStringLower) });
    }

    private static async Task<IResult> ProofAsync(Guid logId, Guid awardId, HttpContext http, Database database, LogKeys keys, CancellationToken ct)
    {
        http.Response.Headers.CacheControl = "no-store";
        await using var connection = await database.OpenAsync(ct);
        var bundle = await new LedgerCheckpoints(database.Engine).ProveAsync(connection, logId, awardId, await keys.OfAsync(logId, ct), ct);
        return bundle is not null ? HttpResults.File(bundle.Encode(), "application/json", string.Create(CultureInfo.InvariantCulture, $"proof-{awardId:D}.json")) : HttpResults.NotFound();
    }

    /// <summary>What is not signed yet is not shown: proofs lead to a checkpoint.</summary>
    private static async Task<long> SizeAsync(LedgerCheckpoints checkpoints, System.Data.Common.DbConnection connection, Guid logId, CancellationToken ct) =>
        (await checkpoints.NewestAsync(connection, transaction: null, logId, ct))?.Size ?? 0;

    private static IResult Text(HttpContext http, string text)
    {
        http.Response.Headers.CacheControl = Shortly;
        return HttpResults.Text(text, "text/plain; charset=utf-8");
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Entries {First} to {Last} of log {LogId} were read with auditor's key {AuditorKeyId}.")]
        public static partial void Disclosed(ILogger logger, Guid logId, Guid auditorKeyId, long first, long last);
    }
}
