using System.Globalization;
using Dapper;
using LtiMicroCred.Features.Keys;
using LtiMicroCred.Features.Launches;
using LtiMicroCred.Lti;
using LtiMicroCred.Shell;
using LtiMicroCred.Storage;
using MediatR;
using HttpResults = Microsoft.AspNetCore.Http.Results;

namespace LtiMicroCred.Features.Published;

/// <summary>A login that was never begun, was answered before, or was begun in another browser.</summary>
internal sealed class QuizNotOpenedException() : Exception("the login was not begun here, was answered before, is over, or is another browser's");

/// <summary>An institution as a platform, as its tools meet it: configuration, registration, login, keys, tokens.</summary>
internal static class PublishedRoutes
{
    private const string Json = "application/json";

    public static void MapPublished(this IEndpointRouteBuilder routes)
    {
        var platform = routes.MapGroup("/platform/{tenantId:guid}");
        platform.MapGet("/.well-known/openid-configuration", ConfigurationAsync);
        platform.MapGet("/jwks", KeysAsync);
        platform.MapPost("/register", RegisterAsync).DisableAntiforgery();
        platform.MapGet("/authorize", (Guid tenantId, HttpContext http) => AuthorizeAsync(tenantId, http, AuthenticationRequest.From(http.Request.Query)));
        platform.MapPost("/authorize", async (Guid tenantId, HttpContext http) => await AuthorizeAsync(tenantId, http, AuthenticationRequest.From(await PostedForm.ReadAsync(http)))).DisableAntiforgery();
        platform.MapPost("/token", TokenAsync).DisableAntiforgery();
        platform.MapGet("/return", ReturnAsync);
        platform.MapGroup("/links/{linkId:guid}").MapPublishedServices();
    }

    private static async Task<IResult> ConfigurationAsync(Guid tenantId, HttpContext http, PublishedTools tools, Settings settings) =>
        await tools.TenantNameAsync(tenantId, http.RequestAborted) is { } name
            ? HttpResults.Bytes(PublishedAddresses.Of(settings, tenantId).ToPlatform(name).ToConfiguration(), Json)
            : HttpResults.NotFound();

    private static async Task<IResult> KeysAsync(Guid tenantId, HttpContext http, PublishedTools tools, ToolKeys keys)
    {
        if (await tools.TenantNameAsync(tenantId, http.RequestAborted) is null || await keys.PublishedAsync(tenantId, http.RequestAborted) is not { Count: > 0 } published)
            return HttpResults.NotFound();
        http.Response.Headers.CacheControl = "public, max-age=3600";
        return HttpResults.Text(ToolKeySet.ToJson(published), Json);
    }

    // RFC 7591 3: the token is the administrator's word, and is spent by the registration that succeeds.
    private static async Task<IResult> RegisterAsync(Guid tenantId, HttpContext http, RegisterTool register)
    {
        var body = await PostedBody.ReadAsync(http.Request.BodyReader, ToolMetadata.MostBytes, http.RequestAborted);
        try
        {
            var authorization = http.Request.Headers.Authorization.ToString();
            var token = authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? authorization["Bearer ".Length..].Trim() : "";
            var metadata = ToolMetadata.Read(body);
            if (await register.RunAsync(tenantId, token, metadata, byHand: false, http.RequestAborted) is not { } tool)
                return Unauthorized(http, "the registration token is not good, or not any more");
            return HttpResults.Bytes(metadata.ToAnswer(tool.ToClient(), tool.ToolId.ToString("D")), Json);
        }
        catch (ToolRefusedException refusal)
        {
            return Refused(http, refusal, StatusCodes.Status400BadRequest);
        }
    }

