using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace LtiMicroCred.Lti;

/// <summary>One learner's score for one column (AGS 2.0, 3.4), as a tool posts it.</summary>
public sealed record Score
{
    /// <summary>The learner's <c>sub</c>, as the platform's launches name it.</summary>
    public required string UserId { get; init; }

    /// <summary>When the score became what it is; later than that of the last score for the same learner and column, see <see cref="ScoreTimestamps"/>. Sent in UTC with milliseconds.</summary>
    public required DateTimeOffset Timestamp { get; init; }

    public required ActivityProgress ActivityProgress { get; init; }

    /// <summary>Platforms may show a score that is not <see cref="GradingProgress.FullyGraded"/>, but need not count it.</summary>
    public required GradingProgress GradingProgress { get; init; }

    /// <summary>Zero or more, also above the maximum. Zero is a score; null clears what was given before.</summary>
    public decimal? ScoreGiven { get; init; }

    /// <summary>Above zero; needed with <see cref="ScoreGiven"/>. The platform scales to the column's own maximum.</summary>
    public decimal? ScoreMaximum { get; init; }

    /// <summary>Plain text for the learner; no markup.</summary>
    public string? Comment { get; init; }

    public ScoreSubmission? Submission { get; init; }

    /// <summary>Who graded, as the platform's launches name them; null where no person did.</summary>
    public string? ScoringUserId { get; init; }

    /// <summary>Compact: Moodle answers a score in indented JSON that it refuses with 200.</summary>
    internal byte[] ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("userId", UserId);
            json.WriteString("timestamp", Text(Timestamp));
            json.WriteString("activityProgress", ActivityProgress.ToString());
            json.WriteString("gradingProgress", GradingProgress.ToString());
            if (ScoreGiven is { } given)
                json.WriteNumber("scoreGiven", given);
            if (ScoreMaximum is { } maximum)
                json.WriteNumber("scoreMaximum", maximum);
            if (Comment is not null)
                json.WriteString("comment", Comment);
            if (Submission is not null)
                Write(json, Submission);
            if (ScoringUserId is not null)
                json.WriteString("scoringUserId", ScoringUserId);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void Write(Utf8JsonWriter json, ScoreSubmission submission)
    {
        json.WriteStartObject("submission");
        if (submission.StartedAt is { } started)
            json.WriteString("startedAt", Text(started));
        if (submission.SubmittedAt is { } submitted)
            json.WriteString("submittedAt", Text(submitted));
        json.WriteEndObject();
    }

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}

/// <summary>When the learner's work began and was handed in (AGS 3.4.10).</summary>
public sealed record ScoreSubmission
{
    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? SubmittedAt { get; init; }
}

/// <summary>How far the learner is (AGS 3.4.7).</summary>
public enum ActivityProgress
{
    Initialized,
    Started,
    InProgress,
    Submitted,
    Completed,
}

/// <summary>How far the grading is (AGS 3.4.8).</summary>
public enum GradingProgress
{
    FullyGraded,
    Pending,
    PendingManual,
    Failed,
    NotReady,
}
