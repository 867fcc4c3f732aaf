using System.Text;

namespace LtiMicroCred.Ledger.Tests;

public abstract partial class LedgerContract
{
    private static readonly SigningKey KeyA = SigningKey.Generate(Samples.Origin(Samples.LogA));
    private static readonly SigningKey OtherKeyA = SigningKey.Generate(Samples.Origin(Samples.LogA));
    private static readonly SigningKey KeyB = SigningKey.Generate(Samples.Origin(Samples.LogB));
    protected static readonly LedgerEvidence Known = new() { Keys = [KeyA.Verifier, KeyB.Verifier] };

    private readonly LedgerCheckpoints checkpoints = new(database.Engine);

    [Fact]
    public async Task Every_kind_of_entry_is_kept_and_read_back()
    {
        var issued = Samples.Entry();
        LedgerEntry[] entries =
        [
            new AchievementPublished { At = Samples.At, AchievementId = issued.AchievementId, AchievementVersion = 3, AchievementHash = issued.AchievementHash, Hours = 60 },
            issued,
            new AwardSuspended { At = Samples.At, AwardId = issued.AwardId, Reason = AwardChangeReason.ResultBelowRule },
            new AwardReinstated { At = Samples.At, AwardId = issued.AwardId, Reason = AwardChangeReason.ResultMeetsRule },
            new AwardSuperseded { At = Samples.At, AwardId = issued.AwardId, ReplacedBy = Guid.NewGuid() },
            new AwardRevoked { At = Samples.At, AwardId = issued.AwardId, Reason = AwardChangeReason.IssuedInError },
            new LearnerErased { At = Samples.At, AwardId = issued.AwardId },
        ];
        entries.Select(entry => entry.Kind).Order().ShouldBe(Enum.GetValues<LedgerKind>().Order());

        await AppendAsync(Samples.LogA, entries);

        (await VerifyAsync()).ShouldBe(new LedgerVerification(2, entries.Length, null));
        await using var connection = await Database.OpenAsync();
        var about = await log.EntriesOfAsync(connection, issued.AwardId, Cancel);
        about.Select(row => row.Entry.Kind).ShouldBe(entries.Skip(1).Select(entry => entry.Kind));
        (await log.BytesAsync(connection, Samples.LogA, after: 1, upTo: 7, Cancel)).ShouldBe(about.Select(row => row.EntryBytes));
    }

    [Fact]
    public async Task Tiles_grow_with_the_log_and_prove_every_entry()
    {
        List<byte[]> leaves = [];
        foreach (var count in new[] { 255, 1, 1, 300, 460 })
        {
            leaves.AddRange((await AppendAsync(Samples.LogA, Samples.Entries(count))).Select(receipt => receipt.LeafHash));
            await GrowAsync(Samples.LogA);
        }

        await using var connection = await Database.OpenAsync();
        var tiles = checkpoints.Tiles(connection, Samples.LogA);
        var tree = new HashTree(tiles, leaves.Count);
        (await tree.RootAsync(Cancel)).ShouldBe(Merkle.Root(leaves));
        foreach (var leaf in new[] { 0, 1, 254, 255, 256, 511, 512, 767, 768, 1000, 1016 })
            MerkleProof.Includes(Merkle.Root(leaves), leaves.Count, leaf, leaves[leaf], await tree.InclusionProofAsync(leaf, Cancel)).ShouldBeTrue();
        (await tiles.ReadAsync(new Tile(0, 3, 249), Cancel)).ShouldBe([.. leaves.Skip(768).SelectMany(hash => hash)]);
        (await tiles.ReadAsync(new Tile(1, 0, 3), Cancel)).ShouldBe([.. leaves.Take(768).Chunk(256).SelectMany(part => Merkle.Root(part))]);
        (await VerifyAsync()).ShouldBe(new LedgerVerification(2, 1017, null) { Tiles = 3 });
    }

