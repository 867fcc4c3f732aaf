using System.Text.Json;
using Dapper;
using LtiMicroCred.Features.Activities;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Features.Learners;
using LtiMicroCred.Features.Results;
using LtiMicroCred.Lti;
using LtiMicroCred.Storage;
using MediatR;

namespace LtiMicroCred.Features.Launches;

/// <summary>A valid launch becomes a learner, a course, an activity and a session; the outcome is where to go.</summary>
internal sealed record ReceiveLaunch(ValidLaunch Launch, string BrowserSecret) : IWrite<LaunchReceived>;

/// <summary>Page is the last part of the address: <c>learner</c>, <c>course</c> or <c>pick</c>.</summary>
internal sealed record LaunchReceived(string LaunchId, string Page);

internal sealed class ReceiveLaunchHandler(Work work, JudgeActivity judge, TimeProvider clock)
    : IRequestHandler<ReceiveLaunch, LaunchReceived>
{
    private sealed record Place
    {
        public required Guid DeploymentKey { get; init; }
        public required Guid TenantId { get; init; }
    }

    public async Task<LaunchReceived> Handle(ReceiveLaunch request, CancellationToken cancellationToken)
    {
        var launch = request.Launch;
        var subject = launch.Subject ?? throw new LtiException(LtiError.MissingSubject, "the launch names nobody") { Expected = "sub", Issuer = launch.Platform.Issuer, Spec = "Core 5.3.6" };
        var now = clock.GetUtcNow();
        var kind = KindOf(launch);
        var place = await work.Connection.QuerySingleAsync<Place>(
            "SELECT DeploymentKey, TenantId FROM Deployment WHERE PlatformId = @Id AND DeploymentId = @DeploymentId AND ApprovedAt IS NOT NULL",
            new { launch.Platform.Id, launch.DeploymentId },
            work.Transaction);
        await work.Connection.ExecuteAsync("UPDATE Deployment SET LastLaunchAt = @now WHERE DeploymentKey = @DeploymentKey", new { now, place.DeploymentKey }, work.Transaction);

        var learnerId = await LearnerDirectory.FindOrCreateAsync(work, place.TenantId, launch.Platform.Id, subject, launch.Person, now);
        var courseId = await ActivityDirectory.FindOrCreateCourseAsync(work, place.TenantId, place.DeploymentKey, launch, now);
        Activity? activity = null;
        if (courseId is { } course)
        {
            await LearnerDirectory.NoteLaunchAsync(work, course, learnerId, MayLearn(launch.Roles), now);
            if (launch.MessageType == LtiMessageType.ResourceLink)
                activity = await ActivityDirectory.FindOrBindAsync(work, place.TenantId, course, launch, now);
            if (activity is not null)
            {
                await ActivityDirectory.NoteLaunchAsync(work, activity, launch.Ags?.LineItem?.OriginalString, launch.ResourceLink?.Title, now);
                // Where the LMS has no list of members, the launch itself is what admits a learner: grades may have been waiting for it.
                if (launch.Nrps is null && MayLearn(launch.Roles))
                    await judge.RunAsync(work, activity.ActivityId, [learnerId], cancellationToken);
            }
        }

        var launchId = Secrets.New();
        await StoreSessionAsync(launchId, request.BrowserSecret, place, launch, courseId, activity?.ActivityId, learnerId, kind, now);
        return new LaunchReceived(launchId, kind switch
        {
            LaunchKind.Pick => "pick",
            LaunchKind.Staff => "course",
            _ => "learner",
        });
    }

    // LMSs also send deep linking requests by learners (from an editor, or to hand something in): nothing here is theirs to choose.
    private static LaunchKind KindOf(ValidLaunch launch)
    {
        var isStaff = launch.Roles.IsInstructor || launch.Roles.IsInstitutionAdministrator;
        if (launch.MessageType == LtiMessageType.DeepLinking)
            return isStaff ? LaunchKind.Pick : throw new NotForLearnersException();
        return isStaff ? LaunchKind.Staff : LaunchKind.Learner;
    }

    private static bool MayLearn(Roles roles) => roles is { IsLearner: true, IsTestUser: false };

    private async Task StoreSessionAsync(string launchId, string browserSecret, Place place, ValidLaunch launch, Guid? courseId, Guid? activityId, Guid learnerId, LaunchKind kind, DateTimeOffset now)
    {
        var browserHash = Secrets.Hash(browserSecret);
        await work.Connection.ExecuteAsync(
            """
            INSERT INTO LaunchSession (LaunchId, BrowserHash, TenantId, PlatformId, DeploymentKey, CourseId, ActivityId, ResourceLinkId, LearnerId, Kind, Details, CreatedAt, ExpiresAt)
            VALUES (@launchId, @browserHash, @TenantId, @PlatformId, @DeploymentKey, @courseId, @activityId, @ResourceLinkId, @learnerId, @Kind, @Details, @now, @ExpiresAt)
            """,
            new
            {
                launchId,
                browserHash,
                place.TenantId,
                PlatformId = launch.Platform.Id,
                place.DeploymentKey,
                courseId,
                activityId,
                ResourceLinkId = launch.ResourceLink?.Id,
                learnerId,
                Kind = kind.ToString(),
                Details = JsonSerializer.Serialize(Details(launch)),
                now,
                ExpiresAt = now + LaunchSession.Lifetime,
            },
            work.Transaction);
        await LaunchSessions.KeepNewestAsync(work, browserHash);
    }

    private static LaunchDetails Details(ValidLaunch launch)
    {
        var platform = launch.Platform;
        Uri?[] framing = [platform.AuthorizationEndpoint, platform.TokenEndpoint, platform.JwksUri, launch.Presentation?.ReturnUrl, launch.DeepLinking?.ReturnUrl];
        return new LaunchDetails
        {
            FrameOrigins = string.Join(' ', framing.OfType<Uri>().Select(Origin).Distinct(StringComparer.Ordinal)),
            PlatformOrigin = Origin(launch.Presentation?.ReturnUrl ?? launch.DeepLinking?.ReturnUrl ?? platform.AuthorizationEndpoint),
            Lms = LmsName(launch.ToolPlatform?.ProductFamilyCode),
            ReturnUrl = launch.Presentation?.ReturnUrl?.AbsoluteUri,
            LinkTitle = launch.ResourceLink?.Title,
            LineItemUrl = launch.Ags?.LineItem?.OriginalString,
            DeepLinking = launch.DeepLinking is { } request ? new DeepLinkingDetails(request.ReturnUrl.OriginalString, request.Data, request.AcceptLineItem ?? true) : null,
        };
    }

    // A header takes ASCII only: hosts in other scripts by their IDNA form.
    private static string Origin(Uri uri) => uri.IsDefaultPort ? $"{uri.Scheme}://{uri.IdnHost}" : FormattableString.Invariant($"{uri.Scheme}://{uri.IdnHost}:{uri.Port}");

    private static string? LmsName(string? productFamilyCode) => productFamilyCode?.ToLowerInvariant() switch
    {
        "moodle" => "Moodle",
        "canvas" => "Canvas",
        "blackboardlearn" or "blackboardlearning" => "Blackboard",
        "desire2learn" => "Brightspace",
        "sakai" => "Sakai",
        "open edx" or "edx" or "openedx" => "Open edX",
        _ => null,
    };
}
