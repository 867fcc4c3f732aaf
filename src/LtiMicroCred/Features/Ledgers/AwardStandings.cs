using LtiMicroCred.Features.Awards;
using LtiMicroCred.Features.Shared;
using LtiMicroCred.Ledger;
using Microsoft.AspNetCore.Html;

namespace LtiMicroCred.Features.Ledgers;

/// <summary>How an award stands by the last that the ledger says of it. Each standing has its own shape; its word is <c>AwardStanding.{name}</c>.</summary>
internal static class AwardStandings
{
    /// <exception cref="LedgerFormatException">Such an entry says nothing of an award.</exception>
    public static AwardStanding After(LedgerKind kind) => kind switch
    {
        LedgerKind.AwardIssued or LedgerKind.AwardReinstated => AwardStanding.Issued,
        LedgerKind.AwardSuspended => AwardStanding.Suspended,
        LedgerKind.AwardSuperseded => AwardStanding.Superseded,
        LedgerKind.AwardRevoked => AwardStanding.Revoked,
        LedgerKind.LearnerErased => AwardStanding.Erased,
        _ => throw new LedgerFormatException(nameof(LedgerEntry.Kind), $"{kind} says nothing of an award"),
    };

    /// <summary>As the award's own row has it, see <see cref="AwardState"/>.</summary>
    public static string State(AwardStanding standing) => standing switch
    {
        AwardStanding.Issued => AwardState.Issued,
        AwardStanding.Suspended => AwardState.Suspended,
        AwardStanding.Superseded => AwardState.Superseded,
        AwardStanding.Revoked => AwardState.Revoked,
        AwardStanding.Erased => AwardState.Erased,
        _ => throw new ArgumentOutOfRangeException(nameof(standing), standing, "not a standing"),
    };

    public static IHtmlContent Icon(AwardStanding standing) => Icons.Of(standing switch
    {
        AwardStanding.Issued => "seal",
        AwardStanding.Suspended => "pause",
        AwardStanding.Superseded => "refresh",
        AwardStanding.Revoked => "cross",
        _ => "ring",
    });

    public static string Css(AwardStanding standing) => standing switch
    {
        AwardStanding.Issued => "is-ok",
        AwardStanding.Revoked => "is-bad",
        AwardStanding.Erased => "is-idle",
        _ => "is-warn",
    };
}
