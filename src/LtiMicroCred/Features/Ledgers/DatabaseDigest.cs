using System.Data;
using System.Data.Common;
using System.Globalization;
using System.Text;
using System.Text.Json;
using LtiMicroCred.Ledger;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Features.Ledgers;

/// <summary>What the server's own check found. <paramref name="Broken"/> is what it says is wrong; null where nothing is.</summary>
internal sealed record DigestCheck(long? LastBlock, string? Broken);

/// <summary>
/// The digests of SQL Server's own ledger tables: what the server says of all transactions on them so far, to be kept where nobody who owns the database can write.
/// Beside our checkpoints, not in their place: these prove entries to everyone, those tell a DBA that the rows were not changed under the server.
/// </summary>
internal sealed class DatabaseDigest(Database database)
{
    /// <returns>One JSON object, on one line.</returns>
    /// <exception cref="SettingsException">The database has no such tables, or nothing in them yet.</exception>
    public async Task<string> GenerateAsync(CancellationToken ct)
    {
        await using var connection = await OpenAsync(ct);
        await using var command = Procedure(connection, "sys.sp_generate_database_ledger_digest");
        return await command.ExecuteScalarAsync(ct) is string digest && DigestFile.Line(digest) is { } line
            ? line
            : throw new SettingsException("SQL Server has no digest yet: nothing was written to its ledger tables.");
    }

    /// <param name="digests">As <see cref="GenerateAsync"/> gave them; at least one.</param>
    /// <param name="ct">Ends it without a result.</param>
    /// <exception cref="SettingsException">The database has no such tables, or may not be checked.</exception>
    public async Task<DigestCheck> CheckAsync(IReadOnlyList<string> digests, CancellationToken ct)
    {
        await using var connection = await OpenAsync(ct);
        await using var command = Procedure(connection, "sys.sp_verify_database_ledger");
        command.CommandTimeout = 0; // it hashes every row that was ever written
        Add(command, "@digests", ParameterDirection.Input, DbType.String, $"[{string.Join(',', digests)}]");
        var outcome = Add(command, "@outcome", ParameterDirection.ReturnValue, DbType.Int32, value: null);
        try
        {
            long? block = null;
            await using (var reader = await command.ExecuteReaderAsync(ct))
            {
                do
                {
                    while (await reader.ReadAsync(ct))
                        block = Convert.ToInt64(reader.GetValue(0), CultureInfo.InvariantCulture);
                }
                while (await reader.NextResultAsync(ct));
            }

            return new DigestCheck(block, outcome.Value is 0 ? null : "the server's check failed and does not say why");
        }
        catch (DbException exception) when (exception.LedgerFault() is { } fault)
        {
            return new DigestCheck(null, fault);
        }
        catch (DbException exception) when (exception.IsSnapshotIsolationOff())
        {
            throw new SettingsException("SQL Server checks its ledger only where snapshot isolation is allowed. Run, once: ALTER DATABASE CURRENT SET ALLOW_SNAPSHOT_ISOLATION ON (sql/sqlserver/permissions.sql does)");
        }
    }

    private async Task<DbConnection> OpenAsync(CancellationToken ct)
    {
        if (database.Engine == LedgerEngine.Sqlite)
            throw new SettingsException("Digests are those of SQL Server 2022 and Azure SQL. This database is SQLite: its checkpoints do the same. See “ledger checkpoint”, and ship the file that LtiMicroCred:Ledger:CheckpointFile names.");
        var connection = await database.OpenAsync(ct);
        try
        {
            if (await NativeLedger.ActualAsync(connection, transaction: null) is { IsOn: false } none)
                throw new SettingsException($"This database has no ledger tables of SQL Server's own: {none.Why}. Its checkpoints do the same: see “ledger checkpoint” and LtiMicroCred:Ledger:CheckpointFile.");
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private static DbCommand Procedure(DbConnection connection, string name)
    {
        var command = connection.CreateCommand();
        command.CommandType = CommandType.StoredProcedure;
#pragma warning disable CA2100 // one of the two names above
        command.CommandText = name;
#pragma warning restore CA2100
        return command;
    }

    private static DbParameter Add(DbCommand command, string name, ParameterDirection direction, DbType type, string? value)
    {
        var parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.Direction, parameter.DbType, parameter.Value) = (name, direction, type, value);
        command.Parameters.Add(parameter);
        return parameter;
    }
}

/// <summary>A file with one digest on each line, oldest first. It only grows.</summary>
internal static class DigestFile
{
    /// <summary>Has reached the disk when it returns. A line that was cut short before stays, and is ended.</summary>
    /// <exception cref="IOException">The file cannot be written, or another process is writing it.</exception>
    public static async Task AppendAsync(string path, string line, CancellationToken ct)
    {
        await using var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, useAsync: true);
        file.Seek(-Math.Min(1, file.Length), SeekOrigin.End);
        var mend = file.ReadByte() is '\n' or -1 ? "" : "\n"; // and the position is the end
        await file.WriteAsync(Encoding.UTF8.GetBytes($"{mend}{line}\n"), ct);
        file.Flush(flushToDisk: true);
    }

    /// <summary>The digests, and the numbers of the lines that are none.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static async Task<(IReadOnlyList<string> Digests, IReadOnlyList<int> Passed)> ReadAsync(string path, CancellationToken ct)
    {
        var (digests, passed, number) = (new List<string>(), new List<int>(), 0);
        await foreach (var text in File.ReadLinesAsync(path, ct))
        {
            number++;
            if (Line(text) is { } digest)
                digests.Add(digest);
            else if (text.Length > 0)
                passed.Add(number);
        }

        return (digests, passed);
    }

    /// <summary>A digest as one line; null where the text is none.</summary>
    public static string? Line(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            return json.RootElement is { ValueKind: JsonValueKind.Object } digest
                && digest.TryGetProperty("block_id", out var block) && block.TryGetInt64(out _)
                && digest.TryGetProperty("hash", out var hash) && hash.ValueKind == JsonValueKind.String
                ? JsonSerializer.Serialize(digest)
                : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
