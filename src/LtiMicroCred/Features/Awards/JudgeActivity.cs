using System.Security.Cryptography;
using System.Text;
using Dapper;
using LtiMicroCred.Features.Achievements;
using LtiMicroCred.Ledger;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Features.Awards;

/// <summary>
/// Decides for learners of one activity and does what follows: awards, renewals, and what the achievement's policy wants where a grade fell or rose again; each with its
/// ledger entry, all in the caller's transaction. Idempotent by the key (learner, achievement): the same grade seen twice, in parallel, from two nodes or two columns
/// gives one award; who loses the race for it runs again.
/// </summary>
internal sealed class JudgeActivity(Database database, NewAwards awards, AwardChanges changes, FollowUps.WriteFollowUps followUps, TimeProvider clock)
{
    private const int Part = 500;

    private sealed record Terms : AwardTerms
    {
        public required Guid TenantId { get; init; }
        public required Guid CourseId { get; init; }
        public required bool HasRoster { get; init; }
        public required Guid PassRuleId { get; init; }
        public required string Content { get; init; }
        public string? WhenBelow { get; init; }

        public WhenBelow Wish => WhenBelow is null ? Awards.WhenBelow.Flag : Enum.Parse<WhenBelow>(WhenBelow, ignoreCase: true);
    }

    /// <summary>Who may earn: an active learner on the LMS's list; where the LMS has no list, whoever came as a learner. Not somebody whom no entry could name.</summary>
    private sealed record Candidate
    {
        public required Guid LearnerId { get; init; }
        public required byte[] SubjectKey { get; init; }
        public required string Issuer { get; init; }
        public required string ClientId { get; init; }
        public required string Subject { get; init; }
        public Guid? AwardId { get; init; }
        public string? State { get; init; }
        public DateTimeOffset? IssuedAt { get; init; }
        public int? ValidMonths { get; init; }

        public LedgerSubject Named => new() { SubjectKey = SubjectKey, Issuer = Issuer, ClientId = ClientId, Subject = Subject };
    }

    private sealed record Reason
    {
        public required Guid AwardId { get; init; }
        public required Guid ActivityId { get; init; }
        public string? Content { get; init; }
    }

    private sealed record Said
    {
        public required Guid LearnerId { get; init; }
        public required string Kind { get; init; }
        public required DateTimeOffset DecidedAt { get; init; }
        public Guid? PassRuleId { get; init; }
    }

    /// <summary>What follows of a judgement, written at its end.</summary>
    private sealed class Outcome
    {
        public List<NewAward> Awards { get; } = [];
        public List<(Guid AwardId, Decision Decision)> Evidence { get; } = [];
        public List<(Candidate Of, AwardChange Entry)> Changes { get; } = [];
    }

    /// <param name="learners">Whose standing may have changed.</param>
    /// <returns>How many awards were issued.</returns>
    public async Task<int> RunAsync(Work work, Guid activityId, IReadOnlyCollection<Guid> learners, CancellationToken ct)
    {
        // The activity's row lock: whoever brings a result and whoever brings a member see what the other has brought, also where reads are of a snapshot.
        await work.Connection.ExecuteAsync("UPDATE Activity SET Revision = Revision WHERE ActivityId = @activityId", new { activityId }, work.Transaction);
        var terms = await TermsAsync(work, activityId);
        var outcome = new Outcome();
        foreach (var part in learners.Chunk(Part))
            await JudgeAsync(work, terms, activityId, part, outcome);

        await WriteEvidenceAsync(work, activityId, terms.PassRuleId, outcome.Evidence);
        await changes.WriteAsync(work, [.. outcome.Changes.Select(c => c.Entry)]);
        await awards.WriteAsync(work, outcome.Awards);
        // Last in the transaction: the head row of the tenant's log is what other writers wait for.
        List<LedgerEntry> entries = [.. outcome.Awards.Select(a => a.Entry), .. outcome.Changes.Select(c => c.Entry)];
        if (entries.Count > 0)
            await new LedgerLog(database.Engine).AppendAsync(work.Connection, work.Transaction, terms.TenantId, entries, ct);
        return outcome.Awards.Count;
    }

