using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace LtiMicroCred.Lti.Tests.Samples;

internal static class StartSample
{
    #region start
    public static void AddTool(IServiceCollection services, string root, OutgoingOptions outgoing)
    {
        services.AddDataProtection();
        services.AddLti();
        services.AddSingleton(new LtiOptions { PublicUrl = new Uri(root), LaunchUri = new Uri(root + "/lti/launch"), UserAgent = "my-tool/1.0" });
        services.AddSingleton(outgoing);
        services.AddSingleton<MemoryStore>();
        services.AddSingleton<IPlatforms>(provider => provider.GetRequiredService<MemoryStore>());
        services.AddSingleton<INonces>(provider => provider.GetRequiredService<MemoryStore>());
        services.AddSingleton<IToolKeys>(provider => provider.GetRequiredService<MemoryStore>());
    }

    public static void MapTool(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/lti/login", (HttpContext http, LoginFlow logins) => LogInAsync(http, () => LoginRequest.From(http.Request.Query), logins));
        routes.MapPost("/lti/login", async (HttpContext http, LoginFlow logins) =>
        {
            var form = await http.Request.ReadFormAsync();
            return await LogInAsync(http, () => LoginRequest.From(form), logins);
        });
        routes.MapPost("/lti/launch", LaunchAsync);
        routes.MapGet("/lti/jwks", (MemoryStore store) => Results.Text(ToolKeySet.ToJson([store.Key]), "application/json"));
    }

    private static async Task<IResult> LogInAsync(HttpContext http, Func<LoginRequest> read, LoginFlow logins)
    {
        try
        {
            var start = await logins.StartAsync(read(), http.RequestAborted);
            var cookie = new CookieOptions { Path = "/lti/launch", Secure = true, HttpOnly = true, SameSite = SameSiteMode.None, MaxAge = start.Cookie.Lifetime };
            cookie.Extensions.Add("Partitioned");
            http.Response.Cookies.Append(start.Cookie.Name, start.Cookie.Value, cookie);
            return Results.Redirect(start.AuthenticationRequest.AbsoluteUri);
        }
        catch (LtiException refusal)
        {
            return Results.Text($"The launch was refused: {refusal.Error}", statusCode: 400);
        }
    }

    private static async Task<IResult> LaunchAsync(HttpContext http, LaunchValidator validator)
    {
        try
        {
            var form = LaunchForm.From(await http.Request.ReadFormAsync());
            var launch = await validator.ValidateAsync(form, name => http.Request.Cookies[name], http.RequestAborted);
            return Results.Text($"{launch.Person.Name ?? "Somebody"} opened {launch.ResourceLink?.Title} as {(launch.Roles.IsInstructor ? "a teacher" : "a learner")}.");
        }
        catch (LtiException refusal)
        {
            return Results.Text($"The launch was refused: {refusal.Error}", statusCode: 400);
        }
    }
    #endregion
}
