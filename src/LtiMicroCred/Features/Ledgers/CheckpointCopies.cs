using Dapper;
using LtiMicroCred.Ledger;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Features.Ledgers;

/// <summary>
/// Copies every checkpoint to a file that only grows, to be shipped elsewhere: what lies there, nobody who owns the database can take back.
/// Each node keeps its own file. A file that is new, or was away, catches up.
/// </summary>
internal sealed class CheckpointCopies(Database database, Settings settings)
{
    private const int AtOnce = 500;

    /// <summary>By origin: the largest size that the file holds; null until the file was read.</summary>
    private Dictionary<string, long>? _written;

    private sealed record Signed
    {
        public required Guid LogId { get; init; }
        public required string Origin { get; init; }
        public required long Size { get; init; }
    }

    /// <exception cref="IOException">The file cannot be written; what is missing in it follows with the next call that can.</exception>
    public async Task WriteAsync(CancellationToken ct)
    {
        // Beside the embedded database, where a person who copies the one takes the other along.
        if ((settings.CheckpointFile ?? (database.File is { } beside ? $"{beside}.checkpoints" : null)) is not { } file)
            return;
        try
        {
            _written ??= Sizes(file);
            await using var connection = await database.OpenAsync(ct);
            foreach (var log in await NewestAsync(connection))
            {
                while (_written.GetValueOrDefault(log.Origin) is var after && after < log.Size)
                {
                    var rows = await new LedgerCheckpoints(database.Engine).ReadAsync(connection, log.LogId, after, AtOnce, ct);
                    await CheckpointFile.AppendAsync(file, [.. rows.Select(row => row.Note)], ct);
                    _written[log.Origin] = rows[^1].Size;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _written = null;
            throw new IOException($"The file '{file}' of LtiMicroCred:Ledger:CheckpointFile cannot be written: {exception.Message} Checkpoints are signed all the same, and follow once it can.", exception);
        }
    }

    private static async Task<IReadOnlyList<Signed>> NewestAsync(System.Data.Common.DbConnection connection) => (await connection.QueryAsync<Signed>(
        "SELECT h.LogId, h.Origin, MAX(c.Size) AS Size FROM LedgerHead h JOIN LedgerCheckpoint c ON c.LogId = h.LogId GROUP BY h.LogId, h.Origin")).AsList();

    private static Dictionary<string, long> Sizes(string file)
    {
        var sizes = new Dictionary<string, long>(StringComparer.Ordinal);
        if (!File.Exists(file))
            return sizes;
        foreach (var note in CheckpointFile.Parse(File.ReadAllBytes(file)).Notes)
        {
            var checkpoint = Checkpoint.Parse(SignedNote.Parse(note).Text);
            sizes[checkpoint.Origin] = Math.Max(checkpoint.Size, sizes.GetValueOrDefault(checkpoint.Origin));
        }

        return sizes;
    }
}
