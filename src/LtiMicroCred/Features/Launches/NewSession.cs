using System.Data.Common;
using System.Text.Json;
using Dapper;
using LtiMicroCred.Lti;

namespace LtiMicroCred.Features.Launches;

/// <summary>The session of one launch, before it is kept.</summary>
internal sealed record NewSession
{
    public required string LaunchId { get; init; }
    public required string NonceHash { get; init; }
    public required string BrowserHash { get; init; }
    public required Guid PlatformId { get; init; }
    public required string? ResourceLinkId { get; init; }
    public required LaunchKind Kind { get; init; }
    public required LaunchDetails Details { get; init; }
    public required DateTimeOffset Now { get; init; }

    public string Page => Kind switch
    {
        LaunchKind.Pick => "pick",
        LaunchKind.Staff => "course",
        LaunchKind.Review => "review",
        _ => "learner",
    };

    public static NewSession Of(ValidLaunch launch, NonceUse nonce, string browserSecret, DateTimeOffset now) => new()
    {
        LaunchId = Secrets.New(),
        NonceHash = nonce.Hash,
        BrowserHash = Secrets.Hash(browserSecret),
        PlatformId = launch.Platform.Id,
        ResourceLinkId = launch.ResourceLink?.Id,
        Kind = KindOf(launch),
        Details = DetailsOf(launch),
        Now = now,
    };

    /// <summary>The unique key of the nonce decides, in this one statement, whether the launch is kept.</summary>
    public Task<int> InsertAsync(DbConnection connection, DbTransaction? transaction, Guid tenantId, Guid deploymentKey, Guid? courseId, Guid? activityId, Guid? learnerId) => connection.ExecuteAsync(
        """
        INSERT INTO LaunchSession (LaunchId, NonceHash, BrowserHash, TenantId, PlatformId, DeploymentKey, CourseId, ActivityId, ResourceLinkId, LearnerId, Kind, Details, CreatedAt, ExpiresAt)
        VALUES (@LaunchId, @NonceHash, @BrowserHash, @tenantId, @PlatformId, @deploymentKey, @courseId, @activityId, @ResourceLinkId, @learnerId, @Kind, @Details, @Now, @ExpiresAt)
        """,
        new
        {
            LaunchId,
            NonceHash,
            BrowserHash,
            tenantId,
            PlatformId,
            deploymentKey,
            courseId,
            activityId,
            ResourceLinkId,
            learnerId,
            Kind = Kind.ToString(),
            Details = JsonSerializer.Serialize(Details),
            Now,
            ExpiresAt = Now + LaunchSession.Lifetime,
        },
        transaction);

    // LMSs also send deep linking requests by learners (from an editor, or to hand something in): nothing here is theirs to choose.
    private static LaunchKind KindOf(ValidLaunch launch)
    {
        // Who is nobody sees what anybody may see.
        var isStaff = launch.Subject is not null && (launch.Roles.IsInstructor || launch.Roles.IsInstitutionAdministrator);
        return (launch.MessageType, isStaff) switch
        {
            (LtiMessageType.DeepLinking, true) => LaunchKind.Pick,
            (LtiMessageType.SubmissionReview, true) => LaunchKind.Review,
            (LtiMessageType.DeepLinking or LtiMessageType.SubmissionReview, false) => throw new NotForLearnersException(launch.MessageType),
            (_, true) => LaunchKind.Staff,
            _ => LaunchKind.Learner,
        };
    }

    private static LaunchDetails DetailsOf(ValidLaunch launch)
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
            ReviewOf = launch.MessageType == LtiMessageType.SubmissionReview ? launch.ForUser?.UserId : null,
            IsAdministrator = launch.Subject is not null && launch.Roles.IsInstitutionAdministrator,
            LineItemUrl = launch.Ags?.LineItem?.OriginalString,
            DeepLinking = launch.DeepLinking is { } request ? new DeepLinkingDetails(
                request.ReturnUrl.OriginalString, request.Data, request.AcceptLineItem ?? true, request.AcceptTypes.Count == 0 || request.AcceptTypes.Contains(ResourceLinkItem.ItemType, StringComparer.Ordinal)) : null,
        };
    }

    // A header takes ASCII only: hosts in other scripts by their IDNA form.
    public static string Origin(Uri uri) => uri.IsDefaultPort ? $"{uri.Scheme}://{uri.IdnHost}" : FormattableString.Invariant($"{uri.Scheme}://{uri.IdnHost}:{uri.Port}");

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
