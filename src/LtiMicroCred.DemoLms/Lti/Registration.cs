using System.Text.Json;
using System.Text.Json.Nodes;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.IdentityModel.JsonWebTokens;

namespace LtiMicroCred.DemoLms.Lti;

/// <summary>Dynamic Registration 1.0, the platform's side.</summary>
internal static class Registration
{
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    public static void Map(IEndpointRouteBuilder routes, Platform platform) =>
        routes.MapPost("/mod/lti/openid-registration.php", (HttpContext context) => RegisterAsync(context, platform));

    /// <summary>Makes a registration token and the address that opens the tool's registration page with it.</summary>
    public static string Start(Platform platform, Uri toolPage)
    {
        var clientId = RandomNumberGenerator.GetString(Letters, 15);
        platform.Registrations.TryKeep(clientId, new PendingRegistration(clientId));
        var now = platform.Now.ToUnixTimeSeconds();
        var token = platform.Key.Sign(new JsonObject { ["sub"] = clientId, ["scope"] = "reg", ["iat"] = now, ["exp"] = now + 3600 });
        return QueryHelpers.AddQueryString(toolPage.AbsoluteUri, new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["openid_configuration"] = platform.Issuer + "/mod/lti/openid-configuration.php",
            ["registration_token"] = token,
        });
    }

    private static async Task RegisterAsync(HttpContext context, Platform platform)
    {
        try
        {
            var clientId = await ReadTokenAsync(context, platform);
            var wanted = await ReadBodyAsync(context);
            var request = RegistrationRequest.Read(wanted);
            // RFC 7591 3: the initial access token is spent by the registration that succeeds.
            if (platform.Registrations.Take(clientId) is null)
                throw RegistrationException.Used();
            var tool = platform.School.AddTool(id => request.ToTool(id, clientId, platform.LikeMoodle));
            await Answers.JsonAsync(context, platform.LikeMoodle ? 200 : 201, RegistrationAnswer.For(tool, request, platform.LikeMoodle));
        }
        catch (UnreadableTokenException)
        {
            await RefuseUnreadableAsync(context, platform);
        }
        catch (RegistrationException refused)
        {
            if (platform.LikeMoodle)
                await Answers.TextAsync(context, refused.Status, refused.Message, Answers.Html);
            else
                await Answers.JsonAsync(context, refused.Status, new JsonObject { ["error"] = refused.Code, ["error_description"] = refused.Message });
        }
    }

    private static async Task<string> ReadTokenAsync(HttpContext context, Platform platform)
    {
        // Moodle wants exactly "Bearer"; RFC 9110 11.1 lets the case of the scheme vary.
        var header = context.Request.Headers.Authorization.ToString();
        if (!header.StartsWith("Bearer ", platform.LikeMoodle ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase))
            throw new RegistrationException(401, "invalid_token", "missing_registration_token");
        var token = await platform.Key.ReadOwnAsync(header["Bearer ".Length..].Trim());
        if (token is null || !IsRegistrationToken(token) || JwtTimes.IsExpired(token, platform.Now))
            throw new UnreadableTokenException();
        return platform.Registrations.Find(token.Subject) is { } pending ? pending.ClientId : throw RegistrationException.Used();
    }

    private static bool IsRegistrationToken(JsonWebToken token) => token.TryGetPayloadValue<string>("scope", out var scope) && scope == "reg";

    private static async Task<JsonObject> ReadBodyAsync(HttpContext context)
    {
        try
        {
            return await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted) as JsonObject
                ?? throw RegistrationException.Metadata("invalid_request");
        }
        catch (JsonException)
        {
            throw RegistrationException.Metadata("invalid_request");
        }
    }

    private static Task RefuseUnreadableAsync(HttpContext context, Platform platform) =>
        platform.LikeMoodle
            ? Answers.ErrorPageAsync(context, platform, "Exception - Syntax error, malformed JSON")
            : Answers.JsonAsync(context, 401, new JsonObject { ["error"] = "invalid_token", ["error_description"] = "The registration token is not one of ours or has expired." });

    private sealed class UnreadableTokenException : Exception;
}

internal sealed class RegistrationException(int status, string code, string message) : Exception(message)
{
    public int Status => status;

    public string Code => code;

    public static RegistrationException Metadata(string message) => new(400, "invalid_client_metadata", message);

    public static RegistrationException Used() => new(401, "invalid_token", "token_already_used");
}
