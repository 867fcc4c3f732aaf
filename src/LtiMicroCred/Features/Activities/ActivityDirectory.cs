using Dapper;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Lti;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Features.Activities;

internal sealed record Activity
{
    public required Guid ActivityId { get; init; }
    public required Guid TenantId { get; init; }
    public required Guid CourseId { get; init; }
    public required Guid AchievementId { get; init; }
    public required int AchievementVersion { get; init; }
}

/// <summary>Courses and the activities in them. An activity is course + resource_link id; our identifier in <c>custom</c> only picks its settings, once.</summary>
internal static class ActivityDirectory
{
    /// <summary>The parameter in a link's <c>custom</c> that carries our identifier.</summary>
    public const string CustomParameter = "credential";

    /// <summary>The parameter that we ask every LMS to fill with the links that a link was copied from.</summary>
    public const string HistoryParameter = "resource_link_history";

    /// <summary>The parameter that we ask every LMS to fill with the courses that a course was copied from.</summary>
    public const string CourseHistoryParameter = "context_history";

    private sealed record KnownCourse
    {
        public required Guid CourseId { get; init; }
        public string? Label { get; init; }
        public string? Title { get; init; }
        public string? LineItemsUrl { get; init; }
        public string? MembershipsUrl { get; init; }
    }

    /// <summary>Some launches come without a context: such a link is a course of its own. Null for a deep linking request without a context.</summary>
    public static string? ContextOf(ValidLaunch launch) => launch.Context?.Id ?? (launch.ResourceLink is { } link ? "link:" + link.Id : null);

    /// <summary>True if a launch of an activity tells nothing new about its course.</summary>
    public static bool Known(ValidLaunch launch, string? label, string? title, string? lineItemsUrl, string? membershipsUrl) =>
        (Bound(launch.Context?.Label) is not { } newLabel || newLabel == label)
        && (Bound(launch.Context?.Title ?? launch.ResourceLink?.Title) is not { } newTitle || newTitle == title)
        && launch.Ags?.LineItems?.OriginalString == lineItemsUrl
        && launch.Nrps?.MembershipsUrl.OriginalString == membershipsUrl;

    /// <returns>Null for a deep linking request without a context.</returns>
    public static async Task<Guid?> FindOrCreateCourseAsync(Work work, Guid tenantId, Guid deploymentKey, ValidLaunch launch, DateTimeOffset now)
    {
        if (ContextOf(launch) is not { } contextId)
            return null;
        var known = await work.Connection.QuerySingleOrDefaultAsync<KnownCourse>(
            "SELECT CourseId, Label, Title, LineItemsUrl, MembershipsUrl FROM Course WHERE DeploymentKey = @deploymentKey AND ContextId = @contextId",
            new { deploymentKey, contextId },
            work.Transaction);
        var isActivity = launch.MessageType == LtiMessageType.ResourceLink;
        var facts = new
        {
            CourseId = known?.CourseId ?? Guid.CreateVersion7(),
            tenantId,
            PlatformId = launch.Platform.Id,
            deploymentKey,
            contextId,
            Label = Bound(launch.Context?.Label) ?? known?.Label,
            Title = Bound(launch.Context?.Title ?? launch.ResourceLink?.Title) ?? known?.Title,
            // What a signed launch of an activity no longer offers, the LMS has switched off. A deep linking request need not offer it.
            LineItemsUrl = launch.Ags?.LineItems?.OriginalString ?? (isActivity ? null : known?.LineItemsUrl),
            MembershipsUrl = launch.Nrps?.MembershipsUrl.OriginalString ?? (isActivity ? null : known?.MembershipsUrl),
            // Core, appendix D (Context.id.history): the nearest first.
            CopiedFrom = launch.CustomValue(CourseHistoryParameter)?.Split(',', 2, StringSplitOptions.TrimEntries)[0] is { Length: > 0 and <= 255 } origin ? origin : null,
            now,
        };
        if (known is null)
        {
            await work.Connection.ExecuteAsync(
                """
                INSERT INTO Course (CourseId, TenantId, PlatformId, DeploymentKey, ContextId, Label, Title, LineItemsUrl, MembershipsUrl, CopiedFrom, CreatedAt)
                VALUES (@CourseId, @tenantId, @PlatformId, @deploymentKey, @contextId, @Label, @Title, @LineItemsUrl, @MembershipsUrl, @CopiedFrom, @now)
                """,
                facts,
                work.Transaction);
        }
        else if (facts.Label != known.Label || facts.Title != known.Title || facts.LineItemsUrl != known.LineItemsUrl || facts.MembershipsUrl != known.MembershipsUrl)
        {
            await work.Connection.ExecuteAsync(
                "UPDATE Course SET Label = @Label, Title = @Title, LineItemsUrl = @LineItemsUrl, MembershipsUrl = @MembershipsUrl WHERE CourseId = @CourseId", facts, work.Transaction);
        }

        return facts.CourseId;
    }

