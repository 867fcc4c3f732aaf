using System.Security.Cryptography;
using LtiMicroCred.Features.Results;
using LtiMicroCred.Lti;

namespace LtiMicroCred.Tests;

/// <summary>Whoever can write to the database changes something that an entry speaks of: found, and named.</summary>
public sealed class VerifyLedgerTests
{
    public static TheoryData<string, string> Tampering => new()
    {
        { "UPDATE Award SET AchievementId = '00000000-0000-0000-0000-000000000001' WHERE AwardId = @award", "BROKEN entry 3 Award.AchievementId" },
        { "UPDATE Award SET AchievementVersion = 2 WHERE AwardId = @award", "BROKEN entry 3 Award.AchievementVersion" },
        { "UPDATE Award SET TenantId = '00000000-0000-0000-0000-000000000001' WHERE AwardId = @award", "BROKEN entry 3 Award.TenantId" },
        { "UPDATE Award SET State = 'revoked' WHERE AwardId = @award", "BROKEN entry 3 Award.State" },
        { "UPDATE Award SET IssuedAt = '2020-01-01T00:00:00.000000Z' WHERE AwardId = @award", "BROKEN entry 3 Award.IssuedAt" },
        { "UPDATE Award SET IssuedAt = 'nonsense' WHERE AwardId = @award", "BROKEN entry 3 Award.IssuedAt" },
        { "UPDATE Award SET LearnerId = (SELECT LearnerId FROM Learner WHERE Subject = '3') WHERE AwardId = @award", "BROKEN entry 3 Award.LearnerId" },
        { "UPDATE Learner SET Subject = '99' WHERE LearnerId = (SELECT LearnerId FROM Award WHERE AwardId = @award)", "BROKEN entry 3 Award.LearnerId" },
        { "UPDATE Platform SET Issuer = 'https://other.example'", "BROKEN entry 2 Award.LearnerId" },
        { "DELETE FROM Award WHERE AwardId = @award", "BROKEN entry 3 Award.AwardId" },
        { "UPDATE HeldAward SET LearnerId = (SELECT LearnerId FROM Learner WHERE Subject = '4') WHERE AwardId = @award", "BROKEN entry 3 HeldAward.LearnerId" },
        { "DELETE FROM HeldAward WHERE AwardId = @award", "BROKEN entry 3 HeldAward.LearnerId" },
        { "UPDATE AchievementVersion SET Title = 'Doctor of everything'", "BROKEN entry 1 AchievementVersion.Title" },
        { "UPDATE AchievementVersion SET Description = 'x'", "BROKEN entry 1 AchievementVersion.Description" },
        { "UPDATE AchievementVersion SET Outcomes = '[]'", "BROKEN entry 1 AchievementVersion.Outcomes" },
        { "UPDATE AchievementVersion SET Hours = '51'", "BROKEN entry 1 AchievementVersion.Hours" },
        { "UPDATE AchievementVersion SET Credits = NULL", "BROKEN entry 1 AchievementVersion.Credits" },
        { "UPDATE AchievementVersion SET Level = 8", "BROKEN entry 1 AchievementVersion.Level" },
        { "UPDATE AchievementVersion SET Content = x'7b7d'", "BROKEN entry 1 AchievementVersion.Content" },
        { "UPDATE AchievementVersion SET Hash = x'00'", "BROKEN entry 1 AchievementVersion.Hash" },
        { "INSERT INTO Award SELECT '00000000-0000-4000-8000-000000000009', TenantId, LearnerId, AchievementId, AchievementVersion, State, IssuedAt FROM Award WHERE AwardId = @award", "BROKEN entry 0 Award.AwardId" },
    };

    [Theory]
    [MemberData(nameof(Tampering))]
    public async Task Tampering_is_found_and_named(string sql, string expected)
    {
        await using var product = await ProductDatabase.CreateAsync();
        var room = await product.FurnishAsync(learners: 4);
        foreach (var learner in new[] { "1", "2", "3" })
            await product.SendAsync(new RecordResults(room.OwnColumn, [new Result { UserId = learner, ResultScore = 80, ResultMaximum = 100, MessageHash = SHA256.HashData([1]) }]));
        (await product.VerifyAsync()).Break.ShouldBeNull();

        await using (var connection = await product.OpenAsync())
        {
            var award = await Dapper.SqlMapper.QuerySingleAsync<string>(connection, "SELECT AwardId FROM LedgerEntry WHERE Number = 3");
            await Dapper.SqlMapper.ExecuteAsync(connection, "PRAGMA foreign_keys=OFF; DROP TRIGGER AchievementVersion_NoUpdate; DROP TRIGGER AchievementVersion_NoDelete;");
            await Dapper.SqlMapper.ExecuteAsync(connection, sql, new { award });
        }

        (await product.VerifyAsync()).Break?.ToString().ShouldStartWith(expected);
    }
}
