using System.Security.Cryptography;
using Dapper;
using LtiMicroCred.Features.Achievements;
using LtiMicroCred.Features.Activities;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Features.Courses;
using LtiMicroCred.Features.Learners;
using LtiMicroCred.Features.Results;
using LtiMicroCred.Lti;
using Microsoft.Extensions.DependencyInjection;

namespace LtiMicroCred.Tests.Awards;

/// <summary>What follows for an award from grades that change and from what people decide, in the database and in the ledger.</summary>
public sealed class ConsequenceTests : IAsyncLifetime
{
    private static readonly DateTimeOffset s_start = DateTimeOffset.UtcNow.AddHours(-5);

    private ProductDatabase _product = null!;
    private Classroom _room = null!;
    private Guid _learner, _teacher;
    private int _minute;

    public async ValueTask InitializeAsync()
    {
        _product = await ProductDatabase.CreateAsync();
        _room = await _product.FurnishAsync(learners: 3);
        await using var connection = await _product.OpenAsync();
        _learner = await connection.QuerySingleAsync<Guid>("SELECT LearnerId FROM Learner WHERE Subject = '1'");
        _teacher = await connection.QuerySingleAsync<Guid>("SELECT LearnerId FROM Learner WHERE Subject = '3'");
    }

    public async ValueTask DisposeAsync()
    {
        // Whatever was done, the ledger and the awards agree.
        (await _product.VerifyAsync()).Break.ShouldBeNull();
        await _product.DisposeAsync();
    }

    [Fact]
    public async Task By_default_a_fallen_grade_only_waits_for_the_instructor()
    {
        await GradeAsync(80, 40);
        (await EntriesAsync()).ShouldBe(["award.issued"]);
        (await PlaceAsync()).ShouldBe(Place.NeedsAttention);
    }

    [Fact]
    public async Task Suspended_by_policy_it_counts_again_when_the_grade_rises()
    {
        await PolicyAsync(WhenBelow.Suspend);
        await GradeAsync(80, 40);
        (await EntriesAsync()).ShouldBe(["award.issued", "award.suspended result-below-rule"]);
        (await PlaceAsync()).ShouldBe(Place.NeedsAttention);
        await GradeAsync(30, 60);
        (await EntriesAsync()).ShouldBe(["award.issued", "award.suspended result-below-rule", "award.reinstated result-meets-rule"]);
        (await PlaceAsync()).ShouldBe(Place.Awarded);
    }

    [Fact]
    public async Task A_grade_that_is_taken_out_says_so_in_the_ledger()
    {
        await PolicyAsync(WhenBelow.Suspend);
        await GradeAsync(80, null);
        (await EntriesAsync()).ShouldBe(["award.issued", "award.suspended result-withdrawn"]);
    }

    [Fact]
    public async Task Revoked_by_policy_it_is_awarded_anew_when_the_rule_is_met_again()
    {
        await PolicyAsync(WhenBelow.Revoke);
        await GradeAsync(80, 40);
        (await PlaceAsync()).ShouldBe(Place.Revoked);
        (await _product.CountAsync("HeldAward")).ShouldBe(0);
        await GradeAsync(90);
        (await EntriesAsync()).ShouldBe(["award.issued", "award.revoked result-below-rule", "award.issued"]);
        (await _product.CountAsync("Award")).ShouldBe(2);
        (await _product.CountAsync("(SELECT DISTINCT Code FROM CredentialPage)")).ShouldBe(2);
        (await PlaceAsync()).ShouldBe(Place.Awarded);
    }

    [Fact]
    public async Task What_is_kept_is_flagged_again_by_the_next_fall_alone()
    {
        await GradeAsync(80, 40);
        (await DecideAsync(RulingKind.Keep)).ShouldBeTrue();
        (await PlaceAsync()).ShouldBe(Place.Awarded);
        await GradeAsync(30);
        (await PlaceAsync()).ShouldBe(Place.NeedsAttention);
        (await EntriesAsync()).ShouldBe(["award.issued"]);
    }

