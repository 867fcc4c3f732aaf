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

    /// <summary>Independent of <see cref="GradingProgress"/>: finished work may wait for its grade.</summary>
    public required ActivityProgress ActivityProgress { get; init; }

    /// <summary>Platforms may show a score that is not <see cref="GradingProgress.FullyGraded"/>, but need not count it.</summary>
    public required GradingProgress GradingProgress { get; init; }

    /// <summary>Zero or more, also above the maximum. Zero is a score; null clears what was given before.</summary>
    public decimal? ScoreGiven { get; init; }

    /// <summary>Above zero; needed with <see cref="ScoreGiven"/>. The platform scales to the column's own maximum.</summary>
    public decimal? ScoreMaximum { get; init; }

    /// <summary>Plain text for the learner; no markup.</summary>
    public string? Comment { get; init; }

    /// <summary>Null tells nothing about the work's time; <see cref="Timestamp"/> is the score's.</summary>
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
    /// <summary>Sent in UTC with milliseconds; not after <see cref="SubmittedAt"/>.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Sent in UTC with milliseconds.</summary>
    public DateTimeOffset? SubmittedAt { get; init; }
}

/// <summary>How far the learner is (AGS 3.4.7).</summary>
public enum ActivityProgress
{
    /// <summary>Nothing was done yet, or all of it was taken back.</summary>
    Initialized,

    /// <summary>Opened; there is nothing to look at yet.</summary>
    Started,

    /// <summary>A draft that a teacher may comment on.</summary>
    InProgress,

    /// <summary>Handed in at least once, and may be handed in again.</summary>
    Submitted,

    /// <summary>The learner has nothing left to do.</summary>
    Completed,
}

/// <summary>How far the grading is (AGS 3.4.8).</summary>
public enum GradingProgress
{
    /// <summary>The score, if there is one, is final until the next.</summary>
    FullyGraded,

    /// <summary>More comes without anybody's doing; a score with it is provisional.</summary>
    Pending,

    /// <summary>Somebody has to grade; a score with it is provisional.</summary>
    PendingManual,

    /// <summary>No grade could be found.</summary>
    Failed,

    /// <summary>There is nothing to grade yet, such as before anything was handed in.</summary>
    NotReady,
}
