using System.Globalization;

namespace LtiMicroCred.DemoLms;

/// <summary>
/// Columns and grades of all courses. Calculated columns follow every change at once. A quiz's score is never copied into another
/// column: only a formula that an instructor entered carries it further.
/// </summary>
public sealed class Gradebook
{
    private readonly School school;
    private readonly TimeProvider clock;
    private readonly OrderedDictionary<string, Column> columns = new(StringComparer.Ordinal);
    private readonly Dictionary<string, OrderedDictionary<string, Grade>> grades = new(StringComparer.Ordinal);
    // Moodle counts the course total as item 1.
    private int lastColumn = 1;

    internal Gradebook(School school, TimeProvider clock)
    {
        this.school = school;
        this.clock = clock;
    }

    public Column? FindColumn(string columnId)
    {
        lock (school.Gate)
            return columns.GetValueOrDefault(columnId);
    }

    public IReadOnlyList<Column> ColumnsOf(Course course) => ColumnsWhere(column => column.CourseId == course.Id);

    /// <summary>The link's own column and those a tool coupled to it.</summary>
    public IReadOnlyList<Column> ColumnsOf(ResourceLink link) => ColumnsWhere(column => column.LinkId == link.Id);

    public Column ColumnOf(Quiz quiz) => FindColumn(quiz.ColumnId) ?? throw new KeyNotFoundException("The quiz has no column any more.");

    /// <summary>Null when nobody ever graded it.</summary>
    public Grade? GradeOf(Column column, Person person)
    {
        lock (school.Gate)
            return GradesIn(column.Id).GetValueOrDefault(person.Id);
    }

    /// <summary>In the order in which they were first given.</summary>
    public IReadOnlyList<Grade> GradesOf(Column column)
    {
        lock (school.Gate)
            return [.. GradesIn(column.Id).Values];
    }

    /// <summary>
    /// The instructor enters a grade, or clears it with null. Over a quiz, an activity or a formula it is an override that stays until
    /// <see cref="ReleaseGrade"/>; in a stand-alone column without formula the tool's next score replaces it.
    /// </summary>
    /// <exception cref="GradebookException">Not a learner of the course, or not between 0 and the maximum.</exception>
    public void SetGrade(Column column, Person person, decimal? points, string comment = "")
    {
        lock (school.Gate)
        {
            var current = Current(column);
            if (school.RoleOf(person.Id, current.CourseId) != CourseRole.Learner)
                throw new GradebookException($"{person.Name} is not a learner of this course.");
            if (points < 0 || points > current.Maximum)
                throw new GradebookException($"A grade in this column is between 0 and {Text(current.Maximum)}.");
            var cells = GradesIn(current.Id);
            var old = cells.GetValueOrDefault(person.Id);
            if (points is null && old is null)
                return;
            cells[person.Id] = new Grade
            {
                PersonId = person.Id,
                Points = points,
                FromSource = old?.FromSource,
                Overridden = current.Kind != ColumnKind.Added || current.Formula is not null,
                Comment = comment,
                At = clock.GetUtcNow(),
            };
            Recalculate(current.CourseId);
        }
    }

    /// <summary>Ends an override: what the quiz, tool or formula gives counts again.</summary>
    public void ReleaseGrade(Column column, Person person)
    {
        lock (school.Gate)
        {
            var current = Current(column);
            var cells = GradesIn(current.Id);
            if (!cells.TryGetValue(person.Id, out var old) || !old.Overridden)
                return;
            cells[person.Id] = old with { Overridden = false, Points = old.FromSource, At = clock.GetUtcNow() };
            Recalculate(current.CourseId);
        }
    }

    /// <exception cref="GradebookException">Another column has it, a formula uses the present one, or formulas would go in a circle.</exception>
    public void SetIdNumber(Column column, string idNumber)
    {
        lock (school.Gate)
        {
            var current = Current(column);
            idNumber = idNumber.Trim();
            if (idNumber == current.IdNumber)
                return;
            if (idNumber.Length > 100 || idNumber.Contains("]]", StringComparison.Ordinal))
                throw new GradebookException("An ID number has up to 100 characters, without ]].");
            if (idNumber.Length > 0 && ByIdNumber(current.CourseId, idNumber) is { } other)
                throw new GradebookException($"The ID number {idNumber} belongs to “{other.Title}”.");
            if (current.IdNumber.Length > 0 && columns.Values.FirstOrDefault(user => Uses(user, current)) is { } using_)
                throw new GradebookException($"The calculation of “{using_.Title}” uses the ID number {current.IdNumber}.");
            Replace(current with { IdNumber = idNumber });
        }
    }