    [Fact]
    public async Task What_was_kept_in_spite_of_the_policy_stays_until_another_grade_comes()
    {
        await PolicyAsync(WhenBelow.Suspend);
        await GradeAsync(80, 40);
        await DecideAsync(RulingKind.Keep);
        await JudgeAgainAsync();
        (await EntriesAsync()).ShouldBe(["award.issued", "award.suspended result-below-rule", "award.reinstated review-closed"]);
        await GradeAsync(39);
        (await EntriesAsync())[^1].ShouldBe("award.suspended result-below-rule");
    }

    [Fact]
    public async Task What_a_person_suspended_no_grade_reinstates()
    {
        await GradeAsync(80);
        (await DecideAsync(RulingKind.Suspend)).ShouldBeTrue();
        await GradeAsync(40, 90);
        (await EntriesAsync()).ShouldBe(["award.issued", "award.suspended under-review"]);
        (await DecideAsync(RulingKind.Keep)).ShouldBeTrue();
        (await EntriesAsync())[^1].ShouldBe("award.reinstated review-closed");
    }

    [Fact]
    public async Task What_a_person_revoked_only_a_person_awards_again()
    {
        await GradeAsync(80);
        (await DecideAsync(RulingKind.Revoke)).ShouldBeTrue();
        await GradeAsync(70, 95);
        (await _product.CountAsync("Award")).ShouldBe(1);
        (await PlaceAsync()).ShouldBe(Place.Revoked);
        (await ByHandAsync(_learner)).ShouldBe(AwardedByHand.Awarded);
        (await EntriesAsync()).ShouldBe(["award.issued", "award.revoked institution-decision", "award.issued"]);
        (await DecideAsync(RulingKind.Suspend)).ShouldBeTrue();
    }

    [Fact]
    public async Task Mistaken_awards_are_taken_back_and_another_rule_awards_again()
    {
        await _product.SendAsync(new RecordResults(_room.OwnColumn, [Seen("1", 80), Seen("2", 65), Seen("3", 50)]));
        var from = DateTimeOffset.UtcNow.AddMinutes(-1);
        var undo = _product.Services.GetRequiredService<UndoAwards>();
        (await undo.PreviewAsync(_room.TenantId, _room.ActivityId, from, DateTimeOffset.UtcNow, CancellationToken.None)).Count.ShouldBe(2);
        (await undo.PreviewAsync(Guid.NewGuid(), _room.ActivityId, from, DateTimeOffset.UtcNow, CancellationToken.None)).ShouldBeEmpty();

        (await undo.RunAsync(_room.TenantId, _room.ActivityId, from, DateTimeOffset.UtcNow, "the rule was too low", _teacher, CancellationToken.None)).ShouldBe(2);
        (await undo.RunAsync(_room.TenantId, _room.ActivityId, from, DateTimeOffset.UtcNow, "again", _teacher, CancellationToken.None)).ShouldBe(0);
        await _product.SendAsync(new RecordResults(_room.OwnColumn, [Seen("1", 81)]));
        (await _product.CountAsync("HeldAward")).ShouldBe(0, "the rule is still the mistaken one");

        (await ChangeRuleAsync(70)).Awarded.ShouldBe(1);
        (await EntriesAsync()).ShouldBe(["award.issued", "award.revoked issued-in-error", "award.issued"]);
    }

    [Fact]
    public async Task An_award_by_hand_counts_whatever_the_grades_say()
    {
        await PolicyAsync(WhenBelow.Revoke);
        await GradeAsync(20);
        (await ByHandAsync(_learner, RulingKind.Recognise)).ShouldBe(AwardedByHand.Awarded);
        (await ByHandAsync(_learner)).ShouldBe(AwardedByHand.Held);
        await GradeAsync(10, 5);
        (await EntriesAsync()).ShouldBe(["award.issued"]);
        (await PlaceAsync()).ShouldBe(Place.Awarded);
        (await OverviewAsync()).Words.ShouldHaveSingleItem().ShouldSatisfyAllConditions(w => w.Assessor.ShouldBe("Dr Who"), w => w.Statement.ShouldBe("a portfolio"), w => w.Said.ShouldBe(RulingKind.Recognise));
    }

