using LtiMicroCred.Features.Gates;

namespace LtiMicroCred.Tests.Gates;

/// <summary>A condition counts only where it was seen to be met.</summary>
public sealed class GatePolicyTests
{
    private static readonly Dictionary<string, GateStanding> s_nobody = new(StringComparer.Ordinal);

    [Fact]
    public void Whoever_is_let_in_at_the_first_look_waits()
    {
        var look = GatePolicy.Look(s_nobody, Set("a", "b", "c"), Set("a"));

        look.Met.ShouldBeEmpty();
        look.Doubt.ShouldBe(GateDoubt.FirstSeen);
        look.Changes["a"].ShouldBe(GateStanding.Waiting);
        look.Changes["b"].ShouldBe(GateStanding.Outside);
        look.Changes["c"].ShouldBe(GateStanding.Outside);
    }

    [Fact]
    public void Who_was_outside_and_is_let_in_has_met_it()
    {
        var look = GatePolicy.Look(Known(("a", GateStanding.Outside), ("b", GateStanding.Outside)), Set("a", "b"), Set("a"));

        look.Met.ShouldBe(["a"]);
        look.Doubt.ShouldBeNull();
        look.Changes.ShouldBe(new Dictionary<string, GateStanding>(StringComparer.Ordinal) { ["a"] = GateStanding.Inside });
    }

    [Fact]
    public void The_same_lists_say_nothing_new()
    {
        var known = Known(("a", GateStanding.Inside), ("b", GateStanding.Outside), ("c", GateStanding.Waiting), ("d", GateStanding.Dismissed));

        var look = GatePolicy.Look(known, Set("a", "b", "c", "d"), Set("a", "c", "d"));

        (look.Changes.Count, look.Met.Count, look.Lost.Count, look.Doubt).ShouldBe((0, 0, 0, null));
    }

    [Fact]
    public void A_lifted_restriction_lets_nobody_earn()
    {
        var look = GatePolicy.Look(Known(("a", GateStanding.Inside), ("b", GateStanding.Outside), ("c", GateStanding.Outside)), Set("a", "b", "c"), Set("a", "b", "c", "teacher"));

        look.Met.ShouldBeEmpty();
        look.Doubt.ShouldBe(GateDoubt.Everyone);
        look.Changes.ShouldBe(new Dictionary<string, GateStanding>(StringComparer.Ordinal) { ["b"] = GateStanding.Waiting, ["c"] = GateStanding.Waiting }, ignoreOrder: true);
    }

    [Fact]
    public void The_last_one_outside_waits_and_so_does_a_course_of_one()
    {
        GatePolicy.Look(Known(("a", GateStanding.Inside), ("b", GateStanding.Outside)), Set("a", "b"), Set("a", "b")).Doubt.ShouldBe(GateDoubt.Everyone);
        GatePolicy.Look(Known(("a", GateStanding.Outside)), Set("a"), Set("a")).Met.ShouldBeEmpty();
    }

    [Fact]
    public void Somebody_who_joins_the_course_and_is_let_in_at_once_waits()
    {
        var look = GatePolicy.Look(Known(("a", GateStanding.Outside)), Set("a", "new"), Set("new"));

        look.Met.ShouldBeEmpty();
        look.Changes["new"].ShouldBe(GateStanding.Waiting);
        look.Doubt.ShouldBe(GateDoubt.FirstSeen);
    }

    [Fact]
    public void Who_is_no_active_learner_of_the_course_does_not_matter()
    {
        var look = GatePolicy.Look(Known(("left", GateStanding.Inside), ("a", GateStanding.Outside)), Set("a"), Set("left", "teacher"));

        (look.Changes.Count, look.Met.Count, look.Lost.Count).ShouldBe((0, 0, 0));
    }

    [Fact]
    public void Who_is_not_let_in_any_more_has_lost_it_and_can_meet_it_again()
    {
        var lost = GatePolicy.Look(Known(("a", GateStanding.Inside), ("b", GateStanding.Outside)), Set("a", "b"), Set());
        lost.Lost.ShouldBe(["a"]);
        lost.Changes["a"].ShouldBe(GateStanding.Outside);

        GatePolicy.Look(Known(("a", GateStanding.Outside), ("b", GateStanding.Outside)), Set("a", "b"), Set("a")).Met.ShouldBe(["a"]);
    }

    [Fact]
    public void The_confirmed_count_if_they_are_still_let_in_and_the_dismissed_when_they_are_anew()
    {
        var known = Known(("a", GateStanding.Confirmed), ("b", GateStanding.Confirmed), ("c", GateStanding.Dismissed), ("d", GateStanding.Dismissed));

        var look = GatePolicy.Look(known, Set("a", "b", "c", "d"), Set("a", "c"));

        look.Met.ShouldBe(["a"]);
        look.Lost.ShouldBeEmpty();
        look.Changes.ShouldBe(
            new Dictionary<string, GateStanding>(StringComparer.Ordinal) { ["a"] = GateStanding.Inside, ["b"] = GateStanding.Outside, ["d"] = GateStanding.Outside }, ignoreOrder: true);
    }

    /// <summary>Whatever lists come in whatever order: nobody counts who was not seen outside before, or confirmed.</summary>
    [Fact]
    public void Nobody_ever_counts_who_was_not_seen_outside()
    {
        for (var seed = 0; seed < 2_000; seed++)
        {
            var random = new Random(seed);
            string[] people = [.. Enumerable.Range(0, random.Next(1, 6)).Select(i => $"p{i}")];
            var known = new Dictionary<string, GateStanding>(StringComparer.Ordinal);
            var outside = new HashSet<string>(StringComparer.Ordinal);
            for (var i = 0; i < 8; i++)
            {
                var learners = people.Where(_ => random.Next(5) > 0).ToHashSet(StringComparer.Ordinal);
                var letIn = people.Where(_ => random.Next(2) > 0).ToHashSet(StringComparer.Ordinal);
                var look = GatePolicy.Look(known, learners, letIn);

                look.Met.ShouldAllBe(who => outside.Contains(who) && learners.Contains(who) && letIn.Contains(who), $"seed {seed}");
                outside.UnionWith(learners.Where(who => !letIn.Contains(who)));
                foreach (var who in look.Met)
                    outside.Remove(who);
                foreach (var (who, standing) in look.Changes)
                    known[who] = standing;
            }
        }
    }

    private static HashSet<string> Set(params string[] who) => new(who, StringComparer.Ordinal);

    private static Dictionary<string, GateStanding> Known(params (string Who, GateStanding Standing)[] known) => known.ToDictionary(k => k.Who, k => k.Standing, StringComparer.Ordinal);
}
