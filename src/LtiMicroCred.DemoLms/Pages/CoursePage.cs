using System.Globalization;
using LtiMicroCred.DemoLms.Lti;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace LtiMicroCred.DemoLms.Pages;

/// <summary>A course with its activities; instructors add, restrict and delete them here.</summary>
internal static class CoursePage
{
    public static void Map(IEndpointRouteBuilder own, Platform platform)
    {
        own.MapGet("/course/{course}", LmsPages.On(platform, Show));
        own.MapGet("/course/{course}/add/{tool}", LmsPages.On(platform, Add));
        own.MapGet("/course/{course}/add/{tool}/launch", LmsPages.On(platform, LaunchAdd));
        own.MapPost("/course/{course}/copy", LmsPages.OnForm(platform, CopyAsync));
        own.MapPost("/activity/{link}/delete", LmsPages.On(platform, Delete));
        own.MapPost("/activity/{link}/restrict", LmsPages.OnForm(platform, RestrictAsync));
    }

    private static Page Show(Visit visit)
    {
        var course = visit.Course;
        var activities = visit.School.QuizzesOf(course).Select(quiz => QuizCard(visit, quiz))
            .Concat(visit.School.LinksOf(course).Select(link => LinkCard(visit, course, link))).ToList();
        return new Page
        {
            Title = course.Title,
            Trail = [(visit.Home, "Courses")],
            Body = Markup.Of($"""
                <h2>Activities</h2>
                {(activities.Count == 0 ? Markup.Of($"<p>This course has no activities yet.</p>") : Markup.Of($"""<ul class="cards">{Markup.Join(activities)}</ul>"""))}
                {(visit.Teaches(course) ? ForInstructors(visit, course) : Markup.None)}
                """),
        };
    }

    private static Markup ForInstructors(Visit visit, Course course)
    {
        var tools = visit.School.Tools.Where(tool => tool is { Active: true, DeepLinkingUri: not null });
        return Markup.Of($"""
            <h2>For instructors</h2>
            <ul>
            <li><a href="{visit.CourseAddress(course)}/grades">Gradebook</a></li>
            <li><form method="post" action="{visit.CourseAddress(course)}/copy"><button type="submit">Copy this course</button></form></li>
            {Markup.Join(tools.Select(tool => Markup.Of($"""<li><a href="{visit.CourseAddress(course)}/add/{tool.Id}">Add an activity with {tool.Name}</a></li>""")))}
            </ul>
            """);
    }

    private static Markup QuizCard(Visit visit, Quiz quiz) => Markup.Of($"""
        <li><h3><a href="{visit.Home}quiz/{quiz.Id}">{quiz.Title}</a></h3><p class="soft">Quiz, {visit.Gradebook.FindColumn(quiz.ColumnId)?.Maximum ?? 0} points</p></li>
        """);

    private static Markup LinkCard(Visit visit, Course course, ResourceLink link)
    {
        var title = visit.School.MayOpen(link, visit.Viewer) ? Markup.Of($"""<a href="{visit.Home}activity/{link.Id}">{link.Title}</a>""") : Markup.Of($"{link.Title}");
        return Markup.Of($"""
            <li><h3>{title}</h3>
            <p>{link.Description}</p>
            {RestrictionText(visit, link)}
            {(visit.Teaches(course) ? Settings(visit, course, link) : Markup.None)}
            </li>
            """);
    }

    private static Markup RestrictionText(Visit visit, ResourceLink link) =>
        link.Restriction is not { } restriction ? Markup.None : Markup.Of($"""
            <p class="soft">Open to learners with at least {restriction.MinimumPercent} % in “{visit.Gradebook.FindColumn(restriction.ColumnId)?.Title ?? "a column that was deleted"}”.</p>
            """);

    private static Markup Settings(Visit visit, Course course, ResourceLink link)
    {
        var quizzes = visit.School.QuizzesOf(course);
        return Markup.Of($"""
            <details><summary>Restrict access to “{link.Title}”</summary>
            <form method="post" action="{visit.Home}activity/{link.Id}/restrict">
            <label for="column{link.Id}">Grade in</label>
            <select id="column{link.Id}" name="column"><option value="">No restriction</option>
            {Markup.Join(quizzes.Select(quiz => Markup.Of($"""<option value="{quiz.ColumnId}"{(link.Restriction?.ColumnId == quiz.ColumnId ? new Markup(" selected") : Markup.None)}>{quiz.Title}</option>""")))}
            </select>
            <label for="percent{link.Id}">at least (percent)</label>
            <input id="percent{link.Id}" name="percent" type="number" min="0" max="100" step="any" value="{link.Restriction?.MinimumPercent ?? 60}">
            <button type="submit">Save</button>
            </form></details>
            <form method="post" action="{visit.Home}activity/{link.Id}/delete"><button type="submit" aria-label="Delete {link.Title}">Delete</button></form>
            """);
    }

    private static Page Add(Visit visit)
    {
        var course = visit.Taught(visit.Course);
        var tool = Tool(visit);
        return new Page
        {
            Title = $"Add an activity with {tool.Name}",
            Trail = [(visit.Home, "Courses"), (visit.CourseAddress(course), course.Title)],
            Body = Markup.Of($"""
                {BrowserStorage.Of(visit.Platform, tool)}
                {ToolFrame.Of($"{visit.CourseAddress(course)}/add/{tool.Id}/launch", $"Choose content from {tool.Name}", tool.Origins)}
                """),
        };
    }

    private static Page LaunchAdd(Visit visit)
    {
        var course = visit.Taught(visit.Course);
        var tool = Tool(visit);
        return new Page { Title = $"Opening {tool.Name}", Bare = true, Body = LoginInitiation.ForDeepLinking(visit.Platform, tool, course, visit.Viewer) };
    }

    private static Tool Tool(Visit visit) =>
        visit.School.FindTool(LmsPages.Route(visit.Context, "tool")) is { Active: true, DeepLinkingUri: not null } tool ? tool : throw new NotHereException();

    private static async Task<Page?> CopyAsync(Visit visit)
    {
        var course = visit.Taught(visit.Course);
        var copy = visit.School.CopyCourse(course, course.Label + " copy", course.Title + " (copy)");
        var sent = await visit.Platform.NoticeSender.SendCopyAsync(visit.Platform, course, copy, visit.Context.RequestAborted);
        visit.Tell($"The course is copied. Tools told of it: {sent.Count(notice => notice.Status is >= 200 and < 300)}.");
        return visit.GoTo(visit.CourseAddress(copy));
    }

    private static Page? Delete(Visit visit)
    {
        var link = visit.Link;
        var course = visit.Taught(visit.School.FindCourse(link.CourseId)!);
        visit.School.DeleteLink(link);
        visit.Tell($"“{link.Title}” is deleted.");
        return visit.GoTo(visit.CourseAddress(course));
    }

    private static async Task<Page?> RestrictAsync(Visit visit)
    {
        var link = visit.Link;
        var course = visit.Taught(visit.School.FindCourse(link.CourseId)!);
        var columnId = await visit.FieldAsync("column");
        var isNumber = decimal.TryParse(await visit.FieldAsync("percent"), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent) && percent <= 100;
        if (columnId.Length == 0)
            visit.School.Restrict(link, null);
        else if (isNumber && visit.School.QuizzesOf(course).Any(quiz => quiz.ColumnId == columnId))
            visit.School.Restrict(link, new Restriction(columnId, percent));
        else
            visit.Tell("The restriction needs a quiz of this course and a percentage from 0 to 100.");
        return visit.GoTo(visit.CourseAddress(course));
    }
}
