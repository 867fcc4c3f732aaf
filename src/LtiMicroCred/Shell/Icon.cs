namespace LtiMicroCred.Shell;

/// <summary>The tool's icon under an address that never changes: LMSs keep it beside the tool's name.</summary>
internal static class Icon
{
    private const string Svg =
        """<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64" viewBox="0 0 24 24" fill="none" stroke="#a0568f" stroke-width="2"><circle cx="12" cy="12" r="10"/><path d="m8 12 3 3 5-6"/></svg>""";

    public static void MapIcon(this IEndpointRouteBuilder routes) => routes.MapGet("/icon.svg", (HttpContext http) =>
    {
        http.Response.Headers.CacheControl = "public, max-age=86400";
        return Results.Text(Svg, "image/svg+xml");
    });
}
