using LtiMicroCred.Features.Courses;
using LtiMicroCred.Texts;
using Microsoft.AspNetCore.Html;
using Microsoft.Extensions.Localization;

namespace LtiMicroCred.Features.Shared;

/// <summary>Each place of a learner has its own shape and its word; colour only repeats it.</summary>
internal static class Standings
{
    public static IHtmlContent Icon(Place place) => place switch
    {
        Place.NeedsAttention => Icons.Of("alert", Css(place)),
        Place.Awarded => Icons.Of("seal", Css(place)),
        Place.Expired => Icons.Of("clock", Css(place)),
        Place.Revoked => Icons.Of("cross", Css(place)),
        Place.Passed => Icons.Of("check", Css(place)),
        Place.InProgress => Icons.Of("half", Css(place)),
        _ => Icons.Of("ring", Css(place)),
    };

    public static string Css(Place place) => place switch
    {
        Place.NeedsAttention => "is-warn",
        Place.Awarded or Place.Passed => "is-ok",
        Place.InProgress => "is-now",
        Place.Revoked => "is-bad",
        _ => "is-idle",
    };

    public static string Standing(this IStringLocalizer<Words> words, Place place) => words["Standing." + place];

    /// <summary>A suspended award needs attention too; its word says so.</summary>
    public static string Standing(this IStringLocalizer<Words> words, LearnerInCourse learner) =>
        learner is { Place: Place.NeedsAttention, Award.IsSuspended: true } ? words["Standing.Suspended"] : words.Standing(learner.Place);

    /// <summary>A learner's name as the LMS sends it, never cut; where it sends none, something that tells two of them apart.</summary>
    public static string NameOf(this IStringLocalizer<Words> words, LearnerInCourse learner) =>
        string.IsNullOrWhiteSpace(learner.Name) ? words["Learner.NoName", learner.LearnerId.ToString("N")[^6..].ToUpperInvariant()] : learner.Name;
}
