namespace LtiMicroCred.Shell;

/// <summary>
/// Answers a request with a Razor page that has no address of its own, so nobody can link to it: the endpoint says which page and what it shows.
/// The page runs as GET and finds its <typeparamref name="T"/> among the request's features; asked for directly it finds nothing.
/// </summary>
internal static class PageInPlace
{
    private sealed record Wanted(string Path);

    public static IResult Show<T>(HttpContext http, string path, T shown)
    {
        http.Features.Set(shown);
        http.Features.Set(new Wanted(path));
        return Results.Empty;
    }

    /// <summary>Before routing: the page is routed to like any other.</summary>
    public static IApplicationBuilder UsePagesInPlace(this IApplicationBuilder app) => app.Use(async (http, next) =>
    {
        await next(http);
        if (http.Features.Get<Wanted>() is not { } wanted || http.Response.HasStarted)
            return;
        var (path, method) = (http.Request.Path, http.Request.Method);
        http.SetEndpoint(null);
        http.Request.RouteValues.Clear();
        (http.Request.Path, http.Request.Method) = (wanted.Path, HttpMethods.Get);
        try
        {
            await next(http);
        }
        finally
        {
            (http.Request.Path, http.Request.Method) = (path, method);
        }
    });
}
