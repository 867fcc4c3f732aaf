namespace LtiMicroCred.Features.Ledgers;

/// <summary>The proof of an award as a page shows it (<c>_Proof.cshtml</c>): the reader's browser fetches and checks it.</summary>
/// <param name="Place">Where its first entry stands, in words.</param>
/// <param name="TrustedKeys">Verifier keys of the log that the page shows beside it; without any, those in the proof are used, and the reader is told so.</param>
internal sealed record ShownProof(Guid LogId, Guid AwardId, string Place, IReadOnlyList<string> TrustedKeys);
