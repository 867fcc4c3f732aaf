namespace LtiMicroCred.DemoLms.Pages;

internal static class HomePage
{
    public static Page People(Platform platform) => new()
    {
        Title = "Who are you?",
        Body = Markup.Of($"""
            <p>This is a demo: nobody needs a password, and everything is forgotten when it stops. Open several people in several tabs.</p>
            <ul class="cards">{Markup.Join(platform.School.People.Select(person => Markup.Of($"""
            <li><a href="/as/{person.Username}/">{person.Name}</a> <span class="soft">{Describe(platform.School, person)} · {person.Username}</span></li>
            """)))}</ul>
            """),
    };

    public static Page Courses(Visit visit)
    {
        var courses = visit.School.Courses.Where(course => visit.Viewer.IsAdministrator || visit.School.RoleOf(visit.Viewer, course) is not null);
        var tools = visit.Viewer.IsAdministrator ? Markup.Of($"""<p><a href="{visit.Home}tools">Manage tools</a></p>""") : Markup.None;
        return new Page
        {
            Title = "Courses",
            Body = Markup.Of($"""
                {tools}
                <ul class="cards">{Markup.Join(courses.Select(course => Markup.Of($"""<li><a href="{visit.CourseAddress(course)}">{course.Title}</a></li>""")))}</ul>
                """),
        };
    }

    private static string Describe(School school, Person person)
    {
        if (person.IsAdministrator)
            return "Administrator";
        return school.Courses.Any(course => school.RoleOf(person, course) == CourseRole.Instructor) ? "Instructor" : "Learner";
    }
}
