namespace LtiMicroCred.Lti;

/// <summary>What the platform takes as an answer (Deep Linking 4.4.1). An empty list means that the platform does not say.</summary>
public sealed record DeepLinkingSettings
{
    /// <summary>Where the browser posts the answer, in the form field <c>JWT</c>.</summary>
    public required Uri ReturnUrl { get; init; }

    /// <summary>Of <c>link</c>, <c>ltiResourceLink</c>, <c>file</c>, <c>html</c>, <c>image</c>, or a platform's own.</summary>
    public IReadOnlyList<string> AcceptTypes { get; init; } = [];

    /// <summary>Of files, with wildcards such as <c>image/*</c>.</summary>
    public IReadOnlyList<string> AcceptMediaTypes { get; init; } = [];

    /// <summary>Of <c>iframe</c>, <c>window</c> and <c>embed</c>.</summary>
    public IReadOnlyList<string> AcceptPresentationTargets { get; init; } = [];

    /// <summary>Whether more than one item may be chosen.</summary>
    public bool AcceptMultiple { get; init; }

    /// <summary>Whether items may come with a column; null where the platform does not say.</summary>
    public bool? AcceptLineItem { get; init; }

    /// <summary>Whether the platform keeps what is chosen without asking again.</summary>
    public bool AutoCreate { get; init; }

    /// <summary>To be returned unchanged, also when empty; null where there is none.</summary>
    public string? Data { get; init; }

    /// <summary>What the platform would call the item.</summary>
    public string? Title { get; init; }

    /// <summary>What the platform would say of the item.</summary>
    public string? Text { get; init; }
}
