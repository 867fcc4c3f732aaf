using System.Globalization;
using LtiMicroCred.DemoLms.Lti;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace LtiMicroCred.DemoLms.Pages;

/// <summary>The instructor's gradebook: learners by columns.</summary>
internal static class GradesPage
{
    public static void Map(IEndpointRouteBuilder own, Platform platform)
    {
        own.MapGet("/course/{course}/grades", LmsPages.On(platform, Show));
        own.MapPost("/course/{course}/grades/{column}/learner/{learner}", LmsPages.OnForm(platform, GradeAsync));
        own.MapGet("/course/{course}/grades/{column}/learner/{learner}/review", LmsPages.On(platform, Review));
        own.MapPost("/course/{course}/grades/{column}/idnumber", LmsPages.OnForm(platform, visit =>
            ChangeAsync(visit, "idnumber", (column, text) => visit.Gradebook.SetIdNumber(column, text))));
        own.MapPost("/course/{course}/grades/{column}/formula", LmsPages.OnForm(platform, visit =>
            ChangeAsync(visit, "formula", (column, text) => visit.Gradebook.SetFormula(column, text))));
    }

    private static Page Show(Visit visit)
    {
        var course = visit.Taught(visit.Course);
        var columns = visit.Gradebook.ColumnsOf(course);
        var learners = visit.School.MembersOf(course).Where(member => member.Role == CourseRole.Learner).Select(member => member.Person);
        return new Page
        {
            Title = $"Grades: {course.Title}",
            Trail = [(visit.Home, "Courses"), (visit.CourseAddress(course), course.Title)],
            Body = columns.Count == 0 ? Markup.Of($"<p>The gradebook has no columns yet.</p>") : Markup.Of($"""
                <div class="wide" role="region" aria-label="Grades" tabindex="0"><table>
                <thead><tr><th scope="col">Learner</th>{Markup.Join(columns.Select(column => Markup.Of($"""<th scope="col">{column.Title} <span class="soft">of {column.Maximum}</span></th>""")))}</tr></thead>
                <tbody>{Markup.Join(learners.Select(learner => Row(visit, course, learner, columns)))}</tbody>
                </table></div>
                <h2>Columns</h2>
                <ul class="cards">{Markup.Join(columns.Select(column => ColumnCard(visit, course, column)))}</ul>
                """),
        };
    }

    private static Markup Row(Visit visit, Course course, Person learner, IReadOnlyList<Column> columns) => Markup.Of($"""
        <tr><th scope="row">{learner.Name}</th>{Markup.Join(columns.Select(column => Cell(visit, course, learner, column)))}</tr>
        """);

    private static Markup Cell(Visit visit, Course course, Person learner, Column column)
    {
        var grade = visit.Gradebook.GradeOf(column, learner);
        var points = grade?.Points is { } known ? Markup.Of($"{known}") : Markup.None;
        var field = $"points{column.Id}-{learner.Id}";
        return Markup.Of($"""
            <td>{(points == Markup.None ? Markup.Of($"–") : points)}{(grade is { Overridden: true } ? Markup.Of($""" <span class="soft">overridden</span>""") : Markup.None)}
            <details><summary aria-label="Change the grade of {learner.Name} in {column.Title}">Change</summary>
            <form method="post" action="{visit.CourseAddress(course)}/grades/{column.Id}/learner/{learner.Id}">
            <label for="{field}">Points (empty clears)</label>
            <input id="{field}" name="points" type="number" min="0" max="{column.Maximum}" step="any" value="{points}">
            <button type="submit" name="do" value="set">Save</button>
            {(grade is { Overridden: true } ? Markup.Of($"""<button type="submit" name="do" value="release">End the override</button>""") : Markup.None)}
            </form></details>{(Reviewer(visit, column) is null ? Markup.None : Markup.Of($"""<a href="{visit.CourseAddress(course)}/grades/{column.Id}/learner/{learner.Id}/review" aria-label="Review {learner.Name} in {column.Title}">Review</a>"""))}</td>
            """);
    }

