using System.Data.Common;
using System.Globalization;
using System.Runtime.CompilerServices;
using Dapper;
using LtiMicroCred.Features.Tenants;
using LtiMicroCred.Ledger;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Features.Ledgers;

/// <param name="Written">What the folder goes up to now; none where the log was never signed.</param>
/// <param name="Unsigned">Entries that no checkpoint counts yet, and that were therefore left out.</param>
internal sealed record Exported(Guid LogId, string Folder, Checkpoint? Written, long Unsigned);

/// <summary>The folder does not hold the beginning of the log, or the log contradicts what was signed.</summary>
internal sealed class ExportRefusedException(Guid logId, Exception reason) : Exception($"The log {logId:D} is not exported: {reason.Message}. Verify the ledger and the folder.", reason);

/// <summary>Writes the log of each institution into a folder of its own, see <see cref="LogExport"/>. Appends may go on meanwhile.</summary>
internal sealed class ExportLedger(Database database, LogKeys keys)
{
    private sealed record Known
    {
        public required Guid LogId { get; init; }
        public required long Size { get; init; }
    }

    /// <param name="to">Made where it is missing; one folder a log goes into it.</param>
    /// <param name="tenant">The name of one institution; null for all.</param>
    /// <param name="progress">Told after every few hundred entries.</param>
    /// <param name="ct">Leaves a folder that is seen not to be whole; the next export goes on.</param>
    /// <exception cref="TenantUnclearException">There is no institution of that name.</exception>
    /// <exception cref="ExportRefusedException"/>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public async IAsyncEnumerable<Exported> RunAsync(string to, string? tenant, IProgress<LedgerProgress>? progress, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        var logs = (await connection.QueryAsync<Known>(
            "SELECT h.LogId, h.Size FROM LedgerHead h JOIN Tenant t ON t.TenantId = h.LogId WHERE @tenant IS NULL OR t.Name = @tenant ORDER BY h.LogId", new { tenant })).AsList();
        if (logs.Count == 0)
            throw new TenantUnclearException(tenant is null ? "There is no institution here yet. The verb “platforms invite” makes one." : $"There is no institution \"{tenant}\" here.");
        foreach (var log in logs)
        {
            var folder = Path.Combine(to, log.LogId.ToString("D"));
            var written = await WriteAsync(new StoredLog(database, connection, log.LogId, keys), folder, progress, ct);
            yield return new Exported(log.LogId, folder, written, Math.Max(0, log.Size - (written?.Size ?? 0)));
        }
    }

    private static async Task<Checkpoint?> WriteAsync(StoredLog log, string folder, IProgress<LedgerProgress>? progress, CancellationToken ct)
    {
        try
        {
            return await new LogExport(log, folder, progress).RunAsync(ct);
        }
        catch (LedgerFormatException reason)
        {
            throw new ExportRefusedException(log.LogId, reason);
        }
        catch (UnauthorizedAccessException reason)
        {
            throw new IOException(string.Create(CultureInfo.InvariantCulture, $"The folder '{folder}' cannot be written: {reason.Message}"), reason);
        }
    }

    private sealed class StoredLog(Database database, DbConnection connection, Guid logId, LogKeys keys) : ILogSource
    {
        private const int AtOnce = 500;

        public Guid LogId => logId;

        public Task<IReadOnlyList<VerifierKey>> KeysAsync(CancellationToken cancellationToken) => keys.OfAsync(logId, cancellationToken);

        public async IAsyncEnumerable<byte[]> CheckpointsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            IReadOnlyList<CheckpointRow> page;
            var after = 0L;
            do
            {
                page = await new LedgerCheckpoints(database.Engine).ReadAsync(connection, logId, after, AtOnce, cancellationToken);
                foreach (var row in page)
                    yield return row.Note;
                after = page.Count > 0 ? page[^1].Size : after;
            }
            while (page.Count == AtOnce);
        }

        public Task<IReadOnlyList<byte[]>> EntriesAsync(long after, long upTo, CancellationToken cancellationToken) =>
            new LedgerLog(database.Engine).BytesAsync(connection, logId, after, upTo, cancellationToken);
    }
}
