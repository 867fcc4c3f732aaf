using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LtiMicroCred.DemoLms.Lti;

/// <summary>The platform's configuration document and keys (Dynamic Registration 3.3, Security Framework 6.3).</summary>
internal static class Discovery
{
    public static void Map(IEndpointRouteBuilder routes, Platform platform)
    {
        routes.MapGet("/mod/lti/openid-configuration.php", (HttpContext context) => Answers.JsonAsync(context, 200, Document(platform)));
        routes.MapGet("/mod/lti/certs.php", (HttpContext context) =>
            Answers.JsonAsync(context, 200, new JsonObject { ["keys"] = new JsonArray(platform.Key.AsJwk()) }));
    }

    /// <summary>Unlike the recorded one it announces no Basic Outcomes and tool settings, which are not served here.</summary>
    private static JsonObject Document(Platform platform)
    {
        var at = platform.Issuer;
        return new JsonObject
        {
            ["issuer"] = at,
            ["token_endpoint"] = at + "/mod/lti/token.php",
            ["token_endpoint_auth_methods_supported"] = new JsonArray("private_key_jwt"),
            ["token_endpoint_auth_signing_alg_values_supported"] = new JsonArray("RS256"),
            ["jwks_uri"] = at + "/mod/lti/certs.php",
            ["authorization_endpoint"] = at + "/mod/lti/auth.php",
            ["registration_endpoint"] = at + "/mod/lti/openid-registration.php",
            ["scopes_supported"] = JsonLists.Of(Scopes.All.Concat(platform.LikeMoodle ? [] : [Scopes.NoticeHandlers]).Append("openid").Except(platform.Faults.Lacking, StringComparer.Ordinal)),
            ["response_types_supported"] = new JsonArray("id_token"),
            ["subject_types_supported"] = new JsonArray("public", "pairwise"),
            ["id_token_signing_alg_values_supported"] = new JsonArray("RS256"),
            ["claims_supported"] = new JsonArray("sub", "iss", "name", "given_name", "family_name", "email"),
            [Claims.PlatformConfiguration] = new JsonObject
            {
                ["product_family_code"] = platform.ProductFamily,
                ["version"] = platform.Manners switch { Manners.Moodle => Platform.MoodleVersion, Manners.Sakai => Platform.SakaiVersion, _ => "1.0" },
                ["messages_supported"] = MessagesSupported(platform),
                ["variables"] = JsonLists.Of(Substitution.Variables),
            },
        };
    }

    private static JsonArray MessagesSupported(Platform platform)
    {
        var messages = new List<JsonObject>
        {
            new() { ["type"] = Messages.ResourceLink },
            new() { ["type"] = Messages.DeepLinking, ["placements"] = new JsonArray("ContentArea") },
        };
        if (!platform.LikeMoodle)
            messages.Add(new JsonObject { ["type"] = Messages.SubmissionReview });
        return new JsonArray([.. messages.Where(message => !platform.Faults.Lacking.Contains(message["type"]!.GetValue<string>(), StringComparer.Ordinal))]);
    }
}

internal static class JsonLists
{
    public static JsonArray Of(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode)text)]);
}