    [Fact]
    public async Task Nobody_awards_themselves_or_somebody_elsewhere()
    {
        (await ByHandAsync(_teacher)).ShouldBe(AwardedByHand.Nobody);
        (await ByHandAsync(Guid.NewGuid())).ShouldBe(AwardedByHand.Nobody);
        await _product.ExecuteAsync("UPDATE CourseMember SET IsActive = 0 WHERE LearnerId = @_learner", new { _learner });
        (await ByHandAsync(_learner)).ShouldBe(AwardedByHand.Nobody);
        await _product.ExecuteAsync("UPDATE CourseMember SET IsActive = 1");
        (await _product.SendAsync(new AwardByHand(Guid.NewGuid(), _room.ActivityId, _learner, RulingKind.Award, "r", null, null, _teacher))).ShouldBe(AwardedByHand.Nobody);
        await GradeAsync(80);
        (await _product.SendAsync(new DecideAward(Guid.NewGuid(), _room.ActivityId, _learner, RulingKind.Revoke, "r", _teacher))).ShouldBeFalse();
        (await _product.SendAsync(new DecideAward(_room.TenantId, Guid.NewGuid(), _learner, RulingKind.Revoke, "r", _teacher))).ShouldBeFalse();
        (await _product.SendAsync(new SetPolicy(Guid.NewGuid(), _room.AchievementId, WhenBelow.Revoke, _teacher))).ShouldBeFalse();
        (await _product.CountAsync("HeldAward")).ShouldBe(1);
    }

    [Fact]
    public async Task By_hand_and_by_grade_at_once_is_one_award()
    {
        await Task.WhenAll(Task.Run(() => ByHandAsync(_learner)), Task.Run(() => _product.SendAsync(new RecordResults(_room.OwnColumn, [Seen("1", 80)]))), Task.Run(() => ByHandAsync(_learner)));
        (await _product.CountAsync("Award")).ShouldBe(1);
    }

    [Fact]
    public async Task Another_rule_keeps_what_was_earned_and_judges_the_others_at_once()
    {
        await _product.SendAsync(new RecordResults(_room.OwnColumn, [Seen("1", 60), Seen("2", 55)]));
        (await ChangeRuleAsync(90)).ShouldBe(new RuleChanged(true, 0));
        (await PlaceAsync()).ShouldBe(Place.Awarded);
        (await ChangeRuleAsync(50)).ShouldBe(new RuleChanged(true, 1));
        (await _product.CountAsync("Award")).ShouldBe(2);
        (await _product.CountAsync("PassRule")).ShouldBe(3);

        // The first one is judged by the rule of its time, not by the lower one.
        await PolicyAsync(WhenBelow.Suspend);
        await GradeAsync(55);
        (await EntriesAsync())[^1].ShouldBe("award.suspended result-below-rule");
    }

    [Fact]
    public async Task Of_two_who_change_the_rule_at_once_one_looks_again()
    {
        var seen = await _product.SendAsync(new ChangeRule(_room.TenantId, _room.ActivityId, await CurrentRuleAsync(), PassRule.Percent(70), _teacher));
        seen.IsChanged.ShouldBeTrue();
        await using var connection = await _product.OpenAsync();
        var first = await connection.QuerySingleAsync<Guid>("SELECT PassRuleId FROM PassRule WHERE Version = 1");
        (await _product.SendAsync(new ChangeRule(_room.TenantId, _room.ActivityId, first, PassRule.Percent(80), _teacher))).IsChanged.ShouldBeFalse();
        (await _product.SendAsync(new ChangeRule(Guid.NewGuid(), _room.ActivityId, await CurrentRuleAsync(), PassRule.Percent(80), _teacher))).IsChanged.ShouldBeFalse();
    }

    [Fact]
    public async Task A_column_that_counts_no_longer_takes_nothing_away()
    {
        await PolicyAsync(WhenBelow.Revoke);
        await GradeAsync(80);
        await _product.SendAsync(new UseColumn(_room.TenantId, _room.ActivityId, "own", 1, On: false));
        await _product.SendAsync(new RecordResults(_room.FormulaColumn, [Seen("1", 10)]));
        (await EntriesAsync()).ShouldBe(["award.issued"]);
        (await PlaceAsync()).ShouldBe(Place.Awarded);
    }

