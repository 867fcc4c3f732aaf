using LtiMicroCred.DemoLms.Lti;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace LtiMicroCred.DemoLms.Pages;

/// <summary>An activity shows its tool in a frame.</summary>
internal static class ActivityPage
{
    public static void Map(IEndpointRouteBuilder own, Platform platform)
    {
        own.MapGet("/activity/{link}", LmsPages.On(platform, Show));
        own.MapGet("/activity/{link}/launch", LmsPages.On(platform, visit => Launch(visit, Container.Frame)));
        own.MapGet("/activity/{link}/window", LmsPages.On(platform, visit => Launch(visit, Container.Window)));
    }

    private static Page Show(Visit visit)
    {
        var (link, tool) = Open(visit);
        var course = visit.School.FindCourse(link.CourseId)!;
        var address = $"{visit.Home}activity/{link.Id}";
        return new Page
        {
            Title = link.Title,
            Trail = [(visit.Home, "Courses"), (visit.CourseAddress(course), course.Title)],
            Body = tool.Active
                ? Markup.Of($"""
                    {BrowserStorage.Of(visit.Platform, tool)}
                    {ToolFrame.Of(address + "/launch", $"{link.Title}, shown by {tool.Name}", tool.Origins)}
                    <p><a href="{address}/window" target="_blank" rel="noopener">Open in a new window</a></p>
                    """)
                : Markup.Of($"""<p class="notice">The administrator has not activated {tool.Name} yet.</p>"""),
        };
    }

    private static Page Launch(Visit visit, Container container)
    {
        var (link, tool) = Open(visit);
        if (!tool.Active)
            throw new NotForYouException();
        return new Page { Title = $"Opening {link.Title}", Bare = true, Body = LoginInitiation.ForLink(visit.Platform, tool, link, visit.Viewer, container) };
    }

    private static (ResourceLink Link, Tool Tool) Open(Visit visit)
    {
        var link = visit.Link;
        if (!visit.School.MayOpen(link, visit.Viewer))
            throw new NotForYouException();
        return (link, visit.School.FindTool(link.ToolId) ?? throw new NotHereException());
    }
}
