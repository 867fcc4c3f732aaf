using Dapper;
using LtiMicroCred.Features.Achievements;
using LtiMicroCred.Ledger;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Features.Awards;

/// <summary>An award as it is issued: by a rule and its results, or by somebody's decision.</summary>
internal sealed record NewAward(Guid TenantId, Guid LearnerId, Guid ActivityId, Guid? PassRuleId, Guid? StaffDecisionId, IReadOnlyList<Guid> Results, AwardIssued Entry);

/// <summary>What an award is worth.</summary>
internal record AwardTerms
{
    public required Guid AchievementId { get; init; }
    public required int AchievementVersion { get; init; }
    public required byte[] Hash { get; init; }
    public required decimal Hours { get; init; }
    public decimal? Credits { get; init; }

    public AwardIssued ToEntry(Guid awardId, DateTimeOffset at, LedgerSubject subject) => new()
    {
        At = at,
        AwardId = awardId,
        AchievementId = AchievementId,
        AchievementVersion = AchievementVersion,
        AchievementHash = Hash,
        Hours = Hours,
        Credits = Credits,
        CreditSystem = Credits is null ? null : AchievementContent.CreditSystem,
        Passed = true,
        SubjectRef = subject.RefFor(awardId),
    };
}

internal sealed class NewAwards(FollowUps.WriteFollowUps followUps)
{
    /// <summary>The award, the key that holds it, what it was given for and its page. Its entry is the caller's to append, last of all.</summary>
    public async Task WriteAsync(Work work, IReadOnlyList<NewAward> awards)
    {
        if (awards.Count == 0)
            return;
        var rows = awards.Select(a => new
        {
            a.Entry.AwardId,
            a.TenantId,
            a.LearnerId,
            a.Entry.AchievementId,
            a.Entry.AchievementVersion,
            IssuedAt = a.Entry.At,
            a.ActivityId,
            a.PassRuleId,
            a.StaffDecisionId,
            Code = Secrets.NewCode(),
        }).ToList();
        await work.Connection.ExecuteAsync(
            """
            INSERT INTO Award (AwardId, TenantId, LearnerId, AchievementId, AchievementVersion, State, IssuedAt)
            VALUES (@AwardId, @TenantId, @LearnerId, @AchievementId, @AchievementVersion, 'issued', @IssuedAt)
            """,
            rows,
            work.Transaction);
        await work.Connection.ExecuteAsync("INSERT INTO HeldAward (LearnerId, AchievementId, AwardId) VALUES (@LearnerId, @AchievementId, @AwardId)", rows, work.Transaction);
        await work.Connection.ExecuteAsync(
            "INSERT INTO Evidence (AwardId, ActivityId, PassRuleId, StaffDecisionId, FoundAt) VALUES (@AwardId, @ActivityId, @PassRuleId, @StaffDecisionId, @IssuedAt)", rows, work.Transaction);
        await work.Connection.ExecuteAsync(
            "INSERT INTO EvidenceResult (AwardId, ActivityId, ResultId) VALUES (@AwardId, @ActivityId, @result)",
            awards.SelectMany(a => a.Results, (a, result) => new { a.Entry.AwardId, a.ActivityId, result }),
            work.Transaction);
        await work.Connection.ExecuteAsync("INSERT INTO CredentialPage (AwardId, Code) VALUES (@AwardId, @Code)", rows, work.Transaction);
        await followUps.IssuedAsync(work, awards);
    }
}
