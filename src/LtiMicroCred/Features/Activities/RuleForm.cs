using System.Globalization;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Texts;
using Microsoft.Extensions.Localization;

namespace LtiMicroCred.Features.Activities;

/// <summary>One assessment of a rule as it is typed.</summary>
internal sealed record AssessmentForm
{
    /// <summary>Empty for one that is new.</summary>
    public string? Number { get; set; }
    public string? Name { get; set; }
    public string? Value { get; set; }
    public string? Unit { get; set; } = "percent";
    public string? Weight { get; set; }
    public string? Taken { get; set; }

    public bool IsBlank => string.IsNullOrWhiteSpace(Name) && string.IsNullOrWhiteSpace(Value);
}

/// <summary>A rule as it is typed, and what is wrong with it: by field, the assessments' as <c>{field}-{row}</c>.</summary>
internal sealed record RuleForm
{
    public const int LongestName = 100;

    public string? Needs { get; set; } = nameof(RuleNeeds.All);
    public string? Count { get; set; }
    public string? Mean { get; set; }
    public List<AssessmentForm> Assessments { get; set; } = [];

    /// <summary><c>none</c>, <c>graded</c> or <c>submitted</c>.</summary>
    public string? By { get; set; } = "none";

    /// <summary>In UTC, as a browser's field for date and time writes it.</summary>
    public string? Until { get; set; }
    public string? Supervision { get; set; }

    public static RuleForm Of(PassRule rule) => new()
    {
        Needs = rule.Needs.ToString(),
        Count = rule.Count > 0 ? rule.Count.ToString(CultureInfo.InvariantCulture) : null,
        Mean = rule.MeanPercent > 0 ? Plain(rule.MeanPercent) : null,
        Assessments = [.. rule.Assessments.Select(a => new AssessmentForm
        {
            Number = a.Number.ToString(CultureInfo.InvariantCulture),
            Name = a.Name,
            Value = Plain(a.Pass.Percent ?? a.Pass.Points!.Value),
            Unit = a.Pass.Percent is null ? "points" : "percent",
            Weight = Plain(a.Weight),
            Taken = a.Supervision.ToString(),
        })],
        By = rule.Deadline switch { null => "none", { BySubmission: true } => "submitted", _ => "graded" },
        Until = rule.Deadline?.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm", CultureInfo.InvariantCulture),
        Supervision = rule.MinimumSupervision.ToString(),
    };

    /// <param name="highest">The highest number that an assessment of this activity ever had: it is not given twice.</param>
    /// <param name="errors">Takes what is wrong.</param>
    /// <param name="words">For the reader.</param>
    /// <returns>Null where something is wrong.</returns>
    public PassRule? Read(int highest, Dictionary<string, string> errors, IStringLocalizer<Words> words)
    {
        var typed = Assessments.Take(PassRule.MostAssessments).Index().Where(a => !a.Item.IsBlank).ToList();
        var needs = Enum.TryParse<RuleNeeds>(Needs, out var chosen) && Enum.IsDefined(chosen) ? chosen : RuleNeeds.All;
        if (typed.Count == 0)
            errors["assessments"] = words["Error.Rule.None"];
        var assessments = new List<Assessment>();
        foreach (var (row, form) in typed)
        {
            var read = Read(form, row, needs, typed.Count, errors, words);
            // One that is new, or says the number of another, gets the next: the number says whose grades count.
            assessments.Add(read.Number >= 1 && read.Number <= highest && !assessments.Exists(a => a.Number == read.Number) ? read : read with { Number = ++highest });
        }

        if (typed.Count > 1 && assessments.Where(a => a.Name.Length > 0).GroupBy(a => a.Name, StringComparer.CurrentCultureIgnoreCase).Any(g => g.Count() > 1))
            errors["assessments"] = words["Error.Rule.Twice"];
        var count = needs == RuleNeeds.Several ? Whole(Count, 1, Math.Max(1, typed.Count), "count", errors, words["Error.Rule.Count", typed.Count]) : 0;
        var mean = needs == RuleNeeds.Mean ? Number(Mean, 0.01m, 100, "mean", errors, words["Error.Threshold"]) : 0;
        var deadline = ReadDeadline(errors, words);
        return errors.Count > 0 ? null : new PassRule
        {
            Needs = typed.Count == 1 && needs != RuleNeeds.Mean ? RuleNeeds.All : needs,
            Count = typed.Count == 1 ? 0 : count,
            MeanPercent = mean,
            Assessments = assessments,
            Deadline = deadline,
            MinimumSupervision = Level(Supervision),
        };
    }

