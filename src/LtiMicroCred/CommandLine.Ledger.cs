using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using LtiMicroCred.Features.Ledgers;
using LtiMicroCred.Ledger;
using LtiMicroCred.Storage;

namespace LtiMicroCred;

internal static partial class CommandLine
{
    private static Command LedgerVerb()
    {
        var json = new Option<bool>("--json") { Description = "As JSON." };
        var from = new Option<string[]>("--from") { Description = "A file with checkpoints that were kept elsewhere. With one, a ledger that was rewritten or cut as a whole is found too.", AllowMultipleArgumentsPerToken = false };
        var key = new Option<string[]>("--key") { Description = "A verifier key of the log (name+id+key), or a file with one on each line, that came another way than with what is checked." };
        var export = VerifiedExport();
        var bundle = new Argument<string>("file") { Description = "The proof of an award, as its page and its holder give it." };
        var verifyBundle = Verb("verify-bundle", "Checks the proof of one award, without database or network.", (parsed, ct) => VerifyBundleAsync(parsed.GetValue(bundle)!, parsed.GetValue(key) ?? [], parsed.GetValue(json), ct), key, json);
        verifyBundle.Add(bundle);
        return new Command("ledger", "The ledger of awards.")
        {
            Verb("verify", "Re-derives everything; names the first entry that does not fit.", (parsed, ct) => parsed.GetValue(export) is { } folder
                ? VerifyExportAsync(folder, parsed.GetValue(from) ?? [], parsed.GetValue(key) ?? [], parsed.GetValue(json), ct)
                : VerifyAsync(parsed.GetValue(from) ?? [], parsed.GetValue(key) ?? [], parsed.GetValue(json), ct), export, from, key, json),
            ExportVerb(),
            verifyBundle,
            Verb("checkpoint", "Signs what is not signed yet, and prints the newest checkpoint of each log.", (_, ct) => CheckpointAsync(ct)),
            Verb("keys", "Prints the verifier keys of all logs, newest first, as verify and verify-bundle take them.", (_, ct) => LogKeysAsync(ct)),
            DigestVerb(),
            AuditorsVerb(),
        };
    }

    private static Command AuditorsVerb()
    {
        var tenant = new Option<string?>("--tenant") { Description = "The institution; not needed where there is one." };
        var name = new Option<string>("--name") { Description = "Whom the key is for.", Required = true };
        var id = new Argument<Guid>("id") { Description = "As auditors list prints it." };
        var revoke = Verb("revoke", "Takes a key back.", async (parsed, ct) =>
        {
            await using var app = await ServicesAsync(ct);
            if (await app.Services.GetRequiredService<IServiceScopeFactory>().SendAsync(new RevokeAuditorKey(parsed.GetValue(id)), ct))
                return ExitCode.Done;
            await Console.Error.WriteLineAsync($"There is no key {parsed.GetValue(id):D} that could be taken back. See ledger auditors list.");
            return ExitCode.Refused;
        });
        revoke.Add(id);
        return new Command("auditors", "Who may read the entries of an institution's log.")
        {
            Verb("add", "Prints a new key, once. It is sent as “Authorization: Bearer …”.", async (parsed, ct) =>
            {
                await using var app = await ServicesAsync(ct);
                Console.WriteLine(await app.Services.GetRequiredService<IServiceScopeFactory>().SendAsync(new MakeAuditorKey(parsed.GetValue(tenant), parsed.GetValue(name)!), ct));
                return ExitCode.Done;
            }, tenant, name),
            Verb("list", "One line a key: id, institution, for whom, since, taken back or -.", async (_, ct) =>
            {
                await using var app = await ServicesAsync(ct);
                foreach (var known in await app.Services.GetRequiredService<AuditorKeys>().AllAsync(ct))
                    Console.WriteLine(string.Join('\t', known.AuditorKeyId, known.Tenant, known.Name, Moment(known.CreatedAt), known.RevokedAt is { } at ? Moment(at) : "-"));
                return ExitCode.Done;
            }),
            revoke,
        };
    }

