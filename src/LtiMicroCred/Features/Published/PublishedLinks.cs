using Dapper;
using LtiMicroCred.Lti;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Features.Published;

/// <summary>What an activity's learners open.</summary>
internal sealed record PublishedLink
{
    public required Guid PublishedLinkId { get; init; }
    public required Guid ToolId { get; init; }
    public required string ToolName { get; init; }
    public required Guid LineItemId { get; init; }
    public required string Title { get; init; }
    public required string TargetLinkUri { get; init; }
    public required string Custom { get; init; }
    public required bool InUse { get; init; }
    public DateTimeOffset? OpenedAt { get; init; }
    public required Guid ContextId { get; init; }
    public string? ContextTitle { get; init; }

    /// <summary>What scores are counted against where one says no maximum.</summary>
    public const decimal Maximum = 100;
}

/// <summary>A score that has come, and whose it is.</summary>
internal sealed record PublishedScore
{
    public required string UserId { get; init; }
    public string? Name { get; init; }
    public decimal? Score { get; init; }
    public required decimal Maximum { get; init; }
    public DateTimeOffset? GradedAt { get; init; }
    public required DateTimeOffset ReceivedAt { get; init; }
}

internal sealed class PublishedLinks(Database database)
{
    /// <summary>What feeds an assessment of an activity's rule; null where nothing does.</summary>
    public async Task<PublishedLink?> OfActivityAsync(Guid tenantId, Guid activityId, int assessment, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<PublishedLink>(
            """
            SELECT k.PublishedLinkId, k.ToolId, t.Name AS ToolName, k.LineItemId, i.Label AS Title, k.TargetLinkUri, k.Custom, i.InUse, k.OpenedAt,
                   c.CourseId AS ContextId, COALESCE(c.Title, c.Label) AS ContextTitle
            FROM PublishedLink k JOIN PublishedTool t ON t.ToolId = k.ToolId JOIN LineItem i ON i.LineItemId = k.LineItemId
            JOIN Activity a ON a.ActivityId = k.ActivityId JOIN Course c ON c.CourseId = a.CourseId
            WHERE k.ActivityId = @activityId AND k.TenantId = @tenantId AND i.Assessment = @assessment
            """,
            new { activityId, tenantId, assessment });
    }

    /// <summary>Of this tool and no other; null for any other id.</summary>
    public async Task<PublishedLink?> OfToolAsync(AccessGrant grant, Guid linkId, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<PublishedLink>(
            """
            SELECT k.PublishedLinkId, k.ToolId, t.Name AS ToolName, k.LineItemId, i.Label AS Title, k.TargetLinkUri, k.Custom, i.InUse, k.OpenedAt,
                   c.CourseId AS ContextId, COALESCE(c.Title, c.Label) AS ContextTitle
            FROM PublishedLink k JOIN PublishedTool t ON t.ToolId = k.ToolId JOIN LineItem i ON i.LineItemId = k.LineItemId
            JOIN Activity a ON a.ActivityId = k.ActivityId JOIN Course c ON c.CourseId = a.CourseId
            WHERE k.PublishedLinkId = @linkId AND k.TenantId = @TenantId AND k.ToolId = @ToolId
            """,
            new { linkId, grant.TenantId, grant.ToolId });
    }

    /// <summary>The newest score of everyone who has one, as the link's tool knows them.</summary>
    public async Task<IReadOnlyList<PublishedScore>> ScoresAsync(PublishedLink link, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return (await connection.QueryAsync<PublishedScore>(
            """
            SELECT p.Subject AS UserId, f.Name, r.Score, r.Maximum, r.GradedAt, r.ReceivedAt
            FROM Result r JOIN PublishedPerson p ON p.LearnerId = r.LearnerId AND p.ToolId = @ToolId LEFT JOIN LearnerProfile f ON f.LearnerId = r.LearnerId
            WHERE r.LineItemId = @LineItemId
              AND r.Receipt = (SELECT MAX(Receipt) FROM Result WHERE LineItemId = r.LineItemId AND LearnerId = r.LearnerId)
            ORDER BY r.ReceivedAt, p.Subject
            """,
            link)).AsList();
    }

    /// <summary>Only those who came through our launch of this link.</summary>
    public async Task<IReadOnlyList<ListedPerson>> PeopleAsync(PublishedLink link, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return (await connection.QueryAsync<ListedPerson>(
            """
            SELECT p.Subject AS UserId, f.Name, COALESCE(m.IsActive, 0) AS IsActive
            FROM PublishedVisit v
            JOIN PublishedLink k ON k.PublishedLinkId = v.PublishedLinkId
            JOIN PublishedPerson p ON p.ToolId = k.ToolId AND p.LearnerId = v.LearnerId
            JOIN Activity a ON a.ActivityId = k.ActivityId
            LEFT JOIN CourseMember m ON m.CourseId = a.CourseId AND m.LearnerId = v.LearnerId
            LEFT JOIN LearnerProfile f ON f.LearnerId = v.LearnerId
            WHERE v.PublishedLinkId = @PublishedLinkId ORDER BY v.FirstOpenedAt, p.Subject
            """,
            link)).AsList();
    }
}
