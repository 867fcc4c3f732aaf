namespace LtiMicroCred.Ledger;

/// <summary>The limits of an entry's values, chosen so that every engine stores exactly what was hashed.</summary>
internal static class EntryRules
{
    private const decimal Unit = 0.000001m;
    private const decimal TooLarge = 1_000_000_000_000m;
    private const int LongestCreditSystem = 40;

    /// <summary>The first property that breaks its limits.</summary>
    public static (string Member, string Reason)? FirstFault(LedgerEntry entry)
    {
        var facts = EntryFacts.Of(entry);
        if (facts.AchievementVersion < 1)
            return (nameof(facts.AchievementVersion), "is below 1");
        if (facts.AchievementHash is { } hash && hash.Length != Merkle.HashSize)
            return (nameof(facts.AchievementHash), $"has {hash.Length} bytes, not {Merkle.HashSize}");
        if (facts.Hours is { } hours && !IsQuantity(hours))
            return (nameof(facts.Hours), "is negative, too large or finer than six decimal places");
        if (facts.Credits is { } credits && !IsQuantity(credits))
            return (nameof(facts.Credits), "is negative, too large or finer than six decimal places");
        if (facts.CreditSystem is { } system && !IsLabel(system))
            return (nameof(facts.CreditSystem), $"is not 1 to {LongestCreditSystem} characters without control characters");
        if (facts.Credits is null && facts.CreditSystem is not null)
            return (nameof(facts.Credits), "is missing, but a credit system is named");
        if (facts.Credits is not null && facts.CreditSystem is null)
            return (nameof(facts.CreditSystem), "is missing, but credits are given");
        if (facts.SubjectRef is { } subject && subject.Length != Merkle.HashSize)
            return (nameof(facts.SubjectRef), $"has {subject.Length} bytes, not {Merkle.HashSize}");
        if (facts.Reason is { } reason && !IsReasonFor(facts.Kind, reason))
            return (nameof(facts.Reason), $"is not one for {Texts.Of(facts.Kind)}");
        if (facts.ReplacedBy is not null && facts.ReplacedBy == facts.AwardId)
            return (nameof(facts.ReplacedBy), "is the award itself");
        return null;
    }

    private static bool IsReasonFor(LedgerKind kind, AwardChangeReason reason) => reason switch
    {
        AwardChangeReason.ResultBelowRule or AwardChangeReason.ResultWithdrawn => kind is LedgerKind.AwardSuspended or LedgerKind.AwardRevoked,
        AwardChangeReason.UnderReview => kind is LedgerKind.AwardSuspended,
        AwardChangeReason.IssuedInError => kind is LedgerKind.AwardRevoked,
        AwardChangeReason.ResultMeetsRule or AwardChangeReason.ReviewClosed => kind is LedgerKind.AwardReinstated,
        AwardChangeReason.LearnerRequest or AwardChangeReason.InstitutionDecision => true,
        _ => false,
    };

    private static bool IsQuantity(decimal value) => value is >= 0 and < TooLarge && value % Unit == 0;

    private static bool IsLabel(string text) =>
        text.Length is > 0 and <= LongestCreditSystem && !text.Any(char.IsControl) && HasOnlyWholeCharacters(text);

    private static bool HasOnlyWholeCharacters(string text)
    {
        // A replacement character is what EnumerateRunes makes of half a surrogate pair.
        var runes = text.EnumerateRunes();
        return string.Concat(runes) == text;
    }
}
