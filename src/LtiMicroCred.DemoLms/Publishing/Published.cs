namespace LtiMicroCred.DemoLms;

/// <summary>A quiz that other platforms can open ("Publish as LTI tool", LTI Advantage).</summary>
/// <param name="Uuid">What its launches carry as the custom property <c>id</c>.</param>
public sealed record PublishedQuiz(string Uuid, string QuizId);

/// <summary>A platform that this LMS is registered with, as a tool.</summary>
public sealed record KnownPlatform
{
    public required string Issuer { get; init; }

    public required string ClientId { get; init; }

    public required string DeploymentId { get; init; }

    public required string AuthorizationEndpoint { get; init; }

    public required string TokenEndpoint { get; init; }

    public required string JwksUri { get; init; }
}

/// <summary>Someone whom a platform sent to a published quiz.</summary>
/// <param name="Subject">What the platform calls them.</param>
/// <param name="LineItem">Where their grades go; null where the platform wants none.</param>
/// <param name="Memberships">Where the platform lists who else is there.</param>
public sealed record Visitor(KnownPlatform Platform, string Subject, string PersonId, string QuizId, string ResourceLinkId, bool IsLearner, string? LineItem, string? Memberships, string? ReturnUrl)
{
    /// <summary>The grade that was sent last.</summary>
    public decimal? Sent { get; init; }
}

/// <summary>One score that was sent, as it went over the wire.</summary>
/// <param name="Status">0 when nobody answered.</param>
public sealed record SentScore(string LineItem, string Body, int Status, string Answer);
