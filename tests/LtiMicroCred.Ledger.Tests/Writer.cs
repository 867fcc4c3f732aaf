using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Data.SqlClient;
using Microsoft.Data.Sqlite;

namespace LtiMicroCred.Ledger.Tests;

/// <summary>
/// A process that waits for a line on its standard input, then appends pages to log A, grows its tiles and signs checkpoints. After each commit it says so:
/// <c>{size} {root}</c>. What fails is said on standard error, with exit code 3.
/// </summary>
internal sealed class Writer : IDisposable
{
    public const string Verb = "append-pages";
    public const int PageSize = 5;

    private readonly Process process;
    private readonly Task<string> errors;
    private readonly Task<IReadOnlyList<(long Size, byte[] Root)>> acknowledged;
    private readonly TaskCompletionSource first = new();

    private Writer(Process process)
    {
        this.process = process;
        errors = process.StandardError.ReadToEndAsync();
        acknowledged = ReadAsync();
    }

    /// <param name="pages">At most; each of <see cref="PageSize"/> entries.</param>
    /// <param name="limitKilobytes">No file of it may become longer: the disk is full.</param>
    public static Writer Start(LedgerDatabase database, SigningKey key, int pages, int? limitKilobytes = null)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        string[] words = [typeof(Writer).Assembly.Location, Verb, database.Engine.ToString(), database.ConnectionString, Convert.ToHexString(key.Seed), pages.ToString(CultureInfo.InvariantCulture)];
        if (limitKilobytes is { } limit)
        {
            // The runtime maps its code through a large file; without that, the limit meets the database alone.
            start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
            start.FileName = "bash";
            words = ["-c", $"trap '' XFSZ; ulimit -f {limit}; exec dotnet \"$@\"", "writer", .. words];
        }

        foreach (var word in words)
            start.ArgumentList.Add(word);
        return new Writer(Process.Start(start)!);
    }

    public Task FirstAcknowledgement => first.Task;

    public void Go() => process.StandardInput.WriteLine("go");

    /// <summary>kill -9.</summary>
    public void Kill() => process.Kill();

    public async Task<(int ExitCode, IReadOnlyList<(long Size, byte[] Root)> Acknowledged, string Errors)> EndAsync()
    {
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(120));
        return (process.ExitCode, await acknowledged, await errors);
    }

    public void Dispose()
    {
        if (!process.HasExited)
            process.Kill();
        process.Dispose();
    }

    private async Task<IReadOnlyList<(long Size, byte[] Root)>> ReadAsync()
    {
        var read = new List<(long Size, byte[] Root)>();
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            // A line that the kill cut in half was not said.
            if (line.Split(' ') is [var size, { Length: 64 } root])
                read.Add((long.Parse(size, CultureInfo.InvariantCulture), Convert.FromHexString(root)));
            first.TrySetResult();
        }

        first.TrySetResult();
        return read;
    }

    public static async Task<int> RunAsync(string[] words)
    {
        var engine = Enum.Parse<LedgerEngine>(words[0]);
        var key = new SigningKey(Samples.Origin(Samples.LogA), Convert.FromHexString(words[2]));
        await using DbConnection connection = engine == LedgerEngine.Sqlite ? new SqliteConnection(words[1]) : new SqlConnection(words[1]);
        await connection.OpenAsync();
        if (engine == LedgerEngine.Sqlite)
            await SqliteLedgerDatabase.PrepareAsync(connection);

        await Console.In.ReadLineAsync();
        try
        {
            for (var page = 0; page < int.Parse(words[3], CultureInfo.InvariantCulture); page++)
                await PageAsync(connection, engine, key, signs: page % 3 == 2);
            return 0;
        }
        catch (DbException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 3;
        }
    }

    private static async Task PageAsync(DbConnection connection, LedgerEngine engine, SigningKey key, bool signs)
    {
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            var receipts = await new LedgerLog(engine).AppendAsync(connection, transaction, Samples.LogA, Samples.Entries(PageSize), CancellationToken.None);
            await transaction.CommitAsync();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{receipts[^1].Size} {Convert.ToHexString(receipts[^1].Root)}"));
        }

        if (!signs)
            return;
        var checkpoints = new LedgerCheckpoints(engine);
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await checkpoints.GrowTilesAsync(connection, transaction, Samples.LogA, atMost: 100, CancellationToken.None);
            await transaction.CommitAsync();
        }

        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await checkpoints.SignAsync(connection, transaction, Samples.LogA, [key], known: null, CancellationToken.None);
            await transaction.CommitAsync();
        }
    }
}