    /// <summary>Everybody of whom a result is known: after another rule, or another column.</summary>
    public async Task<int> AllAsync(Work work, Guid activityId, CancellationToken ct) => await RunAsync(
        work, activityId, (await work.Connection.QueryAsync<Guid>("SELECT DISTINCT LearnerId FROM Result WHERE ActivityId = @activityId", new { activityId }, work.Transaction)).AsList(), ct);

    private async Task JudgeAsync(Work work, Terms terms, Guid activityId, IReadOnlyList<Guid> learners, Outcome outcome)
    {
        var candidates = await CandidatesAsync(work, terms, learners);
        if (candidates.Count == 0)
            return;
        var rule = PassRule.Parse(terms.Content);
        var ids = candidates.ConvertAll(c => c.LearnerId);
        var observations = await ObservationRows.ReadAsync(work, activityId, ids);
        var rulings = await RulingsAsync(work, activityId, ids);
        var reasons = await ReasonsAsync(work, candidates);
        foreach (var candidate in candidates)
        {
            var seen = observations[candidate.LearnerId].ToList();
            var last = rulings.GetValueOrDefault(candidate.LearnerId);
            if (candidate.AwardId is not { } held)
                Earn(terms, activityId, rule, candidate, seen, last, outcome);
            else if (!Renew(terms, activityId, rule, candidate, seen, last, outcome))
                await FollowAsync(work, terms, activityId, rule, candidate, seen, last, [.. reasons[held]], outcome);
        }
    }

    private void Earn(Terms terms, Guid activityId, PassRule rule, Candidate candidate, List<Observation> seen, Ruling? last, Outcome outcome)
    {
        if (seen.Count > 0 && !Regrading.IsBarred(last, terms.PassRuleId) && AwardPolicy.Decide(rule, seen) is { Standing: Standing.Passed } passed)
            outcome.Awards.Add(Issue(terms, activityId, candidate, passed));
    }

    /// <summary>Who passes again near the end of an award, or after it, holds a new one instead; not while somebody keeps the old one suspended.</summary>
    private bool Renew(Terms terms, Guid activityId, PassRule rule, Candidate candidate, List<Observation> seen, Ruling? last, Outcome outcome)
    {
        if (candidate is not { AwardId: { } held, IssuedAt: { } issuedAt, ValidMonths: { } months } || last?.Kind == RulingKind.Suspend || Regrading.IsBarred(last, terms.PassRuleId))
            return false;
        var from = Validity.RenewableFrom(issuedAt, months);
        if (clock.GetUtcNow() < from || AwardPolicy.Decide(rule, seen.Where(o => o.At >= from)) is not { Standing: Standing.Passed } passed)
            return false;
        var renewed = Issue(terms, activityId, candidate, passed);
        outcome.Changes.Add((candidate, new AwardSuperseded { At = renewed.Entry.At, AwardId = held, ReplacedBy = renewed.Entry.AwardId }));
        outcome.Awards.Add(renewed);
        return true;
    }

