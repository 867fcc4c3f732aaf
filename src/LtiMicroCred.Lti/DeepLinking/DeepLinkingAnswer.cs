namespace LtiMicroCred.Lti;

/// <summary>What was chosen, and what to say about it.</summary>
public sealed record DeepLinkingAnswer
{
    /// <summary>Of the launch.</summary>
    public required string DeploymentId { get; init; }

    /// <summary>Of the launch, unchanged.</summary>
    public required DeepLinkingSettings Settings { get; init; }

    /// <summary>None means that the instructor cancelled.</summary>
    public IReadOnlyList<ContentItem> Items { get; init; } = [];

    /// <summary>For the platform to show to the instructor.</summary>
    public string? Message { get; init; }

    /// <summary>For the platform's log.</summary>
    public string? Log { get; init; }

    /// <summary>For the platform to show to the instructor, about what went wrong.</summary>
    public string? ErrorMessage { get; init; }

    /// <summary>For the platform's log, about what went wrong.</summary>
    public string? ErrorLog { get; init; }

    /// <summary>Null if the platform takes it; else the first thing that it would refuse. What the settings don't name is not checked (Deep Linking 4.4.1).</summary>
    internal string? Problem() => Items.Count > 1 && !Settings.AcceptMultiple
        ? $"There are {Items.Count} items, and the platform takes one."
        : Items.Select(Problem).OfType<string>().FirstOrDefault();

    private string? Problem(ContentItem item) => Reason(item) is { } reason ? $"An item of type {item.Type} cannot be sent: {reason}." : null;

    private string? Reason(ContentItem item)
    {
        if (item.Flaw is { } flaw)
            return flaw;
        if (Excludes(Settings.AcceptTypes, item.Type))
            return $"the platform takes {string.Join(", ", Settings.AcceptTypes)}";
        if (item is ResourceLinkItem { LineItem: not null } && Settings.AcceptLineItem == false)
            return "the platform takes no line item with it";
        if (item is FileItem { MediaType: { } mediaType } && Settings.AcceptMediaTypes.Count > 0 && !Settings.AcceptMediaTypes.Any(accepted => Covers(accepted, mediaType)))
            return $"the platform takes no {mediaType}";

        var target = item.PresentationTargets.FirstOrDefault(target => Excludes(Settings.AcceptPresentationTargets, target));
        return target is null ? null : $"the platform does not show items as {target}";
    }

    private static bool Excludes(IReadOnlyList<string> accepted, string value) => accepted.Count > 0 && !accepted.Contains(value, StringComparer.Ordinal);

    // RFC 7231 5.3.2: */*, image/* or one type.
    private static bool Covers(string accepted, string mediaType) =>
        accepted == "*/*"
        || string.Equals(accepted, mediaType, StringComparison.OrdinalIgnoreCase)
        || (accepted.EndsWith("/*", StringComparison.Ordinal) && mediaType.StartsWith(accepted[..^1], StringComparison.OrdinalIgnoreCase));
}
