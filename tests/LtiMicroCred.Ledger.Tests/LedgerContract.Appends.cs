using System.Data.Common;

namespace LtiMicroCred.Ledger.Tests;

public abstract partial class LedgerContract
{
    [Fact]
    public async Task A_new_log_is_empty_and_intact()
    {
        var head = await HeadAsync(Samples.LogA);

        head.Origin.ShouldBe(Samples.Origin(Samples.LogA));
        head.Size.ShouldBe(0);
        head.Frontier.ShouldBeEmpty();
        head.Root.ShouldBe(Merkle.EmptyRoot);
        (await VerifyAsync()).ShouldBe(new LedgerVerification(2, 0, null));
    }

    [Theory]
    [InlineData("")]
    [InlineData("awards.example.edu")]
    [InlineData("awards.example.edu/logs/0b000000-0000-7000-8000-00000000000b")]
    [InlineData("awards.example.edu/logs/0A000000-0000-7000-8000-00000000000A")]
    [InlineData("/logs/0a000000-0000-7000-8000-00000000000a")]
    [InlineData("my host/logs/0a000000-0000-7000-8000-00000000000a")]
    [InlineData("a+b/logs/0a000000-0000-7000-8000-00000000000a")]
    [InlineData("ä/logs/0a000000-0000-7000-8000-00000000000a")]
    public async Task An_origin_that_does_not_name_its_log_is_refused(string origin) =>
        await Should.ThrowAsync<ArgumentException>(() => CreateLogAsync(Samples.LogA, origin));

    [Fact]
    public async Task A_log_is_made_once() =>
        await Should.ThrowAsync<DbException>(() => CreateLogAsync(Samples.LogA));

    [Fact]
    public async Task The_first_entry_has_number_one_and_is_its_own_root()
    {
        var receipt = (await AppendAsync(Samples.LogA, Samples.Entry())).ShouldHaveSingleItem();

        receipt.Number.ShouldBe(1);
        receipt.Size.ShouldBe(1);
        receipt.Root.ShouldBe(receipt.LeafHash);
        (await HeadAsync(Samples.LogA)).Root.ShouldBe(receipt.Root);
    }

    [Fact]
    public async Task Numbers_run_on_over_appends_and_the_root_is_that_of_all_leaves()
    {
        var receipts = new List<LedgerReceipt>();
        foreach (var count in new[] { 1, 4, 0, 2, 9 })
        {
            var page = await AppendAsync(Samples.LogA, Samples.Entries(count));
            receipts.AddRange(page);
            foreach (var receipt in page)
            {
                receipt.Size.ShouldBe(receipts.Count);
                receipt.Root.ShouldBe(Merkle.Root([.. receipts.Select(r => r.LeafHash)]));
            }
        }

        receipts.Select(r => r.Number).ShouldBe(Enumerable.Range(1, 16).Select(n => (long)n));
        (await HeadAsync(Samples.LogA)).Size.ShouldBe(16);
        (await HeadAsync(Samples.LogB)).Size.ShouldBe(0);
        (await VerifyAsync()).ShouldBe(new LedgerVerification(2, 16, null));
    }

    [Fact]
    public async Task Logs_do_not_share_numbers()
    {
        await AppendAsync(Samples.LogA, Samples.Entries(3));

        (await AppendAsync(Samples.LogB, Samples.Entry()))[0].Number.ShouldBe(1);
        (await VerifyAsync()).ShouldBe(new LedgerVerification(2, 4, null));
    }

