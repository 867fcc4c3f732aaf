using System.Globalization;

namespace LtiMicroCred.DemoLms;

/// <summary>
/// Everything the LMS knows, in memory. Every member may be called from any thread; what is returned is a snapshot that later changes
/// do not touch.
/// </summary>
public sealed class School
{
    private const int AttemptsKept = 100;

    private readonly TimeProvider clock;
    private readonly Dictionary<string, Person> people = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Course> courses = new(StringComparer.Ordinal);
    private readonly List<(string CourseId, string PersonId, CourseRole Role)> enrolments = [];
    private readonly Dictionary<string, Quiz> quizzes = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Quiz, string Person), List<QuizAttempt>> attempts = [];
    private readonly OrderedDictionary<string, ResourceLink> links = new(StringComparer.Ordinal);
    private readonly OrderedDictionary<string, Tool> tools = new(StringComparer.Ordinal);
    private readonly List<(string CourseId, string PersonId, CourseRole Role)> membershipChanges = [];
    private int lastPerson = 1;
    private int lastCourse = 1;
    private int lastModule = 1;
    private int lastQuiz;
    private int lastLink;
    private int lastTool = 1;

    internal School(TimeProvider clock)
    {
        this.clock = clock;
        Gradebook = new Gradebook(this, clock);
        Lindhaven.Furnish(this);
    }

    public Gradebook Gradebook { get; }

    public IReadOnlyList<Person> People => Snapshot(people.Values);

    public IReadOnlyList<Course> Courses => Snapshot(courses.Values);

    public IReadOnlyList<Tool> Tools => Snapshot(tools.Values);

    /// <summary>One lock for the school and its gradebook: a change and what follows from it are seen together.</summary>
    internal Lock Gate { get; } = new();

    /// <exception cref="KeyNotFoundException">Nobody has this username.</exception>
    public Person Person(string username) =>
        FindPerson(username) ?? throw new KeyNotFoundException($"Nobody here is called '{username}'.");

    public Person? FindPerson(string username)
    {
        lock (Gate)
            return people.Values.FirstOrDefault(person => person.Username == username);
    }

    public Course? FindCourse(string courseId)
    {
        lock (Gate)
            return courses.GetValueOrDefault(courseId);
    }

    public Quiz? FindQuiz(string quizId)
    {
        lock (Gate)
            return quizzes.GetValueOrDefault(quizId);
    }

    public ResourceLink? FindLink(string linkId)
    {
        lock (Gate)
            return links.GetValueOrDefault(linkId);
    }

    public Tool? FindTool(string toolId)
    {
        lock (Gate)
            return tools.GetValueOrDefault(toolId);
    }

    public IReadOnlyList<Quiz> QuizzesOf(Course course) => Snapshot(quizzes.Values.Where(quiz => quiz.CourseId == course.Id));

    public IReadOnlyList<ResourceLink> LinksOf(Course course) => Snapshot(links.Values.Where(link => link.CourseId == course.Id));

    /// <summary>By family name, as class lists are.</summary>
    public IReadOnlyList<Member> MembersOf(Course course)
    {
        lock (Gate)
        {
            return [.. enrolments.Where(enrolment => enrolment.CourseId == course.Id)
                .Select(enrolment => new Member(people[enrolment.PersonId], enrolment.Role))
                .OrderBy(member => member.Person.FamilyName, StringComparer.OrdinalIgnoreCase)
                .ThenBy(member => member.Person.GivenName, StringComparer.OrdinalIgnoreCase)];
        }
    }

    public CourseRole? RoleOf(Person person, Course course) => RoleOf(person.Id, course.Id);

    public Course AddCourse(string label, string title, string idNumber = "")
    {
        lock (Gate)
        {
            var course = new Course { Id = Next(ref lastCourse), Label = label, Title = title, IdNumber = idNumber };
            courses.Add(course.Id, course);
            return course;
        }
    }

    /// <exception cref="ArgumentException">The username is taken.</exception>
    public Person AddPerson(string username, string givenName, string familyName, string? name = null, string idNumber = "", bool isAdministrator = false)
    {
        lock (Gate)
        {
            if (FindPerson(username) is not null)
                throw new ArgumentException($"The username '{username}' is taken.", nameof(username));
            var person = new Person
            {
                Id = Next(ref lastPerson),
                Username = username,
                GivenName = givenName,
                FamilyName = familyName,
                Name = name ?? $"{givenName} {familyName}",
                IdNumber = idNumber,
                IsAdministrator = isAdministrator,
            };
            people.Add(person.Id, person);
            return person;
        }
    }

    public Person AddLearner(Course course, string username, string givenName, string familyName)
    {
        lock (Gate)
        {
            var person = AddPerson(username, givenName, familyName);
            Enrol(course, person, CourseRole.Learner);
            return person;
        }
    }

    /// <summary>Enrolling a member again changes the role.</summary>
    public void Enrol(Course course, Person person, CourseRole role)
    {
        lock (Gate)
        {
            enrolments.RemoveAll(enrolment => enrolment.CourseId == course.Id && enrolment.PersonId == person.Id);
            enrolments.Add((course.Id, person.Id, role));
            membershipChanges.Add((course.Id, person.Id, role));
            Gradebook.Recalculate(course.Id);
        }
    }

    /// <summary>The person leaves the course; the grades stay in the gradebook.</summary>
    public void RemoveMember(Course course, Person person)
    {
        lock (Gate)
        {
            if (RoleOf(person, course) is not { } role)
                return;
            enrolments.RemoveAll(enrolment => enrolment.CourseId == course.Id && enrolment.PersonId == person.Id);
            membershipChanges.Add((course.Id, person.Id, role));
        }
    }

    /// <summary>A new course with the same activities and columns, without quizzes, grades and learners.</summary>
    public Course CopyCourse(Course source, string label, string title)
    {
        lock (Gate)
        {
            var course = AddCourse(label, title) with { CopiedFrom = [source.Id, .. source.CopiedFrom] };
            courses[course.Id] = course;
            foreach (var teacher in MembersOf(source).Where(member => member.Role == CourseRole.Instructor))
                Enrol(course, teacher.Person, CourseRole.Instructor);
            foreach (var link in LinksOf(source))
                CopyLink(link, course);
            return course;
        }
    }

    /// <summary>A teacher may look at everybody's work, others at their own.</summary>
    public bool MayReview(string columnId, Person person, string learnerId) =>
        Gradebook.FindColumn(columnId) is { } column && FindCourse(column.CourseId) is { } course && RoleOf(learnerId, course.Id) is not null
        && (MayTeach(course, person) || person.Id == learnerId);

    public Quiz AddQuiz(Course course, string title, string idNumber, decimal pointsPerQuestion, IReadOnlyList<Question> questions)
    {
        lock (Gate)
        {
            var id = Next(ref lastQuiz);
            var column = Gradebook.AddQuizColumn(course.Id, id, title, idNumber, pointsPerQuestion * questions.Count);
            var quiz = new Quiz
            {
                Id = id,
                Cmid = ++lastModule,
                CourseId = course.Id,
                Title = title,
                ColumnId = column.Id,
                Questions = questions,
                PointsPerQuestion = pointsPerQuestion,
            };
            quizzes.Add(id, quiz);
            return quiz;
        }
    }

    /// <summary>Hands in one attempt; the highest of all attempts counts in the quiz's own column, and nowhere else.</summary>
    /// <param name="choices">One index per question, null for none.</param>
    public QuizAttempt TakeQuiz(Quiz quiz, Person person, IReadOnlyList<int?> choices)
    {
        lock (Gate)
        {
            if (RoleOf(person.Id, quiz.CourseId) != CourseRole.Learner)
                throw new InvalidOperationException("Only a learner of the course can take its quiz.");
            var right = quiz.Questions.Zip(choices).Count(pair => pair.First.Right == pair.Second);
            var attempt = new QuizAttempt(clock.GetUtcNow(), right * quiz.PointsPerQuestion);
            var own = AttemptsAt(quiz, person);
            if (own.Count == AttemptsKept)
                own.Remove(own.MinBy(earlier => earlier.Points)!);
            own.Add(attempt);
            Gradebook.WriteFromSource(quiz.ColumnId, person.Id, own.Max(taken => taken.Points));
            return attempt;
        }
    }

    /// <summary>An attempt in which the first so many questions are answered rightly and the others not at all.</summary>
    public QuizAttempt TakeQuiz(Quiz quiz, Person person, int rightAnswers) =>
        TakeQuiz(quiz, person, [.. quiz.Questions.Select((question, index) => index < rightAnswers ? (int?)question.Right : null)]);

    public IReadOnlyList<QuizAttempt> AttemptsOf(Quiz quiz, Person person)
    {
        lock (Gate)
            return [.. AttemptsAt(quiz, person)];
    }

    public ResourceLink AddLink(NewResourceLink made)
    {
        lock (Gate)
        {
            var link = new ResourceLink
            {
                Id = Next(ref lastLink),
                Cmid = ++lastModule,
                CourseId = made.CourseId,
                ToolId = made.ToolId,
                Title = made.Title,
                Description = made.Description,
                Url = made.Url,
                Custom = made.Custom,
            };
            links.Add(link.Id, link);
            if (made.Column is { } column)
                Gradebook.AddActivityColumn(link, column);
            return link;
        }
    }

    /// <summary>Deletes the activity with its columns.</summary>
    public void DeleteLink(ResourceLink link)
    {
        lock (Gate)
        {
            links.Remove(link.Id);
            Gradebook.RemoveColumnsOf(link);
        }
    }

    /// <summary>Lets in only learners with this grade; null lets in every member.</summary>
    public void Restrict(ResourceLink link, Restriction? restriction)
    {
        lock (Gate)
        {
            if (links.TryGetValue(link.Id, out var current))
                links[link.Id] = current with { Restriction = restriction };
        }
    }

    /// <summary>Whether this person may open the activity now.</summary>
    public bool MayOpen(ResourceLink link, Person person)
    {
        lock (Gate)
        {
            if (!links.TryGetValue(link.Id, out var current))
                return false;
            if (person.IsAdministrator)
                return true;
            return RoleOf(person.Id, current.CourseId) switch
            {
                CourseRole.Instructor => true,
                CourseRole.Learner => Meets(current.Restriction, person),
                _ => false,
            };
        }
    }

    public bool MayTeach(Course course, Person person) => person.IsAdministrator || RoleOf(person, course) == CourseRole.Instructor;

    public void ActivateTool(string toolId)
    {
        lock (Gate)
            tools[toolId] = (FindTool(toolId) ?? throw new KeyNotFoundException($"There is no tool {toolId}.")) with { Active = true };
    }

    /// <summary>Its activities and columns go with it.</summary>
    public void DeleteTool(string toolId)
    {
        lock (Gate)
        {
            foreach (var link in links.Values.Where(link => link.ToolId == toolId).ToList())
                DeleteLink(link);
            Gradebook.RemoveColumnsOfTool(toolId);
            tools.Remove(toolId);
        }
    }

    /// <summary>Where the list of changes stands now.</summary>
    internal int MembershipMark
    {
        get
        {
            lock (Gate)
                return membershipChanges.Count;
        }
    }

    /// <summary>Who came, went or changed role after the mark, each once, as they are now.</summary>
    internal IReadOnlyList<MembershipChange> ChangesSince(Course course, int mark)
    {
        lock (Gate)
        {
            return [.. membershipChanges.Skip(mark).Where(change => change.CourseId == course.Id).GroupBy(change => change.PersonId, StringComparer.Ordinal)
                .Select(changes => new MembershipChange(people[changes.Key], RoleOf(changes.Key, course.Id) ?? changes.Last().Role, RoleOf(changes.Key, course.Id) is null))];
        }
    }

    internal Tool? FindToolByClientId(string clientId)
    {
        lock (Gate)
            return tools.Values.FirstOrDefault(tool => tool.ClientId == clientId);
    }

    internal Tool AddTool(Func<string, Tool> withId)
    {
        lock (Gate)
        {
            var tool = withId(Next(ref lastTool));
            tools.Add(tool.Id, tool);
            return tool;
        }
    }

    internal Person? FindPersonById(string personId)
    {
        lock (Gate)
            return people.GetValueOrDefault(personId);
    }

    internal CourseRole? RoleOf(string personId, string courseId)
    {
        lock (Gate)
        {
            foreach (var enrolment in enrolments)
            {
                if (enrolment.CourseId == courseId && enrolment.PersonId == personId)
                    return enrolment.Role;
            }
            return null;
        }
    }

    internal IReadOnlyList<string> LearnerIdsOf(string courseId)
    {
        lock (Gate)
            return [.. enrolments.Where(enrolment => enrolment.CourseId == courseId && enrolment.Role == CourseRole.Learner).Select(enrolment => enrolment.PersonId)];
    }

    private static string Next(ref int last) => (++last).ToString(CultureInfo.InvariantCulture);

    private void CopyLink(ResourceLink link, Course course)
    {
        var own = Gradebook.ColumnsOf(link).FirstOrDefault(column => column.Kind == ColumnKind.Activity);
        var copy = AddLink(new NewResourceLink
        {
            CourseId = course.Id,
            ToolId = link.ToolId,
            Title = link.Title,
            Description = link.Description,
            Url = link.Url,
            Custom = link.Custom,
            Column = own is null ? null : new NewColumn { Title = own.Title, Maximum = own.Maximum, ResourceId = own.ResourceId, Tag = own.Tag, Review = own.Review },
        });
        links[copy.Id] = copy with { CopiedFrom = link.Id };
    }

    private bool Meets(Restriction? restriction, Person person)
    {
        if (restriction is null)
            return true;
        // A condition on a column that is gone lets nobody in, as in Moodle.
        return Gradebook.FindColumn(restriction.ColumnId) is { } column
            && Gradebook.GradeOf(column, person)?.Points is { } points
            && points * 100 >= restriction.MinimumPercent * column.Maximum;
    }

    private List<QuizAttempt> AttemptsAt(Quiz quiz, Person person)
    {
        if (!attempts.TryGetValue((quiz.Id, person.Id), out var own))
            attempts[(quiz.Id, person.Id)] = own = [];
        return own;
    }

    private IReadOnlyList<T> Snapshot<T>(IEnumerable<T> items)
    {
        lock (Gate)
            return [.. items];
    }
}