    private static Markup ColumnCard(Visit visit, Course course, Column column)
    {
        var address = $"{visit.CourseAddress(course)}/grades/{column.Id}";
        return Markup.Of($"""
            <li><h3>{column.Title}</h3>
            <p class="soft">{Describe(column)}</p>
            <form method="post" action="{address}/idnumber">
            <label for="id{column.Id}">ID number</label><input id="id{column.Id}" name="idnumber" value="{column.IdNumber}" maxlength="100">
            <button type="submit" aria-label="Save the ID number of {column.Title}">Save</button></form>
            <form method="post" action="{address}/formula">
            <label for="formula{column.Id}">Calculation, such as =[[quiz1]] or =if([[quiz1]]&gt;=60,100,0)</label>
            <input id="formula{column.Id}" name="formula" value="{column.Formula}" maxlength="1000" spellcheck="false">
            <button type="submit" aria-label="Save the calculation of {column.Title}">Save</button></form></li>
            """);
    }

    private static string Describe(Column column) => column.Kind switch
    {
        ColumnKind.Quiz => "Filled by a quiz",
        ColumnKind.Activity => "Filled by an activity's tool",
        _ when column.Formula is not null => "Made by a tool, calculated",
        _ => "Made by a tool",
    };

    private static async Task<Page?> GradeAsync(Visit visit)
    {
        var course = visit.Taught(visit.Course);
        var column = Column(visit, course);
        var learner = visit.School.FindPersonById(LmsPages.Route(visit.Context, "learner")) ?? throw new NotHereException();
        var text = (await visit.FieldAsync("points")).Trim().Replace(',', '.');
        try
        {
            if (await visit.FieldAsync("do") == "release")
                visit.Gradebook.ReleaseGrade(column, learner);
            else if (text.Length == 0)
                visit.Gradebook.SetGrade(column, learner, null);
            else if (decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var points))
                visit.Gradebook.SetGrade(column, learner, points);
            else
                throw new GradebookException("A grade is a number such as 72.5.");
        }
        catch (GradebookException refused)
        {
            visit.Tell(refused.Message);
        }
        return visit.GoTo(visit.CourseAddress(course) + "/grades");
    }

    private static async Task<Page?> ChangeAsync(Visit visit, string field, Action<Column, string> change)
    {
        var course = visit.Taught(visit.Course);
        var column = Column(visit, course);
        try
        {
            change(column, await visit.FieldAsync(field));
            visit.Tell($"“{column.Title}” is saved.");
        }
        catch (GradebookException refused)
        {
            visit.Tell(refused.Message);
        }
        return visit.GoTo(visit.CourseAddress(course) + "/grades");
    }

    /// <summary>Opens the tool on the learner's work (Submission Review 1.0).</summary>
    private static Page Review(Visit visit)
    {
        var column = Column(visit, visit.Course);
        var learner = visit.School.FindPersonById(LmsPages.Route(visit.Context, "learner")) ?? throw new NotHereException();
        if (Reviewer(visit, column) is not { } tool)
            throw new NotHereException();
        if (!visit.School.MayReview(column.Id, visit.Viewer, learner.Id))
            throw new NotForYouException();
        return new Page { Title = $"Opening {tool.Name}", Bare = true, Body = LoginInitiation.ForReview(visit.Platform, tool, column, visit.Viewer, learner) };
    }

    private static Tool? Reviewer(Visit visit, Column column) =>
        column.ToolId is { } id && visit.School.FindTool(id) is { Active: true, SubmissionReviewUri: not null } tool ? tool : null;

    private static Column Column(Visit visit, Course course) =>
        visit.Gradebook.FindColumn(LmsPages.Route(visit.Context, "column")) is { } column && column.CourseId == course.Id ? column : throw new NotHereException();
}
