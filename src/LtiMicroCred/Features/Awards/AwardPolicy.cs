namespace LtiMicroCred.Features.Awards;

/// <summary>One observation of one learner in one column. Score null: the column holds no grade (not started, or cleared).</summary>
/// <param name="GradedAt">The LMS's own time stamp, where it sends one.</param>
/// <param name="Receipt">In what order observations of a column reached us.</param>
internal sealed record Observation(Guid ResultId, Guid LineItemId, decimal? Score, decimal Maximum, DateTimeOffset? GradedAt, DateTimeOffset ReceivedAt, long Receipt)
{
    /// <summary>A condition that the LMS checks, met (1 of 1) or not (0 of 1): no grade, and shown as none.</summary>
    public bool IsCondition { get; init; }

    /// <summary>Which of the rule's assessments its column feeds.</summary>
    public int Assessment { get; init; } = 1;

    /// <summary>False while the channel says that grading goes on (AGS 2.0, 3.4.8: any <c>gradingProgress</c> but FullyGraded): kept, and never counted.</summary>
    public bool IsFinal { get; init; } = true;

    /// <summary>When the learner handed it in, where the channel tells.</summary>
    public DateTimeOffset? SubmittedAt { get; init; }

    /// <summary>Null where nobody said anything but what the rule says of the assessment.</summary>
    public Supervision? Supervision { get; init; }

    /// <summary>When it counts from.</summary>
    public DateTimeOffset At => GradedAt is { } graded && graded < ReceivedAt ? graded : ReceivedAt;
}

internal enum Standing
{
    /// <summary>No grade is there.</summary>
    NotStarted,

    /// <summary>There is a grade, below the rule.</summary>
    Below,

    /// <summary>The rule is met.</summary>
    Passed,
}

/// <summary>The standing of one learner, and the observations that decide it: of each assessment the one that passes, else the best one.</summary>
/// <param name="IsLate">It would be enough, had it come in time.</param>
internal sealed record Decision(Standing Standing, IReadOnlyList<Observation> Basis, bool IsLate = false)
{
    public Observation? By => Basis.Count > 0 ? Basis[0] : null;
}

/// <summary>What earns an award. Pure: the same set of observations, in any order, gives the same standing.</summary>
internal static class AwardPolicy
{
    /// <summary>
    /// A deadline asks twice: what was there by then has to meet the rule, and so has what is there now. A grade that rises later comes too late, one that falls later
    /// still counts, and one that is merely saved again changes nothing.
    /// </summary>
    public static Decision Decide(PassRule rule, IEnumerable<Observation> observations)
    {
        var counted = observations.Where(o => o.IsFinal && rule.Find(o.Assessment) is not null).ToList();
        var now = Best(rule, counted);
        if (now.Count == 0)
            return new Decision(Standing.NotStarted, []);
        if (!IsMet(rule, now))
            return new Decision(Standing.Below, now);
        var isLate = rule.Deadline is { } deadline && !IsMet(rule, Best(rule, counted.Where(o => IsInTime(deadline, o))));
        return new Decision(isLate ? Standing.Below : Standing.Passed, rule.Needs == RuleNeeds.Mean ? now : [.. now.OrderByDescending(o => Meets(rule, o))], isLate);
    }

    /// <summary>Whether an observation is enough for its assessment. Exact: 59.995 of 100 is not 60.</summary>
    public static bool Meets(PassRule rule, Observation observation) =>
        observation is { Score: { } score, Maximum: > 0, IsFinal: true } && rule.Find(observation.Assessment) is { } assessment && IsSupervised(rule, assessment, observation)
        && (observation.IsCondition ? score >= observation.Maximum : assessment.Pass.IsMetBy(score, observation.Maximum));

    /// <summary>
    /// Of each column the newest observation by the LMS's own time stamp; on a tie the one that reached us last. A stamp from the future counts as the time at which it
    /// reached us: it must not hide what comes after it. What carries no stamp is newer than all that reached us before it, and older than all that came after,
    /// however far the two clocks are apart.
    /// </summary>
    public static IEnumerable<Observation> Current(IEnumerable<Observation> observations) => observations.GroupBy(o => o.LineItemId).Select(Newest);

    /// <summary>Of each assessment that has a grade its best current one, in the rule's order.</summary>
    private static List<Observation> Best(PassRule rule, IEnumerable<Observation> observations)
    {
        var current = Current(observations).Where(o => o.Score is not null && o.Maximum > 0).ToLookup(o => o.Assessment);
        return [.. rule.Assessments.Where(a => current.Contains(a.Number)).Select(a => current[a.Number]
            .OrderByDescending(o => Meets(rule, o))
            .ThenByDescending(o => IsSupervised(rule, a, o))
            .ThenByDescending(o => Share(o), Comparer<Ratio>.Create((left, right) => left >= right ? right >= left ? 0 : 1 : -1))
            .ThenBy(o => o.At)
            .ThenBy(o => o.LineItemId)
            .First())];
    }

    private static bool IsMet(PassRule rule, List<Observation> best) => rule.Needs switch
    {
        RuleNeeds.All => rule.Assessments.All(a => best.Exists(o => o.Assessment == a.Number && Meets(rule, o))),
        RuleNeeds.Any => best.Exists(o => Meets(rule, o)),
        RuleNeeds.Several => best.Count(o => Meets(rule, o)) >= rule.Count,
        RuleNeeds.Mean => IsMeanMet(rule, best),
        _ => throw new ArgumentOutOfRangeException(nameof(rule)),
    };

    // What has no grade yet counts as nothing: whoever passes without it passes whatever it will be.
    private static bool IsMeanMet(PassRule rule, List<Observation> best)
    {
        var (reached, whole) = (Ratio.Zero, Ratio.Zero);
        foreach (var assessment in rule.Assessments)
        {
            var weight = Ratio.Of(assessment.Weight);
            whole += weight;
            if (best.Find(o => o.Assessment == assessment.Number) is { IsCondition: false } observation && IsSupervised(rule, assessment, observation))
                reached += weight * Share(observation);
        }

        return reached * Ratio.Of(100) >= Ratio.Of(rule.MeanPercent) * whole;
    }

    private static Ratio Share(Observation observation) => Ratio.Of(observation.Score!.Value) / Ratio.Of(observation.Maximum);

    private static bool IsSupervised(PassRule rule, Assessment assessment, Observation observation) => (observation.Supervision ?? assessment.Supervision) >= rule.MinimumSupervision;

    private static bool IsInTime(Deadline deadline, Observation observation) =>
        deadline.BySubmission ? observation.SubmittedAt <= deadline.At : observation.At <= deadline.At;

    private static Observation Newest(IEnumerable<Observation> column)
    {
        Observation? newest = null;
        var latest = DateTimeOffset.MinValue;
        foreach (var observation in column.OrderBy(o => o.Receipt))
        {
            var at = observation.GradedAt is null ? latest : observation.At;
            if (at >= latest)
                (newest, latest) = (observation, at);
        }

        return newest!; // a group is never empty
    }
}
