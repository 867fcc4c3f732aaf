using System.Globalization;
using System.Text;
using LtiMicroCred.Features.Awards;

namespace LtiMicroCred.Features.Imports;

/// <summary>Somebody who is, or was, in the course.</summary>
internal sealed record CoursePerson
{
    public required Guid LearnerId { get; init; }
    public required string Subject { get; init; }
    public string? Name { get; init; }
    public string? Email { get; init; }

    /// <summary>The LMS lists them as an active learner; where it has no list, they came as one.</summary>
    public required bool MayEarn { get; init; }

    /// <summary>Whoever brings the file: nobody grades themselves.</summary>
    public bool BringsIt { get; init; }
}

/// <summary>Why a row does not count, and what the sentence about it tells.</summary>
internal sealed record RowRefusal(string Kind, params IReadOnlyList<string> Told);

/// <summary>One row of a file as it will count, or why it will not.</summary>
internal sealed record ImportRow
{
    public required int Number { get; init; }

    /// <summary>Whom the file names, in its own words.</summary>
    public required string Who { get; init; }
    public required byte[] Hash { get; init; }
    public RowRefusal? Refusal { get; init; }
    public Guid? LearnerId { get; init; }
    public string? Subject { get; init; }
    public decimal? Score { get; init; }
    public decimal Maximum { get; init; }
    public DateTimeOffset? GradedAt { get; init; }
    public DateTimeOffset? SubmittedAt { get; init; }

    public Supervision? Supervision { get; init; }

    /// <summary>It says what the newest import said of this learner, and changes nothing.</summary>
    public bool IsKnown { get; init; }

    public bool Counts => Refusal is null && !IsKnown;
}

/// <summary>
/// Makes rows of a file's lines, each by itself: a bad one is refused and the others go on. Only people of this one course are found, by an id that is exactly theirs, or
/// by an address or a name that is theirs alone; a row that says two different people is nobody's. Pure.
/// </summary>
internal sealed class ImportRows(CsvFile file, CsvColumns columns, NamedBy by, decimal? maximum, IReadOnlyList<CoursePerson> people, DateTimeOffset now)
{
    private const int LongestShown = 100;

    private static readonly string[] s_times = [.. new[] { "", "'T'HH:mm", "'T'HH:mm:ss", "'T'HH:mm:ss.FFFFFFF", " HH:mm", " HH:mm:ss" }.SelectMany(t => t.Length == 0 ? ["yyyy-MM-dd"] : new[] { "yyyy-MM-dd" + t + "K", "yyyy-MM-dd" + t + " K" })];
    private static readonly string[] s_supervision = ["not stated", "unsupervised", "supervised", "identity checked"];

    /// <summary>Clocks differ.</summary>
    private static readonly TimeSpan s_leeway = TimeSpan.FromMinutes(10);

    private readonly ILookup<string, CoursePerson> _people = people.Where(p => Key(by, p).Length > 0).ToLookup(p => Key(by, p), StringComparer.Ordinal);

    /// <summary>All that people of the course are called, to see whether a row means two of them.</summary>
    private readonly Dictionary<NamedBy, HashSet<string>> _called = Enum.GetValues<NamedBy>().ToDictionary(named => named, named => people.Select(p => Key(named, p)).ToHashSet(StringComparer.Ordinal));

    /// <summary>Who was named in which row.</summary>
    private readonly Dictionary<Guid, int> _rows = [];

    public static IReadOnlyList<ImportRow> Of(CsvFile file, CsvColumns columns, NamedBy by, decimal? maximum, IReadOnlyList<CoursePerson> people, DateTimeOffset now)
    {
        var rows = new ImportRows(file, columns, by, maximum, people, now);
        return [.. file.Lines.Select(rows.Of)];
    }

    private ImportRow Of(CsvLine line)
    {
        var who = Who(line);
        var row = new ImportRow { Number = line.Number, Who = Shown(who), Hash = line.Hash };
        if (who.Length == 0)
            return row with { Refusal = new RowRefusal("Unnamed") };
        if (_people[Key(by, who)].ToList() is not [var person])
            return row with { Refusal = new RowRefusal(_people[Key(by, who)].Any() ? "Ambiguous" : by + "Unknown", Shown(who)) };
        if (!person.MayEarn)
            return row with { Refusal = new RowRefusal("NotALearner", Shown(who)) };
        if (person.BringsIt)
            return row with { Refusal = new RowRefusal("Oneself", Shown(who)) };
        if (Contradiction(line, person) is { } other)
            return row with { Refusal = new RowRefusal("Contradiction", Shown(who), Shown(other)) };
        row = Graded(line, row with { LearnerId = person.LearnerId, Subject = person.Subject });
        if (row.Refusal is null && !_rows.TryAdd(person.LearnerId, line.Number))
            return row with { Refusal = new RowRefusal("Twice", _rows[person.LearnerId].ToString(CultureInfo.CurrentCulture)) };
        return row;
    }

