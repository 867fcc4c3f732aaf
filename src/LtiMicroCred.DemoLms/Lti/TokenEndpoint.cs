using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.IdentityModel.JsonWebTokens;

namespace LtiMicroCred.DemoLms.Lti;

/// <summary>Access tokens for tools: client credentials with private_key_jwt (Security Framework 4.1, RFC 7523).</summary>
internal static class TokenEndpoint
{
    private const string AssertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    private const int Seconds = 3600;

    public static void Map(IEndpointRouteBuilder routes, Platform platform) =>
        routes.MapPost("/mod/lti/token.php", (HttpContext context) => GrantAsync(context, platform));

    private static async Task GrantAsync(HttpContext context, Platform platform)
    {
        try
        {
            var form = context.Request.HasFormContentType
                ? await context.Request.ReadFormAsync(context.RequestAborted)
                : throw new TokenRefusal("invalid_request");
            var tool = await AuthenticateAsync(platform, form, context.RequestAborted);
            var scopes = form["scope"].ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Where(scope => tool.Scopes.Contains(scope, StringComparer.Ordinal)).Distinct(StringComparer.Ordinal).ToList();
            if (scopes.Count == 0)
                throw new TokenRefusal("invalid_scope");
            await Answers.JsonAsync(context, 200, Token(platform, tool, scopes), ContentType(platform));
        }
        catch (TokenRefusal refused)
        {
            await RefuseAsync(context, platform, refused);
        }
    }

    private static JsonObject Token(Platform platform, Tool tool, IReadOnlyList<string> scopes) => new()
    {
        ["access_token"] = platform.AccessTokens.Keep(new AccessGrant(tool.Id, scopes)),
        ["token_type"] = "Bearer",
        ["expires_in"] = Seconds,
        ["scope"] = string.Join(' ', scopes),
    };

    private static async Task<Tool> AuthenticateAsync(Platform platform, IFormCollection form, CancellationToken ct)
    {
        var grant = form["grant_type"].ToString();
        if (grant.Length > 0 && grant != "client_credentials")
            throw new TokenRefusal("unsupported_grant_type");
        if (grant.Length == 0 || form["client_assertion_type"] != AssertionType || form["scope"].ToString().Length == 0)
            throw new TokenRefusal("invalid_request");
        var assertion = ToolKeys.Peek(form["client_assertion"].ToString()) ?? throw new TokenRefusal("invalid_request");
        var tool = platform.School.FindToolByClientId(assertion.Subject ?? "") ?? throw Unauthenticated("invalid_client");
        await VerifyAsync(platform, assertion, tool, ct);
        if (JwtTimes.IssuedInFuture(assertion, platform.Now) is { } issued)
            throw Unauthenticated("Cannot handle token with iat prior to " + MoodleTime(issued));
        if (JwtTimes.IsExpired(assertion, platform.Now))
            throw Unauthenticated("Expired token");
        if (!platform.LikeMoodle)
            CheckStrictly(platform, assertion, tool);
        return tool;
    }

    private static async Task VerifyAsync(Platform platform, JsonWebToken assertion, Tool tool, CancellationToken ct)
    {
        try
        {
            await platform.ToolKeys.VerifyAsync(assertion, tool, ct);
        }
        catch (ToolJwtException failed)
        {
            throw Unauthenticated(failed.Problem switch
            {
                ToolJwtProblem.UnknownKey => "\"kid\" invalid, unable to lookup correct key",
                ToolJwtProblem.NoKeys => "No keys at the tool's key set address",
                _ => "Signature verification failed",
            });
        }
    }

    /// <summary>What RFC 7523 3 asks and Moodle leaves out.</summary>
    private static void CheckStrictly(Platform platform, JsonWebToken assertion, Tool tool)
    {
        if (assertion.Issuer != tool.ClientId)
            throw Unauthenticated("iss must be the client_id");
        if (!assertion.Audiences.Any(audience => audience == platform.Issuer + "/mod/lti/token.php" || audience == platform.Issuer))
            throw Unauthenticated("aud must be the token endpoint");
        if (!assertion.TryGetPayloadValue<long>("exp", out _))
            throw Unauthenticated("exp is missing");
        if (string.IsNullOrEmpty(assertion.Id) || !platform.Assertions.TryKeep(tool.ClientId + " " + assertion.Id, assertion.Id))
            throw Unauthenticated("jti is missing or was used before");
    }

    private static TokenRefusal Unauthenticated(string message) => new(message, "invalid_client");

    private static string MoodleTime(DateTimeOffset time) =>
        time.ToOffset(Answers.ServerOffset).ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture).Remove(22, 1);

    private static string ContentType(Platform platform) => platform.LikeMoodle ? Answers.Html : Answers.Json;

    private static async Task RefuseAsync(HttpContext context, Platform platform, TokenRefusal refused)
    {
        if (platform.LikeMoodle)
        {
            // Moodle puts the message into the text unescaped: with quotes in it the body is no JSON.
            await Answers.TextAsync(context, 400, $$"""
                {
                  "error" : "{{refused.Message}}"
                }
                """.ReplaceLineEndings("\n"), ContentType(platform));
            return;
        }
        var body = new JsonObject { ["error"] = refused.Code };
        if (refused.Message != refused.Code)
            body["error_description"] = refused.Message;
        // RFC 6749 5.2: 401 when the client could not be authenticated.
        await Answers.JsonAsync(context, refused.Code == "invalid_client" ? 401 : 400, body, ContentType(platform));
    }

    private sealed class TokenRefusal(string message, string? code = null) : Exception
    {
        public string Code => code ?? message;

        public override string Message => message;
    }
}
