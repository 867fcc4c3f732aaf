namespace LtiMicroCred.Ledger;

/// <summary>
/// An entry as a flat list of values, absent where its kind has none: what the bytes and the columns are written from. Named as the properties.
/// </summary>
internal sealed record EntryFacts
{
    public required LedgerKind Kind { get; init; }

    public required DateTimeOffset At { get; init; }

    public Guid? AwardId { get; init; }

    public Guid? ReplacedBy { get; init; }

    public AwardChangeReason? Reason { get; init; }

    public Guid? AchievementId { get; init; }

    public int? AchievementVersion { get; init; }

    public byte[]? AchievementHash { get; init; }

    public decimal? Hours { get; init; }

    public decimal? Credits { get; init; }

    public string? CreditSystem { get; init; }

    public bool? Passed { get; init; }

    public byte[]? SubjectRef { get; init; }

    public static EntryFacts Of(LedgerEntry entry)
    {
        var achievement = entry as AchievementEntry;
        var issued = entry as AwardIssued;
        return new EntryFacts
        {
            Kind = entry.Kind,
            At = entry.At,
            AwardId = issued?.AwardId ?? (entry as AwardChange)?.AwardId,
            ReplacedBy = (entry as AwardSuperseded)?.ReplacedBy,
            Reason = ReasonOf(entry),
            AchievementId = achievement?.AchievementId,
            AchievementVersion = achievement?.AchievementVersion,
            AchievementHash = achievement?.AchievementHash,
            Hours = achievement?.Hours,
            Credits = achievement?.Credits,
            CreditSystem = achievement?.CreditSystem,
            Passed = issued?.Passed,
            SubjectRef = issued?.SubjectRef,
        };
    }

    private static AwardChangeReason? ReasonOf(LedgerEntry entry) => entry switch
    {
        AwardSuspended suspended => suspended.Reason,
        AwardReinstated reinstated => reinstated.Reason,
        AwardRevoked revoked => revoked.Reason,
        _ => null,
    };
}
