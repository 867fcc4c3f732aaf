using FsCheck;
using FsCheck.Fluent;
using LtiMicroCred.Features.Awards;

namespace LtiMicroCred.Tests;

public sealed class PassRuleTests
{
    private static readonly DateTimeOffset s_noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void All_of_several_asks_for_each()
    {
        var rule = Of(RuleNeeds.All, Percent(1, 60), Points(2, 50));
        Standing(rule, Seen(1, 70, 100), Seen(2, 49.9m, 80)).ShouldBe(Features.Awards.Standing.Below);
        Standing(rule, Seen(1, 70, 100), Seen(2, 50, 80)).ShouldBe(Features.Awards.Standing.Passed);
        Standing(rule, Seen(2, 80, 80)).ShouldBe(Features.Awards.Standing.Below);
        Standing(rule).ShouldBe(Features.Awards.Standing.NotStarted);
    }

    [Fact]
    public void Any_of_several_asks_for_one() =>
        Standing(Of(RuleNeeds.Any, Percent(1, 60), Percent(2, 60)), Seen(1, 10, 100), Seen(2, 60, 100)).ShouldBe(Features.Awards.Standing.Passed);

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    [InlineData(3, true)]
    public void Two_of_three_asks_for_two(int passed, bool isEnough)
    {
        var rule = Of(RuleNeeds.Several, Percent(1, 60), Percent(2, 60), Percent(3, 60)) with { Count = 2 };
        Standing(rule, [.. Enumerable.Range(1, 3).Select(n => Seen(n, n <= passed ? 60 : 59, 100))]).ShouldBe(isEnough ? Features.Awards.Standing.Passed : Features.Awards.Standing.Below);
    }

    [Fact]
    public void A_mean_is_weighted_and_exact()
    {
        // 1/3 of the weight at 2/3, 2/3 of the weight at 1/3: 4/9 = 44.444… %
        var rule = Of(RuleNeeds.Mean, Weighted(1, 1), Weighted(2, 2));
        Observation[] seen = [Seen(1, 2, 3), Seen(2, 1, 3)];
        Standing(rule with { MeanPercent = 44.44m }, seen).ShouldBe(Features.Awards.Standing.Passed);
        Standing(rule with { MeanPercent = 44.4444444444444444444444444m }, seen).ShouldBe(Features.Awards.Standing.Passed);
        Standing(rule with { MeanPercent = 44.4444444444444444444444445m }, seen).ShouldBe(Features.Awards.Standing.Below);
    }

    [Fact]
    public void What_has_no_grade_counts_as_nothing_in_a_mean()
    {
        var rule = Of(RuleNeeds.Mean, Weighted(1, 3), Weighted(2, 1)) with { MeanPercent = 60 };
        Standing(rule, Seen(1, 79, 100)).ShouldBe(Features.Awards.Standing.Below);
        Standing(rule, Seen(1, 80, 100)).ShouldBe(Features.Awards.Standing.Passed);
    }

    [Fact]
    public void A_condition_is_no_grade_for_a_mean() =>
        Standing(Of(RuleNeeds.Mean, Weighted(1, 1)) with { MeanPercent = 60 }, Seen(1, 1, 1) with { IsCondition = true }).ShouldBe(Features.Awards.Standing.Below);

    [Fact]
    public void A_condition_that_is_met_meets_any_threshold() =>
        Standing(Of(RuleNeeds.All, Points(1, 50)), Seen(1, 1, 1) with { IsCondition = true }).ShouldBe(Features.Awards.Standing.Passed);

    [Theory]
    [InlineData(80, -1, 80, 1, true)] // merely saved again
    [InlineData(40, -1, 80, 1, false)] // rose too late
    [InlineData(80, -1, 40, 1, false)] // fell later
    [InlineData(40, -2, 80, -1, true)]
    public void A_date_asks_of_then_and_of_now(int first, int firstHour, int second, int secondHour, bool passes)
    {
        var rule = PassRule.Percent(60) with { Deadline = new Deadline { At = s_noon } };
        var decision = AwardPolicy.Decide(rule, [Seen(1, first, 100, firstHour, receipt: 1), Seen(1, second, 100, secondHour, receipt: 2)]);
        decision.Standing.ShouldBe(passes ? Features.Awards.Standing.Passed : Features.Awards.Standing.Below);
        decision.IsLate.ShouldBe(!passes && second >= 60);
    }

    [Fact]
    public void Handed_in_in_time_counts_however_late_it_is_graded()
    {
        var rule = PassRule.Percent(60) with { Deadline = new Deadline { At = s_noon, BySubmission = true } };
        Standing(rule, Seen(1, 80, 100, hour: 30) with { SubmittedAt = s_noon.AddMinutes(-1) }).ShouldBe(Features.Awards.Standing.Passed);
        Standing(rule, Seen(1, 80, 100, hour: -30) with { SubmittedAt = s_noon.AddMinutes(1) }).ShouldBe(Features.Awards.Standing.Below);
        Standing(rule, Seen(1, 80, 100, hour: -30)).ShouldBe(Features.Awards.Standing.Below, "nobody told when it was handed in");
    }

