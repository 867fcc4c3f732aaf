using Dapper;
using LtiMicroCred.Ledger;
using LtiMicroCred.Storage;
using MediatR;

namespace LtiMicroCred.Features.Ledgers;

/// <summary>
/// Keeps tiles and signs checkpoints behind the appends, on any node: a log is signed once it has grown by <c>Ledger:CheckpointEntries</c>, or
/// <c>Ledger:CheckpointSeconds</c> after it was last signed; after a quiet time at once. What was signed is also written to the checkpoint file, if there is one.
/// </summary>
internal sealed partial class SignCheckpoints(
    Database database, IServiceScopeFactory scopes, LogKeys keys, CheckpointCopies copies, Settings settings, TimeProvider clock, ILogger<SignCheckpoints> log) : BackgroundService
{
    private const int TilesAtOnce = 64;
    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(1);

    // Remembered apart from the database, as is the file: what was signed, no later log may contradict.
    private readonly Dictionary<Guid, Checkpoint> _signed = [];
    private readonly Dictionary<Guid, DateTimeOffset> _signedAt = [];
    private readonly HashSet<Guid> _refused = [];

    private sealed record Grown
    {
        public required Guid LogId { get; init; }
        public required string Origin { get; init; }
        public required long Unsigned { get; init; }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_every, clock);
        do
        {
            try
            {
                await RunAsync(everything: false, stoppingToken);
                await copies.WriteAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(log, exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <param name="everything">Also what is not due yet.</param>
    /// <param name="ct">Stops between two logs; what is signed stays signed.</param>
    public async Task RunAsync(bool everything, CancellationToken ct)
    {
        foreach (var grown in await GrownAsync(ct))
        {
            if (everything || grown.Unsigned >= settings.CheckpointEntries || clock.GetUtcNow() - _signedAt.GetValueOrDefault(grown.LogId) >= settings.CheckpointEvery)
                await SignAsync(grown, ct);
        }
    }

    private async Task<IReadOnlyList<Grown>> GrownAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return (await connection.QueryAsync<Grown>(
            """
            SELECT h.LogId, h.Origin, h.Size - COALESCE((SELECT MAX(c.Size) FROM LedgerCheckpoint c WHERE c.LogId = h.LogId), 0) AS Unsigned
            FROM LedgerHead h WHERE h.Size > COALESCE((SELECT MAX(c.Size) FROM LedgerCheckpoint c WHERE c.LogId = h.LogId), 0)
            """)).AsList();
    }

    private async Task SignAsync(Grown grown, CancellationToken ct)
    {
        try
        {
            while (await scopes.SendAsync(new GrowTiles(grown.LogId, TilesAtOnce), ct) == TilesAtOnce)
                ct.ThrowIfCancellationRequested();
            var signing = await keys.SigningAsync(grown.LogId, grown.Origin, ct);
            if (await scopes.SendAsync(new SignCheckpoint(grown.LogId, signing, _signed.GetValueOrDefault(grown.LogId) ?? copies.Newest(grown.Origin)), ct) is { } signed)
                _signed[grown.LogId] = signed;
            _signedAt[grown.LogId] = clock.GetUtcNow();
            _refused.Remove(grown.LogId);
        }
        catch (LedgerFormatException broken)
        {
            // Said once; the others are signed.
            _signedAt[grown.LogId] = clock.GetUtcNow();
            if (_refused.Add(grown.LogId))
                Log.Refused(log, grown.LogId, broken.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Signing checkpoints failed; it is tried again in a second. No award is lost or held up by it.")]
        public static partial void Failed(ILogger log, Exception exception);

        [LoggerMessage(2, LogLevel.Critical, "Log {LogId} is not signed: {Reason}. Run the verb “ledger verify” with --from and the file of checkpoints. If an older backup was restored on purpose, move that file away.")]
        public static partial void Refused(ILogger log, Guid logId, string reason);
    }
}

internal sealed record GrowTiles(Guid LogId, int AtMost) : IWrite<int>;

internal sealed class GrowTilesHandler(Work work, Database database) : IRequestHandler<GrowTiles, int>
{
    public Task<int> Handle(GrowTiles request, CancellationToken cancellationToken) =>
        new LedgerCheckpoints(database.Engine).GrowTilesAsync(work.Connection, work.Transaction, request.LogId, request.AtMost, cancellationToken);
}

/// <summary>The outcome is the new checkpoint; none where another node was first.</summary>
internal sealed record SignCheckpoint(Guid LogId, IReadOnlyList<SigningKey> Keys, Checkpoint? Known) : IWrite<Checkpoint?>;

internal sealed class SignCheckpointHandler(Work work, Database database, TimeProvider clock) : IRequestHandler<SignCheckpoint, Checkpoint?>
{
    public async Task<Checkpoint?> Handle(SignCheckpoint request, CancellationToken cancellationToken)
    {
        var signed = await new LedgerCheckpoints(database.Engine).SignAsync(work.Connection, work.Transaction, request.LogId, request.Keys, request.Known, cancellationToken);
        if (signed is not null)
        {
            await work.Connection.ExecuteAsync(
                "INSERT INTO Signing (LogId, Size, SignedAt) VALUES (@LogId, @Size, @Now)", new { request.LogId, signed.Size, Now = clock.GetUtcNow() }, work.Transaction);
        }

        return signed;
    }
}
