using LtiMicroCred.Features.Courses;
using LtiMicroCred.Texts;
using Microsoft.AspNetCore.Html;
using Microsoft.AspNetCore.Mvc.Localization;
using Microsoft.Extensions.Localization;

namespace LtiMicroCred.Features.Shared;

/// <summary>What is asked, as one sentence.</summary>
internal static class Rules
{
    public static IHtmlContent Sentence(this IHtmlLocalizer<Words> words, IStringLocalizer<Words> plain, decimal thresholdPercent, IReadOnlyList<ReadColumn> columns)
    {
        var needed = plain.Percent(thresholdPercent);
        if (columns.Any(c => c is { InUse: true, Way: "gate" }))
            return columns.Any(c => c is { InUse: true, Way: not "gate" }) ? words["Rule.OrGate", GradeSentence(words, needed, columns)] : words["Rule.Gate"];
        return GradeSentence(words, needed, columns);
    }

    private static LocalizedHtmlString GradeSentence(IHtmlLocalizer<Words> words, string needed, IReadOnlyList<ReadColumn> columns)
    {
        var formula = columns.FirstOrDefault(c => c is { InUse: true, Way: "formula" });
        var own = columns.Any(c => c is { InUse: true, Way: "own" });
        if (formula is null && columns.FirstOrDefault(c => c is { InUse: true, Way: "published" }) is { } published)
            return own ? words["Rule.PublishedBoth", needed, published.Label] : words["Rule.Published", needed, published.Label];
        if (formula is null)
            return words["Rule.Own", needed];
        return own ? words["Rule.Both", needed, formula.Label] : words["Rule.Formula", needed, formula.Label];
    }
}
