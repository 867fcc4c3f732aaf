using System.Buffers;
using System.Text.Json;

namespace LtiMicroCred.Lti;

/// <summary>What the tool asks a platform to register (Dynamic Registration, client registration).</summary>
public sealed record ToolRegistration
{
    public required string ClientName { get; init; }

    public required string Description { get; init; }

    public required Uri LaunchUri { get; init; }

    public required Uri LoginUri { get; init; }

    public required Uri JwksUri { get; init; }

    public Uri? LogoUri { get; init; }

    public IReadOnlyList<string> Scopes { get; init; } = [];

    public IReadOnlyDictionary<string, string> CustomParameters { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Asks only for scopes that the platform knows, where it lists any: some refuse a registration for one that they don't know.</summary>
    internal byte[] ToJson(IReadOnlyList<string> scopesSupported)
    {
        var scopes = scopesSupported.Count == 0 ? Scopes : Scopes.Where(scope => scopesSupported.Contains(scope, StringComparer.Ordinal));
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("application_type", "web");
            WriteList(json, "response_types", "id_token");
            WriteList(json, "grant_types", "implicit", "client_credentials");
            json.WriteString("initiate_login_uri", LoginUri.OriginalString);
            WriteList(json, "redirect_uris", LaunchUri.OriginalString);
            json.WriteString("client_name", ClientName);
            json.WriteString("jwks_uri", JwksUri.OriginalString);
            if (LogoUri is not null)
                json.WriteString("logo_uri", LogoUri.OriginalString);
            json.WriteString("token_endpoint_auth_method", "private_key_jwt");
            json.WriteString("scope", string.Join(' ', scopes));
            WriteToolConfiguration(json);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private void WriteToolConfiguration(Utf8JsonWriter json)
    {
        json.WriteStartObject("https://purl.imsglobal.org/spec/lti-tool-configuration");
        // Moodle compares the domain with the target link, port included.
        json.WriteString("domain", LaunchUri.Authority);
        json.WriteString("description", Description);
        json.WriteString("target_link_uri", LaunchUri.OriginalString);
        json.WriteStartObject("custom_parameters");
        foreach (var (name, value) in CustomParameters)
            json.WriteString(name, value);
        json.WriteEndObject();
        WriteList(json, "claims", "iss", "sub", "name", "given_name", "family_name", "email");
        json.WriteStartArray("messages");
        WriteMessage(json, "LtiResourceLinkRequest", []);
        WriteMessage(json, "LtiDeepLinkingRequest", ["ContentArea"]);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void WriteMessage(Utf8JsonWriter json, string type, string[] placements)
    {
        json.WriteStartObject();
        json.WriteString("type", type);
        json.WriteString("target_link_uri", LaunchUri.OriginalString);
        json.WriteString("label", ClientName);
        if (placements.Length > 0)
            WriteList(json, "placements", placements);
        json.WriteEndObject();
    }

    private static void WriteList(Utf8JsonWriter json, string name, params ReadOnlySpan<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteStringValue(value);
        json.WriteEndArray();
    }
}

/// <summary>What came of it. Some platforms tell the deployment only in the first launch.</summary>
public sealed record RegisteredTool(string ClientId, string? DeploymentId, PlatformConfiguration Platform);
