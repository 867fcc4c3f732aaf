using System.Text.Json.Nodes;
using LtiMicroCred.DemoLms.Lti;
using LtiMicroCred.DemoLms.Pages;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.IdentityModel.JsonWebTokens;

namespace LtiMicroCred.DemoLms;

/// <summary>The LMS as a tool, as platforms and browsers meet it: registration, login, launch, keys.</summary>
internal static class PublishedEndpoints
{
    private const string StateCookie = "MoodleLtiState";

    public static void Map(IEndpointRouteBuilder routes, Platform lms)
    {
        routes.MapGet("/enrol/lti/jwks.php", (HttpContext context) => Answers.JsonAsync(context, 200, new JsonObject { ["keys"] = new JsonArray(lms.Publisher.Key.AsJwk()) }));
        routes.MapGet("/enrol/lti/register.php", (HttpContext context) => RegisterAsync(context, lms));
        routes.MapMethods("/enrol/lti/login.php", ["GET", "POST"], (HttpContext context) => LogInAsync(context, lms));
        routes.MapPost("/enrol/lti/launch.php", (HttpContext context) => LaunchAsync(context, lms));
    }

    /// <summary>Dynamic Registration 1.0, the tool's side: it registers by itself as soon as the page is opened.</summary>
    private static async Task RegisterAsync(HttpContext context, Platform lms)
    {
        var query = context.Request.Query;
        var (configuration, token) = (query["openid_configuration"].ToString(), query["registration_token"].ToString());
        if (lms.Publisher.Registrations.Take(query["token"].ToString()) is null || !Answers.IsWebAddress(configuration))
        {
            await Answers.ErrorPageAsync(context, lms, "Invalid registration link");
            return;
        }
        var client = lms.Publisher.Client;
        var platform = await client.ReadAsync(configuration, context.RequestAborted);
        var answer = platform is null ? null : await client.RegisterAsync(Text(platform, "registration_endpoint"), token, Metadata(lms), context.RequestAborted);
        if (platform is null || answer is null)
        {
            await Answers.ErrorPageAsync(context, lms, "The platform refused the registration");
            return;
        }
        lms.Publisher.Know(new KnownPlatform
        {
            Issuer = Text(platform, "issuer"),
            ClientId = Text(answer, "client_id"),
            DeploymentId = Text(answer[Claims.ToolConfiguration]!.AsObject(), "deployment_id"),
            AuthorizationEndpoint = Text(platform, "authorization_endpoint"),
            TokenEndpoint = Text(platform, "token_endpoint"),
            JwksUri = Text(platform, "jwks_uri"),
        });
        await Page.WriteAsync(context, lms, new Page { Title = "Registered", Bare = true, Body = Markup.Of($"<p>The platform can open what is published here.</p>") });
    }

    /// <summary>Security Framework 5.1.1.1 and 5.1.1.2, in the recorded order of parameters.</summary>
    private static async Task LogInAsync(HttpContext context, Platform lms)
    {
        var form = context.Request.HasFormContentType ? await context.Request.ReadFormAsync(context.RequestAborted) : null;
        if (lms.Publisher.FindPlatform(Read("iss"), Read("client_id")) is not { } platform || Read("target_link_uri") != lms.Publisher.LaunchUrl || Read("login_hint").Length == 0)
        {
            await Answers.ErrorPageAsync(context, lms, "Invalid login request");
            return;
        }
        var nonce = "nonce-" + Handles<string>.NewName();
        var state = "state-" + Handles<string>.NewName();
        lms.Publisher.Logins.TryKeep(state, new BegunLogin(platform, nonce, lms.Publisher.LaunchUrl));
        context.Response.Cookies.Append(StateCookie, state, new CookieOptions { HttpOnly = true, Secure = true, SameSite = SameSiteMode.None, Path = "/enrol/lti/" });
        List<KeyValuePair<string, string?>> asked =
        [
            new("scope", "openid"),
            new("response_type", "id_token"),
            new("response_mode", "form_post"),
            new("prompt", "none"),
            new("client_id", platform.ClientId),
            new("redirect_uri", lms.Publisher.LaunchUrl),
            new("state", state),
            new("nonce", nonce),
            new("login_hint", Read("login_hint")),
            new("lti_message_hint", Read("lti_message_hint")),
        ];
        context.Response.Redirect(QueryHelpers.AddQueryString(platform.AuthorizationEndpoint, asked));

        string Read(string name) => (form is null ? context.Request.Query[name] : form[name]).ToString();
    }

