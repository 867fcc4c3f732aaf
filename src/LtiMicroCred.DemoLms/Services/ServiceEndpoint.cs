using System.Text.Json.Nodes;
using LtiMicroCred.DemoLms.Lti;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LtiMicroCred.DemoLms.Services;

/// <summary>Finds the service that a call means and checks what all of them share: method, media types, token.</summary>
internal static class ServiceEndpoint
{
    public const string Root = "/mod/lti/services.php/";

    public static void Map(IEndpointRouteBuilder routes, Platform platform) =>
        routes.Map(Root + "{**path}", (HttpContext context) => CallAsync(context, platform));

    private static async Task CallAsync(HttpContext context, Platform platform)
    {
        try
        {
            var resource = Find(context.Request.Path.Value![Root.Length..]) ?? throw NoHandler(context);
            CheckMethod(context, resource);
            CheckMediaTypes(context, resource, platform.LikeMoodle);
            await resource.HandleAsync(Authorize(context, platform));
        }
        catch (ServiceRefusal refused)
        {
            await RefuseAsync(context, platform, refused);
        }
    }

    private static ServiceResource? Find(string path) => path.Split('/') switch
    {
        [var course, "lineitems"] => LineItems.Container(course),
        [var course, "lineitems", var item, "lineitem"] => LineItems.Single(course, item),
        [var course, "lineitems", var item, "lineitem", "scores"] => Scores.Of(course, item),
        [var course, "lineitems", var item, "lineitem", "results"] => Results.Of(course, item),
        ["tools", var tool, "notice-handlers"] => NoticeHandlers.Of(tool),
        ["CourseSection", var course, "bindings", var tool, "memberships"] => Memberships.Of(course, tool),
        _ => null,
    };

    private static void CheckMethod(HttpContext context, ServiceResource resource)
    {
        if (!resource.Methods.Contains(context.Request.Method, StringComparer.Ordinal))
            throw new ServiceRefusal(405, "Method Not Allowed");
    }

    private static void CheckMediaTypes(HttpContext context, ServiceResource resource, bool likeMoodle)
    {
        var accept = context.Request.Headers.Accept.ToString();
        if (HttpMethods.IsGet(context.Request.Method) && accept.Length > 0)
            CheckAccept(context, resource, accept, likeMoodle);
        if ((HttpMethods.IsPost(context.Request.Method) || HttpMethods.IsPut(context.Request.Method)) && MediaType(context.Request.ContentType) != resource.Takes)
            throw likeMoodle ? NoHandler(context) : new ServiceRefusal(415, "Unsupported Media Type");
    }

    private static void CheckAccept(HttpContext context, ServiceResource resource, string accept, bool likeMoodle)
    {
        if (!likeMoodle)
        {
            // RFC 9110 12.5.1: a list with ranges.
            var wanted = accept.Split(',').Select(MediaType);
            if (!wanted.Any(type => type is "*/*" or "application/*" || resource.Gives.Contains(type, StringComparer.Ordinal)))
                throw new ServiceRefusal(406, "Not Acceptable");
            return;
        }
        if (accept == "*/*")
        {
            // Recorded: the list of line items, which shares its address with the making of one, fails at anything; the others give it.
            if (resource.Takes is not null && resource.Gives is [LineItems.ContainerType])
                throw new ServiceRefusal(400, "No context or unsupported content type");
            return;
        }
        if (!resource.Gives.Contains(accept, StringComparer.Ordinal))
            throw NoHandler(context);
    }

    private static ServiceCall Authorize(HttpContext context, Platform platform)
    {
        var header = context.Request.Headers.Authorization.ToString();
        if (!header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)
            || platform.AccessTokens.Find(header["Bearer ".Length..].Trim()) is not { } grant
            || platform.School.FindTool(grant.ToolId) is not { } tool)
            throw new ServiceRefusal(401, "Unauthorized");
        var call = new ServiceCall(context, platform, tool, grant);
        if (call.Query("type_id") is { Length: > 0 } typeId && typeId != tool.Id)
            throw new ServiceRefusal(401, "Unauthorized");
        return call;
    }

    private static string MediaType(string? contentType) => (contentType ?? "").Split(';')[0].Trim().ToLowerInvariant();

    private static ServiceRefusal NoHandler(HttpContext context)
    {
        var request = context.Request;
        var path = request.Path.Value![(Root.Length - 1)..];
        return new ServiceRefusal(400, $"No handler found for {path} {request.Headers.Accept} {request.ContentType}");
    }

    private static Task RefuseAsync(HttpContext context, Platform platform, ServiceRefusal refused)
    {
        if (refused.Status == 401 && !platform.LikeMoodle)
            context.Response.Headers.WWWAuthenticate = "Bearer";
        Answers.Reason(context, refused.Message);
        var request = new JsonObject { ["method"] = context.Request.Method, ["url"] = context.Request.Path.Value + context.Request.QueryString.Value };
        if (context.Request.Headers.Accept.Count > 0)
            request["accept"] = context.Request.Headers.Accept.ToString();
        request["contentType"] = context.Request.ContentType ?? "";
        return Answers.JsonAsync(context, refused.Status, new JsonObject { ["status"] = refused.Status, ["reason"] = refused.Message, ["request"] = request });
    }
}
