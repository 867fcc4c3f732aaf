namespace LtiMicroCred.Ledger;

/// <summary>Whether a stored entry's columns, bytes and leaf hash say the same, and if not, which of them stands alone.</summary>
internal static class EntryComparison
{
    public static LedgerBreak? Break(LedgerRow row, string origin)
    {
        if (EntryRules.FirstFault(row.Entry) is { } fault)
            return At(row, LedgerRow.ColumnOf(fault.Member), fault.Reason);

        var fromColumns = EntryFormat.Encode(row.Entry, origin, row.Number);
        if (fromColumns.AsSpan().SequenceEqual(row.EntryBytes))
        {
            return Merkle.LeafHash(row.EntryBytes).AsSpan().SequenceEqual(row.LeafHash)
                ? null : At(row, nameof(LedgerRow.LeafHash), "is not the hash of the entry bytes");
        }

        return Merkle.LeafHash(fromColumns).AsSpan().SequenceEqual(row.LeafHash)
            ? At(row, nameof(LedgerRow.EntryBytes), "are not what the columns and the leaf hash say")
            : Differing(row, origin);
    }

    private static LedgerBreak Differing(LedgerRow row, string origin)
    {
        DecodedEntry said;
        try
        {
            said = EntryFormat.Decode(row.EntryBytes);
        }
        catch (LedgerFormatException e)
        {
            return At(row, nameof(LedgerRow.EntryBytes), $"cannot be read ({e.Message})");
        }

        if (said.Origin != origin)
        {
            return LogOrigin.BelongsTo(said.Origin, row.LogId)
                ? At(row, nameof(LedgerHead.Origin), "is not the one in the entry bytes") with { Table = LedgerHead.Table }
                : At(row, nameof(LedgerRow.LogId), "the entry bytes are those of another log");
        }

        if (said.Number != row.Number)
            return At(row, nameof(LedgerRow.Number), $"the entry bytes are those of entry {said.Number}");
        return At(row, LedgerRow.ColumnOf(FirstDifference(EntryFacts.Of(row.Entry), EntryFacts.Of(said.Entry))), "differs from the entry bytes");
    }

    private static string FirstDifference(EntryFacts column, EntryFacts said)
    {
        if (column.Kind != said.Kind)
            return nameof(column.Kind);
        if (Texts.ToMicroseconds(column.At) != said.At)
            return nameof(column.At);
        if (column.AwardId != said.AwardId)
            return nameof(column.AwardId);
        if (column.ReplacedBy != said.ReplacedBy)
            return nameof(column.ReplacedBy);
        if (column.Reason != said.Reason)
            return nameof(column.Reason);
        if (column.AchievementId != said.AchievementId)
            return nameof(column.AchievementId);
        if (column.AchievementVersion != said.AchievementVersion)
            return nameof(column.AchievementVersion);
        if (!column.AchievementHash.AsSpan().SequenceEqual(said.AchievementHash))
            return nameof(column.AchievementHash);
        if (column.Hours != said.Hours)
            return nameof(column.Hours);
        if (column.Credits != said.Credits)
            return nameof(column.Credits);
        if (column.CreditSystem != said.CreditSystem)
            return nameof(column.CreditSystem);
        return column.Passed != said.Passed ? nameof(column.Passed) : nameof(column.SubjectRef);
    }

    private static LedgerBreak At(LedgerRow row, string column, string reason) => new(row.LogId, row.Number, LedgerRow.Table, column, reason);
}
