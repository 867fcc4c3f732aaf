using LtiMicroCred.DemoLms.Lti;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace LtiMicroCred.DemoLms.Pages;

/// <summary>The administrator's list of tools and the registration of new ones.</summary>
internal static class ToolsPage
{
    public static void Map(IEndpointRouteBuilder own, Platform platform)
    {
        own.MapGet("/tools", LmsPages.On(platform, List));
        own.MapPost("/tools/add", LmsPages.OnForm(platform, AddAsync));
        own.MapPost("/tools/{tool}/activate", LmsPages.On(platform, Activate));
        own.MapPost("/tools/{tool}/delete", LmsPages.On(platform, Delete));
    }

    private static Page List(Visit visit)
    {
        visit.DemandAdministrator();
        var tools = visit.School.Tools;
        return new Page
        {
            Title = "Manage tools",
            Trail = Trail(visit),
            Body = Markup.Of($"""
                <form method="post" action="{visit.Home}tools/add">
                <label for="url">Tool registration URL</label>
                <input id="url" name="url" type="url" required maxlength="2000" autocomplete="off">
                <button type="submit">Add LTI Advantage</button>
                </form>
                {(tools.Count == 0 ? Markup.Of($"<p>No tools yet.</p>") : Markup.Of($"""<ul class="cards">{Markup.Join(tools.Select(tool => Card(visit, tool)))}</ul>"""))}
                """),
        };
    }

    private static Markup Card(Visit visit, Tool tool) => Markup.Of($"""
        <li>
        <h2>{tool.Name}</h2>
        <p>{tool.Description}</p>
        <dl><dt>State</dt><dd>{(tool.Active ? "Active" : "Pending: activate it before anybody can use it")}</dd>
        <dt>Client ID</dt><dd>{tool.ClientId}</dd><dt>Deployment ID</dt><dd>{tool.Id}</dd><dt>Tool URL</dt><dd>{tool.TargetLinkUri}</dd></dl>
        {(tool.Active ? Markup.None : Button(visit, tool, "activate", "Activate"))}
        {Button(visit, tool, "delete", "Delete")}
        </li>
        """);

    private static Markup Button(Visit visit, Tool tool, string verb, string text) => Markup.Of($"""
        <form class="inline" method="post" action="{visit.Home}tools/{tool.Id}/{verb}"><button type="submit" aria-label="{text} {tool.Name}">{text}</button></form>
        """);

    private static async Task<Page?> AddAsync(Visit visit)
    {
        visit.DemandAdministrator();
        var url = (await visit.FieldAsync("url")).Trim();
        if (!Answers.IsWebAddress(url))
        {
            visit.Tell("The tool registration URL must begin with http:// or https://.");
            return visit.GoTo(visit.Home + "tools");
        }
        var page = new Uri(url);
        return new Page
        {
            Title = "Register a tool",
            Trail = [.. Trail(visit), (visit.Home + "tools", "Manage tools")],
            Body = Markup.Of($"""
                {ToolFrame.Of(Registration.Start(visit.Platform, page), "Registration page of the tool", [page.GetLeftPart(UriPartial.Authority)], visit.Home + "tools")}
                <p><a href="{visit.Home}tools">Back to the list of tools</a></p>
                """),
        };
    }

    private static Page? Activate(Visit visit)
    {
        var tool = Tool(visit);
        visit.School.ActivateTool(tool.Id);
        visit.Tell($"{tool.Name} is active.");
        return visit.GoTo(visit.Home + "tools");
    }

    private static Page? Delete(Visit visit)
    {
        var tool = Tool(visit);
        visit.School.DeleteTool(tool.Id);
        visit.Tell($"{tool.Name} is deleted with its activities.");
        return visit.GoTo(visit.Home + "tools");
    }

    private static Tool Tool(Visit visit)
    {
        visit.DemandAdministrator();
        return visit.School.FindTool(LmsPages.Route(visit.Context, "tool")) ?? throw new NotHereException();
    }

    private static IReadOnlyList<(string Address, string Text)> Trail(Visit visit) => [(visit.Home, "Courses")];
}
