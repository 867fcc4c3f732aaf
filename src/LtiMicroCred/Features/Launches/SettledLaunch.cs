using System.Data.Common;
using Dapper;
using LtiMicroCred.Features.Activities;
using LtiMicroCred.Features.Learners;
using LtiMicroCred.Lti;

namespace LtiMicroCred.Features.Launches;

/// <summary>All that is already kept about the learner, course and activity of a launch, in one read.</summary>
internal sealed record SettledLaunch
{
    public required Guid TenantId { get; init; }
    public required Guid DeploymentKey { get; init; }
    public required Guid LearnerId { get; init; }
    public required Guid CourseId { get; init; }
    public required Guid ActivityId { get; init; }
    public string? Name { get; init; }
    public string? Email { get; init; }
    public string? Locale { get; init; }
    public string? Label { get; init; }
    public string? Title { get; init; }
    public string? LineItemsUrl { get; init; }
    public string? MembershipsUrl { get; init; }
    public required bool IsLearner { get; init; }
    public required string Seen { get; init; }
    public string? OwnColumnUrl { get; init; }

    public static Task<SettledLaunch?> FindAsync(DbConnection connection, ValidLaunch launch, string resourceLinkId) => connection.QuerySingleOrDefaultAsync<SettledLaunch>(
        """
        SELECT d.TenantId, d.DeploymentKey, l.LearnerId, p.Name, p.Email, p.Locale, c.CourseId, c.Label, c.Title, c.LineItemsUrl, c.MembershipsUrl,
               m.IsLearner, m.Seen, a.ActivityId, i.Url AS OwnColumnUrl
        FROM Deployment d
        JOIN Learner l ON l.TenantId = d.TenantId AND l.PlatformId = d.PlatformId AND l.Subject = @Subject
        JOIN LearnerProfile p ON p.LearnerId = l.LearnerId
        JOIN Course c ON c.DeploymentKey = d.DeploymentKey AND c.ContextId = @contextId
        JOIN CourseMember m ON m.CourseId = c.CourseId AND m.LearnerId = l.LearnerId AND m.FirstOpenedAt IS NOT NULL
        JOIN Activity a ON a.CourseId = c.CourseId AND a.ResourceLinkId = @resourceLinkId
        LEFT JOIN LineItem i ON i.ActivityId = a.ActivityId AND i.Way = 'own'
        WHERE d.PlatformId = @Id AND d.DeploymentId = @DeploymentId AND d.ApprovedAt IS NOT NULL
        """,
        new { launch.Platform.Id, launch.DeploymentId, launch.Subject, contextId = ActivityDirectory.ContextOf(launch), resourceLinkId });

    /// <summary>True if the launch tells nothing that is not kept already.</summary>
    public bool HoldsFor(ValidLaunch launch) =>
        LearnerDirectory.Known(launch.Person, Name, Email, Locale)
        && ActivityDirectory.Known(launch, Label, Title, LineItemsUrl, MembershipsUrl)
        && (Seen != "launch" || IsLearner == launch.Roles.MayLearn())
        && (launch.Ags?.LineItem is not { } own || own.OriginalString == OwnColumnUrl);
}
