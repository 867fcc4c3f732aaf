namespace LtiMicroCred.Features.Gates;

/// <summary>How a learner stands to the condition that the LMS checks before it lets them in.</summary>
internal enum GateStanding
{
    /// <summary>Was in the course, and not let in.</summary>
    Outside,

    /// <summary>Is let in, but nobody saw it happen, or it happened to everybody at once: an instructor says whether it counts.</summary>
    Waiting,

    /// <summary>An instructor said that it counts; the next list is to have them.</summary>
    Confirmed,

    /// <summary>An instructor said that it does not count, until they are let in anew.</summary>
    Dismissed,

    /// <summary>Has met the condition.</summary>
    Inside,
}

/// <summary>Why some wait for an instructor.</summary>
internal enum GateDoubt
{
    /// <summary>They were let in before anyone saw them outside.</summary>
    FirstSeen,

    /// <summary>With them nobody is left outside: the condition may have been lifted.</summary>
    Everyone,
}

/// <summary>What two complete lists, read one after the other, say that was not known.</summary>
/// <param name="Changes">The new standing of each whose standing changed.</param>
/// <param name="Met">Who met the condition now, as was seen or confirmed.</param>
/// <param name="Lost">Who had met it, and does no longer.</param>
/// <param name="Doubt">Why those who wait since now do; null where nobody does.</param>
internal sealed record GateLook(IReadOnlyDictionary<string, GateStanding> Changes, IReadOnlyList<string> Met, IReadOnlyList<string> Lost, GateDoubt? Doubt);

/// <summary>
/// What the LMS's own condition proves. It counts only what was seen to happen: somebody met it if one complete list of those let in lacked them while a complete list of
/// the course had them as an active learner, and a later one has them. Pure.
/// </summary>
internal static class GatePolicy
{
    /// <param name="known">By the LMS's id; nobody at the first look.</param>
    /// <param name="learners">Who is an active learner of the course.</param>
    /// <param name="letIn">Whom the LMS lets in, whoever that is.</param>
    public static GateLook Look(IReadOnlyDictionary<string, GateStanding> known, IReadOnlySet<string> learners, IReadOnlySet<string> letIn)
    {
        var changes = new Dictionary<string, GateStanding>(StringComparer.Ordinal);
        var (met, lost) = (new List<string>(), new List<string>());
        var (arrived, unseen) = (new List<string>(), new List<string>());
        foreach (var learner in learners)
        {
            GateStanding? before = known.TryGetValue(learner, out var standing) ? standing : null;
            if (!letIn.Contains(learner))
            {
                if (before == GateStanding.Inside)
                    lost.Add(learner);
                if (before != GateStanding.Outside)
                    changes[learner] = GateStanding.Outside;
            }
            else if (before is null)
            {
                unseen.Add(learner);
            }
            else if (before == GateStanding.Outside)
            {
                arrived.Add(learner);
            }
            else if (before == GateStanding.Confirmed)
            {
                met.Add(learner);
            }
        }

        // Also where one alone was left: a lifted restriction looks the same.
        var isOpenToAll = arrived.Count > 0 && learners.All(letIn.Contains);
        if (!isOpenToAll)
            met.AddRange(arrived);
        foreach (var learner in isOpenToAll ? [.. unseen, .. arrived] : unseen)
            changes[learner] = GateStanding.Waiting;
        foreach (var learner in met)
            changes[learner] = GateStanding.Inside;
        GateDoubt? doubt = isOpenToAll ? GateDoubt.Everyone : unseen.Count > 0 ? GateDoubt.FirstSeen : null;
        return new GateLook(changes, met, lost, doubt);
    }
}
