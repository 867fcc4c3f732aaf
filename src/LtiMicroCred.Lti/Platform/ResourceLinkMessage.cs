using System.Text;
using System.Text.Json.Nodes;

namespace LtiMicroCred.Lti;

/// <summary>The launch of a tool by this platform (Core 5, LtiResourceLinkRequest), with the addresses of the link's one column and of the people who opened it.</summary>
public sealed record ResourceLinkMessage
{
    /// <summary>The platform's own name, as in <see cref="OwnPlatform.Issuer"/>.</summary>
    public required string Issuer { get; init; }

    /// <summary>Who comes, as this tool and no other knows them.</summary>
    public required string Subject { get; init; }

    /// <summary>Null tells the tool no name.</summary>
    public string? Name { get; init; }

    /// <summary>Full URIs (Core A.2).</summary>
    public required IReadOnlyList<string> Roles { get; init; }

    /// <summary>At most 255 characters (Core 5.3.3).</summary>
    public required string DeploymentId { get; init; }

    /// <summary>Where the launch ends in the tool (Core 5.3.4).</summary>
    public required string TargetLinkUri { get; init; }

    /// <summary>Core 5.3.5.</summary>
    public required string ResourceLinkId { get; init; }

    /// <summary>What the link is called.</summary>
    public string? ResourceLinkTitle { get; init; }

    /// <summary>Core 5.4.1.</summary>
    public required string ContextId { get; init; }

    /// <summary>What the course is called.</summary>
    public string? ContextTitle { get; init; }

    /// <summary>Core 5.4.6.</summary>
    public IReadOnlyDictionary<string, string> Custom { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Where people go when they leave the tool (Core 5.4.4).</summary>
    public required Uri ReturnUrl { get; init; }

    /// <summary>The columns of the link (AGS 3.1).</summary>
    public required Uri LineItemsUrl { get; init; }

    /// <summary>The link's one column.</summary>
    public required Uri LineItemUrl { get; init; }

    /// <summary>Who opened the link (NRPS 2.3).</summary>
    public required Uri MembershipsUrl { get; init; }

    /// <summary>What people call the platform.</summary>
    public required string PlatformName { get; init; }

    /// <summary>Long enough for clocks that differ; the nonce keeps it from counting twice.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    /// <summary>The token that answers the request, for the request's tool and nonce alone.</summary>
    public string ToIdToken(ValidAuthenticationRequest request, SigningKey key, DateTimeOffset now)
    {
        var claims = ToClaims(request.Tool);
        claims["iss"] = Issuer;
        claims["aud"] = request.Tool.ClientId;
        claims["azp"] = request.Tool.ClientId;
        claims["nonce"] = request.Nonce;
        claims["iat"] = now.ToUnixTimeSeconds();
        claims["exp"] = (now + Lifetime).ToUnixTimeSeconds();
        return JwtSigner.Sign(Encoding.UTF8.GetBytes(claims.ToJsonString()), key);
    }

    private JsonObject ToClaims(ToolClient tool)
    {
        var claims = new JsonObject
        {
            ["sub"] = Subject,
            [ClaimNames.MessageType] = "LtiResourceLinkRequest",
            [ClaimNames.Version] = "1.3.0",
            [ClaimNames.DeploymentId] = DeploymentId,
            [ClaimNames.TargetLinkUri] = TargetLinkUri,
            [ClaimNames.ResourceLink] = Named(ResourceLinkId, ResourceLinkTitle),
            [ClaimNames.Roles] = List(Roles),
            [ClaimNames.Context] = Named(ContextId, ContextTitle),
            [ClaimNames.ToolPlatform] = new JsonObject { ["guid"] = Issuer, ["name"] = PlatformName, ["product_family_code"] = "ltimicrocred" },
            [ClaimNames.LaunchPresentation] = new JsonObject { ["document_target"] = "window", ["return_url"] = ReturnUrl.AbsoluteUri },
        };
        if (Name is not null)
            claims["name"] = Name;
        if (Custom.Count > 0)
            claims[ClaimNames.Custom] = new JsonObject(Custom.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));
        var scopes = tool.Scopes.Where(scope => scope != LtiScopes.Memberships).ToList();
        if (scopes.Count > 0)
            claims[ClaimNames.Ags] = new JsonObject { ["scope"] = List(scopes), ["lineitems"] = LineItemsUrl.AbsoluteUri, ["lineitem"] = LineItemUrl.AbsoluteUri };
        if (tool.Scopes.Contains(LtiScopes.Memberships, StringComparer.Ordinal))
            claims[ClaimNames.Nrps] = new JsonObject { ["context_memberships_url"] = MembershipsUrl.AbsoluteUri, ["service_versions"] = new JsonArray("2.0") };
        return claims;
    }

    private static JsonObject Named(string id, string? title)
    {
        var named = new JsonObject { ["id"] = id };
        if (title is not null)
            named["title"] = title;
        return named;
    }

    private static JsonArray List(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode)text)]);
}
