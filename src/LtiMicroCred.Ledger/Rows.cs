namespace LtiMicroCred.Ledger;

/// <summary>The head row of a log: how many entries it has and what they hash to.</summary>
public sealed record LedgerHead
{
    internal const string Table = nameof(LedgerHead);

    public required Guid LogId { get; init; }

    public required string Origin { get; init; }

    public required long Size { get; init; }

    /// <summary>See <see cref="Ledger.Frontier.ToBytes"/>.</summary>
    public required byte[] Frontier { get; init; }

    public required byte[] Root { get; init; }

    /// <exception cref="LedgerFormatException">A column does not hold what this library writes.</exception>
    internal static LedgerHead From(StoredRow row) => new()
    {
        LogId = row.Id(nameof(LogId)),
        Origin = row.Text(nameof(Origin)),
        Size = row.Long(nameof(Size)) is var size and >= 0 ? size : throw new LedgerFormatException(nameof(Size), "is below 0"),
        Frontier = row.Bytes(nameof(Frontier)),
        Root = row.Hash(nameof(Root)),
    };
}

/// <summary>An entry as it lies in a log. Nothing is proven by reading it; see <see cref="LedgerVerifier"/>.</summary>
public sealed record LedgerRow
{
    internal const string Table = nameof(LedgerEntry);

    public required Guid LogId { get; init; }

    public required long Number { get; init; }

    public required LedgerEntry Entry { get; init; }

    public required byte[] EntryBytes { get; init; }

    public required byte[] LeafHash { get; init; }

    /// <exception cref="LedgerFormatException">A column does not hold what this library writes.</exception>
    internal static LedgerRow From(StoredRow row) => new()
    {
        LogId = row.Id(nameof(LogId)),
        Number = row.Long(nameof(Number)),
        Entry = new EntryColumns(row).Read(),
        EntryBytes = row.Bytes(nameof(EntryBytes)),
        LeafHash = row.Hash(nameof(LeafHash)),
    };

    /// <summary>The column that holds a property of <see cref="LedgerEntry"/>: of the same name but for the time, whose name SQL has taken.</summary>
    internal static string ColumnOf(string property) => property == nameof(LedgerEntry.At) ? OccurredAt : property;

    internal const string OccurredAt = nameof(OccurredAt);
}

/// <summary>A full tile as it is stored.</summary>
internal sealed record TileRow
{
    public const string Table = "LedgerTile";

    public const string Level = nameof(Level);

    public const string TileIndex = nameof(TileIndex);

    /// <summary>Over its 256 hashes: the one hash that stands for it one level up.</summary>
    public required byte[] Root { get; init; }

    public required byte[] Hashes { get; init; }

    /// <exception cref="LedgerFormatException">A column does not hold what this library writes.</exception>
    public static TileRow From(StoredRow row) => new()
    {
        Root = row.Hash(nameof(Root)),
        Hashes = row.Bytes(nameof(Hashes)) is { Length: Tile.FullLength } hashes ? hashes : throw new LedgerFormatException(nameof(Hashes), "are not 256 hashes of 32 bytes"),
    };
}

/// <summary>A checkpoint as it lies in a log. Nothing is proven by reading it; see <see cref="Checkpoint.Open(ReadOnlySpan{byte}, IEnumerable{VerifierKey})"/>.</summary>
public sealed record CheckpointRow
{
    internal const string Table = "LedgerCheckpoint";

    public required Guid LogId { get; init; }

    /// <summary>How many entries it counts.</summary>
    public required long Size { get; init; }

    public required byte[] Root { get; init; }

    /// <summary>The signed note.</summary>
    public required byte[] Note { get; init; }

    /// <exception cref="LedgerFormatException">A column does not hold what this library writes.</exception>
    internal static CheckpointRow From(StoredRow row) => new()
    {
        LogId = row.Id(nameof(LogId)),
        Size = row.Long(nameof(Size)) is var size and > 0 ? size : throw new LedgerFormatException(nameof(Size), "is below 1"),
        Root = row.Hash(nameof(Root)),
        Note = row.Bytes(nameof(Note)),
    };
}
