namespace LtiMicroCred.Ledger;

/// <summary>Takes an entry out of its columns. Those that its kind does not have must be empty.</summary>
internal sealed class EntryColumns(StoredRow row) : IEntrySource
{
    public LedgerEntry Read()
    {
        try
        {
            var entry = EntryReading.Read(this);
            RefuseLeftOver(EntryFacts.Of(entry));
            return entry;
        }
        catch (LedgerFormatException) when (KindInBytes() is { } said && !row.Is(nameof(LedgerEntry.Kind), said))
        {
            // With another kind, other columns are expected: the one at fault is the kind.
            throw new LedgerFormatException(nameof(LedgerEntry.Kind), "differs from the entry bytes");
        }
    }

    public Guid Id(string property) => row.Id(Column(property));

    public DateTimeOffset Time(string property) => row.Time(Column(property));

    public int Int(string property) => row.Int(Column(property));

    public decimal Number(string property) => row.Number(Column(property));

    public decimal? NumberOrNull(string property) => row.NumberOrNull(Column(property));

    public string Text(string property) => row.Text(Column(property));

    public string? TextOrNull(string property) => row.TextOrNull(Column(property));

    public bool Flag(string property) => row.Flag(Column(property));

    public byte[] Hash(string property) => row.Hash(Column(property));

    public LedgerFormatException Unknown(string property, string reason) => new(Column(property), reason);

    private string Column(string property) => LedgerRow.ColumnOf(property) is var column && row.Has(column)
        ? column : throw new LedgerFormatException(column, "is not a column of this database");

    private void RefuseLeftOver(EntryFacts facts)
    {
        RefuseIf(facts.AwardId is null, nameof(facts.AwardId));
        RefuseIf(facts.ReplacedBy is null, nameof(facts.ReplacedBy));
        RefuseIf(facts.Reason is null, nameof(facts.Reason));
        RefuseIf(facts.AchievementId is null, nameof(facts.AchievementId));
        RefuseIf(facts.AchievementVersion is null, nameof(facts.AchievementVersion));
        RefuseIf(facts.AchievementHash is null, nameof(facts.AchievementHash));
        RefuseIf(facts.Hours is null, nameof(facts.Hours));
        RefuseIf(facts.Credits is null, nameof(facts.Credits));
        RefuseIf(facts.CreditSystem is null, nameof(facts.CreditSystem));
        RefuseIf(facts.Passed is null, nameof(facts.Passed));
        RefuseIf(facts.SubjectRef is null, nameof(facts.SubjectRef));
    }

    private void RefuseIf(bool absent, string column)
    {
        if (absent && row.Holds(column))
            throw new LedgerFormatException(column, "holds a value, but an entry of this kind has none");
    }

    private string? KindInBytes()
    {
        try
        {
            return row.BytesOrNull(nameof(LedgerRow.EntryBytes)) is { } bytes ? Texts.Of(EntryFormat.Decode(bytes).Entry.Kind) : null;
        }
        catch (LedgerFormatException)
        {
            return null;
        }
    }
}
