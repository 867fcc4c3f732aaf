namespace LtiMicroCred.Features.Imports;

/// <summary>By what a file tells whose a row is.</summary>
internal enum NamedBy
{
    /// <summary>The LMS's user id.</summary>
    Id,
    Email,

    /// <summary>The full name, as the LMS writes it.</summary>
    Name,
}

/// <summary>Which column of a file holds what, by its heading; -1 for none.</summary>
internal sealed record CsvColumns
{
    private static readonly string[] s_id = ["user id", "userid", "user", "lms user id", "learner id", "id", "sub", "id number", "idnumber"];
    private static readonly string[] s_email = ["e-mail", "email", "e-mail address", "email address", "mail"];
    private static readonly string[] s_name = ["name", "full name", "fullname", "learner", "student", "display name"];
    private static readonly string[] s_firstName = ["first name", "firstname", "given name"];
    private static readonly string[] s_lastName = ["last name", "lastname", "surname", "family name"];
    private static readonly string[] s_score = ["score", "grade", "points", "result", "mark"];
    private static readonly string[] s_maximum = ["maximum", "max", "out of", "maximum score", "max score", "maximum points", "max points", "points possible"];
    private static readonly string[] s_gradedAt = ["graded at", "graded", "graded on", "grade date"];
    private static readonly string[] s_submittedAt = ["submitted at", "submitted", "submitted on", "submission date"];
    private static readonly string[] s_supervision = ["supervision", "supervised"];

    public required int Id { get; init; }
    public required int Email { get; init; }
    public required int Name { get; init; }
    public required int FirstName { get; init; }
    public required int LastName { get; init; }
    public required int Score { get; init; }
    public required int Maximum { get; init; }
    public required int GradedAt { get; init; }
    public required int SubmittedAt { get; init; }
    public required int Supervision { get; init; }

    public bool HasName => Name >= 0 || (FirstName >= 0 && LastName >= 0);

    /// <param name="headings">As the file has them.</param>
    /// <param name="score">The heading of the column with the score, where it is none that we know.</param>
    public static CsvColumns Of(IReadOnlyList<string> headings, string? score)
    {
        var plain = headings.Select(Plain).ToList();
        int Find(string[] known) => known.Select(heading => plain.IndexOf(heading)).FirstOrDefault(at => at >= 0, -1);
        return new CsvColumns
        {
            Id = Find(s_id),
            Email = Find(s_email),
            Name = Find(s_name),
            FirstName = Find(s_firstName),
            LastName = Find(s_lastName),
            Score = string.IsNullOrWhiteSpace(score) ? Find(s_score) : plain.IndexOf(Plain(score)),
            Maximum = Find(s_maximum),
            GradedAt = Find(s_gradedAt),
            SubmittedAt = Find(s_submittedAt),
            Supervision = Find(s_supervision),
        };
    }

    public bool Has(NamedBy by) => by switch { NamedBy.Id => Id >= 0, NamedBy.Email => Email >= 0, _ => HasName };

    /// <summary>The surest that the file has: an id names one person for ever, an address and a name only while they are as they are.</summary>
    public NamedBy? Surest => Enum.GetValues<NamedBy>().Cast<NamedBy?>().FirstOrDefault(by => Has(by!.Value));

    // “User_ID ” and “user id” are one.
    private static string Plain(string heading) =>
        string.Join(' ', heading.Replace('_', ' ').Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).ToLowerInvariant();
}
