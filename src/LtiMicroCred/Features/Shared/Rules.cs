using System.Globalization;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Features.Courses;
using LtiMicroCred.Texts;
using Microsoft.AspNetCore.Html;
using Microsoft.AspNetCore.Mvc.Localization;
using Microsoft.Extensions.Localization;

namespace LtiMicroCred.Features.Shared;

/// <summary>What is asked, in words.</summary>
internal static class Rules
{
    /// <summary>“60%”, “50 points”.</summary>
    public static string Threshold(this IStringLocalizer<Words> words, Threshold threshold) =>
        threshold.Percent is { } percent ? words.Percent(percent) : words[threshold.Points == 1 ? "Rule.Points.One" : "Rule.Points.Many", Scores.Number(threshold.Points!.Value)];

    /// <summary>What is needed as a whole: “at least 60%”, “2 of 3 assessments passed”.</summary>
    public static string Needed(this IStringLocalizer<Words> words, PassRule rule) => rule switch
    {
        { Needs: RuleNeeds.Mean } => words["Rule.Needed.Mean", words.Percent(rule.MeanPercent)],
        { Assessments: [var only] } => words["Rule.Needed.One", words.Threshold(only.Pass)],
        { Needs: RuleNeeds.Any } => words["Rule.Needed.Any", Scores.Count(rule.Assessments.Count)],
        { Needs: RuleNeeds.Several } => words["Rule.Needed.Several", Scores.Count(rule.Count), Scores.Count(rule.Assessments.Count)],
        _ => words["Rule.Needed.All", Scores.Count(rule.Assessments.Count)],
    };

    /// <summary>What is needed in one of its assessments.</summary>
    public static string Needed(this IStringLocalizer<Words> words, PassRule rule, Assessment assessment) => rule.Needs == RuleNeeds.Mean
        ? words["Rule.Weight", words.Percent(decimal.Round(assessment.Weight * 100 / rule.Assessments.Sum(a => a.Weight), 1))]
        : words["Rule.Needed.One", words.Threshold(assessment.Pass)];

    /// <summary>The rule as whole sentences; of an only assessment also where its grades come from.</summary>
    public static IHtmlContent Sentence(this IHtmlLocalizer<Words> words, IStringLocalizer<Words> plain, PassRule rule, IReadOnlyList<ReadColumn> columns)
    {
        var sentences = new HtmlContentBuilder();
        sentences.AppendHtml(rule is { Assessments: [var only], Needs: not RuleNeeds.Mean } ? Of(words, plain.Threshold(only.Pass), columns) : Of(words, plain, rule));
        if (rule.Deadline is { } deadline)
            sentences.Append(" ").AppendHtml(words[deadline.BySubmission ? "Rule.SubmittedBy" : "Rule.GradedBy", Dates.Moment(deadline.At)]);
        if (rule.MinimumSupervision > Supervision.NotStated)
            sentences.Append(" ").AppendHtml(words["Rule.Supervision." + rule.MinimumSupervision]);
        return sentences;
    }

    private static LocalizedHtmlString Of(IHtmlLocalizer<Words> words, IStringLocalizer<Words> plain, PassRule rule)
    {
        var list = string.Join(CultureInfo.CurrentCulture.TextInfo.ListSeparator + " ", rule.Assessments.Select(a => plain["Rule.Item", a.Name, plain.Needed(rule, a)].Value));
        return rule.Needs switch
        {
            RuleNeeds.Mean => words["Rule.Mean", plain.Percent(rule.MeanPercent), list],
            RuleNeeds.Any => words["Rule.Any", list],
            RuleNeeds.Several => words["Rule.Several", Scores.Count(rule.Count), Scores.Count(rule.Assessments.Count), list],
            _ => words["Rule.All", list],
        };
    }

    private static LocalizedHtmlString Of(IHtmlLocalizer<Words> words, string needed, IReadOnlyList<ReadColumn> columns)
    {
        if (columns.Any(c => c is { InUse: true, Way: "gate" }))
            return columns.Any(c => c is { InUse: true, Way: not "gate" }) ? words["Rule.OrGate", ByGrade(words, needed, columns)] : words["Rule.Gate"];
        return ByGrade(words, needed, columns);
    }

    private static LocalizedHtmlString ByGrade(IHtmlLocalizer<Words> words, string needed, IReadOnlyList<ReadColumn> columns)
    {
        if (columns.Any(c => c is { InUse: true, Way: "import" }))
            return columns.Any(c => c is { InUse: true, Way: not ("gate" or "import") }) ? words["Rule.OrImport", ByColumn(words, needed, columns)] : words["Rule.Import", needed];
        return ByColumn(words, needed, columns);
    }

    private static LocalizedHtmlString ByColumn(IHtmlLocalizer<Words> words, string needed, IReadOnlyList<ReadColumn> columns)
    {
        var formula = columns.FirstOrDefault(c => c is { InUse: true, Way: "formula" }) ?? columns.FirstOrDefault(c => c is { InUse: true, Way: "gradebook" });
        var own = columns.Any(c => c is { InUse: true, Way: "own" });
        if (formula is null && columns.FirstOrDefault(c => c is { InUse: true, Way: "published" }) is { } published)
            return own ? words["Rule.PublishedBoth", needed, published.Label] : words["Rule.Published", needed, published.Label];
        if (formula is null)
            return words["Rule.Own", needed];
        return own ? words["Rule.Both", needed, formula.Label] : words["Rule.Formula", needed, formula.Label];
    }
}
