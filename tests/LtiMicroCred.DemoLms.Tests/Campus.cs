namespace LtiMicroCred.DemoLms.Tests;

/// <summary>A running LMS with one registered tool and one graded link in DS210.</summary>
public sealed class Campus : IAsyncDisposable
{
    private Campus(DemoLmsServer lms, ProbeTool tool)
    {
        Lms = lms;
        Tool = tool;
        Course = School.Courses[0];
        Quiz = School.QuizzesOf(Course)[0];
        Link = AddLink("Credential A", graded: true);
    }

    public DemoLmsServer Lms { get; }

    public ProbeTool Tool { get; }

    public School School => Lms.School;

    public Gradebook Gradebook => Lms.School.Gradebook;

    public Course Course { get; }

    public Quiz Quiz { get; }

    public ResourceLink Link { get; }

    public Person Learner => School.Person("learner");

    public Column QuizColumn => Gradebook.ColumnOf(Quiz);

    public Column OwnColumn => Gradebook.ColumnsOf(Link)[0];

    public string LineItems => $"/mod/lti/services.php/{Course.Id}/lineitems?type_id={Tool.TypeId}";

    public string Members => $"/mod/lti/services.php/CourseSection/{Course.Id}/bindings/{Tool.TypeId}/memberships";

    public static async Task<Campus> OpenAsync(Manners manners = Manners.Moodle, TimeProvider? clock = null)
    {
        var lms = await DemoLmsServer.StartAsync(new DemoLmsOptions { Manners = manners, Clock = clock }, TestContext.Current.CancellationToken);
        var tool = await ProbeTool.StartAsync();
        await tool.RegisterAsync(lms);
        return new Campus(lms, tool);
    }

    public ResourceLink AddLink(string title, bool graded) => School.AddLink(new NewResourceLink
    {
        CourseId = Course.Id,
        ToolId = Tool.TypeId,
        Title = title,
        Description = "Issued by the probe",
        Custom = [new("credential", "cred-1"), new("learner", "$User.id"), new("avail", "$ResourceLink.available.startDateTime")],
        Column = graded ? new NewColumn { Title = title, Maximum = 100, ResourceId = "res-1", Tag = "credential" } : null,
    });

    public string Item(Column column, string tail = "", string query = "") =>
        $"/mod/lti/services.php/{column.CourseId}/lineitems/{column.Id}/lineitem{tail}?type_id={Tool.TypeId}{query}";

    public Task<HttpResponseMessage> GetResultsAsync(Column column, string token) =>
        Tool.CallAsync(Lms, HttpMethod.Get, Item(column, "/results"), token, "application/vnd.ims.lis.v2.resultcontainer+json");

    public Task<HttpResponseMessage> PostScoreAsync(Column column, string token, string body) =>
        Tool.CallAsync(Lms, HttpMethod.Post, Item(column, "/scores"), token, null, body, "application/vnd.ims.lis.v1.score+json");

    public static string Score(Person person, DateTimeOffset at, string rest = ",\"scoreGiven\":8,\"scoreMaximum\":10") =>
        $"{{\"userId\":\"{person.Id}\",\"timestamp\":\"{at.UtcDateTime:yyyy-MM-ddTHH:mm:ss.fffZ}\",\"activityProgress\":\"Completed\",\"gradingProgress\":\"FullyGraded\"{rest}}}";

    public async Task<Column> MakeColumnAsync(string token, string body = "{\"label\":\"Made by tool\",\"scoreMaximum\":100}")
    {
        var answer = await Tool.CallAsync(Lms, HttpMethod.Post, LineItems, token, null, body, "application/vnd.ims.lis.v2.lineitem+json");
        ((int)answer.StatusCode).ShouldBe(201, await answer.Content.ReadAsStringAsync());
        return Gradebook.ColumnsOf(Course)[^1];
    }

    public async ValueTask DisposeAsync()
    {
        await Lms.DisposeAsync();
        await Tool.DisposeAsync();
    }
}

/// <summary>A campus per test class.</summary>
public sealed class MoodleCampus : IAsyncLifetime
{
    public Campus Campus { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Campus = await Campus.OpenAsync();

    public ValueTask DisposeAsync() => Campus.DisposeAsync();
}