    /// <summary>A course that the LMS made from another, or filled from one. May come before anybody opens an activity in it, and more than once.</summary>
    public static async Task NoteCopiedCourseAsync(Work work, Guid tenantId, Guid deploymentKey, ContextCopyNotice copy, DateTimeOffset now)
    {
        var facts = new
        {
            CourseId = Guid.CreateVersion7(),
            tenantId,
            PlatformId = copy.Platform.Id,
            deploymentKey,
            ContextId = copy.Context.Id,
            Label = Bound(copy.Context.Label),
            Title = Bound(copy.Context.Title),
            // Of several the first; some LMSs do not know.
            CopiedFrom = copy.OriginContexts is [var origin, ..] ? origin : "",
            now,
        };
        const string Known = "UPDATE Course SET CopiedFrom = @CopiedFrom WHERE DeploymentKey = @deploymentKey AND ContextId = @ContextId";
        if (await work.Connection.ExecuteAsync(Known, facts, work.Transaction) > 0)
            return;
        await work.Connection.ExecuteAsync(
            """
            INSERT INTO Course (CourseId, TenantId, PlatformId, DeploymentKey, ContextId, Label, Title, CopiedFrom, CreatedAt)
            VALUES (@CourseId, @tenantId, @PlatformId, @deploymentKey, @ContextId, @Label, @Title, @CopiedFrom, @now)
            """,
            facts,
            work.Transaction);
    }

    /// <summary>The activity of this resource link; on its first launch bound to what our identifier picks, if that belongs to the same tenant. Null where nothing was picked yet.</summary>
    public static async Task<Activity?> FindOrBindAsync(Work work, Guid tenantId, Guid courseId, ValidLaunch launch, DateTimeOffset now)
    {
        var resourceLinkId = launch.ResourceLink!.Id;
        var known = await work.Connection.QuerySingleOrDefaultAsync<Activity>(
            "SELECT ActivityId, TenantId, CourseId, AchievementId, AchievementVersion FROM Activity WHERE CourseId = @courseId AND ResourceLinkId = @resourceLinkId",
            new { courseId, resourceLinkId },
            work.Transaction);
        if (known is not null)
            return known;
        var picked = await PickedAsync(work, tenantId, launch);
        // What was picked once may have changed since: a copy has the settings of its original.
        var inherited = await InheritedAsync(work, tenantId, courseId, launch) ?? (picked is null ? null : await FromCourseAsync(work, tenantId, courseId, picked.AchievementId));
        if (inherited is not null && (picked is null || picked.AchievementId == inherited.AchievementId))
            picked = WithoutPastDate(inherited, now);
        return picked is null ? null : await BindAsync(work, tenantId, courseId, resourceLinkId, picked, now);
    }

    private static async Task<ContentLink?> PickedAsync(Work work, Guid tenantId, ValidLaunch launch) =>
        Guid.TryParse(launch.CustomValue(CustomParameter), out var contentLinkId)
            ? await work.Connection.QuerySingleOrDefaultAsync<ContentLink>(
                "SELECT AchievementId, AchievementVersion, Content FROM ContentLink WHERE ContentLinkId = @contentLinkId AND TenantId = @tenantId",
                new { contentLinkId, tenantId },
                work.Transaction)
            : null;

    // Core, appendix D (ResourceLink.id.history): what this link was copied from, the nearest first. A copy has the same settings and nobody in it.
    private static async Task<ContentLink?> InheritedAsync(Work work, Guid tenantId, Guid courseId, ValidLaunch launch)
    {
        const int farthest = 10;
        var ancestors = launch.CustomValue(HistoryParameter)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
        foreach (var ancestor in ancestors.Take(farthest).Where(id => id.Length <= 255))
        {
            var settings = await work.Connection.QueryFirstOrDefaultAsync<ContentLink>(
                """
                SELECT a.AchievementId, a.AchievementVersion, r.Content
                FROM Course here
                JOIN Course c ON c.DeploymentKey = here.DeploymentKey
                JOIN Activity a ON a.CourseId = c.CourseId AND a.ResourceLinkId = @ancestor AND a.TenantId = @tenantId
                JOIN PassRule r ON r.ActivityId = a.ActivityId
                WHERE here.CourseId = @courseId
                ORDER BY a.CreatedAt DESC, r.Version DESC
                """,
                new { ancestor, tenantId, courseId },
                work.Transaction);
            if (settings is not null)
                return settings;
        }

        return null;
    }

