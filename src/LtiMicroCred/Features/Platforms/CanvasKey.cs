using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using LtiMicroCred.Features.Keys;

namespace LtiMicroCred.Features.Platforms;

/// <summary>The JSON that Canvas makes an LTI key of. It names the registration's own keys, so each registration link has its own.</summary>
internal static class CanvasKey
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // For text/plain and application/json only, never inside a page: addresses stay readable.
    public static string ToJson(ToolAddresses addresses) => new JsonObject
    {
        ["title"] = RegisterPlatform.ToolName,
        ["description"] = RegisterPlatform.ToolDescription,
        ["target_link_uri"] = addresses.Launch,
        ["oidc_initiation_url"] = addresses.Login,
        ["redirect_uris"] = new JsonArray(addresses.Launch),
        ["public_jwk_url"] = addresses.Jwks,
        ["scopes"] = new JsonArray([.. RegisterPlatform.Scopes.Select(scope => (JsonNode)scope)]),
        ["custom_fields"] = new JsonObject(RegisterPlatform.CustomParameters.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value))),
        ["extensions"] = new JsonArray(new JsonObject
        {
            ["platform"] = "canvas.instructure.com",
            ["domain"] = addresses.PublicUrl.Authority,
            ["tool_id"] = "ltimicrocred",
            ["privacy_level"] = "public",
            ["settings"] = new JsonObject
            {
                ["text"] = RegisterPlatform.ToolName,
                ["icon_url"] = addresses.Icon,
                ["placements"] = new JsonArray(Placement("assignment_selection", addresses), Placement("link_selection", addresses)),
            },
        }),
    }.ToJsonString(s_indented) + "\n";

    private static JsonObject Placement(string placement, ToolAddresses addresses) => new()
    {
        ["placement"] = placement,
        ["enabled"] = true,
        ["message_type"] = "LtiDeepLinkingRequest",
        ["target_link_uri"] = addresses.Launch,
        ["text"] = RegisterPlatform.ToolName,
    };
}

internal static class CanvasKeyEndpoint
{
    /// <summary>Read by Canvas itself, or by a person who pastes it; the link in the address is the credential, and holds no secret of ours.</summary>
    public static void MapCanvasKey(this IEndpointRouteBuilder routes) => routes.MapGet("/register/{token}/canvas.json", async (string token, HttpContext http, RegisterPlatform register, ToolKeys keys, Settings settings) =>
    {
        http.Response.Headers.CacheControl = "no-store";
        if (await register.FindInviteAsync(token, http.RequestAborted) is not { } invite)
            return Microsoft.AspNetCore.Http.Results.NotFound();
        await keys.EnsureAsync(invite.PlatformId, http.RequestAborted);
        return Microsoft.AspNetCore.Http.Results.Text(CanvasKey.ToJson(ToolAddresses.Of(settings.PublicUrl, invite.PlatformId, token)), "application/json");
    });
}
