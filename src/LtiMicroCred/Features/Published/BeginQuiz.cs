using Dapper;
using LtiMicroCred.Lti;
using LtiMicroCred.Storage;
using MediatR;

namespace LtiMicroCred.Features.Published;

/// <summary>The login that a browser begins at the tool (Security Framework 5.1.1.1).</summary>
/// <param name="Fields">Of its form; the message hint opens one launch, in the browser that got it.</param>
internal sealed record QuizLogin(string LoginUri, string Title, IReadOnlyList<KeyValuePair<string, string>> Fields);

/// <summary>
/// Begins a launch of the published activity: a handle of 256 bits, kept as a hash, for a minute, for this person and link, and for the browser that holds the launch's
/// own session. Null where there is nothing to open, or for someone who may not learn here. Staff look at it before it counts.
/// </summary>
internal sealed record BeginQuiz(Guid TenantId, Guid ActivityId, int Assessment, Guid LearnerId, bool AsLearner, string LaunchId, string BrowserSecret) : IWrite<QuizLogin?>;

internal sealed class BeginQuizHandler(Work work, Settings settings, TimeProvider clock) : IRequestHandler<BeginQuiz, QuizLogin?>
{
    private static readonly TimeSpan s_lifetime = TimeSpan.FromSeconds(60);

    private sealed record Target
    {
        public required Guid PublishedLinkId { get; init; }
        public required Guid ToolId { get; init; }
        public required string ClientId { get; init; }
        public required string LoginUri { get; init; }
        public required string TargetLinkUri { get; init; }
        public required string Title { get; init; }
    }

    public async Task<QuizLogin?> Handle(BeginQuiz request, CancellationToken cancellationToken)
    {
        var target = await work.Connection.QuerySingleOrDefaultAsync<Target>(
            """
            SELECT k.PublishedLinkId, k.ToolId, t.ClientId, t.LoginUri, k.TargetLinkUri, i.Label AS Title
            FROM PublishedLink k
            JOIN PublishedTool t ON t.ToolId = k.ToolId AND t.TenantId = k.TenantId
            JOIN LineItem i ON i.LineItemId = k.LineItemId
            JOIN Activity a ON a.ActivityId = k.ActivityId
            WHERE k.ActivityId = @ActivityId AND k.TenantId = @TenantId AND i.Assessment = @Assessment
              AND (@AsLearner = 0 OR (i.InUse = 1 AND EXISTS (
                SELECT 1 FROM CourseMember m WHERE m.CourseId = a.CourseId AND m.LearnerId = @LearnerId AND m.IsLearner = 1 AND m.IsActive = 1)))
            """,
            request,
            work.Transaction);
        if (target is null)
            return null;

        var subject = await SubjectAsync(target.ToolId, request.LearnerId);
        var handle = Secrets.New();
        await work.Connection.ExecuteAsync(
            """
            INSERT INTO PublishedStart (HandleHash, PublishedLinkId, LearnerId, AsLearner, LaunchId, BrowserHash, ExpiresAt)
            VALUES (@HandleHash, @PublishedLinkId, @LearnerId, @AsLearner, @LaunchId, @BrowserHash, @ExpiresAt)
            """,
            new
            {
                HandleHash = Secrets.Hash(handle),
                target.PublishedLinkId,
                request.LearnerId,
                request.AsLearner,
                request.LaunchId,
                BrowserHash = Secrets.Hash(request.BrowserSecret),
                ExpiresAt = clock.GetUtcNow() + s_lifetime,
            },
            work.Transaction);
        return new QuizLogin(target.LoginUri, target.Title,
        [
            new("iss", PublishedAddresses.Of(settings, request.TenantId).Issuer),
            new("login_hint", subject),
            new("target_link_uri", target.TargetLinkUri),
            new("lti_message_hint", handle),
            new("client_id", target.ClientId),
            new("lti_deployment_id", target.ToolId.ToString("D")),
        ]);
    }

    // Pairwise: no two tools can find out that they know the same person. And it tells nothing.
    private async Task<string> SubjectAsync(Guid toolId, Guid learnerId)
    {
        var facts = new { toolId, learnerId, Subject = Secrets.NewId().ToString("D") };
        await work.Connection.ExecuteAsync(
            """
            INSERT INTO PublishedPerson (ToolId, LearnerId, Subject)
            SELECT @toolId, @learnerId, @Subject WHERE NOT EXISTS (SELECT 1 FROM PublishedPerson WHERE ToolId = @toolId AND LearnerId = @learnerId)
            """,
            facts,
            work.Transaction);
        return await work.Connection.QuerySingleAsync<string>("SELECT Subject FROM PublishedPerson WHERE ToolId = @toolId AND LearnerId = @learnerId", facts, work.Transaction);
    }
}

/// <summary>What a launch tells the tool.</summary>
internal sealed record OpenedQuiz
{
    public required Guid PublishedLinkId { get; init; }
    public required Guid LearnerId { get; init; }
    public required bool AsLearner { get; init; }
    public required string Subject { get; init; }
    public string? Name { get; init; }
    public required string TargetLinkUri { get; init; }
    public required string Custom { get; init; }
    public required string Title { get; init; }
    public required Guid CourseId { get; init; }
    public string? CourseTitle { get; init; }
    public required string TenantName { get; init; }

