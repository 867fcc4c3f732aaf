using System.Collections.Frozen;
using System.Globalization;

namespace LtiMicroCred.Ledger;

/// <summary>The one text form that each kind of value has in an entry's bytes, and in SQLite's columns.</summary>
internal static class Texts
{
    private const string TimeForm = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    private static readonly FrozenDictionary<string, LedgerKind> Kinds = Enum.GetValues<LedgerKind>().ToFrozenDictionary(Of, StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, AwardChangeReason> Reasons =
        Enum.GetValues<AwardChangeReason>().ToFrozenDictionary(Of, StringComparer.Ordinal);

    public static string Of(Guid id) => id.ToString("D");

    public static string Of(DateTimeOffset time) => ToMicroseconds(time).ToString(TimeForm, CultureInfo.InvariantCulture);

    /// <summary>Without trailing zeros and never with an exponent: <c>60</c>, <c>0.5</c>.</summary>
    public static string Of(decimal value) => value.ToString("0.############################", CultureInfo.InvariantCulture);

    public static string Of(byte[] hash) => Convert.ToHexStringLower(hash);

    public static string Of(LedgerKind kind) => kind switch
    {
        LedgerKind.AwardIssued => "award.issued",
        LedgerKind.AchievementPublished => "achievement.published",
        LedgerKind.AwardSuperseded => "award.superseded",
        LedgerKind.AwardSuspended => "award.suspended",
        LedgerKind.AwardReinstated => "award.reinstated",
        LedgerKind.AwardRevoked => "award.revoked",
        LedgerKind.LearnerErased => "learner.erased",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "not a kind of entry"),
    };

    public static string Of(AwardChangeReason reason) => reason switch
    {
        AwardChangeReason.ResultBelowRule => "result-below-rule",
        AwardChangeReason.ResultWithdrawn => "result-withdrawn",
        AwardChangeReason.ResultMeetsRule => "result-meets-rule",
        AwardChangeReason.UnderReview => "under-review",
        AwardChangeReason.ReviewClosed => "review-closed",
        AwardChangeReason.IssuedInError => "issued-in-error",
        AwardChangeReason.LearnerRequest => "learner-request",
        AwardChangeReason.InstitutionDecision => "institution-decision",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "not a reason"),
    };

    /// <summary>UTC, cut off rather than rounded, so that an event never moves into the future.</summary>
    public static DateTimeOffset ToMicroseconds(DateTimeOffset time) =>
        new(time.UtcTicks - (time.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);

    public static Guid? Id(string text) =>
        Guid.TryParseExact(text, "D", out var id) && Of(id) == text ? id : null;

    public static DateTimeOffset? Time(string text) =>
        DateTimeOffset.TryParseExact(text, TimeForm, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? time : null;

    public static decimal? Number(string text) =>
        decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && Of(value) == text ? value : null;

    public static byte[]? Hash(string text) =>
        text.Length == 2 * Merkle.HashSize && text.All(char.IsAsciiHexDigit) ? Convert.FromHexString(text) : null;

    /// <summary>RFC 4648, section 4, with padding and nothing between; the bits that padding leaves over are zero.</summary>
    public static byte[]? Base64(string text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length) && Convert.ToBase64String(bytes, 0, length) == text ? bytes[..length] : null;
    }

    public static LedgerKind? Kind(string text) => Kinds.TryGetValue(text, out var kind) ? kind : null;

    public static AwardChangeReason? Reason(string text) => Reasons.TryGetValue(text, out var reason) ? reason : null;
}
