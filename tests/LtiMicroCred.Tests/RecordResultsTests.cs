using Microsoft.Extensions.DependencyInjection;
using System.Security.Cryptography;
using Dapper;
using LtiMicroCred.Features.Courses;
using LtiMicroCred.Features.Results;
using LtiMicroCred.Lti;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Tests;

public sealed class RecordResultsTests
{
    private static readonly DateTimeOffset s_noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task The_same_grade_a_hundred_times_in_parallel_gives_one_award()
    {
        await using var product = await ProductDatabase.CreateAsync();
        var room = await product.FurnishAsync(learners: 1);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Task.Run(() =>
            product.SendAsync(new RecordResults(i % 2 == 0 ? room.OwnColumn : room.FormulaColumn, [Seen("1", 80)])))));

        outcomes.Sum(o => o.Awarded).ShouldBe(1);
        outcomes.Sum(o => o.New).ShouldBe(2);
        (await product.CountAsync("Result")).ShouldBe(2);
        foreach (var table in new[] { "Award", "HeldAward", "CredentialPage", "LedgerEntry WHERE Kind = 'award.issued'" })
            (await product.CountAsync(table)).ShouldBe(1, table);
        (await product.VerifyAsync()).Break.ShouldBeNull();
    }

    [Fact]
    public async Task A_page_awards_exactly_those_who_pass()
    {
        await using var product = await ProductDatabase.CreateAsync();
        var room = await product.FurnishAsync(learners: 5);
        var outcome = await product.SendAsync(new RecordResults(room.OwnColumn, [Seen("1", 80), Seen("2", 59.995m), Seen("3", 0), Seen("4", null), Seen("5", 60)]));

        outcome.ShouldBe(new ResultsRecorded(New: 5, Awarded: 2, Refused: 0));
        (await product.VerifyAsync()).Entries.ShouldBe(3);
    }

    [Fact]
    public async Task An_absurd_number_is_left_out_and_the_others_count()
    {
        await using var product = await ProductDatabase.CreateAsync();
        var room = await product.FurnishAsync(learners: 2);
        var outcome = await product.SendAsync(new RecordResults(room.OwnColumn, [Seen("1", 80), Seen("2", 79_228_162_514_264_337_593_543_950_335m)]));
        outcome.ShouldBe(new ResultsRecorded(New: 1, Awarded: 1, Refused: 1));
    }

    [Fact]
    public async Task A_maximum_that_is_nothing_after_eighteen_decimals_is_left_out()
    {
        await using var product = await ProductDatabase.CreateAsync();
        var room = await product.FurnishAsync(learners: 2);
        var outcome = await product.SendAsync(new RecordResults(room.OwnColumn, [Seen("1", 80) with { ResultMaximum = 0.00000000000000000001m }, Seen("2", 80)]));
        outcome.ShouldBe(new ResultsRecorded(New: 1, Awarded: 1, Refused: 1));
    }

    [Fact]
    public async Task Somebody_listed_twice_on_a_page_is_recorded_once()
    {
        await using var product = await ProductDatabase.CreateAsync();
        var room = await product.FurnishAsync(learners: 1);
        for (var i = 0; i < 3; i++)
            await product.SendAsync(new RecordResults(room.OwnColumn, [Seen("1", 40), Seen("1", 50)]));
        (await product.CountAsync("Result")).ShouldBe(1);
    }

    [Fact]
    public async Task Another_comment_is_not_another_result()
    {
        await using var product = await ProductDatabase.CreateAsync();
        var room = await product.FurnishAsync(learners: 1);
        await product.SendAsync(new RecordResults(room.OwnColumn, [Seen("1", 40)]));
        (await product.SendAsync(new RecordResults(room.OwnColumn, [Seen("1", 40) with { Comment = "well done", MessageHash = SHA256.HashData([7]) }]))).New.ShouldBe(0);
    }

    [Fact]
    public async Task Whose_profile_was_erased_earns_nothing_and_holds_up_nobody()
    {
        await using var product = await ProductDatabase.CreateAsync();
        var room = await product.FurnishAsync(learners: 2);
        await product.ExecuteAsync("DELETE FROM LearnerProfile WHERE LearnerId = (SELECT LearnerId FROM Learner WHERE Subject = '1')");
        (await product.SendAsync(new RecordResults(room.OwnColumn, [Seen("1", 90), Seen("2", 90)]))).Awarded.ShouldBe(1);
        (await product.VerifyAsync()).Break.ShouldBeNull();
    }

    [Fact]
    public async Task What_comes_again_unchanged_is_not_written_again()
    {
        await using var product = await ProductDatabase.CreateAsync();
        var room = await product.FurnishAsync(learners: 1);
        await product.SendAsync(new RecordResults(room.OwnColumn, [Seen("1", 40)]));
        (await product.SendAsync(new RecordResults(room.OwnColumn, [Seen("1", 40)]))).New.ShouldBe(0);
        (await product.CountAsync("Result")).ShouldBe(1);
    }

    [Fact]
    public async Task A_grade_that_goes_down_and_up_again_is_kept_each_time()
    {
        await using var product = await ProductDatabase.CreateAsync();
        var room = await product.FurnishAsync(learners: 1);
        foreach (var score in new decimal?[] { 40, 70, 40, null, 40 })
            await product.SendAsync(new RecordResults(room.OwnColumn, [Seen("1", score, at: null)]));
        (await product.CountAsync("Result")).ShouldBe(5);
        (await product.CountAsync("Award")).ShouldBe(1);
    }

    [Attack(15)]
    [Fact]
    public async Task Nobody_earns_who_is_not_on_the_list_and_whoever_is_listed_later_earns_then()
    {
        await using var product = await ProductDatabase.CreateAsync();
        var room = await product.FurnishAsync(learners: 1);
        (await product.SendAsync(new RecordResults(room.OwnColumn, [Seen("77", 90)]))).Awarded.ShouldBe(0);
        (await RecordAsync(product, room, [Listed("1"), Listed("77", role: "Instructor")])).ShouldBe(0);
        (await RecordAsync(product, room, [Listed("1"), Listed("77", status: MemberStatus.Inactive)])).ShouldBe(0);
        (await RecordAsync(product, room, [Listed("1"), Listed("77")])).ShouldBe(1);
        (await product.VerifyAsync()).Entries.ShouldBe(2);
    }

    [Attack(15)]
    [Fact]
    public async Task Who_has_left_the_course_keeps_the_award_and_earns_no_new_one()
    {
        await using var product = await ProductDatabase.CreateAsync();
        var room = await product.FurnishAsync(learners: 2);
        await product.SendAsync(new RecordResults(room.OwnColumn, [Seen("1", 90)]));
        await RecordAsync(product, room, []);
        (await product.SendAsync(new RecordResults(room.OwnColumn, [Seen("1", 90), Seen("2", 90)]))).Awarded.ShouldBe(0);
        (await product.CountAsync("HeldAward")).ShouldBe(1);
    }

    [Fact]
    public async Task Two_awards_of_one_learner_cannot_be_linked_from_the_ledger()
    {
        await using var product = await ProductDatabase.CreateAsync();
        var first = await product.FurnishAsync(learners: 3);
        await product.SendAsync(new RecordResults(first.OwnColumn, [Seen("1", 90), Seen("2", 90), Seen("3", 90)]));
        await using var connection = await product.OpenAsync();
        var refs = (await connection.QueryAsync<byte[]>("SELECT SubjectRef FROM LedgerEntry WHERE Kind = 'award.issued'")).Select(Convert.ToHexString).ToList();
        refs.Distinct(StringComparer.Ordinal).Count().ShouldBe(3);
        var text = string.Join('\n', (await connection.QueryAsync<byte[]>("SELECT EntryBytes FROM LedgerEntry")).Select(System.Text.Encoding.UTF8.GetString));
        foreach (var learner in await connection.QueryAsync<string>("SELECT LearnerId FROM Learner"))
            text.ShouldNotContain(learner);
    }

    private static Result Seen(string userId, decimal? score, DateTimeOffset? at = null) => new()
    {
        UserId = userId,
        ResultScore = score,
        ResultMaximum = 100,
        Timestamp = at ?? s_noon,
        MessageHash = SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(FormattableString.Invariant($"{userId} {score} {at}"))),
    };

    [Fact]
    public async Task A_long_list_of_members_holds_up_no_launch()
    {
        await using var product = await ProductDatabase.CreateAsync();
        var room = await product.FurnishAsync(learners: 0);
        var members = Enumerable.Range(0, 20_000).Select(i => Listed($"m{i}")).ToList();
        var database = product.Services.GetRequiredService<Database>();
        using var stop = new CancellationTokenSource();
        var recording = Task.Run(() => product.Services.GetRequiredService<RecordRoster>().RunAsync(room.CourseId, members, DateTimeOffset.UtcNow, stop.Token), CancellationToken.None);
        await Campus.UntilAsync(async () => recording.IsFaulted || await product.CountAsync("CourseMember") > 0, "the first part is recorded");

        // Others take their turns to write between the parts, long before the list is through.
        for (var i = 0; i < 5; i++)
            (await database.WriteTurnAsync(CancellationToken.None)).Dispose();
        (await product.CountAsync("CourseMember")).ShouldBeInRange(1, 19_999);

        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => recording);
        (await product.CountAsync("CourseMember")).ShouldBeLessThan(20_000, "it ends when it is told to");
        (await product.CountAsync("Course WHERE RosterReadAt IS NOT NULL")).ShouldBe(0, "the list was not read to its end");
    }

    [Fact]
    public async Task Who_is_on_any_part_of_the_list_stays_and_who_is_on_none_has_left()
    {
        await using var product = await ProductDatabase.CreateAsync();
        var room = await product.FurnishAsync(learners: 0);
        var members = Enumerable.Range(0, (RecordRoster.Part * 2) + 7).Select(i => Listed($"m{i}")).ToList();
        await RecordAsync(product, room, members);
        (await product.CountAsync("CourseMember WHERE IsActive = 1")).ShouldBe(members.Count);

        await RecordAsync(product, room, [.. members.Where((_, i) => i % 2 == 0)]);

        (await product.CountAsync("CourseMember WHERE IsActive = 1")).ShouldBe((members.Count + 1) / 2);
        (await product.CountAsync("Course WHERE RosterReadAt IS NOT NULL")).ShouldBe(1);
    }

    [Fact]
    public async Task A_list_that_was_asked_for_before_another_says_nothing_any_more()
    {
        await using var product = await ProductDatabase.CreateAsync();
        var room = await product.FurnishAsync(learners: 0);
        var before = DateTimeOffset.UtcNow;
        await RecordAsync(product, room, [Listed("stays")]);

        await product.Services.GetRequiredService<RecordRoster>().RunAsync(room.CourseId, [Listed("stays"), Listed("left")], before, CancellationToken.None);

        (await product.CountAsync("CourseMember WHERE IsActive = 1")).ShouldBe(1);
    }

    private static Task<int> RecordAsync(ProductDatabase product, Classroom room, IReadOnlyList<Member> members) =>
        product.Services.GetRequiredService<RecordRoster>().RunAsync(room.CourseId, members, DateTimeOffset.UtcNow, CancellationToken.None);

    private static Member Listed(string userId, string role = "Learner", MemberStatus status = MemberStatus.Active) =>
        new() { UserId = userId, Roles = new Roles([role]), Status = status, MessageHash = [1] };
}
