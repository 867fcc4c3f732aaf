namespace LtiMicroCred.DemoLms;

public enum CourseRole
{
    Learner,
    Instructor,
}

public sealed record Person
{
    /// <summary>The <c>sub</c> of launches and the <c>user_id</c> of services: a small number as text.</summary>
    public required string Id { get; init; }

    public required string Username { get; init; }

    public required string Name { get; init; }

    public required string GivenName { get; init; }

    public required string FamilyName { get; init; }

    /// <summary>The institution's own number, <c>lis_person_sourcedid</c>; may be empty.</summary>
    public required string IdNumber { get; init; }

    public string Email => $"{Username}@lindhaven.example";

    public bool IsAdministrator { get; init; }
}

public sealed record Course
{
    public required string Id { get; init; }

    public required string Label { get; init; }

    public required string Title { get; init; }

    public required string IdNumber { get; init; }

    /// <summary>The course that this one is a copy of, and what that was a copy of: newest first.</summary>
    public IReadOnlyList<string> CopiedFrom { get; init; } = [];
}

/// <summary>What became of someone's membership.</summary>
/// <param name="Left">The role is then the last one.</param>
public sealed record MembershipChange(Person Person, CourseRole Role, bool Left);

public sealed record Member(Person Person, CourseRole Role);
