using System.Security.Cryptography;
using System.Text.Json;
using LtiMicroCred.Features.Results;
using LtiMicroCred.Lti;

namespace LtiMicroCred.Tests;

/// <summary>The verbs by which a log leaves the database, and by which anyone verifies what left.</summary>
public sealed class ExportLedgerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ltimicrocred-export-").FullName;

    private static readonly Dictionary<string, string> s_noDatabase = new(StringComparer.Ordinal)
    {
        ["LtiMicroCred__Database__ConnectionString"] = "Data Source=/nowhere/at/all.db",
        ["LtiMicroCred__PublicUrl"] = "https://credentials.example.edu",
    };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_log_is_exported_and_verified_without_a_database()
    {
        await using var product = await ProductDatabase.CreateAsync();
        var room = await AwardAsync(product, learners: 3);

        var unsigned = await ToolProcess.RunAsync(product.Configuration, "ledger", "export", "--to", _folder);
        unsigned.ShouldBe((ExitCode.Done, "", $"The log {room.TenantId:D} has 4 entries more that no checkpoint counts yet. The verb “ledger checkpoint” signs them; export again then.\n"));
        (await ToolProcess.RunAsync(product.Configuration, "ledger", "checkpoint")).ExitCode.ShouldBe(ExitCode.Done);
        var exported = await ToolProcess.RunInAsync(Path.GetDirectoryName(_folder)!, product.Configuration, "ledger", "export", "--to", Path.GetFileName(_folder), "--tenant", "University of Lindhaven");
        exported.ShouldBe((ExitCode.Done, $"{room.TenantId:D}\t4\t{_folder}/{room.TenantId:D}\n", ""));

        (await VerifyAsync()).ShouldBe((ExitCode.Done, "INTACT 4 entries in 1 logs\nno outside checkpoint was given\n", ""));
        (await VerifyAsync("--from", Path.Combine(_folder, $"{room.TenantId:D}", "checkpoint"))).ShouldBe((ExitCode.Done, "INTACT 4 entries in 1 logs\n1 outside checkpoints agree\n", ""));
        (await VerifyAsync("--key", Path.Combine(_folder, $"{room.TenantId:D}", "keys"))).ExitCode.ShouldBe(ExitCode.Done);
        var json = JsonDocument.Parse((await VerifyAsync("--json")).Output).RootElement;
        (json.GetProperty("intact").GetBoolean(), json.GetProperty("entries").GetInt64()).ShouldBe((true, 4));
    }

    [Fact]
    public async Task A_changed_export_is_broken_and_an_unfinished_one_is_neither()
    {
        await using var product = await ProductDatabase.CreateAsync();
        var room = await AwardAsync(product, learners: 3);
        await ToolProcess.RunAsync(product.Configuration, "ledger", "checkpoint");
        await ToolProcess.RunAsync(product.Configuration, "ledger", "export", "--to", _folder);
        var bundle = Path.Combine(_folder, $"{room.TenantId:D}", "tile/entries/000.p/4");
        var kept = await File.ReadAllBytesAsync(bundle, TestContext.Current.CancellationToken);

        await File.WriteAllBytesAsync(bundle, [.. kept[..^10], (byte)'x', .. kept[^9..]], TestContext.Current.CancellationToken);
        var broken = await VerifyAsync();
        broken.ExitCode.ShouldBe(ExitCode.Broken);
        broken.Output.ShouldStartWith("BROKEN entry 4 tile/entries/000.p/4.");
        broken.Errors.ShouldBe($"In the log {room.TenantId:D}:\n");

        // An export on top of it mends what differs from the database.
        (await ToolProcess.RunAsync(product.Configuration, "ledger", "export", "--to", _folder)).ExitCode.ShouldBe(ExitCode.Done);
        (await VerifyAsync()).ExitCode.ShouldBe(ExitCode.Done);

        File.Delete(Path.Combine(_folder, $"{room.TenantId:D}", "checkpoint"));
        var unfinished = await VerifyAsync();
        unfinished.ExitCode.ShouldBe(ExitCode.Usage);
        unfinished.Output.ShouldBeEmpty();
        unfinished.Errors.ShouldContain("is not whole");
    }

    [Fact]
    public async Task The_export_of_another_database_is_not_written_over()
    {
        await using var product = await ProductDatabase.CreateAsync();
        await AwardAsync(product, learners: 3);
        await ToolProcess.RunAsync(product.Configuration, "ledger", "checkpoint");
        await ToolProcess.RunAsync(product.Configuration, "ledger", "export", "--to", _folder);
        var log = Directory.EnumerateDirectories(_folder).ShouldHaveSingleItem();
        var before = await File.ReadAllTextAsync(Path.Combine(log, "checkpoint"), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(log, "checkpoint"), before.Replace("\n4\n", "\n400\n", StringComparison.Ordinal), TestContext.Current.CancellationToken);

        var refused = await ToolProcess.RunAsync(product.Configuration, "ledger", "export", "--to", _folder);

        refused.ExitCode.ShouldBe(ExitCode.Broken);
        refused.Output.ShouldBeEmpty();
        refused.Errors.ShouldContain("400 entries");
    }

    [Fact]
    public async Task Wrong_folders_and_names_are_usage_errors()
    {
        await using var product = await ProductDatabase.CreateAsync();
        await AwardAsync(product, learners: 1);

        (await ToolProcess.RunAsync(product.Configuration, "ledger", "export")).ExitCode.ShouldBe(ExitCode.Usage);
        (await ToolProcess.RunAsync(product.Configuration, "ledger", "export", "--to", _folder, "--tenant", "Nobody")).ExitCode.ShouldBe(ExitCode.Usage);
        (await VerifyAsync()).Errors.ShouldContain("holds no exported log");
        (await VerifyAsync()).ExitCode.ShouldBe(ExitCode.Usage);
        (await ToolProcess.RunAsync(s_noDatabase, "ledger", "verify", "--export", "/no/such/folder")).ExitCode.ShouldBe(ExitCode.Usage);
    }

    private Task<(int ExitCode, string Output, string Errors)> VerifyAsync(params string[] more) =>
        ToolProcess.RunAsync(s_noDatabase, ["ledger", "verify", "--export", _folder, .. more]);

    private static async Task<Classroom> AwardAsync(ProductDatabase product, int learners)
    {
        var room = await product.FurnishAsync(learners);
        for (var i = 1; i <= learners; i++)
        {
            await product.SendAsync(new RecordResults(
                room.OwnColumn,
                [new Result { UserId = i.ToString(System.Globalization.CultureInfo.InvariantCulture), ResultScore = 80, ResultMaximum = 100, MessageHash = SHA256.HashData([1]) }]));
        }

        return room;
    }
}