    private static async Task<IResult> AuthorizeAsync(Guid tenantId, HttpContext http, AuthenticationRequest request)
    {
        var (services, ct) = (http.RequestServices, http.RequestAborted);
        var settings = services.GetRequiredService<Settings>();
        var tool = await services.GetRequiredService<PublishedTools>().FindAsync(tenantId, request.ClientId, ct);
        var valid = request.Validate(tool?.ToClient());
        if (http.Request.BrowserSecret(settings) is not { } browser || await services.GetRequiredService<IMediator>().Send(new OpenQuiz(tenantId, valid, browser), ct) is not { } opened)
            throw new QuizNotOpenedException();
        var key = await services.GetRequiredService<ToolKeys>().CurrentAsync(tenantId, ct);
        var token = opened.ToMessage(PublishedAddresses.Of(settings, tenantId), valid.Tool).ToIdToken(valid, key, services.GetRequiredService<TimeProvider>().GetUtcNow());
        return PageInPlace.Show(http, QuizAnswerModel.At, new QuizAnswer(valid.RedirectUri, token, valid.State, opened.Title));
    }

    private static async Task<IResult> TokenAsync(Guid tenantId, HttpContext http, PublishedTools tools, TokenRequests requests, IMediator mediator, Limits limits, Settings settings)
    {
        var form = await PostedForm.ReadAsync(http);
        http.Response.Headers.CacheControl = "no-store";
        try
        {
            var request = TokenRequest.From(form);
            var tool = await tools.FindAsync(tenantId, request.ClientId, http.RequestAborted);
            limits.AdmitLogin(tool?.ToolId);
            var valid = await requests.ValidateAsync(request, tool?.ToClient(), PublishedAddresses.Of(settings, tenantId).Token, http.RequestAborted);
            return await mediator.Send(new GrantToken(tenantId, valid), http.RequestAborted) is { } token
                ? HttpResults.Bytes(PlatformAnswers.Token(token, GrantToken.Lifetime, valid.Scopes), PlatformAnswers.TokenType)
                : Refused(http, new ToolRefusedException(ToolRefusal.MissingAssertionId, "the client assertion was used before") { Spec = "RFC 7523 3" }, StatusCodes.Status401Unauthorized);
        }
        catch (ToolRefusedException refusal)
        {
            // RFC 6749 5.2: who did not prove themselves get 401, other mistakes 400.
            return Refused(http, refusal, refusal.Code == "invalid_client" ? StatusCodes.Status401Unauthorized : StatusCodes.Status400BadRequest);
        }
    }

    /// <summary>Back from the quiz: to the newest launch of this browser, which its own cookie names.</summary>
    private static async Task<IResult> ReturnAsync(Guid tenantId, HttpContext http, Database database, Settings settings, TimeProvider clock)
    {
        if (http.Request.BrowserSecret(settings) is not { } browser)
            throw new NoSuchLaunchException("the browser has no launch of ours");
        await using var connection = await database.OpenAsync(http.RequestAborted);
        var (launch, kind) = await connection.QueryFirstOrDefaultAsync<(string?, string?)>(
            "SELECT LaunchId, Kind FROM LaunchSession WHERE BrowserHash = @Hash AND TenantId = @tenantId AND ExpiresAt > @Now AND Kind IN ('Learner', 'Staff') ORDER BY CreatedAt DESC, LaunchId DESC",
            new { Hash = Secrets.Hash(browser), tenantId, Now = clock.GetUtcNow() });
        if (launch is null)
            throw new NoSuchLaunchException("the browser has no launch of ours");
        http.Response.Headers.CacheControl = "no-store";
        return HttpResults.Redirect($"{settings.PublicBase}/l/{launch}/{(kind == nameof(LaunchKind.Staff) ? "published" : "learner")}");
    }

    public static IResult Refused(HttpContext http, ToolRefusedException refusal, int status)
    {
        ToolLog.Refused(http.RequestServices.GetRequiredService<ILogger<PublishedTools>>(), refusal.Refusal, refusal.Message, refusal.Got, refusal.Spec);
        return new JsonBytes(PlatformAnswers.Error(refusal), status);
    }

    public static IResult Unauthorized(HttpContext http, string why)
    {
        http.Response.Headers.WWWAuthenticate = "Bearer error=\"invalid_token\"";
        return Problem("invalid_token", why, StatusCodes.Status401Unauthorized);
    }

    /// <summary>With a body: an empty refusal would be shown as a page for people.</summary>
    public static IResult Problem(string code, string why, int status) => HttpResults.Json(new Dictionary<string, string>(StringComparer.Ordinal) { ["error"] = code, ["error_description"] = why }, statusCode: status);

