using System.Diagnostics;
using System.Text;

namespace LtiMicroCred.Ledger.Tests;

public sealed class ExportCheckTests : IAsyncLifetime
{
    private readonly ExportFolder export = new();
    private readonly LogInMemory log = LogInMemory.Of(100, 256, 600);

    public async ValueTask InitializeAsync() => await export.WriteAsync(log);

    public ValueTask DisposeAsync()
    {
        export.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData("tile/entries/001", 260)]
    [InlineData("tile/entries/002.p/88", 599)]
    [InlineData("tile/entries/000", 1)]
    public async Task A_rewritten_entry_is_named(string file, int number)
    {
        var place = (number - 1) % 256;
        export.Change(file, packed => WithEntries(file, packed, entries =>
            entries[place] = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(entries[place]).Replace("\"passed\":true", "\"passed\":false", StringComparison.Ordinal))));

        var findings = await export.CheckAsync();

        findings.Break.ShouldNotBeNull().ToString().ShouldStartWith($"BROKEN entry {number} {file}.entry: was rewritten");
        findings.Entries.ShouldBe(number - 1);
    }

    [Fact]
    public async Task Swapped_entries_are_named()
    {
        export.Change("tile/entries/000", packed => WithEntries("tile/entries/000", packed, entries => (entries[6], entries[8]) = (entries[8], entries[6])));

        (await BreakAsync()).ShouldBe("BROKEN entry 7 tile/entries/000.number: the bytes are those of entry 9");
    }

    [Fact]
    public async Task An_entry_of_another_form_is_named()
    {
        export.Change("tile/entries/000", packed => WithEntries("tile/entries/000", packed, entries =>
            entries[4] = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(entries[4]).Replace(",", ", ", StringComparison.Ordinal))));

        (await BreakAsync()).ShouldBe("BROKEN entry 5 tile/entries/000.entry: not in canonical form");
    }

    [Theory]
    [InlineData("tile/0/000", 3, 4)]
    [InlineData("tile/0/002.p/88", 87, 600)]
    [InlineData("tile/1/000.p/2", 0, 1)]
    [InlineData("tile/1/000.p/2", 1, 257)]
    public async Task A_changed_hash_is_named(string file, int place, int number)
    {
        export.Change(file, hashes => Flipped(hashes, place * Merkle.HashSize));

        (await BreakAsync()).ShouldStartWith($"BROKEN entry {number} {file}.hash: ");
    }

    [Fact]
    public async Task An_entry_rewritten_with_all_its_tiles_contradicts_the_first_checkpoint_after_it()
    {
        using var rewritten = new ExportFolder();
        await rewritten.WriteAsync(LogInMemory.Of(600));
        foreach (var file in rewritten.Files.Where(file => file.StartsWith("tile/", StringComparison.Ordinal)))
            File.Copy(rewritten[file], export[file], overwrite: true);

        (await BreakAsync()).ShouldStartWith("BROKEN entry 1 checkpoints.root: entries 1 to 100 do not hash to it");
    }

    [Fact]
    public async Task Only_a_key_or_a_checkpoint_from_outside_shows_that_the_whole_was_rewritten_and_signed_anew()
    {
        using var rewritten = new ExportFolder();
        var other = new LogInMemory();
        other.GrowTo(600);
        await rewritten.WriteAsync(other);

        (await rewritten.CheckAsync()).Intact.ShouldBeTrue();
        (await new ExportCheck(Samples.LogA, rewritten.Folder, new LedgerEvidence { Keys = [log.Key.Verifier] }, progress: null).RunAsync(TestContext.Current.CancellationToken))
            .Break.ShouldNotBeNull().ToString().ShouldBe("BROKEN entry 0 checkpoint.file: is signed by none of the known keys of its log");
        (await rewritten.CheckAsync(log.Notes[0])).Break.ShouldNotBeNull().ToString().ShouldBe("BROKEN entry 0 outside.checkpoint: is signed by none of the known keys of its log");
    }

    [Fact]
    public async Task A_checkpoint_from_outside_shows_a_rewrite_under_the_same_key_and_a_tail_cut_off()
    {
        var root = RandomHash();
        var elsewhere = new Checkpoint { Origin = log.Key.Verifier.Name, Size = 120, Root = root }.Sign(log.Key);
        var longer = new Checkpoint { Origin = log.Key.Verifier.Name, Size = 601, Root = root }.Sign(log.Key);

        (await export.CheckAsync(elsewhere)).Break.ShouldNotBeNull().ToString().ShouldStartWith("BROKEN entry 101 outside.root: entries 101 to 120 do not hash to it");
        (await export.CheckAsync(longer)).Break.ShouldNotBeNull().ToString().ShouldStartWith("BROKEN entry 601 outside.size: is 601, but the folder ends at 600");
    }

    [Fact]
    public async Task Checkpoints_from_outside_that_say_nothing_about_this_log_are_not_counted()
    {
        var name = Samples.Origin(Samples.LogB);
        var others = new Checkpoint { Origin = name, Size = 9, Root = RandomHash() }.Sign(SigningKey.Generate(name));

        var findings = await export.CheckAsync(others, "nonsense"u8.ToArray());

        findings.Intact.ShouldBeTrue();
        findings.Compared.ShouldBe(0);
        findings.Warnings.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_folder_under_the_name_of_another_log_is_refused() =>
        (await new ExportCheck(Samples.LogB, export.Folder, LedgerEvidence.None, progress: null).RunAsync(TestContext.Current.CancellationToken))
            .Break.ShouldNotBeNull().ToString().ShouldBe("BROKEN entry 0 keys.key: is not named as this log");

    [Fact]
    public async Task Checkpoints_out_of_order_or_without_the_newest_are_refused()
    {
        await File.WriteAllBytesAsync(export["checkpoints"], Joined(log.Notes[1], log.Notes[0], log.Notes[2]), TestContext.Current.CancellationToken);
        (await BreakAsync()).ShouldBe("BROKEN entry 256 checkpoints.size: 100 follows 256: the oldest come first");

        await File.WriteAllBytesAsync(export["checkpoints"], Joined(log.Notes[0], log.Notes[1]), TestContext.Current.CancellationToken);
        (await BreakAsync()).ShouldBe("BROKEN entry 256 checkpoints.checkpoint: the newest one is not among them");
    }

    [Fact]
    public async Task Any_changed_byte_is_found()
    {
        var random = new Random(20260301);
        foreach (var file in export.Files)
        {
            var content = await File.ReadAllBytesAsync(export[file], TestContext.Current.CancellationToken);
            for (var i = 0; i < 40; i++)
            {
                var place = random.Next(content.Length);
                await File.WriteAllBytesAsync(export[file], Flipped(content, place), TestContext.Current.CancellationToken);
                var findings = await export.CheckAsync();

                // An old checkpoint that is no note any more is passed over, and that is said.
                (!findings.Intact || findings.Warnings.Count > 0).ShouldBeTrue($"{file} at {place}");
                if (file != "checkpoints")
                    findings.Break.ShouldNotBeNull($"{file} at {place}").Table.ShouldBe(file == "keys" && findings.Break.Table != "keys" ? "checkpoint" : file);
            }

            await File.WriteAllBytesAsync(export[file], content, TestContext.Current.CancellationToken);
        }

        (await export.CheckAsync()).Intact.ShouldBeTrue();
    }

    [Fact]
    public async Task Hostile_files_are_breaks_and_not_crashes()
    {
        foreach (var file in export.Files)
        {
            var path = export[file];
            var content = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
            Action[] attacks =
            [
                () => { },
                () => File.WriteAllBytes(path, []),
                () => File.WriteAllBytes(path, content[..^1]),
                () => File.WriteAllBytes(path, [.. content, 0xFF]),
                () => File.WriteAllBytes(path, [0xFF, 0xFE, .. content]),
                () => File.WriteAllBytes(path, new byte[content.Length]),
                () => { using var sparse = File.Create(path); sparse.SetLength(1L << 40); },
                () => Directory.CreateDirectory(path),
                () => File.CreateSymbolicLink(path, path),
                () => File.CreateSymbolicLink(path, "/dev/zero"),
                () => Process.Start("mkfifo", [path]).WaitForExit(),
            ];
            foreach (var (attack, make) in attacks.Index())
            {
                File.Delete(path);
                make();
                var findings = await export.CheckAsync();

                // The last empty line may be missing, and a fragment may follow.
                var harmless = file == "checkpoints" && (attack is 2 or 3);
                findings.Intact.ShouldBe(harmless, $"{file}, attack {attack}");
                if (Directory.Exists(path))
                    Directory.Delete(path);
            }

            File.Delete(path);
            await File.WriteAllBytesAsync(path, content, TestContext.Current.CancellationToken);
        }

        (await export.CheckAsync()).Intact.ShouldBeTrue();
    }

    private static byte[] RandomHash() => System.Security.Cryptography.RandomNumberGenerator.GetBytes(Merkle.HashSize);

    private static byte[] Flipped(byte[] content, int place)
    {
        byte[] changed = [.. content];
        changed[place] ^= 0x01;
        return changed;
    }

    private static byte[] Joined(params byte[][] notes) => [.. notes.SelectMany(note => note.Append((byte)'\n'))];

    private static byte[] WithEntries(string file, byte[] packed, Action<List<byte[]>> change)
    {
        List<byte[]> entries = [.. EntryBundle.Parse(file).ShouldNotBeNull().Unpack(packed)];
        change(entries);
        return EntryBundle.Pack(entries);
    }

    private async Task<string> BreakAsync() => (await export.CheckAsync()).Break.ShouldNotBeNull().ToString();
}