    [Fact]
    public void Supervision_is_what_the_observation_says_else_what_the_rule_says()
    {
        var rule = new PassRule { Assessments = [Percent(1, 60) with { Supervision = Supervision.Supervised }], MinimumSupervision = Supervision.Supervised };
        Standing(rule, Seen(1, 80, 100)).ShouldBe(Features.Awards.Standing.Passed);
        Standing(rule, Seen(1, 80, 100) with { Supervision = Supervision.Unsupervised }).ShouldBe(Features.Awards.Standing.Below);
        Standing(rule with { MinimumSupervision = Supervision.IdentityChecked }, Seen(1, 80, 100)).ShouldBe(Features.Awards.Standing.Below);
        Standing(rule with { MinimumSupervision = Supervision.IdentityChecked }, Seen(1, 80, 100) with { Supervision = Supervision.IdentityChecked }).ShouldBe(Features.Awards.Standing.Passed);
    }

    [Fact]
    public void What_is_not_fully_graded_neither_passes_nor_takes_a_pass_away()
    {
        Standing(PassRule.Percent(60), Seen(1, 90, 100) with { IsFinal = false }).ShouldBe(Features.Awards.Standing.NotStarted);
        Standing(PassRule.Percent(60), Seen(1, 90, 100, receipt: 1), Seen(1, 10, 100, hour: 1, receipt: 2) with { IsFinal = false }).ShouldBe(Features.Awards.Standing.Passed);
    }

    [Fact]
    public void The_basis_names_what_decided_each_assessment()
    {
        var (quiz, essay) = (Seen(1, 70, 100), Seen(2, 60, 100));
        AwardPolicy.Decide(Of(RuleNeeds.All, Percent(1, 60), Percent(2, 60)), [essay, quiz, Seen(3, 100, 100)]).Basis.ShouldBe([quiz, essay]);
    }

    [Fact]
    public void A_rule_is_stored_and_read_as_it_was() => Prop.ForAll(
        Rules().ToArbitrary(),
        rule => PassRule.Parse(rule.ToJson()).ToJson() == rule.ToJson() && PassRule.Parse(rule.ToJson()).Assessments.SequenceEqual(rule.Assessments)).QuickCheckThrowOnFailure();

    [Fact]
    public void The_rule_of_a_former_version_reads_as_its_percentage() =>
        PassRule.Parse("""{"assessments":[{"number":1,"name":"","pass":{"percent":60.50},"weight":1}]}""").Assessments.ShouldBe(PassRule.Percent(60.5m).Assessments);

    [Fact]
    public void Nobody_passes_below_the_rule() => Prop.ForAll(Cases().ToArbitrary(), c =>
        AwardPolicy.Decide(c.Rule, c.Seen).Standing != Features.Awards.Standing.Passed || IsMetByHand(c.Rule, c.Seen)).QuickCheckThrowOnFailure();

    [Fact]
    public void Whoever_meets_the_rule_passes() => Prop.ForAll(Cases().ToArbitrary(), c =>
        AwardPolicy.Decide(c.Rule, c.Seen).Standing == Features.Awards.Standing.Passed || !IsMetByHand(c.Rule, c.Seen)).QuickCheckThrowOnFailure();

    [Fact]
    public void Order_and_repetition_change_nothing() => Prop.ForAll(
        (from c in Cases() from shuffled in Gen.Shuffle(c.Seen) select (c.Rule, c.Seen, shuffled)).ToArbitrary(),
        c => AwardPolicy.Decide(c.Rule, c.Seen) is var decision && decision.IsSameAs(AwardPolicy.Decide(c.Rule, c.shuffled))
            && decision.IsSameAs(AwardPolicy.Decide(c.Rule, [.. c.shuffled, .. c.Seen]))).QuickCheckThrowOnFailure();

    [Fact]
    public void A_better_score_never_loses_a_pass() => Prop.ForAll(Cases().ToArbitrary(), c =>
        AwardPolicy.Decide(c.Rule, c.Seen).Standing != Features.Awards.Standing.Passed
        || AwardPolicy.Decide(c.Rule, c.Seen.Select(o => o.Score is null || o.IsCondition ? o : o with { Score = o.Score + 1 })).Standing == Features.Awards.Standing.Passed).QuickCheckThrowOnFailure();