    private sealed class JsonBytes(byte[] body, int status) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = status;
            httpContext.Response.ContentType = Json;
            httpContext.Response.Headers.ContentLength = body.Length;
            await httpContext.Response.Body.WriteAsync(body, httpContext.RequestAborted);
        }
    }
}

/// <summary>Line item, scores, results and members of one link, for its own tool and with the scope for it.</summary>
internal static class PublishedServices
{
    public static void MapPublishedServices(this IEndpointRouteBuilder link)
    {
        link.MapGet("/lineitems", (Guid tenantId, Guid linkId, HttpContext http) =>
            ServeAsync(tenantId, linkId, http, LtiScopes.LineItemReadOnly, (found, addresses) => Task.FromResult(HttpResults.Bytes(PlatformAnswers.Columns([Column(found, addresses)]), PlatformAnswers.LineItemsType))));
        link.MapGet("/lineitems/1", (Guid tenantId, Guid linkId, HttpContext http) =>
            ServeAsync(tenantId, linkId, http, LtiScopes.LineItemReadOnly, (found, addresses) => Task.FromResult(HttpResults.Bytes(PlatformAnswers.Column(Column(found, addresses)), PlatformAnswers.LineItemType))));
        link.MapMethods("/lineitems", ["POST"], (Guid tenantId, Guid linkId, HttpContext http) => ServeAsync(tenantId, linkId, http, LtiScopes.LineItem, OneColumnOnly)).DisableAntiforgery();
        link.MapMethods("/lineitems/1", ["PUT", "DELETE"], (Guid tenantId, Guid linkId, HttpContext http) => ServeAsync(tenantId, linkId, http, LtiScopes.LineItem, OneColumnOnly)).DisableAntiforgery();
        link.MapGet("/lineitems/1/results", (Guid tenantId, Guid linkId, HttpContext http, PublishedLinks links) =>
            ServeAsync(tenantId, linkId, http, LtiScopes.ResultReadOnly, (found, addresses) => ResultsAsync(http, links, found, addresses)));
        link.MapPost("/lineitems/1/scores", (Guid tenantId, Guid linkId, HttpContext http, ReceiveScore receive) =>
            ServeAsync(tenantId, linkId, http, LtiScopes.Score, (found, _) => ScoreAsync(http, receive, found))).DisableAntiforgery();
        link.MapGet("/memberships", (Guid tenantId, Guid linkId, HttpContext http, PublishedLinks links) =>
            ServeAsync(tenantId, linkId, http, LtiScopes.Memberships, (found, addresses) => MembersAsync(http, links, found, addresses)));
    }

    private static async Task<IResult> ServeAsync(Guid tenantId, Guid linkId, HttpContext http, string scope, Func<PublishedLink, PublishedAddresses, Task<IResult>> serve)
    {
        var services = http.RequestServices;
        http.Response.Headers.CacheControl = "no-store";
        // Security Framework 4.1: a token of this institution, for one of its tools.
        if (await services.GetRequiredService<AccessGrants>().FindAsync(tenantId, http.Request.Headers.Authorization, http.RequestAborted) is not { } grant)
            return PublishedRoutes.Unauthorized(http, "the access token is not good, or not any more");
        services.GetRequiredService<Limits>().AdmitLaunch(grant.ToolId);
        // RFC 6750 3.1: what the token was not given for.
        if (!grant.Allows(scope))
            return PublishedRoutes.Problem("insufficient_scope", $"this needs the scope {scope}", StatusCodes.Status403Forbidden);
        // Another tool's link is none.
        return await services.GetRequiredService<PublishedLinks>().OfToolAsync(grant, linkId, http.RequestAborted) is { } link
            ? await serve(link, PublishedAddresses.Of(services.GetRequiredService<Settings>(), tenantId))
            : NotHere("this tool has no such link");
    }

