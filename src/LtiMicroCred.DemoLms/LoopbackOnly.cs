using Microsoft.AspNetCore.Http;

namespace LtiMicroCred.DemoLms;

/// <summary>There are no passwords, so another site in the same browser must not be able to act here.</summary>
internal static class LoopbackOnly
{
    public static async Task Guard(HttpContext context, RequestDelegate next)
    {
        // A foreign host name that resolves to loopback (DNS rebinding) would make our pages same-origin with the attacker's.
        if (context.Request.Host.Host is not ("localhost" or "127.0.0.1"))
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }
        if (IsForeignPost(context.Request))
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return;
        }
        await next(context);
    }

    /// <summary>Forms of the LMS's own pages come from its own pages; tools post to /mod/lti only.</summary>
    private static bool IsForeignPost(HttpRequest request)
    {
        if (!HttpMethods.IsPost(request.Method) || !request.Path.StartsWithSegments("/as", StringComparison.Ordinal))
            return false;
        var origin = request.Headers.Origin.ToString();
        return origin.Length > 0 && origin != $"{request.Scheme}://{request.Host.Value}";
    }
}
