namespace LtiMicroCred.Features.Awards;

/// <summary>One observation of one learner in one column. Score null: the column holds no grade (not started, or cleared).</summary>
/// <param name="GradedAt">The LMS's own time stamp, where it sends one.</param>
/// <param name="Receipt">In what order observations of a column reached us.</param>
internal sealed record Observation(Guid ResultId, Guid LineItemId, decimal? Score, decimal Maximum, DateTimeOffset? GradedAt, DateTimeOffset ReceivedAt, long Receipt)
{
    /// <summary>A condition that the LMS checks, met (1 of 1) or not (0 of 1): no grade, and shown as none.</summary>
    public bool IsCondition { get; init; }

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

/// <summary>The standing of one learner, and the observation that decides it: the one that passes, else the best one.</summary>
internal sealed record Decision(Standing Standing, Observation? By);

/// <summary>What earns an award. Pure: the same set of observations, in any order, gives the same standing.</summary>
internal static class AwardPolicy
{
    /// <param name="thresholdPercent">More than 0, at most 100.</param>
    public static Decision Decide(decimal thresholdPercent, IEnumerable<Observation> observations)
    {
        var current = Current(observations).Where(o => o.Score is not null && o.Maximum > 0).ToList();
        if (current.Count == 0)
            return new Decision(Standing.NotStarted, null);
        var best = current
            .OrderByDescending(o => Meets(thresholdPercent, o))
            .ThenByDescending(o => o.Score!.Value / o.Maximum)
            .ThenBy(o => o.At)
            .ThenBy(o => o.LineItemId)
            .First();
        return new Decision(Meets(thresholdPercent, best) ? Standing.Passed : Standing.Below, best);
    }

    /// <summary>Exact, in decimals: score × 100 ≥ threshold × maximum. 59.995 of 100 is not 60.</summary>
    public static bool Meets(decimal thresholdPercent, Observation observation) =>
        observation.Score is { } score && observation.Maximum > 0 && score * 100 >= thresholdPercent * observation.Maximum;

    /// <summary>
    /// Of each column the newest observation by the LMS's own time stamp; on a tie the one that reached us last. A stamp from the future counts as the time at which it
    /// reached us: it must not hide what comes after it. What carries no stamp is newer than all that reached us before it, and older than all that came after,
    /// however far the two clocks are apart.
    /// </summary>
    public static IEnumerable<Observation> Current(IEnumerable<Observation> observations) => observations.GroupBy(o => o.LineItemId).Select(Newest);

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
