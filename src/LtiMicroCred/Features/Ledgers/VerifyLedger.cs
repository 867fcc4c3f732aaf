using LtiMicroCred.Ledger;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Features.Ledgers;

/// <summary>
/// Re-derives the whole ledger, with its tiles and checkpoints, and compares each entry with the awards and achievement versions that it speaks of.
/// Needs public keys only, writes nothing.
/// </summary>
internal sealed class VerifyLedger(Database database, LogKeys keys)
{
    /// <param name="outside">Checkpoints that were kept elsewhere, as signed notes.</param>
    /// <param name="trusted">Verifier keys that came another way; where there are none, those in the database are taken.</param>
    /// <param name="progress">Told as it goes on.</param>
    /// <param name="ct">Ends it without a result.</param>
    public async Task<LedgerVerification> RunAsync(
        IReadOnlyList<byte[]> outside, IReadOnlyList<VerifierKey> trusted, IProgress<LedgerProgress>? progress, CancellationToken ct)
    {
        var evidence = new LedgerEvidence { Keys = trusted.Count > 0 ? trusted : await keys.AllAsync(ct), Outside = outside };
        await using var connection = await database.OpenAsync(ct);
        var comparison = new AwardComparison(connection);
        var verification = await new LedgerVerifier(database.Engine).VerifyAsync(connection, evidence, progress, comparison.CompareAsync, ct);
        return verification.Intact ? verification with { Break = await comparison.UnrecordedAsync() } : verification;
    }
}
