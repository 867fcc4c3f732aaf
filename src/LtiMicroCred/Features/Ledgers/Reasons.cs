using LtiMicroCred.Ledger;

namespace LtiMicroCred.Features.Ledgers;

/// <summary>Why an award changed; its words are <c>Reason.{name}</c>.</summary>
internal static class Reasons
{
    /// <summary>Null for entries that need none.</summary>
    public static AwardChangeReason? Of(LedgerEntry entry) => entry switch
    {
        AwardSuspended suspended => suspended.Reason,
        AwardReinstated reinstated => reinstated.Reason,
        AwardRevoked revoked => revoked.Reason,
        _ => null,
    };
}
