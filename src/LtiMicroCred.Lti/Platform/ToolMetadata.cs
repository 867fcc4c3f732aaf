using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace LtiMicroCred.Lti;

/// <summary>What a tool says of itself when it registers with this platform (RFC 7591 2, Dynamic Registration 3.6).</summary>
public sealed record ToolMetadata
{
    /// <summary>A longer body need not be read to its end.</summary>
    public const int MostBytes = 64 * 1024;

    private const int MostRedirects = 20;

    /// <summary>1 to 200 characters, in one line.</summary>
    public required string Name { get; init; }

    /// <summary>Where logins begin, as the tool wrote it.</summary>
    public required Uri LoginUri { get; init; }

    /// <summary>As the tool wrote them.</summary>
    public required IReadOnlyList<string> RedirectUris { get; init; }

    /// <summary>Where the tool's keys are.</summary>
    public required Uri JwksUri { get; init; }

    /// <summary>Where launches end that name no other place.</summary>
    public required Uri TargetLinkUri { get; init; }

    /// <summary>Those scopes that the tool asks for, known here or not.</summary>
    public required IReadOnlyList<string> Scopes { get; init; }

    /// <summary>For a tool that a person registers: the same checks.</summary>
    /// <exception cref="ToolRefusedException">With the code of the first check that failed.</exception>
    public static ToolMetadata ByHand(string? name, string? loginUri, IEnumerable<string> redirectUris, string? jwksUri, string? targetLinkUri) => Read(Encoding.UTF8.GetBytes(new JsonObject
    {
        ["client_name"] = name,
        ["initiate_login_uri"] = loginUri,
        ["redirect_uris"] = new JsonArray([.. redirectUris.Select(uri => (JsonNode)uri)]),
        ["jwks_uri"] = jwksUri,
        [ToolRegistration.ClaimName] = new JsonObject { ["target_link_uri"] = targetLinkUri },
    }.ToJsonString()));

    /// <exception cref="ToolRefusedException">With the code of the first check that failed.</exception>
    public static ToolMetadata Read(ReadOnlyMemory<byte> body)
    {
        // RFC 7591 3.1: a JSON object.
        if (body.Length > MostBytes || !StrictJson.TryParse(body, out var document))
            throw new ToolRefusedException(ToolRefusal.MalformedRegistration, "the registration is not JSON with distinct names") { Expected = $"JSON of at most {MostBytes} bytes", Spec = "RFC 7591 3.1" };
        using (document)
        {
            var json = document.RootElement;
            if (json.ValueKind != JsonValueKind.Object)
                throw new ToolRefusedException(ToolRefusal.MalformedRegistration, "the registration is not a JSON object") { Expected = "an object", Got = json.ValueKind.ToString(), Spec = "RFC 7591 3.1" };

            var configuration = json.TryGetProperty(ToolRegistration.ClaimName, out var claim) ? claim : default;
            RequireTokenMethod(json);
            return new ToolMetadata
            {
                Name = RequireName(json),
                LoginUri = RequireAddress(json, "initiate_login_uri"),
                RedirectUris = RequireRedirects(json),
                JwksUri = RequireAddress(json, "jwks_uri"),
                TargetLinkUri = RequireAddress(configuration, "target_link_uri"),
                Scopes = (json.Text("scope") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries),
            };
        }
    }

    /// <summary>The answer to the tool (Dynamic Registration 3.7): what was registered, which may be less than what was asked for.</summary>
    /// <param name="tool">As registered.</param>
    /// <param name="deploymentId">Of every launch of it.</param>
    public byte[] ToAnswer(ToolClient tool, string deploymentId) => Encoding.UTF8.GetBytes(new JsonObject
    {
        ["client_id"] = tool.ClientId,
        ["application_type"] = "web",
        ["grant_types"] = new JsonArray("client_credentials", "implicit"),
        ["response_types"] = new JsonArray("id_token"),
        ["client_name"] = Name,
        ["initiate_login_uri"] = LoginUri.OriginalString,
        ["redirect_uris"] = new JsonArray([.. RedirectUris.Select(uri => (JsonNode)uri)]),
        ["jwks_uri"] = JwksUri.OriginalString,
        ["token_endpoint_auth_method"] = TokenRequest.Method,
        ["scope"] = string.Join(' ', tool.Scopes),
        [ToolRegistration.ClaimName] = new JsonObject
        {
            ["deployment_id"] = deploymentId,
            ["domain"] = TargetLinkUri.Host,
            ["target_link_uri"] = TargetLinkUri.OriginalString,
            ["claims"] = new JsonArray("iss", "sub", "name"),
            ["messages"] = new JsonArray(new JsonObject { ["type"] = "LtiResourceLinkRequest", ["target_link_uri"] = TargetLinkUri.OriginalString }),
        },
    }.ToJsonString());

    // Dynamic Registration 3.6: client_name is what people are shown.
    private static string RequireName(JsonElement json) => PlainText.Of(json.Text("client_name"), 200)
        ?? throw new ToolRefusedException(ToolRefusal.MissingName, "the registration has no client_name") { Parameter = "client_name", Expected = "client_name", Spec = "Dynamic Registration 3.6" };

    // Security Framework 4.1: tools prove themselves by a signed assertion; Security Framework 6.1: which is the one way here.
    private static void RequireTokenMethod(JsonElement json)
    {
        if (json.Text("token_endpoint_auth_method") is { } method && method != TokenRequest.Method)
            throw new ToolRefusedException(ToolRefusal.WrongTokenMethod, "the tool would not sign its token requests") { Expected = TokenRequest.Method, Got = method, Spec = "Security Framework 4.1" };
    }

    // RFC 7591 5: each redirect_uri is absolute and protected; a launch is posted to no other.
    private static IReadOnlyList<string> RequireRedirects(JsonElement json)
    {
        var redirects = json.Texts("redirect_uris");
        if (redirects.Count is 0 or > MostRedirects || redirects.Any(uri => !WebAddress.TryRead(uri, out var address) || address.Fragment.Length > 0))
            throw new ToolRefusedException(ToolRefusal.WrongRegisteredRedirect, "the redirect_uris are not usable web addresses") { Parameter = "redirect_uris", Expected = $"1 to {MostRedirects} absolute https addresses without fragment", Got = redirects.FirstOrDefault(), Spec = "RFC 7591 5" };
        return redirects;
    }

    // Dynamic Registration 3.6: these three are required.
    private static Uri RequireAddress(JsonElement json, string name) => WebAddress.TryRead(json.Text(name), out var address)
        ? address
        : throw new ToolRefusedException(ToolRefusal.WrongAddress, $"the registration has no usable {name}") { Parameter = name, Expected = "an absolute https address", Got = json.Text(name), Spec = "Dynamic Registration 3.6" };
}