    /// <summary>Checks the launch, makes an account where there is none, and goes to the quiz.</summary>
    private static async Task LaunchAsync(HttpContext context, Platform lms)
    {
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        var state = form["state"].ToString();
        if (context.Request.Cookies[StateCookie] != state || lms.Publisher.Logins.Take(state) is not { } login
            || await lms.Publisher.Client.VerifyAsync(form["id_token"].ToString(), login.Platform, context.RequestAborted) is not { } token
            || !IsMeant(token, login, lms.Now) || Visited(lms, token, login) is not { } visitor)
        {
            await Answers.ErrorPageAsync(context, lms, "Invalid launch");
            return;
        }
        var person = lms.Publisher.Admit(visitor, Claim(token, "name"));
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = $"/as/{person.Username}/quiz/{visitor.QuizId}";
    }

    private static bool IsMeant(JsonWebToken token, BegunLogin login, DateTimeOffset now) =>
        token.Issuer == login.Platform.Issuer
        && token.Audiences.SequenceEqual([login.Platform.ClientId], StringComparer.Ordinal)
        && Claim(token, "nonce") == login.Nonce
        && Claim(token, Claims.DeploymentId) == login.Platform.DeploymentId
        && Claim(token, Claims.MessageType) == Messages.ResourceLink
        && Claim(token, Claims.TargetLinkUri) == login.TargetLinkUri
        && token.Subject.Length > 0
        && !JwtTimes.IsExpired(token, now);

    private static Visitor? Visited(Platform lms, JsonWebToken token, BegunLogin login)
    {
        var payload = JsonNode.Parse(Microsoft.IdentityModel.Tokens.Base64UrlEncoder.Decode(token.EncodedPayload))!.AsObject();
        if ((string?)payload[Claims.Custom]?["id"] is not { } uuid || lms.Publisher.Find(uuid) is not { } quiz)
            return null;
        var isLearner = payload[Claims.Roles]!.AsArray().Any(role => ((string?)role)?.EndsWith("#Learner", StringComparison.Ordinal) == true);
        return new Visitor(
            login.Platform, token.Subject, "", quiz.QuizId, (string)payload[Claims.ResourceLink]!["id"]!, isLearner,
            (string?)payload[Claims.AgsEndpoint]?["lineitem"], (string?)payload[Claims.NamesRoles]?["context_memberships_url"], (string?)payload[Claims.LaunchPresentation]?["return_url"]);
    }

    /// <summary>As recorded, with this LMS's own addresses.</summary>
    private static JsonObject Metadata(Platform lms)
    {
        var publisher = lms.Publisher;
        return new JsonObject
        {
            ["application_type"] = "web",
            ["grant_types"] = new JsonArray("client_credentials", "implicit"),
            ["response_types"] = new JsonArray("id_token"),
            ["initiate_login_uri"] = publisher.LoginUrl,
            ["redirect_uris"] = new JsonArray(publisher.LaunchUrl, publisher.LaunchUrl.Replace("launch.php", "launch_deeplink.php", StringComparison.Ordinal)),
            ["client_name"] = Platform.SiteName,
            ["jwks_uri"] = publisher.JwksUrl,
            ["logo_uri"] = "",
            ["token_endpoint_auth_method"] = "private_key_jwt",
            ["scope"] = string.Join(' ', Scopes.LineItem, Scopes.ResultRead, Scopes.Score, Scopes.Memberships),
            [Claims.ToolConfiguration] = new JsonObject
            {
                ["domain"] = "localhost",
                ["target_link_uri"] = publisher.LaunchUrl,
                ["claims"] = new JsonArray("iss", "sub", "aud", "given_name", "family_name", "email", "picture"),
                ["messages"] = new JsonArray(new JsonObject { ["type"] = Messages.ResourceLink, ["allowLearner"] = true, ["target_link_uri"] = publisher.LaunchUrl, ["label"] = "Launch content from " + Platform.SiteName, ["placements"] = new JsonArray("ContentArea") }),
            },
        };
    }

    private static string? Claim(JsonWebToken token, string name) => token.TryGetPayloadValue<string>(name, out var text) ? text : null;

    private static string Text(JsonObject json, string name) => (string?)json[name] ?? "";
}
