namespace LtiMicroCred.DemoLms.Lti;

/// <summary>Where a tool is shown; the numbers are Moodle's.</summary>
internal enum Container
{
    Frame = 3,
    Window = 4,
}

/// <summary>A login that was begun: who opens what. With neither link nor review it is the choice of content for a course.</summary>
internal sealed record PendingLaunch(string ToolId, string CourseId, string PersonId, string? LinkId, Container Container, PendingReview? Review = null);

/// <summary>Whose work in which column is looked at (Submission Review 1.0).</summary>
internal sealed record PendingReview(string ColumnId, string LearnerId);

/// <summary>A tool was asked to choose content.</summary>
/// <param name="Data">What it must send back unchanged; null in Moodle's manners.</param>
internal sealed record PendingSelection(string ToolId, string CourseId, string PersonId, string? Data);

/// <summary>Where a tool may send a person back to.</summary>
internal sealed record PendingReturn(string CourseId, string PersonId);

internal sealed record PendingRegistration(string ClientId);

internal sealed record AccessGrant(string ToolId, IReadOnlyList<string> Scopes);
