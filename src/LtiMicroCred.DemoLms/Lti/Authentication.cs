using System.Text.Json;
using System.Text.Json.Nodes;
using LtiMicroCred.DemoLms.Pages;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LtiMicroCred.DemoLms.Lti;

/// <summary>
/// Security Framework 5.1.1.2 and 5.1.1.3: the authentication request and its answer. What the tool may hear of goes to its redirect URI;
/// anything that leaves the redirect URI in doubt is shown to the person instead.
/// </summary>
internal static class Authentication
{
    public static void Map(IEndpointRouteBuilder routes, Platform platform) =>
        routes.MapMethods("/mod/lti/auth.php", ["GET", "POST"], (HttpContext context) => AuthenticateAsync(context, platform));

    private static async Task AuthenticateAsync(HttpContext context, Platform platform)
    {
        var request = await AuthenticationRequest.ReadAsync(context);
        if (Begun(platform, request) is not var (name, launch, tool) || !IsShaped(request, tool))
        {
            await Answers.ErrorPageAsync(context, platform, "Invalid request");
            return;
        }
        var refusal = Refusal(platform, request, launch, tool);
        // Moodle forgets the launch with whatever it answers; the specifications leave it open.
        if (platform.LikeMoodle && platform.Launches.Take(name) is null)
        {
            await Answers.ErrorPageAsync(context, platform, "Invalid request");
            return;
        }
        List<KeyValuePair<string, string>> fields = refusal is null
            ? [new("id_token", platform.Key.Sign(Claimed(platform, launch, tool, request.Nonce)))]
            : [.. refusal];
        fields.Add(new("state", request.State));
        await Page.WriteAsync(context, platform, new Page
        {
            Title = $"Opening {tool.Name}",
            Bare = true,
            Body = SelfSubmitting.Form(request.RedirectUri, $"Continue to {tool.Name}", fields),
        });
    }

    private static JsonObject Claimed(Platform platform, PendingLaunch launch, Tool tool, string nonce)
    {
        var claims = LaunchClaims.For(platform, launch, tool, nonce);
        platform.Retouch?.Invoke(claims);
        return claims;
    }

    /// <summary>The login that the message hint names.</summary>
    private static (string Name, PendingLaunch Launch, Tool Tool)? Begun(Platform platform, AuthenticationRequest request)
    {
        if (LaunchName(request.MessageHint) is not { } name || platform.Launches.Find(name) is not { } launch)
            return null;
        return platform.School.FindTool(launch.ToolId) is { } tool ? (name, launch, tool) : null;
    }

    private static string? LaunchName(string hint)
    {
        try
        {
            return JsonNode.Parse(hint) is JsonObject parts && parts["launchid"] is JsonValue name && name.TryGetValue<string>(out var text) ? text : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool IsShaped(AuthenticationRequest request, Tool tool) =>
        request.Scope == "openid"
        && request.ResponseType == "id_token"
        && request.Nonce.Length > 0
        && request.LoginHint.Length > 0
        && request.ClientId.Length > 0
        // Exactly as registered, character by character.
        && tool.RedirectUris.Contains(request.RedirectUri, StringComparer.Ordinal);

    private static KeyValuePair<string, string>[]? Refusal(Platform platform, AuthenticationRequest request, PendingLaunch launch, Tool tool)
    {
        if (request.ClientId != tool.ClientId || !tool.Active)
            return [new("error", "unauthorized_client")];
        if (request.LoginHint != launch.PersonId || !MayStillOpen(platform.School, launch))
            return [new("error", "access_denied")];
        if (request.ResponseMode != "form_post")
            return [new("error", "invalid_request"), new("error_description", "Invalid response_mode")];
        // Security Framework 5.1.1.2 wants prompt=none; Moodle does without.
        if (request.Prompt != "none" && !(platform.LikeMoodle && request.Prompt.Length == 0))
            return [new("error", "invalid_request"), new("error_description", "Invalid prompt")];
        return null;
    }

    private static bool MayStillOpen(School school, PendingLaunch launch)
    {
        if (school.FindPersonById(launch.PersonId) is not { } person || school.FindCourse(launch.CourseId) is not { } course)
            return false;
        if (launch.Review is { } review)
            return school.MayReview(review.ColumnId, person, review.LearnerId);
        return launch.LinkId is null
            ? school.MayTeach(course, person)
            : school.FindLink(launch.LinkId) is { } link && school.MayOpen(link, person);
    }
}

internal sealed record AuthenticationRequest
{
    public required string Scope { get; init; }

    public required string ResponseType { get; init; }

    public required string ResponseMode { get; init; }

    public required string ClientId { get; init; }

    public required string RedirectUri { get; init; }

    public required string LoginHint { get; init; }

    public required string MessageHint { get; init; }

    public required string State { get; init; }

    public required string Nonce { get; init; }

    public required string Prompt { get; init; }

    /// <summary>By GET or by POST (OpenID Connect Core 3.1.2.1).</summary>
    public static async Task<AuthenticationRequest> ReadAsync(HttpContext context)
    {
        var form = context.Request.HasFormContentType ? await context.Request.ReadFormAsync(context.RequestAborted) : null;
        return new AuthenticationRequest
        {
            Scope = Read("scope"),
            ResponseType = Read("response_type"),
            ResponseMode = Read("response_mode"),
            ClientId = Read("client_id"),
            RedirectUri = Read("redirect_uri"),
            LoginHint = Read("login_hint"),
            MessageHint = Read("lti_message_hint"),
            State = Read("state"),
            Nonce = Read("nonce"),
            Prompt = Read("prompt"),
        };

        string Read(string name) => (form is null ? context.Request.Query[name] : form[name]).ToString();
    }
}