    [Fact]
    public async Task A_checkpoint_is_signed_once_for_each_size()
    {
        (await SignAsync(Samples.LogA, KeyA)).ShouldBeNull("an empty log");
        var receipts = await AppendAsync(Samples.LogA, Samples.Entries(3));

        var signed = (await SignAsync(Samples.LogA, KeyA)).ShouldNotBeNull();

        (signed.Origin, signed.Size).ShouldBe((Samples.Origin(Samples.LogA), 3L));
        signed.Root.ShouldBe(receipts[0].Root);
        (await SignAsync(Samples.LogA, KeyA)).ShouldBeNull();
        await AppendAsync(Samples.LogA, Samples.Entry());
        (await SignAsync(Samples.LogA, KeyA, OtherKeyA)).ShouldNotBeNull().Size.ShouldBe(4);
        await using var connection = await Database.OpenAsync();
        var stored = await checkpoints.ReadAsync(connection, Samples.LogA, after: 0, atMost: 10, Cancel);
        stored.Select(row => row.Size).ShouldBe([3, 4]);
        Checkpoint.Open(stored[0].Note, [KeyA.Verifier]).Size.ShouldBe(3);
        Checkpoint.Open(stored[1].Note, [OtherKeyA.Verifier]).Size.ShouldBe(4);
        (await VerifyAsync(Known)).ShouldBe(new LedgerVerification(2, 4, null) { Checkpoints = 2 });
    }

    [Fact]
    public async Task What_was_rewritten_is_not_signed()
    {
        await AppendAsync(Samples.LogA, Samples.Entries(5));
        var known = await SignAsync(Samples.LogA, KeyA);
        await RewriteAsync(keepCheckpoints: true);
        await Should.ThrowAsync<LedgerFormatException>(() => SignAsync(Samples.LogA, KeyA));

        await Database.RunAsync($"DELETE FROM LedgerCheckpoint WHERE {InA}");
        await Should.ThrowAsync<LedgerFormatException>(async () => await SignAsync(Samples.LogA, known, KeyA));
        (await SignAsync(Samples.LogA, KeyA)).ShouldNotBeNull("nobody remembers");
    }

    [Fact]
    public async Task A_log_whose_entries_do_not_lead_to_its_head_is_not_signed()
    {
        await FillAsync();
        await Database.RunAsync($"UPDATE LedgerEntry SET LeafHash = {Database.Bytes(new byte[32])} WHERE Number = 4 AND {InA}");

        (await Should.ThrowAsync<LedgerFormatException>(() => SignAsync(Samples.LogA, KeyA))).Message.ShouldContain("ledger verify");
    }

    [Fact]
    public async Task An_award_is_proven_by_the_newest_checkpoint_and_nothing_else_is_needed()
    {
        var entries = Samples.Entries(300);
        await AppendAsync(Samples.LogA, entries);
        (await ProveAsync(entries[6].AwardId)).ShouldBeNull("no checkpoint counts it yet");
        await SignAsync(Samples.LogA, KeyA);
        await AppendAsync(Samples.LogA, new AwardRevoked { At = Samples.At, AwardId = entries[6].AwardId, Reason = AwardChangeReason.IssuedInError });

        var before = ProofBundle.Verify((await ProveAsync(entries[6].AwardId)).ShouldNotBeNull().Encode(), [KeyA.Verifier]);
        await SignAsync(Samples.LogA, KeyA);
        var after = ProofBundle.Verify((await ProveAsync(entries[6].AwardId)).ShouldNotBeNull().Encode(), [KeyA.Verifier]);

        (before.Broken, before.Standing, before.Checkpoint!.Size).ShouldBe((null, AwardStanding.Issued, 300L));
        (after.Broken, after.Standing, after.Checkpoint!.Size).ShouldBe((null, AwardStanding.Revoked, 301L));
        (await ProveAsync(Guid.NewGuid())).ShouldBeNull();
    }

