using System.Globalization;

namespace LtiMicroCred.Lti.Tests.Samples;

internal static class PartSamples
{
    #region results
    public static async Task<decimal?> BestScoreAsync(ValidLaunch launch, AssignmentAndGradeServices grades, CancellationToken cancellationToken)
    {
        if (launch.Ags is not { CanReadResults: true, LineItem: { } lineItem })
            return null;

        var page = await grades.GetResultsAsync(launch.Platform, lineItem, cancellationToken);
        return page.Results.Max(result => result.ResultScore);
    }
    #endregion

    #region members
    public static async Task<int> CountLearnersAsync(ValidLaunch launch, NamesAndRoles members, CancellationToken cancellationToken)
    {
        if (launch.Nrps is not { } nrps)
            return 0;

        var course = await members.GetMembersAsync(launch.Platform, nrps.MembershipsUrl, resourceLinkId: null, cancellationToken);
        return course.Members.Count(member => member.Roles.IsLearner);
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
