using Dapper;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Features.Courses;
using LtiMicroCred.Features.Learners;
using LtiMicroCred.Features.Results;
using LtiMicroCred.Lti;
using LtiMicroCred.Storage;
using MediatR;

namespace LtiMicroCred.Features.Gates;

/// <summary>
/// Reads whom the LMS lets into a gated activity (NRPS 2.0, 2.4.2: <c>rlid</c>), and makes results of what was seen to change. They go through the one door before it is
/// noted where everybody stands: killed in between, the next reading comes to the same.
/// </summary>
internal sealed class ReadGate(Database database, IServiceScopeFactory scopes, NamesAndRoles roster, RecordRoster record, TimeProvider clock)
{
    private const int Part = 200;

    /// <exception cref="LtiServiceException">A list could not be read as a whole: nothing follows from half of one.</exception>
    public async Task<ResultsRecorded> RunAsync(Platform platform, Guid lineItemId, CancellationToken ct)
    {
        var gate = await GateAsync(lineItemId);
        if (gate.MembershipsUrl is null)
            return new ResultsRecorded(0, 0, 0);
        var memberships = new Uri(gate.MembershipsUrl);
        var asked = clock.GetUtcNow();
        // In this order: who is let in without being listed before would be somebody that nobody saw outside.
        var course = (await roster.GetMembersAsync(platform, memberships, resourceLinkId: null, ct)).Members;
        var letIn = (await roster.GetMembersAsync(platform, memberships, gate.ResourceLinkId, ct)).Members.DistinctBy(m => m.UserId, StringComparer.Ordinal).ToDictionary(m => m.UserId, StringComparer.Ordinal);
        await record.RunAsync(gate.CourseId, course, asked, ct);

        var learners = course.Where(m => m.Roles.MayLearn() && m.Status == MemberStatus.Active && m.UserId[^1] != ' ').ToDictionary(m => m.UserId, StringComparer.Ordinal);
        var look = GatePolicy.Look(await KnownAsync(lineItemId), learners.Keys.ToHashSet(StringComparer.Ordinal), letIn.Keys.ToHashSet(StringComparer.Ordinal));

        var total = new ResultsRecorded(0, 0, 0);
        foreach (var part in look.Met.Select(id => Observed(letIn[id], met: true)).Concat(look.Lost.Select(id => Observed(learners[id], met: false))).Chunk(Part))
        {
            var recorded = await scopes.SendAsync(new RecordResults(lineItemId, part), ct);
            total = new ResultsRecorded(total.New + recorded.New, total.Awarded + recorded.Awarded, total.Refused + recorded.Refused);
        }

        if (look.Changes.Count > 0)
            await scopes.SendAsync(new NoteGate(lineItemId, gate.PlatformId, look), ct);
        return total;
    }

    // Met is all of it, and no grade: pages say it in words.
    private static NewResult Observed(Member member, bool met) => new() { Subject = member.UserId, Score = met ? 1 : 0, Maximum = 1, MessageHash = member.MessageHash };

    private async Task<Gate> GateAsync(Guid lineItemId)
    {
        await using var connection = await database.OpenAsync(CancellationToken.None);
        return await connection.QuerySingleAsync<Gate>(
            """
            SELECT c.CourseId, c.PlatformId, c.MembershipsUrl, a.ResourceLinkId FROM LineItem i
            JOIN Activity a ON a.ActivityId = i.ActivityId JOIN Course c ON c.CourseId = a.CourseId
            WHERE i.LineItemId = @lineItemId
            """,
            new { lineItemId });
    }

    private async Task<Dictionary<string, GateStanding>> KnownAsync(Guid lineItemId)
    {
        await using var connection = await database.OpenAsync(CancellationToken.None);
        return (await connection.QueryAsync<Known>(
            "SELECT l.Subject, m.Standing FROM GateMember m JOIN Learner l ON l.LearnerId = m.LearnerId WHERE m.LineItemId = @lineItemId", new { lineItemId }))
            .ToDictionary(k => k.Subject, k => Enum.Parse<GateStanding>(k.Standing), StringComparer.Ordinal);
    }

    private sealed record Gate
    {
        public required Guid CourseId { get; init; }
        public required Guid PlatformId { get; init; }
        public string? MembershipsUrl { get; init; }
        public required string ResourceLinkId { get; init; }
    }

    private sealed record Known
    {
        public required string Subject { get; init; }
        public required string Standing { get; init; }
    }
}

/// <summary>Where everybody stands since a look; those who wait are one batch. The outcome counts whom it could note: the erased are left out.</summary>
internal sealed record NoteGate(Guid LineItemId, Guid PlatformId, GateLook Look) : IWrite<int>;

