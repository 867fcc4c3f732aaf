using LtiMicroCred.DemoLms.Lti;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LtiMicroCred.DemoLms.Pages;

/// <summary>The addresses of all pages, and who may see them.</summary>
internal static class LmsPages
{
    public static void Map(IEndpointRouteBuilder routes, Platform platform)
    {
        routes.MapGet("/", (HttpContext context) => Page.WriteAsync(context, platform, HomePage.People(platform)));
        routes.MapGet("/assets/lms.css", (HttpContext context) => Answers.TextAsync(context, 200, Assets.Style, "text/css; charset=utf-8"));
        routes.MapGet("/assets/lms.js", (HttpContext context) => Answers.TextAsync(context, 200, Assets.Script, "text/javascript; charset=utf-8"));
        routes.MapGet("/assets/storage.js", (HttpContext context) => Answers.TextAsync(context, 200, Assets.StorageScript, "text/javascript; charset=utf-8"));
        routes.MapGet("/mod/lti/return.php", (HttpContext context) => ReturnAsync(context, platform));

        var own = routes.MapGroup("/as/{username}");
        own.MapGet("/", On(platform, HomePage.Courses));
        ToolsPage.Map(own, platform);
        CoursePage.Map(own, platform);
        ActivityPage.Map(own, platform);
        QuizPage.Map(own, platform);
        GradesPage.Map(own, platform);
        routes.MapFallback((HttpContext context) => Page.WriteAsync(context, platform, NotFound()));
    }

    /// <summary>A page for the person in the path. An answer without page is a redirect.</summary>
    public static RequestDelegate On(Platform platform, Func<Visit, Page?> show) => OnForm(platform, visit => Task.FromResult(show(visit)));

    public static RequestDelegate OnForm(Platform platform, Func<Visit, Task<Page?>> show) => async context =>
    {
        var visit = platform.School.FindPerson(Route(context, "username")) is { } viewer ? new Visit(context, platform, viewer) : null;
        try
        {
            var page = visit is null ? NotFound() : await show(visit);
            if (page is not null)
                await Page.WriteAsync(context, platform, page.Bare || visit is null ? page : page with { Viewer = visit.Viewer });
        }
        catch (NotForYouException)
        {
            await Page.WriteAsync(context, platform, new Page
            {
                Status = StatusCodes.Status403Forbidden,
                Title = "Not for you",
                Viewer = visit?.Viewer,
                Body = Markup.Of($"<p>{visit?.Viewer.Name} may not see this page or do this.</p>"),
            });
        }
        catch (NotHereException)
        {
            await Page.WriteAsync(context, platform, NotFound());
        }
    };

    public static string Route(HttpContext context, string name) => context.Request.RouteValues[name] as string ?? "";

    private static Page NotFound() => new()
    {
        Status = StatusCodes.Status404NotFound,
        Title = "Not found",
        Body = Markup.Of($"""<p>There is nothing at this address. <a href="/">Start again</a></p>"""),
    };

    /// <summary>Core 5.4.4: the tool sends the person back, perhaps with a message.</summary>
    private static async Task ReturnAsync(HttpContext context, Platform platform)
    {
        var query = context.Request.Query;
        if (platform.Returns.Find(query["sesskey"].ToString()) is not { } known || platform.School.FindPersonById(known.PersonId) is not { } person)
        {
            await Answers.ErrorPageAsync(context, platform, "This way back is too old.");
            return;
        }
        var said = query["lti_errormsg"].ToString() is { Length: > 0 } error ? error : query["lti_msg"].ToString();
        if (said.Length > 0)
            platform.Notices.Leave(person, said.Length > 500 ? said[..500] : said);
        await Page.WriteAsync(context, platform, TopWindow.To($"/as/{person.Username}/course/{known.CourseId}", "Back to the course"));
    }
}

internal sealed class NotForYouException : Exception;

internal sealed class NotHereException : Exception;

/// <summary>One person asks for one page.</summary>
internal sealed record Visit(HttpContext Context, Platform Platform, Person Viewer)
{
    public School School => Platform.School;

    public Gradebook Gradebook => Platform.School.Gradebook;

    public string Home => $"/as/{Viewer.Username}/";

    /// <summary>The course in the path, when the person may see it.</summary>
    public Course Course => MayEnter(School.FindCourse(LmsPages.Route(Context, "course")) ?? throw new NotHereException());

    public ResourceLink Link
    {
        get
        {
            var link = School.FindLink(LmsPages.Route(Context, "link")) ?? throw new NotHereException();
            MayEnter(School.FindCourse(link.CourseId)!);
            return link;
        }
    }

    public Quiz Quiz
    {
        get
        {
            var quiz = School.FindQuiz(LmsPages.Route(Context, "quiz")) ?? throw new NotHereException();
            MayEnter(School.FindCourse(quiz.CourseId)!);
            return quiz;
        }
    }

    public bool Teaches(Course course) => School.MayTeach(course, Viewer);

    /// <exception cref="NotForYouException">The person does not teach the course.</exception>
    public Course Taught(Course course) => Teaches(course) ? course : throw new NotForYouException();

    /// <exception cref="NotForYouException">The person is not the administrator.</exception>
    public void DemandAdministrator()
    {
        if (!Viewer.IsAdministrator)
            throw new NotForYouException();
    }

    public string CourseAddress(Course course) => $"{Home}course/{course.Id}";

    public async Task<string> FieldAsync(string name) =>
        Context.Request.HasFormContentType ? (await Context.Request.ReadFormAsync(Context.RequestAborted))[name].ToString() : "";

    public void Tell(string text) => Platform.Notices.Leave(Viewer, text);

    /// <summary>See other: after a form, so that reloading does not send it again.</summary>
    public Page? GoTo(string address)
    {
        Context.Response.StatusCode = StatusCodes.Status303SeeOther;
        Context.Response.Headers.Location = address;
        return null;
    }

    private Course MayEnter(Course course) =>
        Viewer.IsAdministrator || School.RoleOf(Viewer, course) is not null ? course : throw new NotForYouException();
}

internal static class Assets
{
    public static readonly string Style = Read("lms.css");
    public static readonly string Script = Read("lms.js");
    public static readonly string StorageScript = Read("storage.js");

    private static string Read(string name)
    {
        using var reader = new StreamReader(typeof(Assets).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