    private async Task FollowAsync(
        Work work, Terms terms, Guid activityId, PassRule rule, Candidate candidate, List<Observation> seen, Ruling? last, List<Reason> reasons, Outcome outcome)
    {
        var now = clock.GetUtcNow();
        if (candidate is not { AwardId: { } held, IssuedAt: { } issuedAt, State: { } state } || seen.Count == 0 || Validity.Until(issuedAt, candidate.ValidMonths) <= now)
            return;
        var here = reasons.Find(r => r.ActivityId == activityId);
        if (here is null)
        {
            if (AwardPolicy.Decide(rule, seen) is { Standing: Standing.Passed } passed)
                outcome.Evidence.Add((held, passed));
            return;
        }

        // What a person decided, no grade takes away.
        if (here.Content is null)
            return;
        var decision = AwardPolicy.Decide(PassRule.Parse(here.Content), seen);
        var action = Regrading.Follow(terms.Wish, state, decision.Standing, seen.Max(o => o.ReceivedAt), last);
        if (action is AwardAction.Suspend or AwardAction.Revoke && await CountsElsewhereAsync(work, candidate.LearnerId, reasons.Where(r => r != here)))
            return;
        var why = decision.Standing == Standing.NotStarted ? AwardChangeReason.ResultWithdrawn : AwardChangeReason.ResultBelowRule;
        var at = now.ToMicroseconds();
        AwardChange? entry = action switch
        {
            AwardAction.Suspend => new AwardSuspended { At = at, AwardId = held, Reason = why },
            AwardAction.Revoke => new AwardRevoked { At = at, AwardId = held, Reason = why },
            AwardAction.Reinstate => new AwardReinstated { At = at, AwardId = held, Reason = AwardChangeReason.ResultMeetsRule },
            _ => null,
        };
        if (entry is not null)
            outcome.Changes.Add((candidate, entry));
    }

    private static async Task<bool> CountsElsewhereAsync(Work work, Guid learnerId, IEnumerable<Reason> others)
    {
        foreach (var other in others)
        {
            if (other.Content is null || AwardPolicy.Decide(PassRule.Parse(other.Content), (await ObservationRows.ReadAsync(work, other.ActivityId, [learnerId]))[learnerId]).Standing == Standing.Passed)
                return true;
        }

        return false;
    }

    private NewAward Issue(Terms terms, Guid activityId, Candidate candidate, Decision passed)
    {
        var awardId = Secrets.NewId();
        return new NewAward(terms.TenantId, candidate.LearnerId, activityId, terms.PassRuleId, null, [.. passed.Basis.Select(o => o.ResultId)], terms.ToEntry(awardId, clock.GetUtcNow().ToMicroseconds(), candidate.Named));
    }

    private static Task<Terms> TermsAsync(Work work, Guid activityId) => work.Connection.QuerySingleAsync<Terms>(
        """
        SELECT a.TenantId, a.CourseId, CASE WHEN c.MembershipsUrl IS NULL THEN 0 ELSE 1 END AS HasRoster,
               a.AchievementId, a.AchievementVersion, v.Hash, v.Hours, v.Credits, r.PassRuleId, r.Content, p.WhenBelow
        FROM Activity a
        JOIN Course c ON c.CourseId = a.CourseId
        JOIN AchievementVersion v ON v.AchievementId = a.AchievementId AND v.Version = a.AchievementVersion
        JOIN PassRule r ON r.ActivityId = a.ActivityId AND r.Version = (SELECT MAX(Version) FROM PassRule WHERE ActivityId = a.ActivityId)
        LEFT JOIN AchievementPolicy p ON p.AchievementId = a.AchievementId
        WHERE a.ActivityId = @activityId
        """,
        new { activityId },
        work.Transaction);

    private static async Task<List<Candidate>> CandidatesAsync(Work work, Terms terms, IReadOnlyList<Guid> learners) => (await work.Connection.QueryAsync<Candidate>(
        """
        SELECT m.LearnerId, f.SubjectKey, p.Issuer, p.ClientId, l.Subject, h.AwardId, w.State, w.IssuedAt, v.ValidMonths
        FROM CourseMember m
        JOIN Learner l ON l.LearnerId = m.LearnerId JOIN LearnerProfile f ON f.LearnerId = l.LearnerId JOIN Platform p ON p.PlatformId = l.PlatformId
        LEFT JOIN HeldAward h ON h.LearnerId = m.LearnerId AND h.AchievementId = @AchievementId
        LEFT JOIN Award w ON w.AwardId = h.AwardId
        LEFT JOIN AchievementVersion v ON v.AchievementId = w.AchievementId AND v.Version = w.AchievementVersion
        WHERE m.CourseId = @CourseId AND m.LearnerId IN @learners AND m.IsLearner = 1 AND m.IsActive = 1 AND (m.Seen = 'roster' OR @HasRoster = 0)
        """,
        new { terms.CourseId, terms.HasRoster, terms.AchievementId, learners = learners.ForList(work.Connection) },
        work.Transaction)).AsList();