    private static async Task<IResult> ScoreAsync(HttpContext http, ReceiveScore receive, PublishedLink link)
    {
        // AGS 3.4: scores have a media type of their own.
        if (!string.Equals(http.Request.ContentType?.Split(';')[0].Trim(), PlatformAnswers.ScoreType, StringComparison.OrdinalIgnoreCase))
            return PublishedRoutes.Problem("invalid_request", $"a score is {PlatformAnswers.ScoreType}", StatusCodes.Status415UnsupportedMediaType);
        try
        {
            var posted = PostedScore.Read(await PostedBody.ReadAsync(http.Request.BodyReader, PostedScore.MostBytes, http.RequestAborted));
            return await receive.RunAsync(link, posted, http.RequestAborted) switch
            {
                ScoreOutcome.Taken => HttpResults.Bytes("{}"u8.ToArray(), PlatformAnswers.TokenType),
                ScoreOutcome.Nobody => NotHere("nobody of that userId came through this link"),
                ScoreOutcome.Older => PublishedRoutes.Problem("invalid_request", "a later score of this user is here already", StatusCodes.Status409Conflict),
                ScoreOutcome.FromFuture => PublishedRoutes.Problem("invalid_request", "the timestamp is in the future", StatusCodes.Status400BadRequest),
                ScoreOutcome.Absurd => PublishedRoutes.Problem("invalid_request", "no gradebook has such a number", StatusCodes.Status400BadRequest),
                var other => throw new InvalidOperationException($"{other} is no outcome"),
            };
        }
        catch (ToolRefusedException refusal)
        {
            return PublishedRoutes.Refused(http, refusal, StatusCodes.Status400BadRequest);
        }
    }

    private static async Task<IResult> ResultsAsync(HttpContext http, PublishedLinks links, PublishedLink link, PublishedAddresses addresses)
    {
        var only = http.Request.Query["user_id"].ToString();
        var scores = await links.ScoresAsync(link, http.RequestAborted);
        var results = scores.Where(s => only.Length == 0 || s.UserId == only).Select(s => new Result { UserId = s.UserId, ResultScore = s.Score, ResultMaximum = s.Maximum, MessageHash = [] });
        return HttpResults.Bytes(PlatformAnswers.Results(addresses.LineItem(link.PublishedLinkId).AbsoluteUri, results), PlatformAnswers.ResultsType);
    }

    private static async Task<IResult> MembersAsync(HttpContext http, PublishedLinks links, PublishedLink link, PublishedAddresses addresses)
    {
        // NRPS 2.4.3: of a resource link; there is but one here.
        if (http.Request.Query["rlid"].ToString() is { Length: > 0 } asked && asked != link.PublishedLinkId.ToString("D"))
            return NotHere("there is no such resource link here");
        var people = await links.PeopleAsync(link, http.RequestAborted);
        return HttpResults.Bytes(PlatformAnswers.Members(addresses.Memberships(link.PublishedLinkId), link.ContextId.ToString("D"), link.ContextTitle, people), PlatformAnswers.MembersType);
    }

    // AGS 3.1: a tool that was given the scope to read has nothing to make here.
    private static Task<IResult> OneColumnOnly(PublishedLink link, PublishedAddresses addresses) =>
        Task.FromResult(PublishedRoutes.Problem("invalid_request", string.Create(CultureInfo.InvariantCulture, $"{addresses.LineItem(link.PublishedLinkId)} is the one column of this link"), StatusCodes.Status405MethodNotAllowed));

    private static LineItem Column(PublishedLink link, PublishedAddresses addresses) => new()
    {
        Id = addresses.LineItem(link.PublishedLinkId).AbsoluteUri,
        Label = link.Title,
        ScoreMaximum = PublishedLink.Maximum,
        ResourceLinkId = link.PublishedLinkId.ToString("D"),
    };

    private static IResult NotHere(string why) => PublishedRoutes.Problem("not_found", why, StatusCodes.Status404NotFound);
}

internal static partial class ToolLog
{
    [LoggerMessage(1, LogLevel.Warning, "Refused a tool ({Refusal}): {Reason}. Got {Got}. {Spec}")]
    public static partial void Refused(ILogger log, ToolRefusal refusal, string reason, string? got, string? spec);
}
