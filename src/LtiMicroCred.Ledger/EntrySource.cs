namespace LtiMicroCred.Ledger;

/// <summary>Where the values of an entry come from: the members of its bytes, or the columns of its row. Asked by the names of the properties.</summary>
/// <remarks>Each throws a <see cref="LedgerFormatException"/> where there is no such value in the one form in which it is written.</remarks>
internal interface IEntrySource
{
    Guid Id(string property);

    DateTimeOffset Time(string property);

    int Int(string property);

    decimal Number(string property);

    decimal? NumberOrNull(string property);

    string Text(string property);

    string? TextOrNull(string property);

    bool Flag(string property);

    byte[] Hash(string property);

    /// <summary>To be thrown: the value is there, but none of those that are known.</summary>
    LedgerFormatException Unknown(string property, string reason);
}

/// <summary>Which values each kind of entry has. What is left over in the source is for the source to refuse.</summary>
internal static class EntryReading
{
    public static LedgerEntry Read(IEntrySource source)
    {
        var kind = Texts.Kind(source.Text(nameof(LedgerEntry.Kind)))
            ?? throw source.Unknown(nameof(LedgerEntry.Kind), "a kind that this program does not know");
        var at = source.Time(nameof(LedgerEntry.At));
        return kind switch
        {
            LedgerKind.AchievementPublished => new AchievementPublished
            {
                At = at,
                AchievementId = source.Id(nameof(AchievementEntry.AchievementId)),
                AchievementVersion = source.Int(nameof(AchievementEntry.AchievementVersion)),
                AchievementHash = source.Hash(nameof(AchievementEntry.AchievementHash)),
                Hours = source.Number(nameof(AchievementEntry.Hours)),
                Credits = source.NumberOrNull(nameof(AchievementEntry.Credits)),
                CreditSystem = source.TextOrNull(nameof(AchievementEntry.CreditSystem)),
            },
            LedgerKind.AwardIssued => new AwardIssued
            {
                At = at,
                AwardId = Award(source),
                AchievementId = source.Id(nameof(AchievementEntry.AchievementId)),
                AchievementVersion = source.Int(nameof(AchievementEntry.AchievementVersion)),
                AchievementHash = source.Hash(nameof(AchievementEntry.AchievementHash)),
                Hours = source.Number(nameof(AchievementEntry.Hours)),
                Credits = source.NumberOrNull(nameof(AchievementEntry.Credits)),
                CreditSystem = source.TextOrNull(nameof(AchievementEntry.CreditSystem)),
                Passed = source.Flag(nameof(AwardIssued.Passed)),
                SubjectRef = source.Hash(nameof(AwardIssued.SubjectRef)),
            },
            LedgerKind.AwardSuperseded => new AwardSuperseded { At = at, AwardId = Award(source), ReplacedBy = source.Id(nameof(AwardSuperseded.ReplacedBy)) },
            LedgerKind.AwardSuspended => new AwardSuspended { At = at, AwardId = Award(source), Reason = Reason(source) },
            LedgerKind.AwardReinstated => new AwardReinstated { At = at, AwardId = Award(source), Reason = Reason(source) },
            LedgerKind.AwardRevoked => new AwardRevoked { At = at, AwardId = Award(source), Reason = Reason(source) },
            LedgerKind.LearnerErased => new LearnerErased { At = at, AwardId = Award(source) },
            _ => throw new InvalidOperationException($"{kind} has no reading"),
        };
    }

    private static Guid Award(IEntrySource source) => source.Id(nameof(AwardIssued.AwardId));

    private static AwardChangeReason Reason(IEntrySource source) =>
        Texts.Reason(source.Text(nameof(AwardRevoked.Reason))) ?? throw source.Unknown(nameof(AwardRevoked.Reason), "a reason that this program does not know");
}
