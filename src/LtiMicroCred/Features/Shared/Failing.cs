using LtiMicroCred.Lti;

namespace LtiMicroCred.Features.Shared;

/// <summary>Why a column can't be read, as people are told it.</summary>
internal static class Failing
{
    /// <param name="kind">As it is stored: the name of a <see cref="ServiceFailure"/>, or <c>Own</c> for a mistake of ours.</param>
    /// <returns><c>Refused</c>, <c>Gone</c>, <c>Own</c> or <c>NoAnswer</c>: part of a text's key.</returns>
    public static string Told(string? kind) => kind switch
    {
        nameof(ServiceFailure.TokenRefused) or nameof(ServiceFailure.Unauthorized) or nameof(ServiceFailure.Forbidden) => "Refused",
        nameof(ServiceFailure.NotFound) => "Gone",
        "Own" => "Own",
        _ => "NoAnswer",
    };
}