    public ResourceLinkMessage ToMessage(PublishedAddresses addresses, ToolClient tool) => new()
    {
        Issuer = addresses.Issuer,
        Subject = Subject,
        Name = Name,
        Roles = [AsLearner ? PlatformAnswers.LearnerRole : PlatformAnswers.InstructorRole],
        DeploymentId = tool.Id.ToString("D"),
        TargetLinkUri = TargetLinkUri,
        ResourceLinkId = PublishedLinkId.ToString("D"),
        ResourceLinkTitle = Title,
        ContextId = CourseId.ToString("D"),
        ContextTitle = CourseTitle,
        Custom = PastedActivity.ReadCustom(Custom),
        ReturnUrl = addresses.Return,
        LineItemsUrl = addresses.LineItems(PublishedLinkId),
        LineItemUrl = addresses.LineItem(PublishedLinkId),
        MembershipsUrl = addresses.Memberships(PublishedLinkId),
        PlatformName = TenantName,
    };
}

/// <summary>
/// Answers a tool's authentication request, once. Handle, login_hint, tool and the session of the browser that opened the login have to be of one and the same login;
/// null where they are not, or where it was answered before. Whoever comes as a learner can be graded from then on.
/// </summary>
internal sealed record OpenQuiz(Guid TenantId, ValidAuthenticationRequest Request, string BrowserSecret) : IWrite<OpenedQuiz?>;

internal sealed class OpenQuizHandler(Work work, TimeProvider clock) : IRequestHandler<OpenQuiz, OpenedQuiz?>
{
    public async Task<OpenedQuiz?> Handle(OpenQuiz request, CancellationToken cancellationToken)
    {
        var asked = request.Request;
        var facts = new { HandleHash = Secrets.Hash(asked.MessageHint), BrowserHash = Secrets.Hash(request.BrowserSecret), request.TenantId, ToolId = asked.Tool.Id, asked.LoginHint, Now = clock.GetUtcNow() };
        // All that has to agree stands in the statement that spends the handle: two requests at once, and one of them finds it spent.
        var spent = await work.Connection.ExecuteAsync(
            """
            UPDATE PublishedStart SET SpentAt = @Now
            WHERE HandleHash = @HandleHash AND BrowserHash = @BrowserHash AND SpentAt IS NULL AND ExpiresAt > @Now
              AND EXISTS (SELECT 1 FROM LaunchSession s WHERE s.LaunchId = PublishedStart.LaunchId AND s.BrowserHash = @BrowserHash AND s.TenantId = @TenantId AND s.ExpiresAt > @Now)
              AND EXISTS (
                SELECT 1 FROM PublishedLink k JOIN PublishedPerson p ON p.ToolId = k.ToolId
                WHERE k.PublishedLinkId = PublishedStart.PublishedLinkId AND k.TenantId = @TenantId AND k.ToolId = @ToolId
                  AND p.LearnerId = PublishedStart.LearnerId AND p.Subject = @LoginHint)
            """,
            facts,
            work.Transaction);
        if (spent == 0)
            return null;
        var opened = await work.Connection.QuerySingleAsync<OpenedQuiz>(
            """
            SELECT k.PublishedLinkId, s.LearnerId, s.AsLearner, p.Subject, f.Name, k.TargetLinkUri, k.Custom, i.Label AS Title,
                   c.CourseId, COALESCE(c.Title, c.Label) AS CourseTitle, t.Name AS TenantName
            FROM PublishedStart s
            JOIN PublishedLink k ON k.PublishedLinkId = s.PublishedLinkId
            JOIN PublishedPerson p ON p.ToolId = k.ToolId AND p.LearnerId = s.LearnerId
            JOIN LineItem i ON i.LineItemId = k.LineItemId
            JOIN Activity a ON a.ActivityId = k.ActivityId
            JOIN Course c ON c.CourseId = a.CourseId
            JOIN Tenant t ON t.TenantId = k.TenantId
            LEFT JOIN LearnerProfile f ON f.LearnerId = s.LearnerId
            WHERE s.HandleHash = @HandleHash
            """,
            facts,
            work.Transaction);
        await NoteAsync(opened, facts.Now);
        return opened;
    }

    private async Task NoteAsync(OpenedQuiz opened, DateTimeOffset now)
    {
        var facts = new { opened.PublishedLinkId, opened.LearnerId, now };
        await work.Connection.ExecuteAsync("UPDATE PublishedLink SET OpenedAt = @now WHERE PublishedLinkId = @PublishedLinkId", facts, work.Transaction);
        // Staff who look at it are neither graded nor listed.
        if (!opened.AsLearner)
            return;
        await work.Connection.ExecuteAsync(
            """
            INSERT INTO PublishedVisit (PublishedLinkId, LearnerId, FirstOpenedAt)
            SELECT @PublishedLinkId, @LearnerId, @now WHERE NOT EXISTS (SELECT 1 FROM PublishedVisit WHERE PublishedLinkId = @PublishedLinkId AND LearnerId = @LearnerId)
            """,
            facts,
            work.Transaction);
    }
}