    private static Gen<PassRule> Rules() =>
        from count in Gen.Choose(1, 4)
        from needs in Gen.Elements(Enum.GetValues<RuleNeeds>())
        from several in Gen.Choose(1, count)
        from mean in Gen.Choose(1, 100)
        from thresholds in Gen.Choose(1, 100).ArrayOf(count)
        from points in Gen.Elements(true, false).ArrayOf(count)
        from weights in Gen.Choose(1, 5).ArrayOf(count)
        from taken in Gen.Elements(Enum.GetValues<Supervision>()).ArrayOf(count)
        from least in Gen.Elements(Supervision.NotStated, Supervision.Supervised)
        from deadline in Gen.Elements(null, new Deadline { At = s_noon }, new Deadline { At = s_noon, BySubmission = true })
        select new PassRule
        {
            Needs = needs,
            Count = needs == RuleNeeds.Several ? several : 0,
            MeanPercent = needs == RuleNeeds.Mean ? mean : 0,
            Assessments = [.. Enumerable.Range(0, count).Select(i => new Assessment
            {
                Number = i + 1,
                Name = $"a{i}",
                Pass = points[i] ? new Threshold { Points = thresholds[i] } : new Threshold { Percent = thresholds[i] },
                Weight = weights[i],
                Supervision = taken[i],
            })],
            Deadline = deadline,
            MinimumSupervision = least,
        };

    private static Gen<(PassRule Rule, Observation[] Seen)> Cases() =>
        from rule in Rules()
        from seen in (
            from assessment in Gen.Choose(1, 5)
            from column in Gen.Choose(0, 1)
            from score in Gen.OneOf(Gen.Constant<decimal?>(null), Gen.Choose(0, 110).Select(n => (decimal?)n))
            from maximum in Gen.Elements(50m, 100m)
            from receipt in Gen.Choose(1, 1000)
            from hour in Gen.Choose(-2, 2)
            from submitted in Gen.Elements<int?>(null, -3, 1)
            from final in Gen.Frequency((5, Gen.Constant(true)), (1, Gen.Constant(false)))
            from supervision in Gen.Elements<Supervision?>(null, Supervision.Unsupervised, Supervision.IdentityChecked)
            select Seen(assessment, score, maximum, hour, receipt, column) with
            {
                IsFinal = final,
                SubmittedAt = submitted is { } at ? s_noon.AddHours(at) : null,
                Supervision = supervision,
            }).ListOf()
        select (rule, seen.DistinctBy(o => (o.LineItemId, o.Receipt)).ToArray());

    /// <summary>The same in the plainest words: no fraction, no sorting, one question after the other.</summary>
    private static bool IsMetByHand(PassRule rule, IEnumerable<Observation> seen)
    {
        var final = seen.Where(o => o.IsFinal).ToList();
        return IsMet(rule, final) && (rule.Deadline is not { } by || IsMet(rule, final.FindAll(o => (by.BySubmission ? o.SubmittedAt : o.At) <= by.At)));

        static bool IsMet(PassRule rule, List<Observation> seen)
        {
            var newest = seen.GroupBy(o => o.LineItemId).Select(g => g.OrderBy(o => o.At).ThenBy(o => o.Receipt).Last()).Where(o => o.Score is not null).ToList();
            bool Counts(Assessment a, Observation o) => o.Assessment == a.Number && (o.Supervision ?? a.Supervision) >= rule.MinimumSupervision;
            var passed = rule.Assessments.Count(a => newest.Exists(o => Counts(a, o) && (a.Pass.Points is { } points ? o.Score >= points : o.Score * 100 >= a.Pass.Percent * o.Maximum)));
            var reached = rule.Assessments.Sum(a => a.Weight * newest.Where(o => Counts(a, o)).Select(o => o.Score!.Value * (100 / o.Maximum)).DefaultIfEmpty().Max());
            return rule.Needs switch
            {
                RuleNeeds.All => passed == rule.Assessments.Count,
                RuleNeeds.Any => passed > 0,
                RuleNeeds.Several => passed >= rule.Count,
                _ => reached >= rule.MeanPercent * rule.Assessments.Sum(a => a.Weight),
            };
        }
    }

    private static Standing Standing(PassRule rule, params Observation[] seen) => AwardPolicy.Decide(rule, seen).Standing;

    private static PassRule Of(RuleNeeds needs, params Assessment[] assessments) => new() { Needs = needs, Assessments = assessments };

    private static Assessment Percent(int number, decimal percent) => new() { Number = number, Name = $"assessment {number}", Pass = new Threshold { Percent = percent } };

    private static Assessment Points(int number, decimal points) => new() { Number = number, Name = $"assessment {number}", Pass = new Threshold { Points = points } };

    private static Assessment Weighted(int number, decimal weight) => new() { Number = number, Name = $"assessment {number}", Weight = weight };

    private static Observation Seen(int assessment, decimal? score, decimal maximum, int hour = -1, long receipt = 1, int column = 0)
    {
        var lineItem = new Guid(assessment, (short)column, 0, new byte[8]);
        return new(new Guid(assessment, (short)column, (short)receipt, new byte[8]), lineItem, score, maximum, s_noon.AddHours(hour), s_noon.AddHours(40), receipt) { Assessment = assessment };
    }
}
