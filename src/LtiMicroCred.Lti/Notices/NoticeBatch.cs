namespace LtiMicroCred.Lti;

/// <summary>What came of one delivery. One bad notice does not spoil the others.</summary>
/// <param name="Accepted">In the order in which they came, each once.</param>
/// <param name="Refused">One for each of the others; <see cref="LtiError.NonceReplayed"/> for those that were taken before.</param>
public sealed record NoticeBatch(IReadOnlyList<Notice> Accepted, IReadOnlyList<LtiException> Refused)
{
    /// <summary>Nothing in it could be believed: to be answered with a 400. Everything else is answered with a 200, or the platform sends it again.</summary>
    public bool IsRefused => Accepted.Count == 0 && Refused.Any(refusal => refusal.Error != LtiError.NonceReplayed);
}
