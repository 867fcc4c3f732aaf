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
}

/// <summary>
/// The public facts of one event. Never personal data: who it is about is only <see cref="SubjectRef"/>, which nobody can link
/// without the learner's own key.
/// </summary>
public sealed record LedgerEntry
{
    public required LedgerKind Kind { get; init; }

    /// <summary>Kept in UTC, cut off after the microsecond.</summary>
    public required DateTimeOffset At { get; init; }

    public required Guid AwardId { get; init; }

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

    public required bool Passed { get; init; }

    /// <summary>32 bytes: HMAC-SHA-256(key of the learner, award id).</summary>
    public required byte[] SubjectRef { get; init; }
}