internal sealed class NoteGateHandler(Work work, TimeProvider clock) : IRequestHandler<NoteGate, int>
{
    public async Task<int> Handle(NoteGate request, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        Guid? batch = null;
        if (request.Look.Doubt is { } doubt)
        {
            batch = Secrets.NewId();
            await work.Connection.ExecuteAsync(
                "INSERT INTO GateBatch (GateBatchId, LineItemId, Doubt, SeenAt) VALUES (@batch, @LineItemId, @Doubt, @now)",
                new { batch, request.LineItemId, Doubt = doubt.ToString(), now },
                work.Transaction);
        }

        var noted = 0;
        foreach (var (subject, standing) in request.Look.Changes)
        {
            // Who was confirmed stays in the batch that was: it says by whom.
            var facts = new { request.LineItemId, request.PlatformId, subject, Standing = standing.ToString(), now, batch = standing == GateStanding.Waiting ? batch : null };
            var changed = await work.Connection.ExecuteAsync(
                standing == GateStanding.Inside
                    ? "UPDATE GateMember SET Standing = @Standing, Since = @now WHERE LineItemId = @LineItemId AND LearnerId = (SELECT LearnerId FROM Learner WHERE PlatformId = @PlatformId AND Subject = @subject)"
                    : "UPDATE GateMember SET Standing = @Standing, Since = @now, GateBatchId = @batch WHERE LineItemId = @LineItemId AND LearnerId = (SELECT LearnerId FROM Learner WHERE PlatformId = @PlatformId AND Subject = @subject)",
                facts,
                work.Transaction);
            noted += changed > 0 ? changed : await work.Connection.ExecuteAsync(
                """
                INSERT INTO GateMember (LineItemId, LearnerId, Standing, Since, GateBatchId)
                SELECT @LineItemId, LearnerId, @Standing, @now, @batch FROM Learner WHERE PlatformId = @PlatformId AND Subject = @subject
                """,
                facts,
                work.Transaction);
        }

        return noted;
    }
}

/// <summary>From now on the LMS's condition counts for an activity, or no longer. What it has proven stays, for whichever assessment it stands.</summary>
internal sealed record UseGate(Guid TenantId, Guid ActivityId, string Label, int Assessment, bool On) : IWrite<bool>;

internal sealed class UseGateHandler(Work work, JudgeActivity judge, TimeProvider clock) : IRequestHandler<UseGate, bool>
{
    public async Task<bool> Handle(UseGate request, CancellationToken cancellationToken)
    {
        var facts = new { Id = Guid.CreateVersion7(), request.TenantId, request.ActivityId, request.Label, request.Assessment, request.On, Now = clock.GetUtcNow() };
        // Who was let in while nobody looked is somebody that nobody saw.
        await work.Connection.ExecuteAsync(
            """
            DELETE FROM GateMember WHERE Standing <> 'Inside' AND LineItemId IN
              (SELECT LineItemId FROM LineItem WHERE TenantId = @TenantId AND ActivityId = @ActivityId AND Way = 'gate' AND InUse = 0)
            """,
            facts,
            work.Transaction);
        var known = await work.Connection.ExecuteAsync(
            """
            UPDATE LineItem SET InUse = @On, Assessment = @Assessment, ActiveAt = @Now, NextReadAt = CASE WHEN FailureKind = 'Busy' THEN NextReadAt ELSE @Now END
            WHERE TenantId = @TenantId AND ActivityId = @ActivityId AND Way = 'gate'
            """,
            facts,
            work.Transaction);
        if (known == 1 && request.On)
            await judge.AllAsync(work, request.ActivityId, cancellationToken);
        return known == 1 || await work.Connection.ExecuteAsync(
            """
            INSERT INTO LineItem (LineItemId, TenantId, ActivityId, Assessment, Way, Url, Label, InUse, ActiveAt, NextReadAt, Failures)
            SELECT @Id, @TenantId, @ActivityId, @Assessment, 'gate', c.MembershipsUrl, @Label, @On, @Now, @Now, 0
            FROM Activity a JOIN Course c ON c.CourseId = a.CourseId
            WHERE a.TenantId = @TenantId AND a.ActivityId = @ActivityId AND c.MembershipsUrl IS NOT NULL
            """,
            facts,
            work.Transaction) == 1;
    }
}

/// <summary>What an instructor says of a batch. It counts with the next reading, which is due at once: whoever is no longer let in by then is left out.</summary>
internal sealed record DecideGate(Guid TenantId, Guid ActivityId, Guid GateBatchId, bool Counts, Guid DecidedBy) : IWrite<bool>;

internal sealed class DecideGateHandler(Work work, TimeProvider clock) : IRequestHandler<DecideGate, bool>
{
    public async Task<bool> Handle(DecideGate request, CancellationToken cancellationToken)
    {
        var facts = new
        {
            request.TenantId,
            request.ActivityId,
            request.GateBatchId,
            request.Counts,
            request.DecidedBy,
            Standing = (request.Counts ? GateStanding.Confirmed : GateStanding.Dismissed).ToString(),
            Now = clock.GetUtcNow(),
        };
        var decided = await work.Connection.ExecuteAsync(
            """
            UPDATE GateBatch SET Counts = @Counts, DecidedAt = @Now, DecidedBy = @DecidedBy
            WHERE GateBatchId = @GateBatchId AND Counts IS NULL
              AND LineItemId IN (SELECT LineItemId FROM LineItem WHERE TenantId = @TenantId AND ActivityId = @ActivityId AND Way = 'gate')
            """,
            facts,
            work.Transaction);
        if (decided == 0)
            return false;
        await work.Connection.ExecuteAsync("UPDATE GateMember SET Standing = @Standing, Since = @Now WHERE GateBatchId = @GateBatchId AND Standing = 'Waiting'", facts, work.Transaction);
        await work.Connection.ExecuteAsync(
            "UPDATE LineItem SET ActiveAt = @Now, NextReadAt = @Now WHERE TenantId = @TenantId AND ActivityId = @ActivityId AND Way = 'gate'", facts, work.Transaction);
        return true;
    }
}
