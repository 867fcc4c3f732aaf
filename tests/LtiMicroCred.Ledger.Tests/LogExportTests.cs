using System.Diagnostics;
using System.Text;

namespace LtiMicroCred.Ledger.Tests;

[Collection(AloneOnTheHeap.Name)]
public sealed class LogExportTests : IDisposable
{
    private readonly ExportFolder export = new();

    public void Dispose() => export.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(600)]
    public async Task What_was_exported_verifies(int size)
    {
        var log = LogInMemory.Of(0, size / 2, size);

        (await export.WriteAsync(log)).ShouldNotBeNull().Size.ShouldBe(size);
        var findings = await export.CheckAsync([.. log.Notes]);

        findings.Break.ShouldBeNull();
        findings.Unfinished.ShouldBeNull();
        findings.Warnings.ShouldBeEmpty();
        findings.Entries.ShouldBe(size);
        findings.Compared.ShouldBe(log.Notes.Count);
        File.ReadAllBytes(export["checkpoint"]).ShouldBe(log.Notes[^1]);
        CheckpointFile.Parse(File.ReadAllBytes(export["checkpoints"])).Notes.ShouldBe(log.Notes);
        File.ReadAllText(export["keys"]).ShouldBe($"{log.Key.Verifier}\n");
    }

    [Fact]
    public async Task The_layout_is_that_of_a_server_of_tiles()
    {
        await export.WriteAsync(LogInMemory.Of(600));

        export.Files.ShouldBe(
        [
            "checkpoint", "checkpoints", "keys",
            "tile/0/000", "tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2",
            "tile/entries/000", "tile/entries/001", "tile/entries/002.p/88",
        ]);
    }

    [Fact]
    public async Task Seventy_thousand_entries_have_the_tiles_of_the_specification_and_need_no_more_memory_than_few()
    {
        var log = LogInMemory.Of(70_000);
        var heap = new List<long>();
        var measure = new Measure(heap);

        await new LogExport(log, export.Folder, measure).RunAsync(TestContext.Current.CancellationToken);
        (await new ExportCheck(Samples.LogA, export.Folder, LedgerEvidence.None, measure).RunAsync(TestContext.Current.CancellationToken)).Intact.ShouldBeTrue();

        // C2SP tlog-tiles, Parameters: 273 full level 0 tiles and one of 112, a full level 1 tile and one of 17, a level 2 tile of 1.
        export.Files.Count(file => file.StartsWith("tile/0/", StringComparison.Ordinal)).ShouldBe(274);
        export.Files.Where(file => file.StartsWith("tile/1/", StringComparison.Ordinal)).ShouldBe(["tile/1/000", "tile/1/001.p/17"]);
        export.Files.ShouldContain("tile/0/273.p/112", StringComparer.Ordinal);
        export.Files.ShouldContain("tile/2/000.p/1", StringComparer.Ordinal);
        heap.Count.ShouldBe(14);
        (heap.Max() - heap.Min()).ShouldBeLessThan(3_000_000);
        GC.KeepAlive(log); // it is not what is measured
    }

    [Fact]
    public async Task A_log_that_was_never_signed_is_not_exported()
    {
        (await export.WriteAsync(LogInMemory.Of())).ShouldBeNull();

        Directory.Exists(export.Folder).ShouldBeFalse();
    }

    [Fact]
    public async Task An_export_cut_short_is_seen_and_goes_on()
    {
        var log = LogInMemory.Of(100, 600);
        for (var pages = 0; pages < 3; pages++)
        {
            log.PagesUntilFailure = pages;
            await Should.ThrowAsync<IOException>(() => export.WriteAsync(log));

            var findings = await export.CheckAsync();
            findings.Break.ShouldBeNull();
            findings.Unfinished.ShouldNotBeNull();
        }

        log.PagesUntilFailure = int.MaxValue;
        await export.WriteAsync(log);
        (await export.CheckAsync()).ShouldSatisfyAllConditions(f => f.Intact.ShouldBeTrue(), f => f.Entries.ShouldBe(600));
        export.Files.ShouldNotContain(file => file.EndsWith(".new", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_folder_that_was_whole_stays_so_while_it_is_brought_up_to_date()
    {
        var log = LogInMemory.Of(300);
        await export.WriteAsync(log);
        log.GrowTo(900);
        for (var pages = 0; pages < 4; pages++)
        {
            log.PagesUntilFailure = pages;
            await Should.ThrowAsync<IOException>(() => export.WriteAsync(log));
            (await export.CheckAsync()).ShouldSatisfyAllConditions(f => f.Intact.ShouldBeTrue(), f => f.Entries.ShouldBe(300));
        }

        log.PagesUntilFailure = int.MaxValue;
        var untouched = File.GetLastWriteTimeUtc(export["tile/0/000"]);
        await export.WriteAsync(log);

        (await export.CheckAsync()).ShouldSatisfyAllConditions(f => f.Intact.ShouldBeTrue(), f => f.Entries.ShouldBe(900));
        File.GetLastWriteTimeUtc(export["tile/0/000"]).ShouldBe(untouched);
        export.Files.Where(file => file.Contains(".p/", StringComparison.Ordinal)).ShouldBe(["tile/0/003.p/132", "tile/1/000.p/3", "tile/entries/003.p/132"]);
    }

    [Fact]
    public async Task Checkpoints_that_go_beyond_the_newest_show_that_the_export_was_not_finished()
    {
        var log = LogInMemory.Of(300);
        await export.WriteAsync(log);
        log.GrowTo(400);
        await CheckpointFile.AppendAsync(export["checkpoints"], [log.Notes[^1]], TestContext.Current.CancellationToken);

        (await export.CheckAsync()).Unfinished.ShouldNotBeNull().ShouldContain("400");
    }

    [Fact]
    public async Task The_folder_of_another_history_is_not_written_over()
    {
        await export.WriteAsync(LogInMemory.Of(300));
        var before = await export.CheckAsync();

        (await Should.ThrowAsync<LedgerFormatException>(() => export.WriteAsync(LogInMemory.Of(600)))).Message.ShouldContain("the first 300 entries");
        (await Should.ThrowAsync<LedgerFormatException>(() => export.WriteAsync(LogInMemory.Of(200)))).Message.ShouldContain("300 entries");

        before.Intact.ShouldBeTrue();
    }

    [Fact]
    public async Task A_source_that_contradicts_its_checkpoint_is_not_exported_as_whole()
    {
        var log = LogInMemory.Of(10, 20);
        var other = LogInMemory.Of(20);

        await Should.ThrowAsync<LedgerFormatException>(() => export.WriteAsync(new Mixed(log, other)));

        (await export.CheckAsync()).Unfinished.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_fragment_among_the_checkpoints_is_passed_over_with_a_warning()
    {
        var log = LogInMemory.Of(10, 20, 30);
        await export.WriteAsync(log);
        byte[] text = [.. log.Notes[0], (byte)'\n', .. log.Notes[1].AsSpan(0, 90), .. "\n\n"u8, .. log.Notes[2], (byte)'\n'];
        await File.WriteAllBytesAsync(export["checkpoints"], text, TestContext.Current.CancellationToken);

        var findings = await export.CheckAsync();

        findings.Intact.ShouldBeTrue();
        findings.Warnings.ShouldHaveSingleItem().ShouldStartWith("line 7 ");
    }

    private sealed class Measure(List<long> heap) : IProgress<LedgerProgress>
    {
        void IProgress<LedgerProgress>.Report(LedgerProgress value)
        {
            if (value.Verified % 10_240 == 0 || value.Verified == value.Size)
                heap.Add(GC.GetTotalMemory(forceFullCollection: true));
        }
    }

    /// <summary>The entries of one log under the checkpoints of another.</summary>
    private sealed class Mixed(LogInMemory signed, LogInMemory entries) : ILogSource
    {
        public Guid LogId => signed.LogId;

        public Task<IReadOnlyList<VerifierKey>> KeysAsync(CancellationToken cancellationToken) => signed.KeysAsync(cancellationToken);

        public IAsyncEnumerable<byte[]> CheckpointsAsync(CancellationToken cancellationToken) => signed.CheckpointsAsync(cancellationToken);

        public Task<IReadOnlyList<byte[]>> EntriesAsync(long after, long upTo, CancellationToken cancellationToken) => entries.EntriesAsync(after, upTo, cancellationToken);
    }
}