    private static async Task<Dictionary<Guid, Ruling>> RulingsAsync(Work work, Guid activityId, IReadOnlyList<Guid> learners) => (await work.Connection.QueryAsync<Said>(
        "SELECT LearnerId, Kind, DecidedAt, PassRuleId FROM StaffDecision WHERE ActivityId = @activityId AND LearnerId IN @learners ORDER BY DecidedAt",
        new { activityId, learners = learners.ForList(work.Connection) },
        work.Transaction)).GroupBy(s => s.LearnerId).ToDictionary(g => g.Key, g => g.Last() is var last ? new Ruling(Enum.Parse<RulingKind>(last.Kind), last.DecidedAt, last.PassRuleId) : null!);

    private static async Task<ILookup<Guid, Reason>> ReasonsAsync(Work work, List<Candidate> candidates)
    {
        var held = candidates.Where(c => c.AwardId is not null).Select(c => c.AwardId!.Value).ToList();
        return held.Count == 0 ? Array.Empty<Reason>().ToLookup(r => r.AwardId) : (await work.Connection.QueryAsync<Reason>(
            "SELECT v.AwardId, v.ActivityId, r.Content FROM Evidence v LEFT JOIN PassRule r ON r.PassRuleId = v.PassRuleId WHERE v.AwardId IN @held",
            new { held = held.ForList(work.Connection) },
            work.Transaction)).ToLookup(r => r.AwardId);
    }

    private async Task WriteEvidenceAsync(Work work, Guid activityId, Guid passRuleId, IReadOnlyList<(Guid AwardId, Decision Decision)> evidence)
    {
        var now = clock.GetUtcNow();
        await work.Connection.ExecuteAsync(
            "INSERT INTO Evidence (AwardId, ActivityId, PassRuleId, FoundAt) VALUES (@AwardId, @activityId, @passRuleId, @now)",
            evidence.Select(e => new { e.AwardId, activityId, passRuleId, now }),
            work.Transaction);
        await work.Connection.ExecuteAsync(
            "INSERT INTO EvidenceResult (AwardId, ActivityId, ResultId) VALUES (@AwardId, @activityId, @ResultId)",
            evidence.SelectMany(e => e.Decision.Basis, (e, o) => new { e.AwardId, activityId, o.ResultId }),
            work.Transaction);
        await followUps.EvidenceAsync(work, activityId, evidence.Select(e => e.AwardId));
    }
}

/// <summary>Whom an entry is about, for those who have the learner's own key; for everybody else 32 bytes that tell nothing.</summary>
internal sealed record LedgerSubject
{
    public required byte[] SubjectKey { get; init; }
    public required string Issuer { get; init; }
    public required string ClientId { get; init; }
    public required string Subject { get; init; }

    /// <summary>
    /// HMAC-SHA-256 under the learner's random key, over the award's id (16 bytes, network order) and the UTF-8 of issuer, client_id and sub, each
    /// after a zero byte: two awards of one learner can't be linked, nobody can be named once the key is destroyed, and until then nobody can be swapped.
    /// </summary>
    public byte[] RefFor(Guid awardId) => HMACSHA256.HashData(
        SubjectKey, (byte[])[.. awardId.ToByteArray(bigEndian: true), .. Encoding.UTF8.GetBytes($"\0{Issuer}\0{ClientId}\0{Subject}")]);
}