    [Fact]
    public async Task An_entry_is_found_by_its_award_as_it_was_written()
    {
        var plain = Samples.Entry(hours: 999_999_999_999.999999m) with { Credits = null, CreditSystem = null, Passed = false };
        var full = Samples.Entry(hours: 12.5m) with { CreditSystem = "Créd\u2028it \"É\\\" 🎓" };
        var receipts = await AppendAsync(Samples.LogA, plain, full);

        var foundPlain = (await FindAsync(plain.AwardId)).ShouldNotBeNull();
        var plainBack = foundPlain.Entry.ShouldBeOfType<AwardIssued>();
        var foundFull = (await FindAsync(full.AwardId)).ShouldNotBeNull();
        var fullBack = foundFull.Entry.ShouldBeOfType<AwardIssued>();

        foundPlain.Number.ShouldBe(1);
        foundPlain.LogId.ShouldBe(Samples.LogA);
        plainBack.ShouldBe(plain with { At = plainBack.At, AchievementHash = plainBack.AchievementHash, SubjectRef = plainBack.SubjectRef });
        fullBack.ShouldBe(full with { At = fullBack.At, AchievementHash = fullBack.AchievementHash, SubjectRef = fullBack.SubjectRef });
        fullBack.At.ShouldBe(new DateTimeOffset(2026, 3, 1, 8, 30, 0, TimeSpan.Zero).AddTicks(1_234_560));
        fullBack.AchievementHash.ShouldBe(full.AchievementHash);
        fullBack.SubjectRef.ShouldBe(full.SubjectRef);
        foundFull.LeafHash.ShouldBe(receipts[1].LeafHash);
        Merkle.LeafHash(foundFull.EntryBytes).ShouldBe(receipts[1].LeafHash);
        (await FindAsync(Guid.CreateVersion7())).ShouldBeNull();
        (await VerifyAsync()).Intact.ShouldBeTrue();
    }

    [Fact]
    public async Task A_rolled_back_append_leaves_nothing()
    {
        await AppendAsync(Samples.LogA, Samples.Entry());
        var before = await HeadAsync(Samples.LogA);
        var entry = Samples.Entry();

        await using (var connection = await Database.OpenAsync())
        await using (var transaction = await connection.BeginTransactionAsync(Cancel))
        {
            await log.AppendAsync(connection, transaction, Samples.LogA, [entry, Samples.Entry()], Cancel);
            await transaction.RollbackAsync(Cancel);
        }

        (await FindAsync(entry.AwardId)).ShouldBeNull();
        (await HeadAsync(Samples.LogA)).Root.ShouldBe(before.Root);
        (await AppendAsync(Samples.LogA, entry))[0].Number.ShouldBe(2);
        (await VerifyAsync()).ShouldBe(new LedgerVerification(2, 2, null));
    }

    [Fact]
    public async Task Two_appends_of_one_transaction_follow_each_other()
    {
        await using (var connection = await Database.OpenAsync())
        await using (var transaction = await connection.BeginTransactionAsync(Cancel))
        {
            await log.AppendAsync(connection, transaction, Samples.LogA, Samples.Entries(3), Cancel);
            (await log.AppendAsync(connection, transaction, Samples.LogA, Samples.Entries(3), Cancel))[0].Number.ShouldBe(4);
            await transaction.CommitAsync(Cancel);
        }

        (await VerifyAsync()).ShouldBe(new LedgerVerification(2, 6, null));
    }

    [Fact]
    public async Task An_entry_beyond_its_limits_spoils_the_whole_append()
    {
        await Should.ThrowAsync<ArgumentException>(() => AppendAsync(Samples.LogA, Samples.Entry(), Samples.Entry(hours: -1)));

        (await VerifyAsync()).ShouldBe(new LedgerVerification(2, 0, null));
    }

    [Fact]
    public async Task Nothing_is_appended_to_an_unknown_log() =>
        await Should.ThrowAsync<InvalidOperationException>(() => AppendAsync(Guid.NewGuid(), Samples.Entry()));

    [Theory]
    [InlineData("Root")]
    [InlineData("Frontier")]
    public async Task Nothing_is_built_on_a_damaged_head(string column)
    {
        await AppendAsync(Samples.LogA, Samples.Entries(2));
        await Database.UnlockAsync();
        await Database.RunAsync($"UPDATE LedgerHead SET {column} = {Database.Bytes(new byte[32])}");

        await Should.ThrowAsync<LedgerFormatException>(() => AppendAsync(Samples.LogA, Samples.Entry()));
    }

