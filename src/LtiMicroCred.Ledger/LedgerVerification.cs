using System.Globalization;

namespace LtiMicroCred.Ledger;

/// <param name="Logs">Logs found intact.</param>
/// <param name="Entries">Entries found intact before the end or the first break.</param>
/// <param name="Break">The first thing found wrong; none means intact.</param>
public sealed record LedgerVerification(long Logs, long Entries, LedgerBreak? Break)
{
    public bool Intact => Break is null;

    /// <summary>Checkpoints of the database that are signed by a known key and agree with the entries.</summary>
    public long Checkpoints { get; init; }

    /// <summary>Full tiles that agree with the entries.</summary>
    public long Tiles { get; init; }

    /// <summary>Checkpoints from outside that agree with the entries; 0 means that nothing but the database vouches for the database.</summary>
    public long Outside { get; init; }
}

/// <summary>What a verification has to go by besides the database.</summary>
public sealed record LedgerEvidence
{
    public static LedgerEvidence None { get; } = new();

    /// <summary>The verifier keys of all logs, also those that sign no more. A checkpoint that none of them signed is a break.</summary>
    public IReadOnlyList<VerifierKey> Keys { get; init; } = [];

    /// <summary>Checkpoints that were kept elsewhere, as signed notes, in any order. Each must be readable by <see cref="SignedNote.Parse"/> and <see cref="Checkpoint.Parse"/>.</summary>
    public IReadOnlyList<byte[]> Outside { get; init; } = [];
}

/// <summary>The first value that contradicts the rest.</summary>
/// <param name="LogId">Empty where the id itself cannot be read.</param>
/// <param name="Number">The entry; for a head row the last entry that it counts or that was verified; 0 where none can be named.</param>
public sealed record LedgerBreak(Guid LogId, long Number, string Table, string Column, string Reason)
{
    /// <summary>Scripts read this line.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"BROKEN entry {Number} {Table}.{Column}: {Reason}");
}

/// <summary>An entry whose columns, bytes and leaf hash agree with each other and with its place in the log.</summary>
public sealed record VerifiedEntry(long Number, LedgerEntry Entry, byte[] EntryBytes, byte[] LeafHash);

public sealed record LedgerProgress(Guid LogId, long Verified, long Size);
