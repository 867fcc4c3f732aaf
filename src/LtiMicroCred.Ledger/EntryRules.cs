namespace LtiMicroCred.Ledger;

/// <summary>The limits of an entry's values, chosen so that every engine stores exactly what was hashed.</summary>
internal static class EntryRules
{
    private const decimal Unit = 0.000001m;
    private const decimal TooLarge = 1_000_000_000_000m;
    private const int LongestCreditSystem = 40;

    /// <summary>The first property of <see cref="LedgerEntry"/> that breaks its limits.</summary>
    public static (string Member, string Reason)? FirstFault(LedgerEntry entry)
    {
        if (!Enum.IsDefined(entry.Kind))
            return (nameof(entry.Kind), "is not a kind of entry");
        if (entry.AchievementVersion < 1)
            return (nameof(entry.AchievementVersion), "is below 1");
        if (entry.AchievementHash.Length != Merkle.HashSize)
            return (nameof(entry.AchievementHash), $"has {entry.AchievementHash.Length} bytes, not {Merkle.HashSize}");
        if (!IsQuantity(entry.Hours))
            return (nameof(entry.Hours), "is negative, too large or finer than six decimal places");
        if (entry.Credits is { } credits && !IsQuantity(credits))
            return (nameof(entry.Credits), "is negative, too large or finer than six decimal places");
        if (entry.CreditSystem is { } system && !IsLabel(system))
            return (nameof(entry.CreditSystem), $"is not 1 to {LongestCreditSystem} characters without control characters");
        if (entry.Credits is null && entry.CreditSystem is not null)
            return (nameof(entry.Credits), "is missing, but a credit system is named");
        if (entry.Credits is not null && entry.CreditSystem is null)
            return (nameof(entry.CreditSystem), "is missing, but credits are given");
        if (entry.SubjectRef.Length != Merkle.HashSize)
            return (nameof(entry.SubjectRef), $"has {entry.SubjectRef.Length} bytes, not {Merkle.HashSize}");
        return null;
    }

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
