namespace LtiMicroCred.Ledger.Tests;

public abstract partial class LedgerContract
{
    private const string InA = "LogId = '0a000000-0000-7000-8000-00000000000a'";
    private const string Zeros = "{zeros}";

    [Theory]
    [InlineData("LogId", "'0c000000-0000-7000-8000-00000000000c'")]
    [InlineData("Number", "99")]
    [InlineData("Kind", "'award.unheard'")]
    [InlineData("Kind", "'award.revoked'")]
    [InlineData("Kind", "'achievement.published'")]
    [InlineData("Kind", "'learner.erased'")]
    [InlineData("OccurredAt", "'2026-03-01T08:30:00.123457Z'")]
    [InlineData("AwardId", "'0c000000-0000-7000-8000-00000000000c'")]
    [InlineData("AchievementId", "'0c000000-0000-7000-8000-00000000000c'")]
    [InlineData("AchievementVersion", "4")]
    [InlineData("AchievementVersion", "0")]
    [InlineData("AchievementHash", Zeros)]
    [InlineData("Hours", "'61'")]
    [InlineData("Hours", "'-4'")]
    [InlineData("Credits", "'2.500001'")]
    [InlineData("Credits", "NULL")]
    [InlineData("CreditSystem", "'ects'")]
    [InlineData("CreditSystem", "'ECTS '")]
    [InlineData("CreditSystem", "NULL")]
    [InlineData("Passed", "0")]
    [InlineData("SubjectRef", Zeros)]
    [InlineData("EntryBytes", Zeros)]
    [InlineData("LeafHash", Zeros)]
    public async Task A_changed_value_of_an_entry_is_named(string column, string value)
    {
        await FillAsync();
        await Database.RunAsync($"UPDATE LedgerEntry SET {column} = {Literal(value)} WHERE {InA} AND Number = 4");

        (await BreakAsync()).ShouldStartWith($"BROKEN entry 4 LedgerEntry.{column}: ");
    }

    [Theory]
    [InlineData("Origin", "'other.example.edu/logs/0a000000-0000-7000-8000-00000000000a'", 1)]
    [InlineData("Origin", "'awards.example.edu/logs/0c000000-0000-7000-8000-00000000000c'", 0)]
    [InlineData("Size", "9", 9)]
    [InlineData("Size", "1", 1)]
    [InlineData("Size", "0", 0)]
    [InlineData("Size", "11", 10)]
    [InlineData("Size", "9223372036854775807", 10)]
    [InlineData("Frontier", Zeros, 10)]
    [InlineData("Frontier", "{empty}", 10)]
    [InlineData("Root", Zeros, 10)]
    public async Task A_changed_value_of_a_head_is_named(string column, string value, int number)
    {
        await FillAsync();
        await Database.RunAsync($"UPDATE LedgerHead SET {column} = {Literal(value)} WHERE {InA}");

        (await BreakAsync()).ShouldStartWith($"BROKEN entry {number} LedgerHead.{column}: ");
    }

    [Theory]
    [InlineData("UPDATE LedgerEntry SET Number = 8 - Number WHERE Number IN (3, 5) AND " + InA, 3)] // two swapped
    [InlineData("DELETE FROM LedgerEntry WHERE Number = 4 AND " + InA, 4)] // removed from the middle
    [InlineData("DELETE FROM LedgerEntry WHERE Number = 1 AND " + InA, 1)] // the first one removed
    [InlineData("DELETE FROM LedgerEntry WHERE Number > 8 AND " + InA, 9)] // the tail cut
    [InlineData("DELETE FROM LedgerEntry WHERE " + InA, 1)] // a head whose entries are gone
    [InlineData($"INSERT INTO LedgerEntry (LogId, Number, {Columns}) SELECT LogId, 11, {Columns} FROM LedgerEntry WHERE Number = 3 AND " + InA, 11)] // one added
    [InlineData($"INSERT INTO LedgerEntry (LogId, Number, {Columns}) SELECT LogId, 0, {Columns} FROM LedgerEntry WHERE Number = 3 AND " + InA, 0)] // one before the first
    [InlineData($"INSERT INTO LedgerEntry (LogId, Number, {Columns}) SELECT LogId, 3, {Columns} FROM LedgerEntry WHERE Number = 3 AND " + InA, 3)] // one doubled
    [InlineData("UPDATE LedgerEntry SET Number = Number - 1 WHERE Number > 4 AND " + InA, 4)] // moved up over a changed one
    public async Task Entries_out_of_place_are_named(string sql, int number)
    {
        await FillAsync();
        await Database.RunAsync(sql);

        (await BreakAsync()).ShouldStartWith($"BROKEN entry {number} LedgerEntry.Number: ");
    }

