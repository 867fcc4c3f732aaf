using Dapper;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Ledger;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Features.FollowUps;

/// <summary>
/// Writes down, in the award's own transaction, what is to be done after it: so it survives a crash, and what was not committed is never followed up. A score follows
/// where the activity's column shows who holds the credential, a mail where mail is set up and an address is known.
/// </summary>
internal sealed class WriteFollowUps(Settings settings, TimeProvider clock)
{
    // The transaction is over by then; so is the learner's look at the page, mostly.
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(1);

    public async Task IssuedAsync(Work work, IReadOnlyList<NewAward> awards)
    {
        if (awards.Count == 0)
            return;
        await ScoresAsync(work, awards.Select(a => (a.ActivityId, a.Entry.AwardId)));
        await MailsAsync(work, awards.Select(a => a.Entry));
    }

    public async Task ChangedAsync(Work work, IReadOnlyList<AwardChange> entries)
    {
        if (entries.Count == 0)
            return;
        // A cell says how things are, not what happened: one follow-up for each, due again.
        await work.Connection.ExecuteAsync(
            "UPDATE FollowUp SET State = 'waiting', CreatedAt = @due, DueAt = @due, Attempts = 0, Cause = NULL, Reference = NULL WHERE AwardId = @AwardId AND Kind = 'score'",
            entries.Select(e => new { e.AwardId, due = clock.GetUtcNow() + s_soon }),
            work.Transaction);
        await MailsAsync(work, entries.Where(e => e is not AwardSuperseded));
    }

    /// <summary>Another activity has earned an award that is held: its column shows it too.</summary>
    public Task EvidenceAsync(Work work, Guid activityId, IEnumerable<Guid> awards) => ScoresAsync(work, awards.Select(award => (activityId, award)));

    /// <summary>Everybody who holds the credential by this activity, when its column begins to show it.</summary>
    public async Task HoldersAsync(Work work, Guid activityId)
    {
        var holders = await work.Connection.QueryAsync<Guid>(
            "SELECT v.AwardId FROM Evidence v JOIN HeldAward h ON h.AwardId = v.AwardId WHERE v.ActivityId = @activityId AND NOT EXISTS (SELECT 1 FROM FollowUp f WHERE f.AwardId = v.AwardId AND f.ActivityId = @activityId AND f.Kind = 'score')",
            new { activityId },
            work.Transaction);
        await ScoresAsync(work, holders.Select(award => (activityId, award)));
        await work.Connection.ExecuteAsync(
            "UPDATE FollowUp SET State = 'waiting', CreatedAt = @due, DueAt = @due, Attempts = 0, Cause = NULL, Reference = NULL WHERE ActivityId = @activityId AND Kind = 'score'",
            new { activityId, due = clock.GetUtcNow() + s_soon },
            work.Transaction);
    }

    private Task ScoresAsync(Work work, IEnumerable<(Guid ActivityId, Guid AwardId)> awards) => work.Connection.ExecuteAsync(
        """
        INSERT INTO FollowUp (FollowUpId, TenantId, ActivityId, LearnerId, AwardId, Kind, Event, State, CreatedAt, DueAt, Attempts)
        SELECT @Id, w.TenantId, s.ActivityId, w.LearnerId, w.AwardId, 'score', 'award.issued', 'waiting', @now, @due, 0
        FROM ScoreBack s JOIN Award w ON w.AwardId = @AwardId WHERE s.ActivityId = @ActivityId AND s.IsOn = 1
        """,
        awards.Select(a => new { Id = Guid.CreateVersion7(), a.AwardId, a.ActivityId, now = clock.GetUtcNow(), due = clock.GetUtcNow() + s_soon }),
        work.Transaction);

    private async Task MailsAsync(Work work, IEnumerable<LedgerEntry> entries)
    {
        if (settings.Smtp is null)
            return;
        await work.Connection.ExecuteAsync(
            """
            INSERT INTO FollowUp (FollowUpId, TenantId, ActivityId, LearnerId, AwardId, Kind, Event, State, CreatedAt, DueAt, Attempts)
            SELECT @Id, w.TenantId, v.ActivityId, w.LearnerId, w.AwardId, 'mail', @Event, 'waiting', @now, @due, 0
            FROM Award w JOIN LearnerProfile p ON p.LearnerId = w.LearnerId JOIN Evidence v ON v.AwardId = w.AwardId
            WHERE w.AwardId = @AwardId AND p.Email IS NOT NULL AND NOT EXISTS (SELECT 1 FROM Evidence o WHERE o.AwardId = v.AwardId AND o.FoundAt < v.FoundAt)
            """,
            entries.Select(e => new { Id = Guid.CreateVersion7(), Event = Name(e), AwardId = e is AwardIssued issued ? issued.AwardId : ((AwardChange)e).AwardId, now = clock.GetUtcNow(), due = clock.GetUtcNow() + s_soon }),
            work.Transaction);
    }

    private static string Name(LedgerEntry entry) => entry.Kind switch
    {
        LedgerKind.AwardIssued => "award.issued",
        LedgerKind.AwardSuspended => "award.suspended",
        LedgerKind.AwardReinstated => "award.reinstated",
        LedgerKind.AwardRevoked => "award.revoked",
        _ => throw new ArgumentOutOfRangeException(nameof(entry), entry.Kind, "tells the learner nothing"),
    };
}
