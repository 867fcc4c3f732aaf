using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace LtiMicroCred.Ledger.Tests;

/// <summary>The script that auditors read comes to the same findings as this library. Skipped where there is no Python.</summary>
public sealed class VerifyScriptTests : IAsyncLifetime
{
    private readonly ExportFolder export = new();
    private readonly LogInMemory log = LogInMemory.Of(0, 100, 256, 600);

    public static TheoryData<string> Files =>
        ["checkpoint", "checkpoints", "keys", "tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2", "tile/entries/000", "tile/entries/002.p/88"];

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(HasPython(), "there is no python3 here");
        await export.WriteAsync(log);
    }

    public ValueTask DisposeAsync()
    {
        export.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_good_export_is_intact()
    {
        var (code, output, errors) = await RunAsync();

        code.ShouldBe(0, errors);
        output.ShouldBe($"INTACT 600 entries in log {Samples.LogA:D}\n");
        errors.ShouldBe("no outside checkpoint was given\n");
    }

    [Fact]
    public async Task A_log_with_a_tile_of_the_third_level_is_intact()
    {
        log.GrowTo(65_600);
        await export.WriteAsync(log);

        (await RunAsync()).Output.ShouldBe($"INTACT 65600 entries in log {Samples.LogA:D}\n");
    }

    [Fact]
    public async Task An_entry_of_every_kind_and_with_every_letter_is_intact()
    {
        var odd = Samples.Entry() with { CreditSystem = "Cr\u00e9d\u2028it \"\u00c9\\\" \ud83c\udf93" };
        log.Add(EntryFormat.Encode(odd, log.Key.Verifier.Name, 601));
        log.Add(EntryFormat.Encode(new LearnerErased { At = Samples.At, AwardId = odd.AwardId }, log.Key.Verifier.Name, 602));
        log.GrowTo(602);
        await export.WriteAsync(log);

        var (code, output, _) = await RunAsync();
        output.ShouldBe($"INTACT 602 entries in log {Samples.LogA:D}\n");
        code.ShouldBe(0);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public async Task What_the_library_finds_the_script_finds(string file)
    {
        var content = await File.ReadAllBytesAsync(export[file], TestContext.Current.CancellationToken);
        byte[]?[] changes = [null, [], content[..^1], [.. content, 7], Flipped(content, 0), Flipped(content, content.Length / 2), Flipped(content, content.Length - 3)];
        foreach (var (attack, change) in changes.Index())
        {
            File.Delete(export[file]);
            if (change is not null)
                await File.WriteAllBytesAsync(export[file], change, TestContext.Current.CancellationToken);

            var findings = await export.CheckAsync();
            var (code, output, errors) = await RunAsync();

            code.ShouldBe(findings switch { { Unfinished: not null } => 2, { Break: not null } => 10, _ => 0 }, $"{file}, attack {attack}: {output}{errors}");
            if (findings.Break is not null)
                output.ShouldMatch(@"\ABROKEN entry [0-9]+ [a-z0-9./]+\.[a-z]+: .+\n\z", $"{file}, attack {attack}");
        }
    }

    [Fact]
    public async Task Another_writing_of_the_same_signature_is_refused_as_the_library_refuses_it()
    {
        const string letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        var content = await File.ReadAllBytesAsync(export["checkpoint"], TestContext.Current.CancellationToken);
        content[^2].ShouldBe((byte)'=', "68 bytes of base64: the last letter has two bits that say nothing");
        content[^3] = (byte)letters[letters.IndexOf((char)content[^3], StringComparison.Ordinal) ^ 1];
        await File.WriteAllBytesAsync(export["checkpoint"], content, TestContext.Current.CancellationToken);

        (await export.CheckAsync()).Break.ShouldNotBeNull();
        (await RunAsync()).Code.ShouldBe(10);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(300)]
    [InlineData(600)]
    public async Task A_rewritten_entry_is_named_as_the_library_names_it(int number)
    {
        var bundle = new EntryBundle((number - 1) / 256, number > 512 ? 88 : 256);
        export.Change(bundle.Path, packed =>
        {
            List<byte[]> entries = [.. bundle.Unpack(packed)];
            entries[(number - 1) % 256] = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(entries[(number - 1) % 256]).Replace("\"passed\":true", "\"passed\":false", StringComparison.Ordinal));
            return EntryBundle.Pack(entries);
        });

        var (code, output, _) = await RunAsync();

        code.ShouldBe(10);
        output.ShouldStartWith($"BROKEN entry {number} {bundle.Path}.entry: ");
        (await export.CheckAsync()).Break.ShouldNotBeNull().ToString().ShouldStartWith($"BROKEN entry {number} {bundle.Path}.entry: ");
    }

    [Fact]
    public async Task A_checkpoint_from_outside_is_compared()
    {
        var kept = Path.Combine(export.Parent, "kept");
        await CheckpointFile.AppendAsync(kept, [log.Notes[1], log.Notes[2]], TestContext.Current.CancellationToken);
        (await RunAsync(kept)).ShouldBe((0, $"INTACT 600 entries in log {Samples.LogA:D}\n", "2 outside checkpoints agree\n"));

        using var rewritten = new ExportFolder();
        await rewritten.WriteAsync(LogInMemory.Of(600));
        (await RunIn(rewritten, kept)).ShouldBe((10, "BROKEN entry 0 outside.checkpoint: is signed by none of the known keys of its log\n", ""));

        await CheckpointFile.AppendAsync(kept, [new Checkpoint { Origin = log.Key.Verifier.Name, Size = 601, Root = new byte[32] }.Sign(log.Key)], TestContext.Current.CancellationToken);
        var cut = await RunAsync(kept);
        cut.Code.ShouldBe(10);
        cut.Output.ShouldStartWith("BROKEN entry 601 outside.size: ");
    }

    [Fact]
    public async Task A_folder_without_a_log_and_a_wrong_usage_are_neither_intact_nor_broken()
    {
        Directory.Delete(export.Folder, recursive: true);

        (await RunAsync()).Code.ShouldBe(2);
        (await RunAsync("/no/such/file")).Code.ShouldBe(2);
        (await RunAsync("too", "many")).Code.ShouldBe(2);
    }

    private static byte[] Flipped(byte[] content, int place)
    {
        byte[] changed = [.. content];
        changed[place] ^= 0x01;
        return changed;
    }

    private static bool HasPython()
    {
        try
        {
            using var python = Process.Start(new ProcessStartInfo("python3", "--version") { UseShellExecute = false, RedirectStandardOutput = true });
            python!.WaitForExit();
            return python.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    private Task<(int Code, string Output, string Errors)> RunAsync(params string[] more) => RunIn(export, more);

    private static async Task<(int Code, string Output, string Errors)> RunIn(ExportFolder folder, params string[] more)
    {
        using var python = Process.Start(new ProcessStartInfo("python3", [Path.Combine(AppContext.BaseDirectory, "verify-ledger.py"), folder.Parent, .. more])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = python.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = python.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await python.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (python.ExitCode, await output, await errors);
    }
}