    // Core, appendix D (Context.id.history): where the LMS tells of courses alone, the one activity of the original that awards the same.
    private static async Task<ContentLink?> FromCourseAsync(Work work, Guid tenantId, Guid courseId, Guid achievementId)
    {
        var originals = (await work.Connection.QueryAsync<ContentLink>(
            """
            SELECT a.AchievementId, a.AchievementVersion, r.Content
            FROM Course here
            JOIN Course c ON c.DeploymentKey = here.DeploymentKey AND c.ContextId = here.CopiedFrom
            JOIN Activity a ON a.CourseId = c.CourseId AND a.AchievementId = @achievementId AND a.TenantId = @tenantId
            JOIN PassRule r ON r.ActivityId = a.ActivityId AND r.Version = (SELECT MAX(Version) FROM PassRule WHERE ActivityId = a.ActivityId)
            WHERE here.CourseId = @courseId
            """,
            new { courseId, achievementId, tenantId },
            work.Transaction)).AsList();
        return originals is [var only] ? only : null;
    }

    /// <summary>Last term's date would let nobody pass.</summary>
    private static ContentLink WithoutPastDate(ContentLink settings, DateTimeOffset now) =>
        PassRule.Parse(settings.Content) is { Deadline: { } deadline } rule && deadline.At <= now ? settings with { Content = (rule with { Deadline = null }).ToJson() } : settings;

    /// <summary>Reviewing binds nothing: null where the link has no activity yet.</summary>
    public static Task<Activity?> FindReviewedAsync(Work work, Guid courseId, ValidLaunch launch) => work.Connection.QuerySingleOrDefaultAsync<Activity>(
        "SELECT ActivityId, TenantId, CourseId, AchievementId, AchievementVersion FROM Activity WHERE CourseId = @courseId AND ResourceLinkId = @Id",
        new { courseId, launch.ResourceLink!.Id }, // present on every submission review
        work.Transaction);

    public static async Task<Activity> BindAsync(Work work, Guid tenantId, Guid courseId, string resourceLinkId, ContentLink picked, DateTimeOffset now)
    {
        var activity = new Activity { ActivityId = Guid.CreateVersion7(), TenantId = tenantId, CourseId = courseId, AchievementId = picked.AchievementId, AchievementVersion = picked.AchievementVersion };
        await work.Connection.ExecuteAsync(
            """
            INSERT INTO Activity (ActivityId, TenantId, CourseId, ResourceLinkId, AchievementId, AchievementVersion, Revision, CreatedAt)
            VALUES (@ActivityId, @TenantId, @CourseId, @resourceLinkId, @AchievementId, @AchievementVersion, 0, @now)
            """,
            new { activity.ActivityId, activity.TenantId, activity.CourseId, resourceLinkId, activity.AchievementId, activity.AchievementVersion, now },
            work.Transaction);
        await work.Connection.ExecuteAsync(
            "INSERT INTO PassRule (PassRuleId, TenantId, ActivityId, Version, Content, CreatedAt) VALUES (@Id, @TenantId, @ActivityId, 1, @Content, @now)",
            new { Id = Guid.CreateVersion7(), activity.TenantId, activity.ActivityId, picked.Content, now },
            work.Transaction);
        return activity;
    }

    /// <summary>Knows the activity's own column from the launch.</summary>
    public static async Task NoteOwnColumnAsync(Work work, Activity activity, string? ownColumn, string? linkTitle, DateTimeOffset now)
    {
        if (ownColumn is null)
            return;
        var facts = new { Id = Guid.CreateVersion7(), activity.TenantId, activity.ActivityId, Url = ownColumn, Label = Bound(linkTitle) ?? "Credential", now };
        var known = await work.Connection.ExecuteAsync("UPDATE LineItem SET Url = @Url WHERE ActivityId = @ActivityId AND Way = 'own'", facts, work.Transaction);
        if (known > 0)
            return;
        await work.Connection.ExecuteAsync(
            """
            INSERT INTO LineItem (LineItemId, TenantId, ActivityId, Way, Url, Label, InUse, ActiveAt, NextReadAt, Failures)
            VALUES (@Id, @TenantId, @ActivityId, 'own', @Url, @Label, 1, @now, @now, 0)
            """,
            facts,
            work.Transaction);
    }

    private static string? Bound(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Length > 255 ? text[..255] : text;
}

/// <summary>What was chosen for a link: an achievement version of the same tenant, and what is needed to earn it.</summary>
internal sealed record ContentLink
{
    public required Guid AchievementId { get; init; }
    public required int AchievementVersion { get; init; }

    /// <summary>The rule, see <c>PassRule.ToJson</c>.</summary>
    public required string Content { get; init; }
}
