using System.Text;
using Dapper;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Features.Courses;
using LtiMicroCred.Features.Learners;
using LtiMicroCred.Features.Results;
using LtiMicroCred.Ledger;
using LtiMicroCred.Lti;
using Microsoft.Extensions.DependencyInjection;

namespace LtiMicroCred.Tests;

/// <summary>Who was erased can't be found again, not even by us; the ledger stays whole.</summary>
public sealed class ErasureTests
{
    private const string Name = "Amina Haddad-Lindqvist", Email = "amina.h@example.edu", Subject = "lms-user-4711";

    [Fact]
    public async Task The_link_is_gone_and_the_ledger_verifies_before_and_after_its_entry()
    {
        await using var product = await ProductDatabase.CreateAsync();
        var (room, subjectKey) = await AwardedAsync(product);
        var award = await ScalarAsync<Guid>(product, "SELECT AwardId FROM Award WHERE LearnerId = (SELECT LearnerId FROM Learner WHERE Subject = @Subject)");

        (await EraseAsync(product, room)).ShouldBe(1);

        (await product.VerifyAsync()).Break.ShouldBeNull("the entry is still to come");
        (await product.CountAsync("Award WHERE LearnerId IS NULL")).ShouldBe(1);
        foreach (var table in new[] { "LearnerProfile", "Result", "CourseMember", "HeldAward", "Evidence" })
            (await product.CountAsync(table)).ShouldBe(1, $"of {table} only what is the other's is left");

        await AppendAsync(product);

        (await product.VerifyAsync()).Break.ShouldBeNull();
        (await ScalarAsync<string>(product, $"SELECT State FROM Award WHERE AwardId = '{award:D}'")).ShouldBe(AwardState.Erased);
        var entries = await EntriesAsync(product, award);
        entries[^1].ShouldBeOfType<LearnerErased>().At.TimeOfDay.ShouldBe(TimeSpan.Zero, "the day alone");
        await AssertGoneAsync(product, subjectKey);
    }

    [Fact]
    public async Task What_the_LMS_still_tells_about_someone_erased_is_not_kept()
    {
        await using var product = await ProductDatabase.CreateAsync();
        var (room, _) = await AwardedAsync(product);
        await EraseAsync(product, room);

        (await product.SendAsync(new RecordResults(room.OwnColumn, [Seen(Subject, 95)]))).ShouldBe(new ResultsRecorded(New: 0, Awarded: 0, Refused: 0));
        await product.Services.GetRequiredService<RecordRoster>().RunAsync(room.CourseId, [Listed(Subject), Listed("other")], DateTimeOffset.UtcNow, CancellationToken.None);

        (await product.CountAsync("Award")).ShouldBe(2);
        (await product.CountAsync("LearnerProfile")).ShouldBe(1);
        (await product.CountAsync("Learner WHERE Subject LIKE '%4711%'")).ShouldBe(0);
    }

    [Fact]
    public async Task The_entries_of_one_learner_come_at_times_of_their_own()
    {
        await using var product = await ProductDatabase.CreateAsync();
        var (room, _) = await AwardedAsync(product);
        // The same learner holds many awards: rows as an institution of years would have them.
        await product.ExecuteAsync(
            """
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
            INSERT INTO Award (AwardId, TenantId, LearnerId, AchievementId, AchievementVersion, State, IssuedAt)
            SELECT printf('00000000-0000-4000-8000-%012d', i), w.TenantId, w.LearnerId, w.AchievementId, w.AchievementVersion, 'revoked', w.IssuedAt
            FROM n JOIN Award w ON w.LearnerId = (SELECT LearnerId FROM Learner WHERE Subject = 'lms-user-4711')
            """);

        (await EraseAsync(product, room)).ShouldBe(201);

        await using var connection = await product.OpenAsync();
        var due = (await connection.QueryAsync<DateTimeOffset>("SELECT DueAt FROM Erasure ORDER BY DueAt")).AsList();
        due.Distinct().Count().ShouldBeGreaterThan(190);
        (due[^1] - due[0]).ShouldBeGreaterThan(TimeSpan.FromDays(5));
        due[^1].ShouldBeLessThan(DateTimeOffset.UtcNow + EraseLearnerHandler.Spread);
    }

    [Theory]
    [InlineData("UPDATE Award SET LearnerId = NULL", "BROKEN entry 2 Award.LearnerId: names nobody")]
    [InlineData("DELETE FROM LearnerProfile", "BROKEN entry 2 Award.LearnerId: names nobody")]
    [InlineData("INSERT INTO Erasure SELECT AwardId, '2999-01-01T00:00:00.000000Z' FROM Award; UPDATE Award SET LearnerId = NULL", "BROKEN entry 2 Award.LearnerId: names nobody")]
    public async Task A_link_that_was_cut_without_an_erasure_is_a_break(string sql, string broken)
    {
        await using var product = await ProductDatabase.CreateAsync();
        await AwardedAsync(product);

        await product.ExecuteAsync(sql);

        (await product.VerifyAsync()).Break?.ToString().ShouldStartWith(broken);
    }