    /// <summary>What a rule of one assessment is given by: a value, its unit and a date.</summary>
    public static PassRule? Simple(string? value, string? unit, string? until, Dictionary<string, string> errors, IStringLocalizer<Words> words)
    {
        var threshold = ReadThreshold(value, unit, "threshold", errors, words);
        var form = new RuleForm { By = string.IsNullOrWhiteSpace(until) ? "none" : "graded", Until = until };
        var deadline = form.ReadDeadline(errors, words);
        return threshold is null || errors.Count > 0 ? null : new PassRule { Assessments = [new Assessment { Pass = threshold }], Deadline = deadline };
    }

    private static Assessment Read(AssessmentForm form, int row, RuleNeeds needs, int of, Dictionary<string, string> errors, IStringLocalizer<Words> words)
    {
        var name = form.Name?.Trim() ?? "";
        if (name.Length > LongestName || name.Any(char.IsControl) || (name.Length == 0 && of > 1))
            errors[Field("name", row)] = words["Error.Rule.Name"];
        var threshold = needs == RuleNeeds.Mean ? null : ReadThreshold(form.Value, form.Unit, Field("value", row), errors, words);
        var weight = needs == RuleNeeds.Mean ? Number(form.Weight, 0.01m, 1000, Field("weight", row), errors, words["Error.Rule.Weight"]) : 1;
        _ = int.TryParse(form.Number, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        return new Assessment { Number = number, Name = name, Pass = threshold ?? new Threshold { Percent = 60 }, Weight = weight, Supervision = Level(form.Taken) };
    }

    private Deadline? ReadDeadline(Dictionary<string, string> errors, IStringLocalizer<Words> words)
    {
        if (By is not ("graded" or "submitted"))
            return null;
        if (DateTimeOffset.TryParseExact(
            Until?.Trim(), ["yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) && at.Year is >= 2000 and <= 2200)
            return new Deadline { At = at, BySubmission = By == "submitted" };
        errors["until"] = words["Error.Rule.Until"];
        return null;
    }

    private static Threshold? ReadThreshold(string? value, string? unit, string field, Dictionary<string, string> errors, IStringLocalizer<Words> words)
    {
        var isPoints = unit == "points";
        var number = isPoints ? Number(value, 0.01m, 1_000_000, field, errors, words["Error.Rule.Points"]) : Number(value, 0.01m, 100, field, errors, words["Error.Threshold"]);
        return errors.ContainsKey(field) ? null : isPoints ? new Threshold { Points = number } : new Threshold { Percent = number };
    }

    public static string Field(string field, int row) => string.Create(CultureInfo.InvariantCulture, $"{field}-{row}");

    private static Supervision Level(string? typed) => Enum.TryParse<Supervision>(typed, out var level) && Enum.IsDefined(level) ? level : Awards.Supervision.NotStated;

    private static int Whole(string? typed, int least, int most, string field, Dictionary<string, string> errors, string error)
    {
        if (int.TryParse(typed?.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
            return number;
        errors[field] = error;
        return 0;
    }

    // Two decimals are kept; more would be rounded, and nothing is rounded silently.
    private static decimal Number(string? typed, decimal least, decimal most, string field, Dictionary<string, string> errors, string error)
    {
        if (decimal.TryParse(typed?.Trim().Replace(',', '.'), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && number >= least && number <= most && decimal.Round(number, 2) == number)
            return number;
        errors[field] = error;
        return 0;
    }

    private static string Plain(decimal number) => number.ToString("0.##", CultureInfo.InvariantCulture);
}
