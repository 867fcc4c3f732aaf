namespace LtiMicroCred.Lti;

/// <summary>A message that the tool takes, and where the platform should offer it (Dynamic Registration, messages).</summary>
public sealed record ToolMessage
{
    /// <summary>Where courses link to the tool in their navigation, as the platforms that have such a place name it.</summary>
    private static readonly string[] CourseNavigationPlacements = ["https://canvas.instructure.com/lti/course_navigation", "course_navigation", "CourseNavigation"];

    /// <summary>Such as <c>LtiDeepLinkingRequest</c>.</summary>
    public required string Type { get; init; }

    /// <summary>What the platform calls it; the tool's name if null.</summary>
    public string? Label { get; init; }

    /// <summary>The tool's launch URL if null.</summary>
    public Uri? TargetLinkUri { get; init; }

    /// <summary>Beside the label; the tool's logo if null.</summary>
    public Uri? IconUri { get; init; }

    /// <summary>Wished for. Only those are asked for that the platform lists with this type; where it lists none, those of the specification (names that are no addresses).</summary>
    public IReadOnlyList<string> Placements { get; init; } = [];

    /// <summary>Leave the message out where the platform lists none of <see cref="Placements"/>.</summary>
    public bool NeedsPlacement { get; init; }

    /// <summary>Whom the platform offers it to, as full URIs; everybody if empty.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];

    /// <summary>In addition to the tool's own.</summary>
    public IReadOnlyDictionary<string, string> CustomParameters { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Links that teachers make, wherever the platform has them.</summary>
    public static ToolMessage ResourceLink { get; } = new() { Type = "LtiResourceLinkRequest" };

    /// <summary>Choosing what an activity links to: the specification's place for it, and Canvas's for assignments and modules.</summary>
    public static ToolMessage DeepLinking { get; } = new()
    {
        Type = "LtiDeepLinkingRequest",
        Placements = ["ContentArea", "https://canvas.instructure.com/lti/assignment_selection", "https://canvas.instructure.com/lti/link_selection"],
    };

    /// <summary>Opening one learner's submission from the gradebook; sent only where the platform lists it.</summary>
    public static ToolMessage SubmissionReview { get; } = new() { Type = "LtiSubmissionReviewRequest" };

    /// <summary>The tool in the navigation of a course; sent only where the platform has such a place. Nobody chose anything there: the launch is of a link that no teacher made.</summary>
    public static ToolMessage CourseNavigation { get; } = new() { Type = "LtiResourceLinkRequest", Placements = CourseNavigationPlacements, NeedsPlacement = true };

    /// <summary>The placements to ask this platform for; null to leave the message out.</summary>
    internal IReadOnlyList<string>? For(PlatformConfiguration platform)
    {
        var offers = platform.Messages.Where(message => message.Type == Type).ToList();
        // Platforms that list nothing take at least what every platform takes, and links need no listing.
        var isTaken = offers.Count > 0 || this is { Type: "LtiResourceLinkRequest" } || (platform.Messages.Count == 0 && Type == "LtiDeepLinkingRequest");
        var offered = offers.SelectMany(offer => offer.Placements).ToHashSet(StringComparer.Ordinal);
        var wanted = Placements.Where(placement => offered.Count > 0 ? offered.Contains(placement) : !NeedsPlacement && !placement.Contains("://", StringComparison.Ordinal)).ToList();
        return isTaken && (wanted.Count > 0 || !NeedsPlacement) ? wanted : null;
    }
}