    [Fact]
    public async Task A_column_that_counts_again_awards_what_is_known_already()
    {
        await _product.SendAsync(new UseColumn(_room.TenantId, _room.ActivityId, "own", 1, On: false));
        await GradeAsync(80);
        (await _product.CountAsync("Award")).ShouldBe(0);
        await _product.SendAsync(new UseColumn(_room.TenantId, _room.ActivityId, "own", 1, On: true));
        (await _product.CountAsync("Award")).ShouldBe(1);
    }

    [Fact]
    public async Task Who_left_keeps_the_award_whatever_comes()
    {
        await PolicyAsync(WhenBelow.Revoke);
        await GradeAsync(80);
        await _product.ExecuteAsync("UPDATE CourseMember SET IsActive = 0 WHERE LearnerId = @_learner", new { _learner });
        await GradeAsync(10);
        (await EntriesAsync()).ShouldBe(["award.issued"]);
    }

    [Fact]
    public async Task What_is_not_graded_to_the_end_takes_no_award_away()
    {
        await PolicyAsync(WhenBelow.Revoke);
        await GradeAsync(80);
        await _product.SendAsync(new RecordResults(_room.OwnColumn, [NewResult.Of(Seen("1", 0)) with { Progress = GradingProgress.PendingManual }]));
        (await _product.CountAsync("Result")).ShouldBe(2);
        (await EntriesAsync()).ShouldBe(["award.issued"]);
    }

    [Fact]
    public async Task Two_courses_are_two_pieces_of_evidence_and_one_award()
    {
        await PolicyAsync(WhenBelow.Suspend);
        await GradeAsync(80);
        var other = await SecondActivityAsync();
        await _product.SendAsync(new RecordResults(other, [Seen("1", 75)]));
        (await _product.CountAsync("Evidence")).ShouldBe(2);
        (await _product.CountAsync("Award")).ShouldBe(1);

        await GradeAsync(20);
        (await EntriesAsync()).ShouldBe(["award.issued"], "the other activity still earns it");
        await _product.SendAsync(new RecordResults(other, [Seen("1", 20)]));
        (await EntriesAsync())[^1].ShouldBe("award.suspended result-below-rule");
    }

    [Fact]
    public async Task Erased_people_take_what_was_said_of_them_along()
    {
        await GradeAsync(80);
        await DecideAsync(RulingKind.Suspend);
        await _product.SendAsync(new EraseLearner(_room.PlatformId, "1"));
        (await _product.CountAsync("StaffDecision")).ShouldBe(0);
        await ByHandAsync(await OneAsync("SELECT LearnerId FROM Learner WHERE Subject = '2'"));
        await _product.SendAsync(new EraseLearner(_room.PlatformId, "3"));
        (await _product.CountAsync("StaffDecision WHERE DecidedBy IS NULL")).ShouldBe(1);
    }

    private async Task GradeAsync(params decimal?[] scores)
    {
        foreach (var score in scores)
            await _product.SendAsync(new RecordResults(_room.OwnColumn, [Seen("1", score)]));
    }

    private Result Seen(string subject, decimal? score) => new()
    {
        UserId = subject,
        ResultScore = score,
        ResultMaximum = 100,
        Timestamp = s_start.AddMinutes(++_minute),
        MessageHash = SHA256.HashData([(byte)_minute]),
    };

    [Fact]
    public async Task Nobody_decides_about_their_own_award()
    {
        await PolicyAsync(WhenBelow.Suspend);
        await GradeAsync(80, 40);
        foreach (var kind in new[] { RulingKind.Keep, RulingKind.Reinstate, RulingKind.Revoke })
            (await _product.SendAsync(new DecideAward(_room.TenantId, _room.ActivityId, _learner, kind, "because", _learner))).ShouldBeFalse();
        (await EntriesAsync()).ShouldBe(["award.issued", "award.suspended result-below-rule"]);
        (await _product.CountAsync("StaffDecision")).ShouldBe(0);
    }

