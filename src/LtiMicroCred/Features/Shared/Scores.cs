using System.Globalization;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Features.Courses;
using LtiMicroCred.Texts;
using Microsoft.Extensions.Localization;

namespace LtiMicroCred.Features.Shared;

/// <summary>Scores as they are: no score is rounded, since 59.995 is not 60.</summary>
internal static class Scores
{
    private const int PercentDecimals = 3;

    /// <summary>“72%” where that is exact, else “5 of 9”.</summary>
    public static string Score(this IStringLocalizer<Words> words, decimal score, decimal maximum)
    {
        var percent = decimal.Round(score * 100 / maximum, PercentDecimals);
        return percent * maximum == score * 100 ? words.Percent(percent) : words.Points(score, maximum);
    }

    /// <summary>As <see cref="Score(IStringLocalizer{Words}, decimal, decimal)"/>; an observation without a score is a grade that is not there.</summary>
    public static string Score(this IStringLocalizer<Words> words, Observation observation) => observation switch
    {
        { Score: null } => words["Score.None"],
        { IsCondition: true } => words[observation.Score > 0 ? "Score.Met" : "Score.NotMet"],
        { Score: { } score } => words.Score(score, observation.Maximum),
    };

    public static string Points(this IStringLocalizer<Words> words, decimal score, decimal maximum) => words["Score.Points", Number(score), Number(maximum)];

    public static string Percent(this IStringLocalizer<Words> words, decimal percent) => words["Score.Percent", Number(percent)];

    /// <summary>All its digits, without trailing zeros.</summary>
    public static string Number(decimal number) => number.ToString("#,0.############################", CultureInfo.CurrentCulture);

    public static string Count(long number) => number.ToString("N0", CultureInfo.CurrentCulture);

    /// <summary>What the column held before its current observation, where that was another grade.</summary>
    public static Observation? Before(IEnumerable<SeenResult> results, Observation current) => results
        .Select(r => r.Observation)
        .Where(o => o.LineItemId == current.LineItemId && o.Receipt < current.Receipt && o.Score is not null && (o.Score, o.Maximum) != (current.Score, current.Maximum))
        .MaxBy(o => o.Receipt);
}
