namespace LtiMicroCred.DemoLms;

public enum ColumnKind
{
    /// <summary>Filled by the attempts at a quiz.</summary>
    Quiz,

    /// <summary>The own column of an activity that opens a tool.</summary>
    Activity,

    /// <summary>Made by a tool through the line item service; the only kind that can be calculated.</summary>
    Added,
}

/// <summary>A column of the gradebook, which the services call a line item.</summary>
public sealed record Column
{
    public required string Id { get; init; }

    public required string CourseId { get; init; }

    public required ColumnKind Kind { get; init; }

    public required string Title { get; init; }

    public required decimal Maximum { get; init; }

    /// <summary>What formulas call it; empty when it has none.</summary>
    public string IdNumber { get; init; } = "";

    /// <summary>Null in the quiz's column.</summary>
    public string? ToolId { get; init; }

    /// <summary>The link it belongs to; null when it stands alone.</summary>
    public string? LinkId { get; init; }

    /// <summary>The quiz it belongs to.</summary>
    public string? QuizId { get; init; }

    public string ResourceId { get; init; } = "";

    public string Tag { get; init; } = "";

    /// <summary>Null when the tool offers no review of submissions in this column by itself.</summary>
    public SubmissionReview? Review { get; init; }

    public string? StartDateTime { get; init; }

    public string? EndDateTime { get; init; }

    /// <summary>As the instructor entered it, e.g. <c>=[[quiz1]]</c>; null when grades are not calculated.</summary>
    public string? Formula { get; init; }
}

/// <summary>How a tool shows a learner's work behind a grade (Submission Review 1.0, 3.1).</summary>
/// <param name="Url">Where; the tool's address for such launches when null.</param>
public sealed record SubmissionReview(string? Label, string? Url, IReadOnlyList<string> ReviewableStatus, IReadOnlyList<KeyValuePair<string, string>> Custom);

/// <summary>One learner's grade in one column.</summary>
public sealed record Grade
{
    public required string PersonId { get; init; }

    /// <summary>What counts; null after it was cleared.</summary>
    public required decimal? Points { get; init; }

    /// <summary>What the quiz, tool or formula last gave, whether it counts or not.</summary>
    public required decimal? FromSource { get; init; }

    /// <summary>Entered over what the source gives: the source's later values wait behind it.</summary>
    public bool Overridden { get; init; }

    public string Comment { get; init; } = "";

    public required DateTimeOffset At { get; init; }
}

/// <summary>The gradebook refuses a change; the message is for the person who asked for it.</summary>
public sealed class GradebookException(string message) : Exception(message);
