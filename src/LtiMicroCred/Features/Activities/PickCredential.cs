using Dapper;
using LtiMicroCred.Features.Achievements;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Storage;
using MediatR;

namespace LtiMicroCred.Features.Activities;

/// <summary>Keeps what an instructor chose for a link that the LMS is about to make; the outcome is the identifier that travels in its <c>custom</c>.</summary>
internal sealed record PickCredential(Guid TenantId, Achievement Achievement, PassRule Rule) : IWrite<Guid>;

internal sealed class PickCredentialHandler(Work work, TimeProvider clock) : IRequestHandler<PickCredential, Guid>
{
    public async Task<Guid> Handle(PickCredential request, CancellationToken cancellationToken)
    {
        var id = Secrets.NewId();
        await work.Connection.ExecuteAsync(
            """
            INSERT INTO ContentLink (ContentLinkId, TenantId, AchievementId, AchievementVersion, Content, CreatedAt)
            VALUES (@id, @TenantId, @AchievementId, @Version, @Content, @Now)
            """,
            new { id, request.TenantId, request.Achievement.AchievementId, request.Achievement.Version, Content = request.Rule.ToJson(), Now = clock.GetUtcNow() },
            work.Transaction);
        return id;
    }
}

/// <summary>Binds an activity that the LMS made without deep linking to what its instructor chose now.</summary>
internal sealed record BindActivity(string LaunchId, Guid TenantId, Guid CourseId, string ResourceLinkId, string? OwnColumn, string? LinkTitle, Achievement Achievement, PassRule Rule) : IWrite<Guid>;

internal sealed class BindActivityHandler(Work work, TimeProvider clock) : IRequestHandler<BindActivity, Guid>
{
    public async Task<Guid> Handle(BindActivity request, CancellationToken cancellationToken)
    {
        var picked = new ContentLink { AchievementId = request.Achievement.AchievementId, AchievementVersion = request.Achievement.Version, Content = request.Rule.ToJson() };
        var now = clock.GetUtcNow();
        var activity = await work.Connection.QuerySingleOrDefaultAsync<Activity>(
            "SELECT ActivityId, TenantId, CourseId, AchievementId, AchievementVersion FROM Activity WHERE CourseId = @CourseId AND ResourceLinkId = @ResourceLinkId",
            new { request.CourseId, request.ResourceLinkId },
            work.Transaction);
        activity ??= await ActivityDirectory.BindAsync(work, request.TenantId, request.CourseId, request.ResourceLinkId, picked, now);
        await ActivityDirectory.NoteOwnColumnAsync(work, activity, request.OwnColumn, request.LinkTitle, now);
        await work.Connection.ExecuteAsync("UPDATE LaunchSession SET ActivityId = @ActivityId WHERE LaunchId = @LaunchId", new { activity.ActivityId, request.LaunchId }, work.Transaction);
        return activity.ActivityId;
    }
}