    private static async Task<int> VerifyAsync(string[] from, string[] keys, bool json, CancellationToken ct)
    {
        var outside = await NotesAsync(from, ct);
        var trusted = await VerifierKeysAsync(keys, ct);
        await using var app = QuietBuilder().Build();
        if (app.Services.GetRequiredService<Database>().File is { } file && !File.Exists(file))
            throw new SettingsException($"The database {file} does not exist. Example: LtiMicroCred__Database__ConnectionString=Data Source=/var/lib/ltimicrocred/awards.db");
        if (await app.Services.GetRequiredService<Migrations>().PendingAsync(ct) is { Count: > 0 } pending)
            throw new SchemaRefusedException($"The database lacks {pending.Count} schema steps ({string.Join(", ", pending)}). Verify it with the version that made it, or run the verb migrate first.");
        var verification = await app.Services.GetRequiredService<VerifyLedger>().RunAsync(outside, trusted, new ProgressLine(), ct);
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                intact = verification.Intact,
                logs = verification.Logs,
                entries = verification.Entries,
                checkpoints = verification.Checkpoints,
                tiles = verification.Tiles,
                outsideCheckpoints = verification.Outside,
                broken = verification.Break?.ToString(),
            }));
        }
        else
        {
            Console.WriteLine(verification.Break?.ToString() ?? string.Create(CultureInfo.InvariantCulture, $"INTACT {verification.Entries} entries in {verification.Logs} logs"));
            if (verification.Intact)
                Console.WriteLine(Vouched(verification, outside.Count));
        }

        return verification.Intact ? ExitCode.Done : ExitCode.Broken;
    }

    private static string Vouched(LedgerVerification verification, int outside) => outside == 0
        ? string.Create(CultureInfo.InvariantCulture, $"{verification.Checkpoints} checkpoints and {verification.Tiles} tiles agree; no outside checkpoint was given")
        : string.Create(CultureInfo.InvariantCulture, $"{verification.Checkpoints} checkpoints and {verification.Tiles} tiles agree, and {verification.Outside} outside checkpoints");

    private static async Task<int> VerifyBundleAsync(string file, string[] keys, bool json, CancellationToken ct)
    {
        var trusted = await VerifierKeysAsync(keys, ct);
        if (new FileInfo(file) is { Exists: true, Length: > ProofBundle.LongestBundle })
            throw new IOException($"'{file}' is too long to be the proof of an award.");
        var check = ProofBundle.Verify(await File.ReadAllBytesAsync(file, ct), trusted);
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                intact = check.Intact,
                award = check.Award?.AwardId,
                standing = check.Standing?.ToString().ToLowerInvariant(),
                checkpoint = check.Checkpoint is { } point ? new { origin = point.Origin, size = point.Size } : null,
                holds = check.Holds,
                notChecked = check.NotChecked,
                broken = check.Broken,
            }));
            return check.Intact ? ExitCode.Done : ExitCode.Broken;
        }

        Console.WriteLine(check.Broken is { } broken ? $"BROKEN {broken}" : string.Create(CultureInfo.InvariantCulture, $"INTACT award {check.Award!.AwardId:D}, {check.Standing.ToString()!.ToLowerInvariant()}")); // not null: intact
        foreach (var held in check.Holds)
            Console.WriteLine($"holds: {held}");
        foreach (var open in check.NotChecked)
            Console.WriteLine($"not checked: {open}");
        return check.Intact ? ExitCode.Done : ExitCode.Broken;
    }

    private static async Task<int> CheckpointAsync(CancellationToken ct)
    {
        await using var app = await ServicesAsync(ct);
        await app.Services.GetRequiredService<SignCheckpoints>().RunAsync(everything: true, ct);
        await app.Services.GetRequiredService<CheckpointCopies>().WriteAsync(ct);
        foreach (var note in await app.Services.GetRequiredService<LogKeys>().NewestCheckpointsAsync(ct))
            Console.WriteLine(Encoding.UTF8.GetString(note));
        return ExitCode.Done;
    }

    private static async Task<int> LogKeysAsync(CancellationToken ct)
    {
        await using var app = await ServicesAsync(ct);
        foreach (var key in await app.Services.GetRequiredService<LogKeys>().AllAsync(ct))
            Console.WriteLine(key);
        return ExitCode.Done;
    }

    /// <exception cref="SettingsException">A file holds no checkpoint at all.</exception>
    private static async Task<IReadOnlyList<byte[]>> NotesAsync(string[] files, CancellationToken ct)
    {
        var notes = new List<byte[]>();
        foreach (var file in files)
        {
            var (found, warnings) = CheckpointFile.Parse(await File.ReadAllBytesAsync(file, ct));
            foreach (var warning in warnings)
                await Console.Error.WriteLineAsync($"{file}: {warning}");
            var readable = found.Where(IsCheckpoint).ToList();
            if (readable.Count == 0)
                throw new SettingsException($"'{file}' holds no checkpoint. A checkpoint is what {{address of the log}}/checkpoint and the verb “ledger checkpoint” give, and what the checkpoint file is made of.");
            notes.AddRange(readable);
        }

        return notes;
    }

    private static bool IsCheckpoint(byte[] note)
    {
        try
        {
            Checkpoint.Parse(SignedNote.Parse(note).Text);
            return true;
        }
        catch (LedgerFormatException)
        {
            return false;
        }
    }

    /// <exception cref="SettingsException">One is neither a key nor a file of keys.</exception>
    private static async Task<IReadOnlyList<VerifierKey>> VerifierKeysAsync(string[] texts, CancellationToken ct)
    {
        var keys = new List<VerifierKey>();
        foreach (var text in texts)
        {
            var lines = File.Exists(text) ? (await File.ReadAllLinesAsync(text, ct)).Where(line => line.Trim().Length > 0) : [text];
            foreach (var line in lines)
            {
                try
                {
                    keys.Add(VerifierKey.Parse(line.Trim()));
                }
                catch (LedgerFormatException wrong)
                {
                    throw new SettingsException($"--key takes a verifier key or a file of them: {wrong.Message}. Example: --key awards.example.edu/logs/0190…+1a2b3c4d+AZ…");
                }
            }
        }

        return keys;
    }

    /// <summary>A line that follows the work: rewritten on a terminal, a new one every ten seconds elsewhere.</summary>
    private sealed class ProgressLine : IProgress<LedgerProgress>
    {
        private long _nextAt = Console.IsErrorRedirected ? Environment.TickCount64 + 10_000 : 0;

        public void Report(LedgerProgress value)
        {
            if (Environment.TickCount64 < _nextAt && value.Verified < value.Size)
                return;
            var line = string.Create(CultureInfo.InvariantCulture, $"{value.Verified:N0} of {value.Size:N0} entries");
            if (!Console.IsErrorRedirected)
                Console.Error.Write(value.Verified < value.Size ? $"\r{line}" : $"\r{line}\n");
            else if (Environment.TickCount64 >= _nextAt)
                Console.Error.WriteLine(line);
            _nextAt = Environment.TickCount64 + (Console.IsErrorRedirected ? 10_000 : 200);
        }
    }
}
