using LtiMicroCred.Features.Awards;

namespace LtiMicroCred.Features.Decisions;

/// <summary>The form that asks what is to become of an award.</summary>
/// <param name="Errors">What is wrong with <c>decision</c> and <c>reason</c>.</param>
internal sealed record ShownDecision(
    string LaunchId, Guid LearnerId, string Name, IReadOnlyList<RulingKind> Choices, string? Decision = null, string? Reason = null, IReadOnlyDictionary<string, string>? Errors = null);
