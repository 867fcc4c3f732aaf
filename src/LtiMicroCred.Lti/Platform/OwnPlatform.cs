using System.Text;
using System.Text.Json.Nodes;

namespace LtiMicroCred.Lti;

/// <summary>The host as a platform: its addresses, as its configuration document tells them (OpenID Discovery 3, Dynamic Registration 3.5).</summary>
public sealed record OwnPlatform
{
    /// <summary>The iss of every id_token.</summary>
    public required string Issuer { get; init; }

    /// <summary>Where tools send browsers to log in.</summary>
    public required Uri AuthorizationEndpoint { get; init; }

    /// <summary>Where access tokens are had; the audience of client assertions.</summary>
    public required Uri TokenEndpoint { get; init; }

    /// <summary>Where this platform's keys are.</summary>
    public required Uri JwksUri { get; init; }

    /// <summary>Where tools register, with a token that an administrator gave them.</summary>
    public required Uri RegistrationEndpoint { get; init; }

    /// <summary>What people call this platform.</summary>
    public required string Name { get; init; }

    /// <summary>The version of the host's software.</summary>
    public required string Version { get; init; }

    /// <summary>What a tool may be given a token for: one column for each link, which the tool can read and post scores to, and the people who opened the link.</summary>
    public static IReadOnlyList<string> Scopes { get; } = [LtiScopes.LineItemReadOnly, LtiScopes.ResultReadOnly, LtiScopes.Score, LtiScopes.Memberships];

    /// <summary>For <c>application/json</c>.</summary>
    public byte[] ToConfiguration() => Encoding.UTF8.GetBytes(new JsonObject
    {
        ["issuer"] = Issuer,
        ["authorization_endpoint"] = AuthorizationEndpoint.AbsoluteUri,
        ["token_endpoint"] = TokenEndpoint.AbsoluteUri,
        ["token_endpoint_auth_methods_supported"] = new JsonArray(TokenRequest.Method),
        ["token_endpoint_auth_signing_alg_values_supported"] = new JsonArray("RS256"),
        ["jwks_uri"] = JwksUri.AbsoluteUri,
        ["registration_endpoint"] = RegistrationEndpoint.AbsoluteUri,
        ["scopes_supported"] = new JsonArray([(JsonNode)"openid", .. Scopes.Select(scope => (JsonNode)scope)]),
        ["response_types_supported"] = new JsonArray("id_token"),
        ["response_modes_supported"] = new JsonArray("form_post"),
        ["subject_types_supported"] = new JsonArray("pairwise"),
        ["id_token_signing_alg_values_supported"] = new JsonArray("RS256"),
        ["claims_supported"] = new JsonArray("iss", "sub", "name"),
        ["https://purl.imsglobal.org/spec/lti-platform-configuration"] = new JsonObject
        {
            ["product_family_code"] = "ltimicrocred",
            ["version"] = Version,
            ["messages_supported"] = new JsonArray(new JsonObject { ["type"] = "LtiResourceLinkRequest" }),
            ["variables"] = new JsonArray(),
        },
    }.ToJsonString());
}
