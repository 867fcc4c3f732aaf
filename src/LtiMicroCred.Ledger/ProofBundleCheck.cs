using System.Globalization;

namespace LtiMicroCred.Ledger;

/// <summary>How an award stands by the entries that were looked at.</summary>
public enum AwardStanding
{
    Issued,
    Suspended,
    Superseded,
    Revoked,

    /// <summary>The link to its learner was destroyed.</summary>
    Erased,
}

/// <summary>What checking a <see cref="ProofBundle"/> found.</summary>
public sealed record ProofBundleCheck
{
    /// <summary>The first thing found wrong, in words; nothing of the file may be believed then. None means that everything in <see cref="Holds"/> is proven.</summary>
    public string? Broken { get; private init; }

    public bool Intact => Broken is null;

    /// <summary>What was checked and holds, a sentence each, in the order of the checks; up to the first that failed.</summary>
    public required IReadOnlyList<string> Holds { get; init; }

    /// <summary>What the file alone cannot show, a sentence each.</summary>
    public required IReadOnlyList<string> NotChecked { get; init; }

    /// <summary>There exactly when the bundle is intact, as are the others.</summary>
    public AwardIssued? Award { get; private init; }

    public AwardStanding? Standing { get; private init; }

    public Checkpoint? Checkpoint { get; private init; }

    /// <summary>All entries of the bundle, the issuing one first.</summary>
    public IReadOnlyList<DecodedEntry> Entries { get; private init; } = [];

    /// <summary>Offline. Hostile bytes give a broken result, never an exception.</summary>
    /// <param name="trustedKeys">Keys of the log that came another way than with the file. Where none are given, the file's own keys are used, and the result says so.</param>
    public static ProofBundleCheck Run(ReadOnlySpan<byte> bytes, IReadOnlyList<VerifierKey>? trustedKeys)
    {
        var given = trustedKeys is { Count: > 0 };
        var holds = new List<string>();
        var notChecked = new List<string>();
        if (!given)
            notChecked.Add("No key was given to trust: the one in the file is used. Compare it with the key that the institution publishes.");
        try
        {
            var bundle = ProofBundle.Decode(bytes);
            var checkpoint = Checkpoint.Open(bundle.Checkpoint, given ? trustedKeys! : bundle.Keys, out var signers); // not null: given
            holds.Add(string.Create(CultureInfo.InvariantCulture, $"The checkpoint of {checkpoint.Origin} at {checkpoint.Size} entries is signed by {(given ? "a key given to trust" : "a key in the file")}, {signers[0]}."));

            var entries = bundle.Entries.Select(proven => Proven(proven, checkpoint)).ToList();
            holds.Add(string.Create(CultureInfo.InvariantCulture, $"The log holds {Numbers(entries)}: {(entries.Count == 1 ? "its hash leads" : "their hashes lead")} to the root in the checkpoint."));

            var award = OneAward(entries);
            var standing = StandingAfter(entries);
            holds.Add(string.Create(CultureInfo.InvariantCulture, $"Award {award.AwardId:D} was issued at {Texts.Of(award.At)} for {Texts.Of(award.Hours)} hours; by the entries in the file it is {Word(standing)}."));

            notChecked.Add("Whether the log says more of this award than the file, before the checkpoint or since: that only the log can tell.");
            notChecked.Add("Whether the checkpoint is the one that others see: compare it with one from elsewhere, or ask the log for a consistency proof.");
            notChecked.Add("Whose award it is, and what was learned: the file names the learner and the achievement by hashes only.");
            return new ProofBundleCheck { Holds = holds, NotChecked = notChecked, Award = award, Standing = standing, Checkpoint = checkpoint, Entries = entries };
        }
        catch (LedgerFormatException e)
        {
            return new ProofBundleCheck { Broken = e.Message, Holds = holds, NotChecked = notChecked };
        }
    }

    private static DecodedEntry Proven(ProvenEntry proven, Checkpoint checkpoint)
    {
        var where = string.Create(CultureInfo.InvariantCulture, $"entry {proven.Number}");
        var decoded = EntryFormat.Decode(proven.EntryBytes);
        if (decoded.Number != proven.Number)
            throw new LedgerFormatException(where, $"its bytes are those of entry {decoded.Number}");
        if (decoded.Origin != checkpoint.Origin)
            throw new LedgerFormatException(where, "its bytes are those of another log than the checkpoint's");
        return MerkleProof.Includes(checkpoint.Root, checkpoint.Size, proven.Number - 1, Merkle.LeafHash(proven.EntryBytes), proven.Proof)
            ? decoded : throw new LedgerFormatException(where, "its proof does not lead to the root in the checkpoint");
    }

    private static AwardIssued OneAward(List<DecodedEntry> entries)
    {
        if (entries[0].Entry is not AwardIssued issued)
            throw new LedgerFormatException("bundle", "does not begin with the entry that issued the award");
        for (var i = 1; i < entries.Count; i++)
        {
            if (entries[i].Number <= entries[i - 1].Number)
                throw new LedgerFormatException("bundle", "has its entries out of order");
            if (entries[i].Entry is not AwardChange change || change.AwardId != issued.AwardId)
                throw new LedgerFormatException("bundle", $"has an entry, {entries[i].Number}, that is not about what became of the award");
        }

        return issued;
    }

    // The last word counts.
    private static AwardStanding StandingAfter(List<DecodedEntry> entries) => entries[^1].Entry.Kind switch
    {
        LedgerKind.AwardIssued or LedgerKind.AwardReinstated => AwardStanding.Issued,
        LedgerKind.AwardSuspended => AwardStanding.Suspended,
        LedgerKind.AwardSuperseded => AwardStanding.Superseded,
        LedgerKind.AwardRevoked => AwardStanding.Revoked,
        LedgerKind.LearnerErased => AwardStanding.Erased,
        var other => throw new LedgerFormatException("bundle", $"{other} says nothing of an award"),
    };

    private static string Word(AwardStanding standing) => standing switch
    {
        AwardStanding.Issued => "valid",
        AwardStanding.Suspended => "suspended",
        AwardStanding.Superseded => "superseded by another",
        AwardStanding.Revoked => "revoked",
        AwardStanding.Erased => "without a learner, whose key was destroyed",
        _ => throw new ArgumentOutOfRangeException(nameof(standing), standing, "not a standing"),
    };

    private static string Numbers(List<DecodedEntry> entries) =>
        (entries.Count == 1 ? "entry " : "entries ") + string.Join(", ", entries.Select(entry => entry.Number.ToString(CultureInfo.InvariantCulture)));
}
