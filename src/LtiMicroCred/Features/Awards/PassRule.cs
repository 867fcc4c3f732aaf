using System.Text.Json;
using System.Text.Json.Serialization;

namespace LtiMicroCred.Features.Awards;

/// <summary>How many of a rule's assessments have to be passed.</summary>
internal enum RuleNeeds
{
    All,
    Any,

    /// <summary>At least <see cref="PassRule.Count"/> of them.</summary>
    Several,

    /// <summary>No single one, but their weighted mean.</summary>
    Mean,
}

/// <summary>Under which supervision something was assessed, as far as anybody says. Each includes those before it.</summary>
internal enum Supervision
{
    NotStated,

    /// <summary>Nobody was there; the LMS's login is what is known of the person.</summary>
    Unsupervised,

    /// <summary>Somebody watched, online or in a room.</summary>
    Supervised,

    /// <summary>Somebody watched, and checked who it is.</summary>
    IdentityChecked,
}

/// <summary>What it takes: a share of the maximum, or points, whatever the maximum. Compared exactly, never rounded.</summary>
internal sealed record Threshold
{
    /// <summary>More than 0, at most 100; null where points are asked.</summary>
    public decimal? Percent { get; init; }

    /// <summary>More than 0; null where a percentage is asked.</summary>
    public decimal? Points { get; init; }

    public bool IsMetBy(decimal score, decimal maximum) =>
        Percent is { } percent ? Ratio.Of(score) * Ratio.Of(100) >= Ratio.Of(percent) * Ratio.Of(maximum) : score >= Points;
}

/// <summary>One assessment of a rule. Columns of the LMS say by its number what they feed.</summary>
internal sealed record Assessment
{
    /// <summary>From 1; never given to another assessment of the activity.</summary>
    public int Number { get; init; } = 1;

    /// <summary>Empty for the only one: its column has a name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Not used by a mean.</summary>
    public Threshold Pass { get; init; } = new() { Percent = 60 };

    /// <summary>More than 0; used by a mean alone.</summary>
    public decimal Weight { get; init; } = 1;

    /// <summary>How it is taken, as the instructor says; an observation may say otherwise.</summary>
    public Supervision Supervision { get; init; }
}

/// <summary>Until when: by the LMS's time of the grade, or by the learner's time of handing in, which few channels tell.</summary>
internal sealed record Deadline
{
    public required DateTimeOffset At { get; init; }

    /// <summary>False: graded by then. True: handed in by then; what does not tell when it was handed in does not count.</summary>
    public bool BySubmission { get; init; }
}

/// <summary>What earns the award of an activity. A version never changes.</summary>
internal sealed record PassRule
{
    public const int MostAssessments = 20;

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        RespectNullableAnnotations = true,
    };

    public RuleNeeds Needs { get; init; }

    /// <summary>For <see cref="RuleNeeds.Several"/>: how many.</summary>
    public int Count { get; init; }

    /// <summary>For <see cref="RuleNeeds.Mean"/>: percent of what all of them together allow.</summary>
    public decimal MeanPercent { get; init; }

    /// <summary>At least one.</summary>
    public required IReadOnlyList<Assessment> Assessments { get; init; }

    public Deadline? Deadline { get; init; }

    public Supervision MinimumSupervision { get; init; }

    /// <summary>So many percent, in whatever column counts.</summary>
    public static PassRule Percent(decimal percent) => new() { Assessments = [new Assessment { Pass = new Threshold { Percent = percent } }] };

    public Assessment? Find(int number) => Assessments.FirstOrDefault(a => a.Number == number);

    /// <summary>As it is stored.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, s_json);

    /// <exception cref="JsonException">It was not stored by <see cref="ToJson"/>.</exception>
    public static PassRule Parse(string json) =>
        JsonSerializer.Deserialize<PassRule>(json, s_json) is { Assessments.Count: > 0 } rule ? rule : throw new JsonException("A rule has at least one assessment.");
}