    /// <summary>Calculates the column from others, at once and from now on; null or empty ends that and keeps the grades.</summary>
    /// <exception cref="GradebookException">An activity's own column, a formula with a mistake, or one that leads back to itself.</exception>
    public void SetFormula(Column column, string? formula)
    {
        lock (school.Gate)
        {
            var current = Current(column);
            if (string.IsNullOrWhiteSpace(formula))
            {
                Replace(current with { Formula = null });
                return;
            }
            if (current.Kind != ColumnKind.Added)
                throw new GradebookException("Only a column that stands on its own can have a calculation: this one belongs to an activity, which sends its own grades.");
            CheckReferences(current, Formula.Parse(formula));
            Replace(current with { Formula = formula.Trim() });
            Recalculate(current.CourseId);
        }
    }

    internal Column AddQuizColumn(string courseId, string quizId, string title, string idNumber, decimal maximum) =>
        Add(id => new Column { Id = id, CourseId = courseId, Kind = ColumnKind.Quiz, QuizId = quizId, Title = title, IdNumber = idNumber, Maximum = maximum });

    internal Column AddActivityColumn(ResourceLink link, NewColumn made) =>
        Add(id => Fill(new Column { Id = id, CourseId = link.CourseId, Kind = ColumnKind.Activity, ToolId = link.ToolId, LinkId = link.Id, Title = made.Title, Maximum = made.Maximum }, made));

    internal Column AddToolColumn(string courseId, string toolId, string? linkId, NewColumn made) =>
        Add(id => Fill(new Column { Id = id, CourseId = courseId, Kind = ColumnKind.Added, ToolId = toolId, LinkId = linkId, Title = made.Title, Maximum = made.Maximum }, made));

    /// <summary>Grades keep their share of the maximum when that changes.</summary>
    internal Column Change(Column column, string? linkId, NewColumn made)
    {
        lock (school.Gate)
        {
            var current = Current(column);
            var changed = Fill(current with { Title = made.Title, Maximum = made.Maximum, LinkId = linkId }, made);
            columns[changed.Id] = changed;
            if (changed.Maximum != current.Maximum)
                Rescale(changed, changed.Maximum / current.Maximum);
            Recalculate(changed.CourseId);
            return changed;
        }
    }

    internal void Remove(Column column)
    {
        lock (school.Gate)
        {
            columns.Remove(column.Id);
            grades.Remove(column.Id);
            Recalculate(column.CourseId);
        }
    }

    internal void RemoveColumnsOf(ResourceLink link)
    {
        foreach (var column in ColumnsOf(link))
            Remove(column);
    }

    internal void RemoveColumnsOfTool(string toolId)
    {
        foreach (var column in ColumnsWhere(column => column.ToolId == toolId))
            Remove(column);
    }

    /// <summary>A quiz hands over its score.</summary>
    internal void WriteFromSource(string columnId, string personId, decimal points)
    {
        lock (school.Gate)
        {
            var cells = GradesIn(columnId);
            var old = cells.GetValueOrDefault(personId);
            if (old is null || old.FromSource != points)
                cells[personId] = Received(old, personId, points, old?.Comment ?? "", clock.GetUtcNow());
            Recalculate(columns[columnId].CourseId);
        }
    }

    /// <summary>A tool's score arrives. Into a calculated column it goes over the formula for this learner, as in Moodle.</summary>
    /// <param name="points">Already on the column's scale; null clears.</param>
    /// <returns>False, and nothing is changed, when the present grade is not older than the score.</returns>
    internal bool Post(Column column, string personId, decimal? points, string comment, DateTimeOffset at, TimeSpan precision)
    {
        lock (school.Gate)
        {
            var current = Current(column);
            var cells = GradesIn(current.Id);
            var old = cells.GetValueOrDefault(personId);
            if (old is not null && old.At.UtcTicks / precision.Ticks >= at.UtcTicks / precision.Ticks)
                return false;
            if (old is null && points is null)
                return true;
            var calculated = current.Formula is not null;
            cells[personId] = current.Kind == ColumnKind.Activity
                ? Received(old, personId, points, comment, at)
                : new Grade { PersonId = personId, Points = points, FromSource = calculated ? old?.FromSource : points, Overridden = calculated, Comment = comment, At = at };
            Recalculate(current.CourseId);
            return true;
        }
    }