    [Fact]
    public async Task Parallel_appends_never_fork()
    {
        const int writers = 3, appends = 12;
        var receipts = await Task.WhenAll(Enumerable.Range(0, writers).Select(_ => Task.Run(async () =>
        {
            var mine = new List<LedgerReceipt>();
            for (var i = 0; i < appends; i++)
                mine.AddRange(await AppendAsync(Samples.LogA, Samples.Entries(2)));
            return mine;
        })));

        receipts.SelectMany(r => r).Select(r => r.Number).Order().ShouldBe(Enumerable.Range(1, writers * appends * 2).Select(n => (long)n));
        (await VerifyAsync()).ShouldBe(new LedgerVerification(2, writers * appends * 2, null));
    }

    [Theory]
    [InlineData("UPDATE LedgerEntry SET Hours = '1' WHERE Number = 2")]
    [InlineData("UPDATE LedgerEntry SET Number = 4 WHERE Number = 3")]
    [InlineData("DELETE FROM LedgerEntry WHERE Number = 3")]
    [InlineData("DELETE FROM LedgerEntry")]
    [InlineData("DELETE FROM LedgerHead")]
    [InlineData("UPDATE LedgerHead SET Size = Size - 1 WHERE Size > 0")]
    [InlineData("UPDATE LedgerHead SET Size = Size + 1")]
    [InlineData("UPDATE LedgerHead SET Origin = 'elsewhere.example' WHERE Size > 0")]
    [InlineData($"INSERT INTO LedgerEntry (LogId, Number, {Columns}) SELECT LogId, 2, {Columns} FROM LedgerEntry WHERE Number = 3")]
    [InlineData($"INSERT INTO LedgerEntry (LogId, Number, {Columns}) SELECT LogId, 5, {Columns} FROM LedgerEntry WHERE Number = 3")]
    [InlineData($"INSERT INTO LedgerEntry (LogId, Number, {Columns}) SELECT LogId, 0, {Columns} FROM LedgerEntry WHERE Number = 3")]
    [InlineData($"INSERT INTO LedgerEntry (LogId, Number, {Columns}) SELECT '0c000000-0000-7000-8000-00000000000c', 1, {Columns} FROM LedgerEntry WHERE Number = 3")]
    public async Task The_database_itself_refuses(string sql)
    {
        await AppendAsync(Samples.LogA, Samples.Entries(3));

        await RefusedAsync(sql);

        (await VerifyAsync()).ShouldBe(new LedgerVerification(2, 3, null));
        (await AppendAsync(Samples.LogA, Samples.Entry()))[0].Number.ShouldBe(4);
    }

    [Fact]
    public async Task A_log_cannot_start_with_a_size() =>
        await RefusedAsync($"""
            INSERT INTO LedgerHead (LogId, Origin, Size, Frontier, Root)
            SELECT '0c000000-0000-7000-8000-00000000000c', 'c', 1, Root, Root FROM LedgerHead WHERE LogId = '{Samples.LogA:D}'
            """);

    [Fact]
    public async Task A_head_does_not_shrink_to_fewer_entries_even_when_the_tail_was_cut()
    {
        await AppendAsync(Samples.LogA, Samples.Entries(3));
        await Database.RunAsync(Database.Engine == LedgerEngine.Sqlite ? "DROP TRIGGER LedgerEntry_NoDelete" : "DROP TRIGGER LedgerEntry_NoChange");
        await Database.RunAsync("DELETE FROM LedgerEntry WHERE Number = 3");

        await RefusedAsync($"UPDATE LedgerHead SET Size = 2 WHERE LogId = '{Samples.LogA:D}'");
        (await VerifyAsync()).Break.ShouldNotBeNull().ToString().ShouldStartWith("BROKEN entry 3 LedgerEntry.Number: missing");
    }
}