    private Task PolicyAsync(WhenBelow policy) => _product.SendAsync(new SetPolicy(_room.TenantId, _room.AchievementId, policy, _teacher));

    private Task<bool> DecideAsync(RulingKind kind) => _product.SendAsync(new DecideAward(_room.TenantId, _room.ActivityId, _learner, kind, "because", _teacher));

    private Task<AwardedByHand> ByHandAsync(Guid learner, RulingKind kind = RulingKind.Award) => _product.SendAsync(
        new AwardByHand(_room.TenantId, _room.ActivityId, learner, kind, "because", kind == RulingKind.Recognise ? "Dr Who" : null, kind == RulingKind.Recognise ? "a portfolio" : null, _teacher));

    private async Task<RuleChanged> ChangeRuleAsync(decimal percent) =>
        await _product.SendAsync(new ChangeRule(_room.TenantId, _room.ActivityId, await CurrentRuleAsync(), PassRule.Percent(percent), _teacher));

    private Task<Guid> CurrentRuleAsync() => OneAsync("SELECT PassRuleId FROM PassRule ORDER BY Version DESC LIMIT 1");

    private Task JudgeAgainAsync() => _product.SendAsync(new UseColumn(_room.TenantId, _room.ActivityId, "own", 1, On: true));

    private async Task<Guid> OneAsync(string query)
    {
        await using var connection = await _product.OpenAsync();
#pragma warning disable CA2100 // this file's own queries
        return await connection.QuerySingleAsync<Guid>(query);
#pragma warning restore CA2100
    }

    private async Task<Guid> SecondActivityAsync()
    {
        var (course, activity, column) = (Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7());
        await _product.ExecuteAsync(
            """
            INSERT INTO Course (CourseId, TenantId, PlatformId, DeploymentKey, ContextId, MembershipsUrl, CreatedAt) SELECT @course, TenantId, PlatformId, DeploymentKey, '3', MembershipsUrl, CreatedAt FROM Course;
            INSERT INTO Activity (ActivityId, TenantId, CourseId, ResourceLinkId, AchievementId, AchievementVersion, Revision, CreatedAt) SELECT @activity, TenantId, @course, '9', AchievementId, 1, 0, CreatedAt FROM Activity;
            INSERT INTO PassRule (PassRuleId, TenantId, ActivityId, Version, Content, CreatedAt) SELECT @rule, TenantId, @activity, 1, Content, CreatedAt FROM PassRule;
            INSERT INTO LineItem (LineItemId, TenantId, ActivityId, Way, Url, Label, InUse, ActiveAt, NextReadAt, Failures) SELECT @column, TenantId, @activity, Way, Url, Label, 1, ActiveAt, NextReadAt, 0 FROM LineItem WHERE Way = 'own';
            INSERT INTO CourseMember (CourseId, LearnerId, IsLearner, IsActive, Seen) SELECT @course, LearnerId, 1, 1, 'roster' FROM CourseMember;
            """,
            new { course, activity, column, rule = Guid.CreateVersion7() });
        return column;
    }

    /// <summary>Of the first learner's awards, in the ledger's order.</summary>
    private async Task<IReadOnlyList<string>> EntriesAsync()
    {
        await using var connection = await _product.OpenAsync();
        return (await connection.QueryAsync<string>(
            """
            SELECT RTRIM(e.Kind || ' ' || COALESCE(e.Reason, '')) FROM LedgerEntry e JOIN Award w ON w.AwardId = e.AwardId WHERE w.LearnerId = @_learner ORDER BY e.Number
            """,
            new { _learner })).AsList();
    }

    private async Task<LearnerInCourse> OverviewAsync()
    {
        var overview = _product.Services.GetRequiredService<CourseOverview>();
        var activity = await overview.ActivityAsync(_room.TenantId, _room.ActivityId, CancellationToken.None);
        return (await overview.LearnersAsync(_room.TenantId, activity!, _learner, CancellationToken.None)).ShouldHaveSingleItem();
    }

    private async Task<Place> PlaceAsync() => (await OverviewAsync()).Place;
}
