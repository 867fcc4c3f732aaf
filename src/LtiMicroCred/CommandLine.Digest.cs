using System.CommandLine;
using System.Globalization;
using LtiMicroCred.Features.Ledgers;

namespace LtiMicroCred;

internal static partial class CommandLine
{
    private static Command DigestVerb()
    {
        var to = new Option<string?>("--to") { Description = "Appends the digest of now to this file, which is to be kept elsewhere." };
        var check = new Option<string?>("--check") { Description = "Has SQL Server check its ledger tables against the digests in this file." };
        var digest = Verb("digest", "SQL Server 2022 and Azure SQL: the server's own digests of its ledger tables.", (parsed, ct) => parsed.GetValue(to) is { } file
            ? WriteDigestAsync(file, ct)
            : CheckDigestsAsync(parsed.GetValue(check)!, ct), to, check); // not null: one of the two is given
        digest.Validators.Add(result =>
        {
            if (result.GetResult(to) is null == result.GetResult(check) is null)
                result.AddError("digest takes either --to FILE or --check FILE.");
        });
        return digest;
    }

    private static async Task<int> WriteDigestAsync(string file, CancellationToken ct)
    {
        await using var app = QuietBuilder().Build();
        var digest = await app.Services.GetRequiredService<DatabaseDigest>().GenerateAsync(ct);
        await DigestFile.AppendAsync(file, digest, ct);
        Console.WriteLine(digest);
        return ExitCode.Done;
    }

    private static async Task<int> CheckDigestsAsync(string file, CancellationToken ct)
    {
        var (digests, passed) = await DigestFile.ReadAsync(file, ct);
        if (passed.Count > 0)
            await Console.Error.WriteLineAsync($"{file}: passed over, for they hold no digest, the lines {string.Join(", ", passed.Take(100).Select(line => line.ToString(CultureInfo.InvariantCulture)))}");
        if (digests.Count == 0)
            throw new SettingsException($"'{file}' holds no digest. Example: LtiMicroCred ledger digest --to /mnt/kept/digests.jsonl, then LtiMicroCred ledger digest --check /mnt/kept/digests.jsonl");
        await using var app = QuietBuilder().Build();
        var checkedNow = await app.Services.GetRequiredService<DatabaseDigest>().CheckAsync(digests, ct);
        Console.WriteLine(checkedNow.Broken is { } broken
            ? $"BROKEN SQL Server's ledger tables: {broken}"
            : string.Create(CultureInfo.InvariantCulture, $"INTACT {digests.Count} digests agree, up to block {checkedNow.LastBlock}"));
        return checkedNow.Broken is null ? ExitCode.Done : ExitCode.Broken;
    }
}
