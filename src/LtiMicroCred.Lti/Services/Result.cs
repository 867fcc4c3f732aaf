using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;

namespace LtiMicroCred.Lti;

/// <summary>One learner's current result in one column (AGS 3.3), including what was changed in the platform itself.</summary>
public sealed record Result
{
    /// <summary>The learner's <c>sub</c>, 1 to 255 characters.</summary>
    public required string UserId { get; init; }

    /// <summary>Null where the grade was cleared or never given; zero is a grade.</summary>
    public decimal? ResultScore { get; init; }

    /// <summary>May differ from the column's maximum; 1 where the platform does not say.</summary>
    public decimal ResultMaximum { get; init; } = 1;

    /// <summary>As the platform sends it, which may be HTML: untrusted text, to be encoded where it is shown.</summary>
    public string? Comment { get; init; }

    /// <summary>Who graded, as the platform's launches name them.</summary>
    public string? ScoringUserId { get; init; }

    /// <summary>The address of the column, as the platform wrote it; to be compared, not to be called.</summary>
    public string? ScoreOf { get; init; }

    /// <summary>Not in the specification; Moodle sends it. Null without a zone.</summary>
    public DateTimeOffset? Timestamp { get; init; }

    /// <summary>False for a grade that was cleared or never given.</summary>
    public bool HasScore => ResultScore is not null;

    /// <summary>SHA-256 of the bytes of this result as they came.</summary>
    public required byte[] MessageHash { get; init; }

    /// <summary>Either a result, or the reason why it is none.</summary>
    internal static (Result? Result, string? Refusal) Read(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
            return (null, "it is not an object");
        if (json.TextOrNumber("userId") is not { Length: > 0 and <= 255 } userId)
            return (null, "it has no usable userId");

        decimal? score = null;
        if (json.TryGetProperty("resultScore", out var written) && written.ValueKind != JsonValueKind.Null)
        {
            if (!ExactDecimal.TryRead(written, out var number))
                return (null, "its resultScore is not a number that can be kept exactly");
            if (number < 0)
                return (null, "its resultScore is negative");
            score = number;
        }

        var maximum = 1m;
        if (json.TryGetProperty("resultMaximum", out written) && written.ValueKind != JsonValueKind.Null && (!ExactDecimal.TryRead(written, out maximum) || maximum <= 0))
            return (null, "its resultMaximum is not a positive number");

        return (new Result
        {
            UserId = userId,
            ResultScore = score,
            ResultMaximum = maximum,
            Comment = json.Text("comment"),
            ScoringUserId = json.TextOrNumber("scoringUserId"),
            ScoreOf = json.Text("scoreOf"),
            Timestamp = Lti.Timestamp.Read(json.Text("timestamp")),
            MessageHash = SHA256.HashData(JsonMarshal.GetRawUtf8Value(json)),
        }, null);
    }
}

/// <summary>All results of a column.</summary>
/// <param name="Results">Of every page, at most one for each learner if the platform keeps to AGS 3.3; who was never graded may be missing.</param>
/// <param name="Refused">One technical sentence for each entry that cannot be used; they name the entry's place in the list, not the person.</param>
public sealed record ResultsPage(IReadOnlyList<Result> Results, IReadOnlyList<string> Refused);
