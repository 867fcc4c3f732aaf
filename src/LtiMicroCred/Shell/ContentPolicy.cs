namespace LtiMicroCred.Shell;

/// <summary>The Content-Security-Policy of every page: nothing but our own style and script, and only those frames that a page allows.</summary>
internal static class ContentPolicy
{
    private const string ReferrerPolicy = "Referrer-Policy";

    /// <summary>For pages whose forms must say that they come from us: under <c>no-referrer</c> their Origin would be null. Other sites still hear nothing.</summary>
    public static void SayOriginToOurselves(HttpResponse response) => response.Headers[ReferrerPolicy] = "same-origin";

    public static void Set(HttpResponse response, string frameAncestors, string formAction = "'self'") =>
        response.Headers.ContentSecurityPolicy =
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; "
            + $"form-action {formAction}; frame-ancestors {frameAncestors}";

    /// <summary>What holds where a page says nothing: no frame at all, no referrer, no sniffing. Set last, since an error page starts over with empty headers.</summary>
    public static IApplicationBuilder UseContentPolicy(this IApplicationBuilder app) => app.Use((http, next) =>
    {
        http.Response.OnStarting(() =>
        {
            if (http.Response.Headers.ContentSecurityPolicy.Count == 0)
                Set(http.Response, frameAncestors: "'none'");
            http.Response.Headers.XContentTypeOptions = "nosniff";
            if (http.Response.Headers[ReferrerPolicy].Count == 0)
                http.Response.Headers[ReferrerPolicy] = "no-referrer";
            return Task.CompletedTask;
        });
        return next(http);
    });
}
