using System.Globalization;

namespace LtiMicroCred.Lti.Tests.Samples;

internal static class PartSamples
{
    #region line-items
    public static async Task<LineItem?> OpenColumnAsync(ValidLaunch launch, AssignmentAndGradeServices grades, CancellationToken cancellationToken)
    {
        if (launch.Ags is not { CanManageLineItems: true, LineItems: { } lineItems })
            return null;

        // The link's id is new in a copied course: there the column is made once more, here it is found again.
        var wanted = new LineItem { Label = "Quiz 7", ScoreMaximum = 10, ResourceLinkId = launch.ResourceLink?.Id, ResourceId = "quiz-7", Tag = "points" };
        return await grades.FindOrCreateLineItemAsync(launch.Platform, lineItems, wanted, cancellationToken);
    }

    public static async Task<LineItem> CloseColumnAsync(Platform platform, Uri lineItem, DateTimeOffset end, AssignmentAndGradeServices grades, CancellationToken cancellationToken)
    {
        // Everything else stays as the platform has it now, the teacher's changes too.
        return await grades.UpdateLineItemAsync(platform, lineItem, column => column with { EndDateTime = end, GradesReleased = true }, cancellationToken);
    }
    #endregion

    #region score
    public static async Task<TimeSpan?> PostPointsAsync(
        Platform platform, LineItem column, string learner, decimal points, DateTimeOffset timestamp, AssignmentAndGradeServices grades, CancellationToken cancellationToken)
    {
        try
        {
            await grades.PostScoreAsync(platform, column, new Score
            {
                UserId = learner,
                // From ScoreTimestamps.After(last); kept before it is sent, to be the next one's last.
                Timestamp = timestamp,
                ActivityProgress = ActivityProgress.Completed,
                GradingProgress = GradingProgress.FullyGraded,
                ScoreGiven = points,
                ScoreMaximum = 10,
            }, cancellationToken);
            return null;
        }
        catch (LtiServiceException failure) when (failure.Retryable)
        {
            // To be posted again after this time, with a later timestamp. Other failures are final.
            return failure.RetryAfter ?? TimeSpan.FromMinutes(1);
        }
    }
    #endregion

    #region results
    public static async Task<decimal?> BestShareAsync(ValidLaunch launch, AssignmentAndGradeServices grades, Action<string> log, CancellationToken cancellationToken)
    {
        if (launch.Ags is not { CanReadResults: true, LineItem: { } lineItem })
            return null;

        // All pages, or an exception.
        var column = await grades.GetResultsAsync(launch.Platform, lineItem, cancellationToken);
        foreach (var refusal in column.Refused)
            log(refusal);
        return column.Results.Max(result => result.ResultScore / result.ResultMaximum);
    }
    #endregion

    #region members
    public static async Task<(int Learners, Uri? Changes)> CountLearnersAsync(ValidLaunch launch, NamesAndRoles members, CancellationToken cancellationToken)
    {
        if (launch.Nrps is not { } nrps)
            return (0, null);

        // A hundred to a page, if the platform listens; all pages are read in any case.
        var course = await members.GetMembersAsync(launch.Platform, nrps.MembershipsUrl, new MemberFilter { PageSize = 100 }, cancellationToken);
        return (course.Members.Count(member => member is { Status: MemberStatus.Active, Roles.IsLearner: true }), course.DifferencesUrl);
    }

    public static async Task<Uri?> FollowAsync(Platform platform, Uri changes, Dictionary<string, Member> known, NamesAndRoles members, CancellationToken cancellationToken)
    {
        var since = await members.GetDifferencesAsync(platform, changes, cancellationToken);
        foreach (var member in since.Members)
        {
            if (member.Status == MemberStatus.Deleted)
                known.Remove(member.UserId);
            else
                known[member.UserId] = member;
        }

        // Null: the next time the whole list has to be read.
        return since.DifferencesUrl;
    }
    #endregion

    #region deep-linking
    public static async Task<string> AnswerAsync(ValidLaunch launch, DeepLinkingResponse answers, CancellationToken cancellationToken)
    {
        if (launch.DeepLinking is not { } settings)
            throw new ArgumentException("Not a deep linking launch.", nameof(launch));

        var quiz = new ResourceLinkItem
        {
            Url = new Uri("https://tool.example/quiz/7"),
            Title = "Quiz 7",
            Custom = new Dictionary<string, string>(StringComparer.Ordinal) { ["quiz"] = "7", ["due"] = "$ResourceLink.submission.endDateTime" },
            LineItem = settings.AcceptLineItem == false ? null : new NewLineItem { Label = "Quiz 7", ScoreMaximum = 10 },
        };
        // To be posted by the browser to settings.ReturnUrl, in the form field JWT. No items: the instructor cancelled.
        return await answers.SignAsync(launch.Platform, new DeepLinkingAnswer { DeploymentId = launch.DeploymentId, Settings = settings, Items = [quiz], Message = "Quiz 7 was added." }, cancellationToken);
    }
    #endregion

    #region registration
    public static async Task<Platform> RegisterAsync(Uri openidConfiguration, string? registrationToken, DynamicRegistration registration, CancellationToken cancellationToken)
    {
        var platform = await registration.ReadConfigurationAsync(openidConfiguration, cancellationToken);
        var registered = await registration.RegisterAsync(platform, registrationToken, new ToolRegistration
        {
            ClientName = "My tool",
            Description = "Quizzes that explain themselves.",
            LaunchUri = new Uri("https://tool.example/lti/launch"),
            LoginUri = new Uri("https://tool.example/lti/login"),
            JwksUri = new Uri("https://tool.example/lti/jwks"),
            Scopes = [LtiScopes.ResultReadOnly, LtiScopes.Memberships],
            Messages = [ToolMessage.ResourceLink, ToolMessage.DeepLinking, ToolMessage.CourseNavigation],
        }, cancellationToken);
        return new Platform
        {
            Id = Guid.CreateVersion7(),
            Issuer = platform.Issuer,
            ClientId = registered.ClientId,
            AuthorizationEndpoint = platform.AuthorizationEndpoint,
            TokenEndpoint = platform.TokenEndpoint,
            JwksUri = platform.JwksUri,
            AuthorizationServer = platform.AuthorizationServer,
            Algorithms = platform.Algorithms,
        };
    }
    #endregion

    #region notices
    public static async Task WatchCopiesAsync(ValidLaunch launch, NoticeHandlers handlers, CancellationToken cancellationToken)
    {
        if (launch.Notices is { } notices && notices.Sends(ContextCopyNotice.Type))
            await handlers.RegisterAsync(launch.Platform, notices.HandlersUrl, ContextCopyNotice.Type, new Uri("https://tool.example/lti/notices"), cancellationToken);
    }

    public static async Task<int> ReceiveAsync(ReadOnlyMemory<byte> body, NoticeValidator validator, Action<string> log, CancellationToken cancellationToken)
    {
        var batch = await validator.ValidateAsync(body, cancellationToken);
        foreach (var copy in batch.Accepted.OfType<ContextCopyNotice>())
            log(string.Create(CultureInfo.InvariantCulture, $"{copy.Context.Id} has the contents of {string.Join(", ", copy.OriginContexts)}"));
        return batch.IsRefused ? 400 : 200;
    }
    #endregion

    #region return
    public static Uri? GoBack(ValidLaunch launch) => launch.Presentation?.ReturnWith(message: "Your answers are saved.");
    #endregion
}
