using System.Security.Cryptography;
using System.Text.Json;

namespace LtiMicroCred.Lti;

/// <summary>A score as a tool posted it to this platform (AGS 3.4). Members that the specification does not know are left out.</summary>
/// <param name="Score">What it says.</param>
/// <param name="MessageHash">SHA-256 of the bytes as they came.</param>
public sealed record PostedScore(Score Score, byte[] MessageHash)
{
    /// <summary>A longer body need not be read to its end.</summary>
    public const int MostBytes = 64 * 1024;

    /// <exception cref="ToolRefusedException">With the code of the first check that failed.</exception>
    public static PostedScore Read(ReadOnlyMemory<byte> body)
    {
        if (body.Length > MostBytes || !StrictJson.TryParse(body, out var document))
            throw new ToolRefusedException(ToolRefusal.MalformedScore, "the score is not JSON with distinct names") { Expected = $"JSON of at most {MostBytes} bytes", Spec = "AGS 3.4" };
        using (document)
        {
            var json = document.RootElement;
            if (json.ValueKind != JsonValueKind.Object)
                throw new ToolRefusedException(ToolRefusal.MalformedScore, "the score is not a JSON object") { Expected = "an object", Got = json.ValueKind.ToString(), Spec = "AGS 3.4" };

            var given = ReadGiven(json);
            return new PostedScore(
                new Score
                {
                    UserId = RequireUser(json),
                    Timestamp = RequireTime(json),
                    ActivityProgress = RequireWord<ActivityProgress>(json, "activityProgress", "AGS 3.4.7"),
                    GradingProgress = RequireWord<GradingProgress>(json, "gradingProgress", "AGS 3.4.8"),
                    ScoreGiven = given,
                    ScoreMaximum = ReadMaximum(json, isNeeded: given is not null),
                    Comment = json.Text("comment"),
                    ScoringUserId = json.TextOrNumber("scoringUserId"),
                    Submission = ReadSubmission(json),
                },
                SHA256.HashData(body.Span));
        }
    }

    // AGS 3.4.1: whose score it is.
    private static string RequireUser(JsonElement json) => json.TextOrNumber("userId") is { Length: > 0 and <= 255 } user
        ? user
        : throw new ToolRefusedException(ToolRefusal.MissingScoreUser, "the score has no usable userId") { Expected = "1 to 255 characters", Spec = "AGS 3.4.1" };

    // AGS 3.4.2: with zone; Moodle writes +0100 where ISO 8601 in its long form would have +01:00.
    private static DateTimeOffset RequireTime(JsonElement json) => Timestamp.Read(json.Text("timestamp"))
        ?? throw new ToolRefusedException(ToolRefusal.WrongScoreTime, "the score's timestamp is no point in time") { Expected = "ISO 8601 with a zone", Got = json.Text("timestamp"), Spec = "AGS 3.4.2" };

    private static T RequireWord<T>(JsonElement json, string name, string spec)
        where T : struct, Enum => Enum.GetNames<T>().Contains(json.Text(name), StringComparer.Ordinal)
        ? Enum.Parse<T>(json.Text(name)!) // one of the names
        : throw new ToolRefusedException(ToolRefusal.WrongProgress, $"the score's {name} is not one that is known") { Expected = string.Join(' ', Enum.GetNames<T>()), Got = json.Text(name), Spec = spec };

    // AGS 3.4.4: zero or more, also above the maximum; without it an earlier score is cleared. Moodle writes the number as text.
    private static decimal? ReadGiven(JsonElement json)
    {
        if (!json.TryGetProperty("scoreGiven", out var written) || written.ValueKind == JsonValueKind.Null)
            return null;
        return ExactDecimal.TryRead(written, out var given) && given >= 0
            ? given
            : throw new ToolRefusedException(ToolRefusal.WrongScoreGiven, "scoreGiven is no number of zero or more that can be kept exactly") { Expected = "0 or more", Spec = "AGS 3.4.4" };
    }

    // AGS 3.4.5: above zero, and needed beside scoreGiven.
    private static decimal? ReadMaximum(JsonElement json, bool isNeeded)
    {
        if ((!json.TryGetProperty("scoreMaximum", out var written) || written.ValueKind == JsonValueKind.Null) && !isNeeded)
            return null;
        return ExactDecimal.TryRead(written, out var maximum) && maximum > 0
            ? maximum
            : throw new ToolRefusedException(ToolRefusal.WrongScoreMaximum, "scoreMaximum is no positive number that can be kept exactly") { Expected = "more than 0", Spec = "AGS 3.4.5" };
    }

    // AGS 3.4.10: a time without zone is none.
    private static ScoreSubmission? ReadSubmission(JsonElement json) =>
        json.TryGetProperty("submission", out var submission) && submission.ValueKind == JsonValueKind.Object
            ? new ScoreSubmission { StartedAt = Timestamp.Read(submission.Text("startedAt")), SubmittedAt = Timestamp.Read(submission.Text("submittedAt")) }
            : null;
}