    /// <summary>Brings every calculated grade of the course up to date; a grade that stays the same keeps its time.</summary>
    internal void Recalculate(string courseId)
    {
        lock (school.Gate)
        {
            foreach (var column in columns.Values.Where(column => column.CourseId == courseId && column.Formula is not null).ToList())
            {
                foreach (var personId in school.LearnerIdsOf(courseId))
                    Recalculate(column, personId);
            }
        }
    }

    private static Column Fill(Column column, NewColumn made) =>
        column with { ResourceId = made.ResourceId, Tag = made.Tag, Review = made.Review, StartDateTime = made.StartDateTime, EndDateTime = made.EndDateTime };

    /// <summary>An override stands; behind it the source's value is remembered.</summary>
    private static Grade Received(Grade? old, string personId, decimal? points, string comment, DateTimeOffset at) =>
        old is { Overridden: true }
            ? old with { FromSource = points }
            : new Grade { PersonId = personId, Points = points, FromSource = points, Comment = comment, At = at };

    private static string Text(decimal number) => number.ToString("0.#####", CultureInfo.InvariantCulture);

    private void Recalculate(Column column, string personId)
    {
        var cells = GradesIn(column.Id);
        var old = cells.GetValueOrDefault(personId);
        var points = Calculate(column, personId);
        if (old is null ? points is null : old.FromSource == points && (old.Overridden || old.Points == points))
            return;
        cells[personId] = Received(old, personId, points, old?.Comment ?? "", clock.GetUtcNow());
    }

    private decimal? Calculate(Column column, string personId)
    {
        var points = Formula.Parse(column.Formula!).Evaluate(idNumber =>
            ByIdNumber(column.CourseId, idNumber) is { } input ? PointsNow(input, personId) : null);
        return points is { } value ? Math.Round(Math.Clamp(value, 0, column.Maximum), 5) : null;
    }

    /// <summary>An input may be calculated itself; circles were refused when the formulas were set.</summary>
    private decimal? PointsNow(Column column, string personId)
    {
        var grade = GradesIn(column.Id).GetValueOrDefault(personId);
        return column.Formula is null || grade is { Overridden: true } ? grade?.Points : Calculate(column, personId);
    }

    private void CheckReferences(Column column, Formula formula)
    {
        foreach (var idNumber in formula.References)
        {
            var input = ByIdNumber(column.CourseId, idNumber)
                ?? throw new GradebookException($"No column of this course has the ID number {idNumber}.");
            if (LeadsTo(input, column))
                throw new GradebookException($"The calculation would go in a circle: “{input.Title}” depends on this column.");
        }
    }

    private bool LeadsTo(Column from, Column target) =>
        from.Id == target.Id
        || (from.Formula is not null
            && Formula.Parse(from.Formula).References.Any(idNumber => ByIdNumber(from.CourseId, idNumber) is { } next && LeadsTo(next, target)));

    private static bool Uses(Column user, Column input) =>
        user.CourseId == input.CourseId && user.Formula is not null && Formula.Parse(user.Formula).References.Contains(input.IdNumber);

    private void Rescale(Column column, decimal factor)
    {
        var cells = GradesIn(column.Id);
        foreach (var grade in cells.Values.ToList())
        {
            var points = Math.Round(grade.Points * factor ?? 0, 5);
            if (grade.Points is null || points == grade.Points)
                continue;
            cells[grade.PersonId] = grade with { Points = points, FromSource = grade.FromSource * factor, At = clock.GetUtcNow() };
        }
    }

    private void Replace(Column column) => columns[column.Id] = column;

    private Column Add(Func<string, Column> withId)
    {
        lock (school.Gate)
        {
            var column = withId((++lastColumn).ToString(CultureInfo.InvariantCulture));
            columns.Add(column.Id, column);
            return column;
        }
    }

    private Column Current(Column column) =>
        columns.GetValueOrDefault(column.Id) ?? throw new GradebookException($"The column “{column.Title}” is gone.");

    private Column? ByIdNumber(string courseId, string idNumber) =>
        columns.Values.FirstOrDefault(column => column.CourseId == courseId && column.IdNumber == idNumber);

    private OrderedDictionary<string, Grade> GradesIn(string columnId)
    {
        if (!grades.TryGetValue(columnId, out var cells))
            grades[columnId] = cells = new OrderedDictionary<string, Grade>(StringComparer.Ordinal);
        return cells;
    }

    private IReadOnlyList<Column> ColumnsWhere(Func<Column, bool> wanted)
    {
        lock (school.Gate)
            return [.. columns.Values.Where(wanted)];
    }
}
