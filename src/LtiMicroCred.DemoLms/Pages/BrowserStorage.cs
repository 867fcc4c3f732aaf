using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LtiMicroCred.DemoLms.Pages;

/// <summary>LTI postMessage Storage: a page with a tool in a frame keeps values for it, itself or by a frame of its own.</summary>
internal static class BrowserStorage
{
    private const string Path = "/mod/lti/storage.php";

    public static void Map(IEndpointRouteBuilder routes, Platform platform)
    {
        routes.MapGet(Path, (HttpContext context) => platform.School.FindTool(context.Request.Query["tool"].ToString()) is { } tool
            ? Page.WriteAsync(context, platform, new Page { Title = "Storage", Bare = true, Body = Keeper(platform, tool) })
            : Answers.ErrorPageAsync(context, platform, "There is no such tool."));
        routes.MapGet(Path + "/stranger", (HttpContext context) =>
            Page.WriteAsync(context, platform, new Page { Title = "Stranger", Bare = true, Body = Markup.Of($"<div data-lti-stranger></div>") }));
    }

    /// <summary>To stand beside the tool's frame.</summary>
    public static Markup Of(Platform platform, Tool tool) => platform.Storage.Target switch
    {
        null => Markup.None,
        "_parent" => Keeper(platform, tool),
        var name => Markup.Of($"""<iframe hidden name="{name}" src="{Path}?tool={tool.Id}" title="Storage"></iframe>"""),
    };

    private static Markup Keeper(Platform platform, Tool tool) => Markup.Of($"""
        <div hidden data-lti-storage="{platform.Storage.Target}" data-origins="{string.Join(' ', tool.Origins)}" data-fault="{platform.Storage.Fault.ToString()}"></div>
        {(platform.Storage.Fault == StorageFault.WrongOrigin ? Markup.Of($"""<iframe hidden sandbox="allow-scripts" name="stranger" src="{Path}/stranger" title="Stranger"></iframe>""") : Markup.None)}
        """);
}