    [Fact]
    public async Task Another_logs_entry_in_place_of_ones_own_is_named()
    {
        await FillAsync();
        await Database.RunAsync($"DELETE FROM LedgerEntry WHERE Number = 2 AND {InA}");
        await Database.RunAsync($"UPDATE LedgerEntry SET LogId = '{Samples.LogA:D}' WHERE Number = 2 AND LogId = '{Samples.LogB:D}'");

        (await BreakAsync()).ShouldStartWith("BROKEN entry 2 LedgerEntry.LogId: ");
    }

    [Fact]
    public async Task Entries_without_a_head_are_named()
    {
        await FillAsync();
        await Database.RunAsync($"DELETE FROM LedgerHead WHERE {InA}");

        (await BreakAsync()).ShouldStartWith("BROKEN entry 1 LedgerEntry.LogId: ");
    }

    [Fact]
    public async Task Bytes_of_another_entry_are_named()
    {
        var entries = await FillAsync();
        var other = EntryFormat.Encode(entries[6], Samples.Origin(Samples.LogA), 7);
        await Database.RunAsync($"UPDATE LedgerEntry SET EntryBytes = {Database.Bytes(other)} WHERE Number = 4 AND {InA}");

        (await BreakAsync()).ShouldStartWith("BROKEN entry 4 LedgerEntry.EntryBytes: ");
    }

    [Theory]
    [InlineData(4, "BROKEN entry 1 LedgerEntry.EntryBytes: entries 1 to 8 ")]
    [InlineData(9, "BROKEN entry 9 LedgerEntry.EntryBytes: entries 9 to 10 ")]
    public async Task An_entry_rewritten_in_all_its_columns_is_found_by_the_head(int number, string expected)
    {
        var entries = await FillAsync();
        var bytes = EntryFormat.Encode(entries[number - 1] with { Hours = 600 }, Samples.Origin(Samples.LogA), number);
        await Database.RunAsync($"""
            UPDATE LedgerEntry SET Hours = '600', EntryBytes = {Database.Bytes(bytes)}, LeafHash = {Database.Bytes(Merkle.LeafHash(bytes))}
            WHERE Number = {number} AND {InA}
            """);

        (await BreakAsync()).ShouldStartWith(expected);
    }

    [Fact]
    public async Task The_break_names_the_log_and_counts_what_was_intact_before_it()
    {
        await FillAsync();
        await Database.RunAsync($"UPDATE LedgerEntry SET Passed = 0 WHERE Number = 2 AND LogId = '{Samples.LogB:D}'");

        var verification = await VerifyAsync();

        verification.Intact.ShouldBeFalse();
        verification.Logs.ShouldBe(1);
        verification.Entries.ShouldBe(11);
        verification.Break.ShouldBe(new LedgerBreak(Samples.LogB, 2, "LedgerEntry", "Passed", "differs from the entry bytes"));
        verification.Break!.ToString().ShouldBe("BROKEN entry 2 LedgerEntry.Passed: differs from the entry bytes");
    }

    [Fact]
    public async Task The_host_sees_every_verified_entry_and_can_refuse_one()
    {
        var entries = await AppendedAsync();
        var seen = new List<Guid>();

        var verification = await VerifyAsync(alsoCheck: (logId, page) =>
        {
            seen.AddRange(page.Select(entry => ((AwardIssued)entry.Entry).AwardId));
            return ValueTask.FromResult<LedgerBreak?>(new LedgerBreak(logId, 5, "Award", "Status", "differs"));
        });

        verification.Break!.ToString().ShouldBe("BROKEN entry 5 Award.Status: differs");
        verification.Entries.ShouldBe(4);
        seen.ShouldBe(entries.Select(entry => entry.AwardId));
    }

    [Fact]
    public async Task Appends_during_a_verification_are_verified_too()
    {
        await AppendedAsync();
        var appended = 0;

        var verification = await VerifyAsync(alsoCheck: async (logId, page) =>
        {
            if (logId == Samples.LogA && appended < 4)
                appended += (await AppendAsync(Samples.LogA, Samples.Entries(2))).Count;
            return null;
        });

        appended.ShouldBe(4);
        verification.ShouldBe(new LedgerVerification(2, 17, null));
    }

    private async Task<AwardIssued[]> AppendedAsync()
    {
        var entries = Samples.Entries(10);
        await AppendAsync(Samples.LogA, entries);
        await AppendAsync(Samples.LogB, Samples.Entries(3));
        return entries;
    }

    private async Task<AwardIssued[]> FillAsync()
    {
        var entries = await AppendedAsync();
        await Database.UnlockAsync();
        (await VerifyAsync()).ShouldBe(new LedgerVerification(2, 13, null));
        return entries;
    }

    private async Task<string> BreakAsync() => (await VerifyAsync()).Break.ShouldNotBeNull().ToString();

    private string Literal(string value) => value switch
    {
        Zeros => Database.Bytes(new byte[32]),
        "{empty}" => Database.Bytes([]),
        _ => value,
    };
}
