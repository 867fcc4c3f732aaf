namespace LtiMicroCred.Features.Awards;

/// <summary>What an achievement's issuer wants when a grade falls below the rule after the award. Stored in lower case.</summary>
internal enum WhenBelow
{
    /// <summary>Nothing but to tell the instructor, who decides.</summary>
    Flag,
    Suspend,
    Revoke,
}

/// <summary>What people decide about somebody's award.</summary>
internal enum RulingKind
{
    /// <summary>It counts, although the grade fell.</summary>
    Keep,
    Suspend,
    Reinstate,

    /// <summary>It is over, and only a person can award again.</summary>
    Revoke,

    /// <summary>It was issued by mistake, with others; another rule may award again.</summary>
    Undo,

    /// <summary>Awarded by hand.</summary>
    Award,

    /// <summary>Awarded for what was learnt elsewhere.</summary>
    Recognise,
}

/// <summary>The last that was decided about a learner in an activity.</summary>
internal sealed record Ruling(RulingKind Kind, DateTimeOffset At, Guid? PassRuleId);

internal enum AwardAction
{
    None,
    Suspend,
    Revoke,
    Reinstate,
}

/// <summary>What follows for an award from a grade that changes after it. Pure.</summary>
internal static class Regrading
{
    /// <param name="wish">Of the achievement's issuer.</param>
    /// <param name="state">Of the award, which is held: see <see cref="AwardState"/>.</param>
    /// <param name="standing">By the rule that it was earned under.</param>
    /// <param name="seenAt">When the newest grade reached us.</param>
    /// <param name="last">What people decided last; null where nobody did.</param>
    public static AwardAction Follow(WhenBelow wish, string state, Standing standing, DateTimeOffset seenAt, Ruling? last)
    {
        if (standing == Standing.Passed)
            return state == AwardState.Suspended && last?.Kind != RulingKind.Suspend ? AwardAction.Reinstate : AwardAction.None;
        if (state != AwardState.Issued || IsSettled(last, seenAt))
            return AwardAction.None;
        return wish switch { WhenBelow.Suspend => AwardAction.Suspend, WhenBelow.Revoke => AwardAction.Revoke, _ => AwardAction.None };
    }

    /// <summary>Whether somebody said that the award counts, knowing the grade that is there now.</summary>
    public static bool IsSettled(Ruling? last, DateTimeOffset seenAt) => last is { Kind: RulingKind.Keep or RulingKind.Reinstate } && last.At >= seenAt;

    /// <summary>Whether passing under this rule awards nothing, because somebody decided so.</summary>
    public static bool IsBarred(Ruling? last, Guid passRuleId) => last is { Kind: RulingKind.Revoke } || (last is { Kind: RulingKind.Undo } && last.PassRuleId == passRuleId);
}

/// <summary>How long an award counts.</summary>
internal static class Validity
{
    /// <summary>Null: for ever.</summary>
    public static DateTimeOffset? Until(DateTimeOffset issuedAt, int? months) => months is { } given ? issuedAt.AddMonths(given) : null;

    /// <summary>From when passing again renews it: three months before its end, or a third of its time where that is less.</summary>
    public static DateTimeOffset RenewableFrom(DateTimeOffset issuedAt, int months)
    {
        var until = issuedAt.AddMonths(months);
        var third = (until - issuedAt) / 3;
        return until - (third < TimeSpan.FromDays(91) ? third : TimeSpan.FromDays(91));
    }
}
