using FsCheck;
using FsCheck.Fluent;
using LtiMicroCred.Features.Awards;

namespace LtiMicroCred.Tests;

public sealed class AwardPolicyTests
{
    private static readonly Guid s_quiz = new("00000000-0000-0000-0000-000000000001"), s_own = new("00000000-0000-0000-0000-000000000002");
    private static readonly PassRule s_sixty = PassRule.Percent(60);
    private static readonly DateTimeOffset s_noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("60", "60", "100", true)]
    [InlineData("60", "59.995", "100", false)]
    [InlineData("60", "59.999999999999999999", "100", false)]
    [InlineData("33.33", "1", "3", true)]
    [InlineData("33.34", "1", "3", false)]
    [InlineData("60", "12", "20", true)]
    [InlineData("60", "105", "100", true)]
    [InlineData("0.01", "0", "100", false)]
    public void A_score_counts_exactly(string threshold, string score, string maximum, bool meets) =>
        AwardPolicy.Meets(PassRule.Percent(Number(threshold)), Seen(s_quiz, Number(score), 1, maximum: Number(maximum))).ShouldBe(meets);

    [Fact]
    public void No_grade_is_no_standing() =>
        AwardPolicy.Decide(s_sixty, [Seen(s_quiz, null, 1)]).ShouldBeEquivalentTo(new Decision(Standing.NotStarted, []));

    [Fact]
    public void A_grade_of_zero_is_a_grade() => AwardPolicy.Decide(s_sixty, [Seen(s_quiz, 0, 1)]).Standing.ShouldBe(Standing.Below);

    [Fact]
    public void The_newest_of_a_column_counts_by_the_LMSs_own_time()
    {
        var older = Seen(s_quiz, 80, receipt: 2, gradedAt: s_noon);
        var newer = Seen(s_quiz, 50, receipt: 1, gradedAt: s_noon.AddSeconds(1));
        AwardPolicy.Decide(s_sixty, [older, newer]).Standing.ShouldBe(Standing.Below);
    }

    [Fact]
    public void On_a_tie_the_one_that_reached_us_last_counts()
    {
        var first = Seen(s_quiz, 80, receipt: 1, gradedAt: s_noon);
        var last = Seen(s_quiz, 50, receipt: 2, gradedAt: s_noon);
        AwardPolicy.Decide(s_sixty, [last, first]).Standing.ShouldBe(Standing.Below);
    }

    [Theory]
    [InlineData(-300)]
    [InlineData(0)]
    [InlineData(300)]
    public void A_grade_counts_however_far_the_LMSs_clock_is_from_ours(int seconds)
    {
        // Moodle sends no time stamp with a row that has no grade yet.
        var empty = Seen(s_quiz, null, receipt: 1);
        var graded = Seen(s_quiz, 80, receipt: 2, gradedAt: s_noon.AddSeconds(seconds));
        var cleared = Seen(s_quiz, null, receipt: 3);
        AwardPolicy.Decide(s_sixty, [empty, graded]).Standing.ShouldBe(Standing.Passed);
        AwardPolicy.Decide(s_sixty, [cleared, empty, graded]).Standing.ShouldBe(Standing.NotStarted);
    }

    [Fact]
    public void A_stamp_from_the_future_does_not_hide_what_comes_after_it()
    {
        var ahead = Seen(s_quiz, 90, receipt: 1, gradedAt: s_noon.AddHours(3));
        AwardPolicy.Decide(s_sixty, [ahead, Seen(s_quiz, null, receipt: 2)]).Standing.ShouldBe(Standing.NotStarted);
    }

    [Fact]
    public void A_column_without_a_maximum_says_nothing() =>
        AwardPolicy.Decide(s_sixty, [Seen(s_quiz, 90, 1, maximum: 0)]).Standing.ShouldBe(Standing.NotStarted);

    [Fact]
    public void A_cleared_grade_takes_the_pass_away() =>
        AwardPolicy.Decide(s_sixty, [Seen(s_quiz, 80, 1), Seen(s_quiz, null, 2)]).Standing.ShouldBe(Standing.NotStarted);

    [Fact]
    public void One_column_that_passes_is_enough()
    {
        var passing = Seen(s_own, 75, 1);
        var decision = AwardPolicy.Decide(s_sixty, [Seen(s_quiz, 40, 1), passing]);
        (decision.Standing, decision.Basis.ShouldHaveSingleItem()).ShouldBe((Standing.Passed, passing));
    }

    [Fact]
    public void The_same_observations_in_any_order_give_the_same_decision()
    {
        var observation =
            from column in Gen.Elements(s_quiz, s_own)
            from score in Gen.OneOf(Gen.Constant<decimal?>(null), Gen.Choose(0, 10).Select(n => (decimal?)(n * 10)))
            from receipt in Gen.Choose(1, 1000)
            from second in Gen.OneOf(Gen.Constant<int?>(null), Gen.Choose(0, 3).Select(n => (int?)n))
            select Seen(column, score, receipt, second is { } at ? s_noon.AddSeconds(at) : null);
        var cases =
            from all in observation.ListOf()
            let distinct = all.DistinctBy(o => (o.LineItemId, o.Receipt)).ToArray()
            from shuffled in Gen.Shuffle(distinct)
            select (distinct, shuffled);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var decision = AwardPolicy.Decide(s_sixty, c.distinct);
            return decision.IsSameAs(AwardPolicy.Decide(s_sixty, c.shuffled))
                && decision.IsSameAs(AwardPolicy.Decide(s_sixty, [.. c.distinct, .. c.distinct]))
                && (decision.Standing != Standing.Passed || decision.By!.Score >= 60);
        }).QuickCheckThrowOnFailure();
    }

    private static decimal Number(string text) => decimal.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    private static Observation Seen(Guid column, decimal? score, long receipt, DateTimeOffset? gradedAt = null, decimal maximum = 100) =>
        new(new Guid((int)receipt, 0, 0, column.ToByteArray()[8..]), column, score, maximum, gradedAt, s_noon.AddSeconds(receipt), receipt);
}

internal static class Decisions
{
    public static bool IsSameAs(this Decision one, Decision other) => one.Standing == other.Standing && one.IsLate == other.IsLate && one.Basis.SequenceEqual(other.Basis);
}