    [Theory]
    [InlineData("LedgerTile", "LogId", "'0c000000-0000-7000-8000-00000000000c'", "Level = 0 AND TileIndex = 1", 1)]
    [InlineData("LedgerTile", "LogId", "'0b000000-0000-7000-8000-00000000000b'", "Level = 0 AND TileIndex = 1", 512, "TileIndex")]
    [InlineData("LedgerTile", "Level", "3", "Level = 0 AND TileIndex = 1", 512, "TileIndex")]
    [InlineData("LedgerTile", "Level", "9", "Level = 0 AND TileIndex = 1", 512, "TileIndex")]
    [InlineData("LedgerTile", "TileIndex", "7", "Level = 0 AND TileIndex = 1", 512)]
    [InlineData("LedgerTile", "Root", Zeros, "Level = 0 AND TileIndex = 1", 512)]
    [InlineData("LedgerTile", "Hashes", Zeros, "Level = 0 AND TileIndex = 1", 512)]
    [InlineData("LedgerCheckpoint", "LogId", "'0c000000-0000-7000-8000-00000000000c'", "Size = 600", 600)]
    [InlineData("LedgerCheckpoint", "LogId", "'0b000000-0000-7000-8000-00000000000b'", "Size = 2", 2)]
    [InlineData("LedgerCheckpoint", "Size", "599", "Size = 600", 599)]
    [InlineData("LedgerCheckpoint", "Size", "601", "Size = 600", 601)]
    [InlineData("LedgerCheckpoint", "Size", "0", "Size = 600", 0)]
    [InlineData("LedgerCheckpoint", "Root", Zeros, "Size = 600", 600)]
    [InlineData("LedgerCheckpoint", "Note", Zeros, "Size = 600", 600)]
    public async Task A_changed_value_of_a_tile_or_checkpoint_is_named(string table, string column, string value, string where, int number, string? named = null)
    {
        await SignedAsync();
        await Database.RunAsync($"UPDATE {table} SET {column} = {Literal(value)} WHERE {InA} AND {where}");

        (await VerifyAsync(Known)).Break.ShouldNotBeNull().ToString().ShouldStartWith($"BROKEN entry {number} {table}.{named ?? column}: ");
    }

    [Theory]
    [InlineData("DELETE FROM LedgerTile WHERE Level = 0 AND TileIndex = 0", "BROKEN entry 256 LedgerTile.TileIndex: ")]
    [InlineData("DELETE FROM LedgerTile", "BROKEN entry 256 LedgerTile.TileIndex: ")]
    [InlineData("INSERT INTO LedgerTile (LogId, Level, TileIndex, Root, Hashes) SELECT LogId, Level, 2, Root, Hashes FROM LedgerTile WHERE TileIndex = 1", "BROKEN entry 600 LedgerTile.TileIndex: ")]
    [InlineData("INSERT INTO LedgerTile (LogId, Level, TileIndex, Root, Hashes) SELECT LogId, 7, 0, Root, Hashes FROM LedgerTile WHERE TileIndex = 1", "BROKEN entry 600 LedgerTile.Level: ")]
    [InlineData("DELETE FROM LedgerHead WHERE LogId = '0b000000-0000-7000-8000-00000000000b'", "BROKEN entry 1 LedgerEntry.LogId: ")]
    public async Task Tiles_out_of_place_are_named(string sql, string broken)
    {
        await SignedAsync();
        await Database.RunAsync(sql);

        (await VerifyAsync(Known)).Break.ShouldNotBeNull().ToString().ShouldStartWith(broken);
    }

    [Fact]
    public async Task A_checkpoint_that_another_key_signed_is_a_break()
    {
        await SignedAsync();

        (await VerifyAsync(new LedgerEvidence { Keys = [OtherKeyA.Verifier, KeyB.Verifier] })).Break.ShouldNotBeNull().ToString()
            .ShouldBe("BROKEN entry 2 LedgerCheckpoint.Note: checkpoint is signed by none of the known keys of its log");
    }

    [Fact]
    public async Task A_tail_that_was_cut_with_its_head_is_told_by_the_checkpoint_that_was_left()
    {
        await SignedAsync();
        await CutAsync(to: 2);

        (await VerifyAsync(Known)).Break.ShouldNotBeNull().ToString().ShouldBe("BROKEN entry 3 LedgerEntry.Number: missing: a checkpoint was signed for 600 entries");
    }

    [Fact]
    public async Task A_tail_that_was_cut_with_everything_is_told_by_an_outside_checkpoint_alone()
    {
        var outside = await SignedAsync();
        await CutAsync(to: 2);
        await Database.RunAsync($"DELETE FROM LedgerCheckpoint WHERE Size > 2 AND {InA}");

        (await VerifyAsync(Known)).Intact.ShouldBeTrue("alone it cannot be told");
        (await VerifyAsync(Known with { Outside = outside })).Break.ShouldNotBeNull().ToString()
            .ShouldBe("BROKEN entry 3 LedgerEntry.Number: missing: an outside checkpoint counts 600 entries");
    }

