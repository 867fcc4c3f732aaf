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

    /// <summary>By origin: the newest that the file holds; null until the file was read.</summary>
    private Dictionary<string, Checkpoint>? _written;

    private sealed record Signed
    {
        public required Guid LogId { get; init; }
        public required string Origin { get; init; }
        public required long Size { get; init; }
    }

    // Beside the embedded database, where a person who copies the one takes the other along.
    private string? File => settings.CheckpointFile ?? (database.File is { } beside ? $"{beside}.checkpoints" : null);

    /// <summary>The newest checkpoint of a log in the file: what this node has shown, the log must not contradict, not even after a restore.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public Checkpoint? Newest(string origin) => File is { } file ? Guarded(file, () => (_written ??= Read(file)).GetValueOrDefault(origin)) : null;

    /// <exception cref="IOException">The file cannot be written; what is missing in it follows with the next call that can.</exception>
    public async Task WriteAsync(CancellationToken ct)
    {
        if (File is not { } file)
            return;
        await using var connection = await database.OpenAsync(ct);
        foreach (var log in await NewestAsync(connection))
        {
            while (Newest(log.Origin)?.Size is not { } after || after < log.Size)
            {
                var rows = await new LedgerCheckpoints(database.Engine).ReadAsync(connection, log.LogId, Newest(log.Origin)?.Size ?? 0, AtOnce, ct);
                await GuardedAsync(file, () => CheckpointFile.AppendAsync(file, [.. rows.Select(row => row.Note)], ct));
                Keep(_written!, rows[^1].Note); // not null: read by now
            }
        }
    }

    private T Guarded<T>(string file, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unusable(file, exception);
        }
    }

    private async Task GuardedAsync(string file, Func<Task> action)
    {
        try
        {
            await action();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unusable(file, exception);
        }
    }

    private IOException Unusable(string file, Exception exception)
    {
        // Half of it may have been written: read again before the next.
        _written = null;
        return new IOException($"The file '{file}' of LtiMicroCred:Ledger:CheckpointFile cannot be used: {exception.Message} Checkpoints wait until it can; awards do not.", exception);
    }

    private static async Task<IReadOnlyList<Signed>> NewestAsync(System.Data.Common.DbConnection connection) => (await connection.QueryAsync<Signed>(
        "SELECT h.LogId, h.Origin, MAX(c.Size) AS Size FROM LedgerHead h JOIN LedgerCheckpoint c ON c.LogId = h.LogId GROUP BY h.LogId, h.Origin")).AsList();

    private static Dictionary<string, Checkpoint> Read(string file)
    {
        var newest = new Dictionary<string, Checkpoint>(StringComparer.Ordinal);
        if (System.IO.File.Exists(file) || Directory.Exists(file))
        {
            foreach (var note in CheckpointFile.Parse(System.IO.File.ReadAllBytes(file)).Notes)
                Keep(newest, note);
        }

        return newest;
    }

    private static void Keep(Dictionary<string, Checkpoint> newest, byte[] note)
    {
        var checkpoint = Checkpoint.Parse(SignedNote.Parse(note).Text);
        if (!newest.TryGetValue(checkpoint.Origin, out var known) || known.Size < checkpoint.Size)
            newest[checkpoint.Origin] = checkpoint;
    }
}
