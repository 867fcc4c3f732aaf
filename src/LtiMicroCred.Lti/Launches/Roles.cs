namespace LtiMicroCred.Lti;

/// <summary>Someone's roles (Core 5.3.7 and A.2), as full URIs or, as older platforms send them, short names. Unknown roles are kept in <see cref="All"/> and mean nothing.</summary>
public sealed class Roles(IEnumerable<string> roles)
{
    private const string Membership = "http://purl.imsglobal.org/vocab/lis/v2/membership";
    private const string InstitutionAdministrator = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator";
    private const string SystemAdministrator = "http://purl.imsglobal.org/vocab/lis/v2/system/person#Administrator";
    private const string TestUser = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser";

    /// <summary>As sent, unknown ones included.</summary>
    public IReadOnlyList<string> All { get; } = [.. roles];

    /// <summary>In the course; a student of the institution is none for that.</summary>
    public bool IsLearner => HasInCourse("Learner");

    /// <summary>Instructors and their sub-roles, teaching assistants among them; not content developers, mentors or managers.</summary>
    public bool IsInstructor => HasInCourse("Instructor") || Has(Membership + "#TeachingAssistant");

    /// <summary>Makes content, without teaching.</summary>
    public bool IsContentDeveloper => HasInCourse("ContentDeveloper");

    /// <summary>Looks after others: see <see cref="ValidLaunch.Mentees"/>.</summary>
    public bool IsMentor => HasInCourse("Mentor");

    /// <summary>Of this course only.</summary>
    public bool IsCourseAdministrator => HasInCourse("Administrator");

    /// <summary>Of the institution or the whole LMS; an administrator of one course is none.</summary>
    public bool IsInstitutionAdministrator => Has(InstitutionAdministrator) || Has(SystemAdministrator);

    /// <summary>The LMS's own pretend student: not a person.</summary>
    public bool IsTestUser => Has(TestUser);

    private bool Has(string role) => All.Contains(role, StringComparer.Ordinal);

    private bool HasInCourse(string role) =>
        Has($"{Membership}#{role}") || Has(role) || All.Any(held => held.StartsWith($"{Membership}/{role}#", StringComparison.Ordinal));
}