    [Fact]
    public async Task A_log_that_was_rewritten_with_its_own_key_is_told_by_an_outside_checkpoint_alone()
    {
        var outside = await SignedAsync();
        await RewriteAsync(keepCheckpoints: false);
        await SignAsync(Samples.LogA, KeyA);

        (await VerifyAsync(Known)).Intact.ShouldBeTrue("alone it cannot be told");
        (await VerifyAsync(Known with { Outside = outside })).Break.ShouldNotBeNull().ToString()
            .ShouldBe("BROKEN entry 1 LedgerEntry.EntryBytes: entries 1 to 2 are not those that an outside checkpoint was signed for");
        (await VerifyAsync(Known with { Outside = [outside[^1]] })).Break.ShouldNotBeNull().ToString()
            .ShouldBe("BROKEN entry 1 LedgerEntry.EntryBytes: entries 1 to 600 are not those that an outside checkpoint was signed for");
    }

    [Fact]
    public async Task Outside_checkpoints_that_agree_are_counted()
    {
        var outside = await SignedAsync();

        var verification = await VerifyAsync(Known with { Outside = outside });

        verification.ShouldBe(new LedgerVerification(2, 601, null) { Checkpoints = 3, Tiles = 2, Outside = 3 });
    }

    [Theory]
    [InlineData(600, false, "an outside checkpoint is signed by none of the log's keys")]
    [InlineData(600, true, "an outside checkpoint has another root, and is signed by none of the log's keys")]
    [InlineData(700, true, "an outside checkpoint of 700 entries is signed by none of the log's keys, and there are only 600")]
    public async Task A_forged_outside_checkpoint_is_named(int size, bool otherRoot, string reason)
    {
        await SignedAsync();
        var root = otherRoot ? new byte[32] : (await HeadAsync(Samples.LogA)).Root;
        var forged = new Checkpoint { Origin = Samples.Origin(Samples.LogA), Size = size, Root = root }.Sign(OtherKeyA);

        (await VerifyAsync(Known with { Outside = [forged] })).Break.ShouldNotBeNull().ToString().ShouldBe($"BROKEN entry {size} LedgerCheckpoint.Note: {reason}");
    }

    [Fact]
    public async Task A_log_that_is_gone_altogether_is_told_by_an_outside_checkpoint()
    {
        var outside = await SignedAsync();
        foreach (var table in new[] { "LedgerTile", "LedgerCheckpoint", "LedgerEntry", "LedgerHead" })
            await Database.RunAsync($"DELETE FROM {table} WHERE {InA}");

        (await VerifyAsync(Known)).Intact.ShouldBeTrue();
        (await VerifyAsync(Known with { Outside = outside })).Break.ShouldNotBeNull().ToString().ShouldStartWith("BROKEN entry 0 LedgerHead.Origin: an outside checkpoint is that of ");
    }

    [Theory]
    [InlineData("UPDATE LedgerTile SET Root = Hashes")]
    [InlineData("DELETE FROM LedgerTile")]
    [InlineData("UPDATE LedgerCheckpoint SET Note = Root")]
    [InlineData("DELETE FROM LedgerCheckpoint")]
    [InlineData("INSERT INTO LedgerTile (LogId, Level, TileIndex, Root, Hashes) SELECT LogId, Level, 5, Root, Hashes FROM LedgerTile WHERE TileIndex = 1")]
    [InlineData("INSERT INTO LedgerCheckpoint (LogId, Size, Root, Note) SELECT LogId, 1, Root, Note FROM LedgerCheckpoint WHERE Size = 600")]
    [InlineData("INSERT INTO LedgerCheckpoint (LogId, Size, Root, Note) SELECT LogId, 601, Root, Note FROM LedgerCheckpoint WHERE Size = 600")]
    public async Task The_database_itself_refuses_to_change_tiles_and_checkpoints(string sql)
    {
        await SignSizesAsync();

        await RefusedAsync(sql);

        (await VerifyAsync(Known)).Intact.ShouldBeTrue();
    }

