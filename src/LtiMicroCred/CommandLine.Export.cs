using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using LtiMicroCred.Features.Ledgers;
using LtiMicroCred.Ledger;

namespace LtiMicroCred;

internal static partial class CommandLine
{
    private static Option<string?> VerifiedExport() =>
        new("--export") { Description = "A folder that “ledger export” wrote; it is verified in place of the database, which is not needed." };

    private static Command ExportVerb()
    {
        var to = new Option<string>("--to") { Description = "The folder; made where it is missing, brought up to date where it holds an earlier export.", Required = true };
        var tenant = new Option<string?>("--tenant") { Description = "One institution; all where it is left out." };
        return Verb("export", "Writes entries, tiles and checkpoints as files: one line a log, its id, its entries, its folder.", (parsed, ct) => ExportAsync(parsed.GetValue(to)!, parsed.GetValue(tenant), ct), to, tenant); // not null: required
    }

    private static async Task<int> ExportAsync(string to, string? tenant, CancellationToken ct)
    {
        await using var app = await ServicesAsync(ct);
        try
        {
            await foreach (var log in app.Services.GetRequiredService<ExportLedger>().RunAsync(Path.GetFullPath(to), tenant, new ProgressLine(), ct))
            {
                if (log.Written is { } written)
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{log.LogId:D}\t{written.Size}\t{log.Folder}"));
                if (log.Unsigned > 0)
                    await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"The log {log.LogId:D} has {log.Unsigned} entries more that no checkpoint counts yet. The verb “ledger checkpoint” signs them; export again then."));
                else if (log.Written is null)
                    await Console.Error.WriteLineAsync($"The log {log.LogId:D} has no entries yet: nothing was written.");
            }

            return ExitCode.Done;
        }
        catch (ExportRefusedException refused)
        {
            await Console.Error.WriteLineAsync(refused.Message);
            return ExitCode.Broken;
        }
    }

    private static async Task<int> VerifyExportAsync(string folder, string[] from, string[] keys, bool json, CancellationToken ct)
    {
        var evidence = new LedgerEvidence { Outside = await NotesAsync(from, ct), Keys = await VerifierKeysAsync(keys, ct) };
        var logs = Directory.Exists(folder)
            ? Directory.EnumerateDirectories(folder).Select(path => (Path: path, Id: Guid.TryParseExact(Path.GetFileName(path), "D", out var id) ? id : Guid.Empty))
                .Where(log => Path.GetFileName(log.Path) == log.Id.ToString("D")).OrderBy(log => log.Id).ToList()
            : [];
        if (logs.Count == 0)
            throw new SettingsException($"'{folder}' holds no exported log. Example: LtiMicroCred ledger export --to /backup/ledger, then LtiMicroCred ledger verify --export /backup/ledger");

        var found = new List<ExportFindings>();
        foreach (var (path, id) in logs)
        {
            found.Add(await new ExportCheck(id, path, evidence, new ProgressLine()).RunAsync(ct));
            foreach (var warning in found[^1].Warnings)
                await Console.Error.WriteLineAsync($"{path}: {warning}");
            if (!found[^1].Intact)
                break;
        }

        return await AnswerAsync(found, evidence, json);
    }

    private static async Task<int> AnswerAsync(IReadOnlyList<ExportFindings> found, LedgerEvidence evidence, bool json)
    {
        var (last, entries, outside) = (found[^1], found.Sum(log => log.Entries), found.Sum(log => log.Compared));
        if (last.Unfinished is { } unfinished)
            await Console.Error.WriteLineAsync($"The export of the log {last.LogId:D} is not whole: {unfinished}. Export it again.");
        if (last.Break is not null)
            await Console.Error.WriteLineAsync($"In the log {last.LogId:D}:");
        if (json)
            Console.WriteLine(JsonSerializer.Serialize(new { intact = last.Intact, logs = found.Count(log => log.Intact), entries, outsideCheckpoints = outside, broken = last.Break?.ToString(), unfinished = last.Unfinished }));
        else if (last.Break is { } broken)
            Console.WriteLine(broken);
        else if (last.Intact)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"INTACT {entries} entries in {found.Count} logs\n{(evidence.Outside.Count == 0 ? "no outside checkpoint was given" : $"{outside} outside checkpoints agree")}"));
        return last switch { { Break: not null } => ExitCode.Broken, { Unfinished: not null } => ExitCode.Usage, _ => ExitCode.Done };
    }
}