    private ImportRow Graded(CsvLine line, ImportRow row)
    {
        // Moodle's gradebook writes a dash where there is no grade.
        if (line.Cell(columns.Score) is "" or "-")
            return row with { Refusal = new RowRefusal("NoScore") };
        if (Number(line.Cell(columns.Score), out var score) is { } notANumber)
            return row with { Refusal = notANumber };
        var most = maximum;
        if (line.Cell(columns.Maximum) is { Length: > 0 } written)
        {
            if (Number(written, out var own) is { } odd)
                return row with { Refusal = odd };
            most = own;
        }

        if (most is null or <= 0)
            return row with { Refusal = new RowRefusal("NoMaximum") };
        if (score > most)
            return row with { Refusal = new RowRefusal("TooMuch", line.Cell(columns.Score), Text(most.Value)) };
        if (Time(line.Cell(columns.GradedAt), out var gradedAt) is { } odderStill)
            return row with { Refusal = odderStill };
        if (Time(line.Cell(columns.SubmittedAt), out var submittedAt) is { } oddest)
            return row with { Refusal = oddest };
        if (Supervised(line.Cell(columns.Supervision), out var supervision) is { } unknown)
            return row with { Refusal = unknown };
        return row with { Score = score, Maximum = most.Value, GradedAt = gradedAt, SubmittedAt = submittedAt, Supervision = supervision };
    }

    private string Who(CsvLine line) => by switch
    {
        NamedBy.Id => line.Cell(columns.Id),
        NamedBy.Email => line.Cell(columns.Email),
        _ => NameIn(line),
    };

    private string NameIn(CsvLine line) => columns.Name >= 0 ? line.Cell(columns.Name) : $"{line.Cell(columns.FirstName)} {line.Cell(columns.LastName)}".Trim();

    /// <summary>What else a row says of the person, where that is somebody else of this course.</summary>
    private string? Contradiction(CsvLine line, CoursePerson person)
    {
        if (by != NamedBy.Id && line.Cell(columns.Id) is { Length: > 0 } id && IsAnothers(NamedBy.Id, id, person))
            return id;
        if (by != NamedBy.Email && line.Cell(columns.Email) is { Length: > 0 } email && IsAnothers(NamedBy.Email, email, person))
            return email;
        return by != NamedBy.Name && NameIn(line) is { Length: > 0 } name && IsAnothers(NamedBy.Name, name, person) ? name : null;
    }

    private bool IsAnothers(NamedBy named, string text, CoursePerson person) =>
        Key(named, text) is var key && Key(named, person) != key && _called[named].Contains(key);

    private RowRefusal? Number(string written, out decimal number)
    {
        number = CsvNumber.Read(written, file.CommaIsDecimal) ?? -1;
        if (number >= 0)
            return null;
        return CsvNumber.Better(written) is { } better ? new RowRefusal("NumberBetter", Shown(written), better) : new RowRefusal("Number", Shown(written));
    }

    private RowRefusal? Time(string written, out DateTimeOffset? time)
    {
        time = null;
        if (written.Length == 0)
            return null;
        if (!DateTimeOffset.TryParseExact(written, s_times, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var read))
            return new RowRefusal("Time", Shown(written));
        time = read;
        return read > now + s_leeway ? new RowRefusal("Future", Shown(written)) : null;
    }

    private static RowRefusal? Supervised(string written, out Supervision? supervision)
    {
        supervision = null;
        if (written.Length == 0)
            return null;
        var known = Array.FindIndex(s_supervision, s => s.Equals(written, StringComparison.OrdinalIgnoreCase));
        supervision = written is [>= '0' and <= '3'] ? (Supervision)(written[0] - '0') : known >= 0 ? (Supervision)known : null;
        return supervision is null ? new RowRefusal("Supervision", Shown(written)) : null;
    }

    private static string Key(NamedBy named, CoursePerson person) => named switch { NamedBy.Id => person.Subject, NamedBy.Email => Key(named, person.Email ?? ""), _ => Key(named, person.Name ?? "") };

    // An id is compared sign by sign; people write their addresses and names in more than one way.
    private static string Key(NamedBy named, string text) => named == NamedBy.Id ? text
        : string.Join(' ', text.Normalize(NormalizationForm.FormC).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).ToLowerInvariant();

    private static string Text(decimal number) => number.ToString("0.############################", CultureInfo.InvariantCulture);

    private static string Shown(string text) => text.Length > LongestShown ? string.Concat(text.AsSpan(0, LongestShown), "…") : text;
}
