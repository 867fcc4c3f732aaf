namespace LtiMicroCred.Ledger;

public enum LedgerEngine
{
    Sqlite,
    SqlServer,
}

/// <summary>What an entry says happened. Kinds are only ever added; their names are part of the hashed bytes.</summary>
public enum LedgerKind
{
    /// <summary><c>award.issued</c></summary>
    AwardIssued,

    /// <summary><c>achievement.published</c></summary>
    AchievementPublished,

    /// <summary><c>award.superseded</c></summary>
    AwardSuperseded,

    /// <summary><c>award.suspended</c></summary>
    AwardSuspended,

    /// <summary><c>award.reinstated</c></summary>
    AwardReinstated,

    /// <summary><c>award.revoked</c></summary>
    AwardRevoked,

    /// <summary><c>learner.erased</c></summary>
    LearnerErased,
}

/// <summary>Why an award changed: a closed list, so that no entry can carry a free text about somebody. None of them says anything about conduct.</summary>
public enum AwardChangeReason
{
    /// <summary><c>result-below-rule</c>: after a regrading the result no longer meets the rule.</summary>
    ResultBelowRule,

    /// <summary><c>result-withdrawn</c>: the LMS no longer has the result.</summary>
    ResultWithdrawn,

    /// <summary><c>result-meets-rule</c>: the result meets the rule again.</summary>
    ResultMeetsRule,

    /// <summary><c>under-review</c></summary>
    UnderReview,

    /// <summary><c>review-closed</c></summary>
    ReviewClosed,

    /// <summary><c>issued-in-error</c></summary>
    IssuedInError,

    /// <summary><c>learner-request</c></summary>
    LearnerRequest,

    /// <summary><c>institution-decision</c></summary>
    InstitutionDecision,
}

/// <summary>The public facts of one event, one sealed type for each kind. Never personal data.</summary>
public abstract record LedgerEntry
{
    private protected LedgerEntry()
    {
    }

    public abstract LedgerKind Kind { get; }

    /// <summary>Kept in UTC, cut off after the microsecond.</summary>
    public required DateTimeOffset At { get; init; }
}

/// <summary>What a published version of an achievement is worth.</summary>
public abstract record AchievementEntry : LedgerEntry
{
    private protected AchievementEntry()
    {
    }

    public required Guid AchievementId { get; init; }

    /// <summary>From 1.</summary>
    public required int AchievementVersion { get; init; }

    /// <summary>32 bytes, over the published version of the achievement.</summary>
    public required byte[] AchievementHash { get; init; }

    /// <summary>At least 0, below 10^12, at most six decimal places.</summary>
    public required decimal Hours { get; init; }

    /// <summary>Same range as <see cref="Hours"/>. Present exactly when <see cref="CreditSystem"/> is.</summary>
    public decimal? Credits { get; init; }

    /// <summary>For example <c>ECTS</c>; 1 to 40 characters, no control characters.</summary>
    public string? CreditSystem { get; init; }
}

public sealed record AchievementPublished : AchievementEntry
{
    public override LedgerKind Kind => LedgerKind.AchievementPublished;
}

/// <summary>Who it is about is only <see cref="SubjectRef"/>, which nobody can link without the learner's own key.</summary>
public sealed record AwardIssued : AchievementEntry
{
    public override LedgerKind Kind => LedgerKind.AwardIssued;

    public required Guid AwardId { get; init; }

    public required bool Passed { get; init; }

    /// <summary>32 bytes: HMAC-SHA-256(key of the learner, award id).</summary>
    public required byte[] SubjectRef { get; init; }
}

/// <summary>What became of an award that an earlier entry issued.</summary>
public abstract record AwardChange : LedgerEntry
{
    private protected AwardChange()
    {
    }

    public required Guid AwardId { get; init; }
}

public sealed record AwardSuperseded : AwardChange
{
    public override LedgerKind Kind => LedgerKind.AwardSuperseded;

    /// <summary>The award that holds instead; never the award itself.</summary>
    public required Guid ReplacedBy { get; init; }
}

public sealed record AwardSuspended : AwardChange
{
    public override LedgerKind Kind => LedgerKind.AwardSuspended;

    /// <summary>Any that does not speak of an end of the suspension.</summary>
    public required AwardChangeReason Reason { get; init; }
}

public sealed record AwardReinstated : AwardChange
{
    public override LedgerKind Kind => LedgerKind.AwardReinstated;

    /// <summary>Met again, review closed, the learner's request or the institution's decision.</summary>
    public required AwardChangeReason Reason { get; init; }
}

public sealed record AwardRevoked : AwardChange
{
    public override LedgerKind Kind => LedgerKind.AwardRevoked;

    /// <summary>Any that is final: neither under review nor one of those that reinstate.</summary>
    public required AwardChangeReason Reason { get; init; }
}

/// <summary>
/// The key that linked an award to its learner was destroyed. One entry for each of the learner's awards; whoever appends them lets neither their
/// times nor their neighbourhood tell which belong together.
/// </summary>
public sealed record LearnerErased : AwardChange
{
    public override LedgerKind Kind => LedgerKind.LearnerErased;
}