    [Fact]
    public async Task A_learner_who_is_said_to_be_erased_and_is_still_named_is_a_break()
    {
        await using var product = await ProductDatabase.CreateAsync();
        var (room, _) = await AwardedAsync(product);
        await EraseAsync(product, room);
        await AppendAsync(product);

        await product.ExecuteAsync("UPDATE Award SET LearnerId = (SELECT LearnerId FROM LearnerProfile) WHERE LearnerId IS NULL");

        (await product.VerifyAsync()).Break?.ToString().ShouldEndWith("Award.LearnerId: still names a learner, whom the ledger says to be erased");
    }

    [Fact]
    public async Task Nobody_is_erased_who_is_not_known()
    {
        await using var product = await ProductDatabase.CreateAsync();
        var (room, _) = await AwardedAsync(product);

        (await product.Services.GetRequiredService<EraseLearners>().RunAsync(room.PlatformId, "nobody", CancellationToken.None)).ShouldBeNull();
        (await product.Services.GetRequiredService<EraseLearners>().RunAsync(Guid.NewGuid(), Subject, CancellationToken.None)).ShouldBeNull();
        await EraseAsync(product, room);
        (await product.Services.GetRequiredService<EraseLearners>().RunAsync(room.PlatformId, Subject, CancellationToken.None)).ShouldBeNull("twice");
    }

    /// <summary>One learner with a name and an award, and another one with an award.</summary>
    private static async Task<(Classroom Room, byte[] SubjectKey)> AwardedAsync(ProductDatabase product)
    {
        var room = await product.FurnishAsync(learners: 0);
        await product.Services.GetRequiredService<RecordRoster>().RunAsync(room.CourseId, [Listed(Subject, Name, Email), Listed("other")], DateTimeOffset.UtcNow, CancellationToken.None);
        (await product.SendAsync(new RecordResults(room.OwnColumn, [Seen(Subject, 80), Seen("other", 70)]))).Awarded.ShouldBe(2);
        (await product.VerifyAsync()).Break.ShouldBeNull();
        return (room, await ScalarAsync<byte[]>(product, "SELECT SubjectKey FROM LearnerProfile WHERE LearnerId = (SELECT LearnerId FROM Learner WHERE Subject = @Subject)"));
    }

    private static Task<int?> EraseAsync(ProductDatabase product, Classroom room) =>
        product.Services.GetRequiredService<EraseLearners>().RunAsync(room.PlatformId, Subject, CancellationToken.None);

    private static async Task AppendAsync(ProductDatabase product)
    {
        await product.ExecuteAsync("UPDATE Erasure SET DueAt = '2026-01-01T00:00:00.000000Z'");
        await product.Services.GetRequiredService<AppendErasures>().RunAsync(CancellationToken.None);
        (await product.CountAsync("Erasure")).ShouldBe(0);
    }

    /// <summary>In no file of the database is anything left that names the learner or could link the awards.</summary>
    private static async Task AssertGoneAsync(ProductDatabase product, byte[] subjectKey)
    {
        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(product.File)!, "test.db*"))
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var bytes = new byte[stream.Length];
            await stream.ReadExactlyAsync(bytes);
            foreach (var trace in new[] { Encoding.UTF8.GetBytes(Name), Encoding.UTF8.GetBytes(Email), Encoding.UTF8.GetBytes(Subject), subjectKey })
                bytes.AsSpan().IndexOf(trace).ShouldBe(-1, $"{Path.GetFileName(file)} still holds {Encoding.UTF8.GetString(trace)}");
        }
    }

    private static async Task<IReadOnlyList<LedgerEntry>> EntriesAsync(ProductDatabase product, Guid award)
    {
        await using var connection = await product.OpenAsync();
        return [.. (await new LedgerLog(LedgerEngine.Sqlite).EntriesOfAsync(connection, award, CancellationToken.None)).Select(row => row.Entry)];
    }

    private static async Task<T> ScalarAsync<T>(ProductDatabase product, string sql)
    {
        await using var connection = await product.OpenAsync();
        return await connection.QuerySingleAsync<T>(sql, new { Subject });
    }

    private static Result Seen(string userId, decimal score) => new() { UserId = userId, ResultScore = score, ResultMaximum = 100, MessageHash = [1] };

    private static Member Listed(string userId, string? name = null, string? email = null) =>
        new() { UserId = userId, Name = name, Email = email, Roles = new Roles(["Learner"]), Status = MemberStatus.Active, MessageHash = [1] };
}