    /// <summary>Log A of 600 entries with checkpoints at 2 and 600, log B of one entry and its checkpoint; nothing guards them any more.</summary>
    /// <returns>Copies of the checkpoints of log A and B.</returns>
    protected async Task<IReadOnlyList<byte[]>> SignedAsync()
    {
        var notes = await SignSizesAsync();
        await Database.UnlockAsync();
        return notes;
    }

    private async Task<IReadOnlyList<byte[]>> SignSizesAsync()
    {
        await AppendAsync(Samples.LogA, Samples.Entries(2));
        await SignAsync(Samples.LogA, KeyA);
        await AppendAsync(Samples.LogA, Samples.Entries(598));
        await SignAsync(Samples.LogA, KeyA);
        await AppendAsync(Samples.LogB, Samples.Entry());
        await SignAsync(Samples.LogB, KeyB);
        await using var connection = await Database.OpenAsync();
        var stored = new List<CheckpointRow>();
        foreach (var logId in new[] { Samples.LogB, Samples.LogA })
            stored.AddRange(await checkpoints.ReadAsync(connection, logId, after: 0, atMost: 10, Cancel));
        stored.ShouldAllBe(row => Encoding.UTF8.GetString(row.Note).StartsWith(Samples.Origin(row.LogId), StringComparison.Ordinal));
        return [.. stored.Select(row => row.Note)];
    }

    /// <summary>What the owner of the database can do: an earlier end, with a head that fits.</summary>
    private async Task CutAsync(int to)
    {
        await using var connection = await Database.OpenAsync();
        var frontier = new Frontier();
        foreach (var bytes in await log.BytesAsync(connection, Samples.LogA, 0, to, Cancel))
            frontier.Append(Merkle.LeafHash(bytes));
        await Database.RunAsync($"DELETE FROM LedgerEntry WHERE Number > {to} AND {InA}");
        await Database.RunAsync($"DELETE FROM LedgerTile WHERE {InA}");
        await Database.RunAsync($"UPDATE LedgerHead SET Size = {to}, Frontier = {Database.Bytes(frontier.ToBytes())}, Root = {Database.Bytes(frontier.Root())} WHERE {InA}");
    }

    /// <summary>What the owner of the database can do: as many other entries, with all that follows from them.</summary>
    private async Task RewriteAsync(bool keepCheckpoints)
    {
        var size = (await HeadAsync(Samples.LogA)).Size;
        await Database.UnlockAsync();
        await Database.RunAsync($"DELETE FROM LedgerEntry WHERE {InA}");
        await Database.RunAsync($"DELETE FROM LedgerTile WHERE {InA}");
        if (!keepCheckpoints)
            await Database.RunAsync($"DELETE FROM LedgerCheckpoint WHERE {InA}");
        await Database.RunAsync($"UPDATE LedgerHead SET Size = 0, Frontier = {Database.Bytes([])}, Root = {Database.Bytes(Merkle.EmptyRoot)} WHERE {InA}");
        await AppendAsync(Samples.LogA, Samples.Entries((int)size + (keepCheckpoints ? 1 : 0)));
    }

    private Task<Checkpoint?> SignAsync(Guid logId, params SigningKey[] keys) => SignAsync(logId, known: null, keys);

    private async Task<Checkpoint?> SignAsync(Guid logId, Checkpoint? known, params SigningKey[] keys)
    {
        await GrowAsync(logId);
        await using var connection = await Database.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync(Cancel);
        var signed = await checkpoints.SignAsync(connection, transaction, logId, keys, known, Cancel);
        await transaction.CommitAsync(Cancel);
        return signed;
    }

    private async Task GrowAsync(Guid logId)
    {
        const int atMost = 2;
        int made;
        do
        {
            await using var connection = await Database.OpenAsync();
            await using var transaction = await connection.BeginTransactionAsync(Cancel);
            made = await checkpoints.GrowTilesAsync(connection, transaction, logId, atMost, Cancel);
            await transaction.CommitAsync(Cancel);
        }
        while (made == atMost);
    }

    private async Task<ProofBundle?> ProveAsync(Guid awardId)
    {
        await using var connection = await Database.OpenAsync();
        return await checkpoints.ProveAsync(connection, Samples.LogA, awardId, [KeyA.Verifier], Cancel);
    }
}
