namespace LtiMicroCred.DemoLms;

/// <summary>Multiple choice with one right answer.</summary>
/// <param name="Right">The index of the right choice.</param>
public sealed record Question(string Text, IReadOnlyList<string> Choices, int Right);

public sealed record Quiz
{
    public required string Id { get; init; }

    public required int Cmid { get; init; }

    public required string CourseId { get; init; }

    public required string Title { get; init; }

    public required string ColumnId { get; init; }

    public required IReadOnlyList<Question> Questions { get; init; }

    public required decimal PointsPerQuestion { get; init; }
}

public sealed record QuizAttempt(DateTimeOffset At, decimal Points);

/// <summary>An activity that opens a tool.</summary>
public sealed record ResourceLink
{
    /// <summary>The <c>resource_link.id</c> of its launches.</summary>
    public required string Id { get; init; }

    /// <summary>The course module's id, which Moodle names in its message hint.</summary>
    public required int Cmid { get; init; }

    public required string CourseId { get; init; }

    public required string ToolId { get; init; }

    public required string Title { get; init; }

    public string Description { get; init; } = "";

    /// <summary>The target link URI; the tool's own when null.</summary>
    public string? Url { get; init; }

    public IReadOnlyList<KeyValuePair<string, string>> Custom { get; init; } = [];

    public Restriction? Restriction { get; init; }

    /// <summary>The link that this one was copied from with its course.</summary>
    public string? CopiedFrom { get; init; }
}

/// <summary>"Restrict access: grade in this column at least so many percent". Instructors are never kept out.</summary>
public sealed record Restriction(string ColumnId, decimal MinimumPercent);

/// <summary>A link to be made, by deep linking or by a test.</summary>
public sealed record NewResourceLink
{
    public required string CourseId { get; init; }

    public required string ToolId { get; init; }

    public required string Title { get; init; }

    public string Description { get; init; } = "";

    public string? Url { get; init; }

    public IReadOnlyList<KeyValuePair<string, string>> Custom { get; init; } = [];

    /// <summary>The activity's own gradebook column; none makes an ungraded link.</summary>
    public NewColumn? Column { get; init; }
}

public sealed record NewColumn
{
    public required string Title { get; init; }

    public required decimal Maximum { get; init; }

    public string ResourceId { get; init; } = "";

    public string Tag { get; init; } = "";

    public SubmissionReview? Review { get; init; }

    public string? StartDateTime { get; init; }

    public string? EndDateTime { get; init; }
}
