using LtiMicroCred.Ledger;

namespace LtiMicroCred.Features.Awards;

/// <summary>How an award stands, as it is stored: by the last that the ledger says of it.</summary>
internal static class AwardState
{
    public const string Issued = "issued";
    public const string Suspended = "suspended";
    public const string Superseded = "superseded";
    public const string Revoked = "revoked";

    /// <summary>Nobody can tell any more whose it was.</summary>
    public const string Erased = "erased";

    /// <summary>Nobody earns again what they hold.</summary>
    public static bool IsHeld(string state) => state is Issued or Suspended;

    /// <exception cref="ArgumentOutOfRangeException">Such an entry changes no award.</exception>
    public static string After(LedgerEntry entry) => entry switch
    {
        AwardIssued or AwardReinstated => Issued,
        AwardSuspended => Suspended,
        AwardSuperseded => Superseded,
        AwardRevoked => Revoked,
        LearnerErased => Erased,
        _ => throw new ArgumentOutOfRangeException(nameof(entry), entry.Kind, "changes no award"),
    };
}
