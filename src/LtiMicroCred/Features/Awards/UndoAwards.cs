using Dapper;
using LtiMicroCred.Features.Results;
using LtiMicroCred.Ledger;
using LtiMicroCred.Storage;
using MediatR;

namespace LtiMicroCred.Features.Awards;

/// <summary>What a mistake gave out: awards of an activity that were issued from then on, and are still held.</summary>
internal sealed record MistakenAward
{
    public required Guid AwardId { get; init; }
    public required Guid LearnerId { get; init; }
    public string? Name { get; init; }
    public required DateTimeOffset IssuedAt { get; init; }
    public Guid? PassRuleId { get; init; }
}

/// <summary>Takes back, in parts, what a mistaken rule or a mistaken word gave out; see <see cref="Awards.Regrading.IsBarred"/> for who may earn it again.</summary>
internal sealed class UndoAwards(Database database, IServiceScopeFactory scopes)
{
    private const string Query =
        """
        SELECT w.AwardId, w.LearnerId, p.Name, w.IssuedAt, v.PassRuleId FROM Evidence v
        JOIN Award w ON w.AwardId = v.AwardId JOIN HeldAward h ON h.AwardId = w.AwardId LEFT JOIN LearnerProfile p ON p.LearnerId = w.LearnerId
        WHERE v.ActivityId = @activityId AND w.TenantId = @tenantId AND w.IssuedAt >= @from AND w.IssuedAt <= @to
          AND NOT EXISTS (SELECT 1 FROM Evidence o WHERE o.AwardId = v.AwardId AND o.ActivityId <> v.ActivityId)
        ORDER BY w.IssuedAt, w.AwardId
        """;

    /// <summary>Those that another activity earned too are left out: they count all the same.</summary>
    public async Task<IReadOnlyList<MistakenAward>> PreviewAsync(Guid tenantId, Guid activityId, DateTimeOffset from, DateTimeOffset to, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return (await connection.QueryAsync<MistakenAward>(Query, new { tenantId, activityId, from, to })).AsList();
    }

    /// <summary>Killed in between, what is left can be taken back by the same words.</summary>
    /// <returns>How many were revoked.</returns>
    public async Task<int> RunAsync(Guid tenantId, Guid activityId, DateTimeOffset from, DateTimeOffset to, string reason, Guid decidedBy, CancellationToken ct)
    {
        var revoked = 0;
        foreach (var part in (await PreviewAsync(tenantId, activityId, from, to, ct)).Chunk(RecordResults.Page))
            revoked += await scopes.SendAsync(new UndoPart(tenantId, activityId, [.. part.Select(a => a.AwardId)], reason, decidedBy), ct);
        return revoked;
    }
}

internal sealed record UndoPart(Guid TenantId, Guid ActivityId, IReadOnlyList<Guid> Awards, string Reason, Guid DecidedBy) : IWrite<int>;

internal sealed class UndoPartHandler(Work work, Database database, TimeProvider clock) : IRequestHandler<UndoPart, int>
{
    public async Task<int> Handle(UndoPart request, CancellationToken cancellationToken)
    {
        await work.Connection.ExecuteAsync("UPDATE Activity SET Revision = Revision WHERE ActivityId = @ActivityId AND TenantId = @TenantId", request, work.Transaction);
        var held = (await work.Connection.QueryAsync<MistakenAward>(
            """
            SELECT w.AwardId, w.LearnerId, w.IssuedAt, v.PassRuleId FROM Award w
            JOIN HeldAward h ON h.AwardId = w.AwardId JOIN Evidence v ON v.AwardId = w.AwardId AND v.ActivityId = @ActivityId
            WHERE w.TenantId = @TenantId AND w.AwardId IN @awards
            """,
            new { request.ActivityId, request.TenantId, awards = request.Awards.ForList(work.Connection) },
            work.Transaction)).AsList();
        if (held.Count == 0)
            return 0;
        var now = clock.GetUtcNow().ToMicroseconds();
        await StaffWords.WriteAsync(
            work, [.. held.Select(a => new StaffWordRow(request.TenantId, request.ActivityId, a.LearnerId, a.AwardId, RulingKind.Undo, request.Reason, a.PassRuleId, request.DecidedBy, now))]);
        var entries = held.ConvertAll(a => new AwardRevoked { At = now, AwardId = a.AwardId, Reason = AwardChangeReason.IssuedInError });
        await AwardChanges.WriteAsync(work, entries);
        await new LedgerLog(database.Engine).AppendAsync(work.Connection, work.Transaction, request.TenantId, entries, cancellationToken);
        return entries.Count;
    }
}
