using System.Buffers;
using System.Text.Json;

namespace LtiMicroCred.Lti;

/// <summary>What the tool asks a platform to register (Dynamic Registration, client registration). Each platform is asked only for what it offers.</summary>
public sealed record ToolRegistration
{
    internal const string ClaimName = "https://purl.imsglobal.org/spec/lti-tool-configuration";

    // Whoever may not tell them leaves them out of the launch.
    private static readonly string[] NeededClaims = ["iss", "sub"];

    /// <summary>What admins and teachers see.</summary>
    public required string ClientName { get; init; }

    /// <summary>One sentence.</summary>
    public required string Description { get; init; }

    /// <summary>The redirect_uri, and the target of links that name none.</summary>
    public required Uri LaunchUri { get; init; }

    /// <summary>Where the platform starts logins.</summary>
    public required Uri LoginUri { get; init; }

    /// <summary>Of this registration's keys: see <see cref="IToolKeys"/>.</summary>
    public required Uri JwksUri { get; init; }

    /// <summary>Square, best as PNG.</summary>
    public Uri? LogoUri { get; init; }

    /// <summary>The tool's home page.</summary>
    public Uri? ClientUri { get; init; }

    /// <summary>How it treats personal data.</summary>
    public Uri? PolicyUri { get; init; }

    /// <summary>Its terms of service.</summary>
    public Uri? TermsUri { get; init; }

    /// <summary>See <see cref="LtiScopes"/>; those that the platform does not list are not asked for.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = [];

    /// <summary>What launches should tell of the person, beside who it is; those that the platform does not list are not asked for.</summary>
    public IReadOnlyList<string> Claims { get; init; } = ["name", "given_name", "family_name", "email"];

    /// <summary>Sent back with every launch; values may hold variables such as <c>$Context.id.history</c>.</summary>
    public IReadOnlyDictionary<string, string> CustomParameters { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>In the order of importance; those that the platform does not offer are left out.</summary>
    public IReadOnlyList<ToolMessage> Messages { get; init; } = [ToolMessage.ResourceLink, ToolMessage.DeepLinking];

    /// <summary>Where the platform lists scopes, only those: some refuse a registration for one that they don't know.</summary>
    internal IReadOnlyList<string> ScopesFor(PlatformConfiguration platform) => Known(Scopes, platform.ScopesSupported);

    /// <summary>The types that this platform is asked for.</summary>
    internal IReadOnlyList<string> TypesFor(PlatformConfiguration platform) => [.. Messages.Where(message => message.For(platform) is not null).Select(message => message.Type).Distinct(StringComparer.Ordinal)];

    internal byte[] ToJson(PlatformConfiguration platform)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("application_type", "web");
            WriteList(json, "response_types", ["id_token"]);
            WriteList(json, "grant_types", ["implicit", "client_credentials"]);
            json.WriteString("initiate_login_uri", LoginUri.OriginalString);
            WriteList(json, "redirect_uris", [LaunchUri.OriginalString]);
            json.WriteString("client_name", ClientName);
            json.WriteString("jwks_uri", JwksUri.OriginalString);
            WriteAddress(json, "logo_uri", LogoUri);
            WriteAddress(json, "client_uri", ClientUri);
            WriteAddress(json, "policy_uri", PolicyUri);
            WriteAddress(json, "tos_uri", TermsUri);
            json.WriteString("token_endpoint_auth_method", "private_key_jwt");
            json.WriteString("scope", string.Join(' ', ScopesFor(platform)));
            WriteToolConfiguration(json, platform);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static IReadOnlyList<string> Known(IReadOnlyList<string> wanted, IReadOnlyList<string> supported) =>
        supported.Count == 0 ? wanted : [.. wanted.Where(name => supported.Contains(name, StringComparer.Ordinal))];

    private void WriteToolConfiguration(Utf8JsonWriter json, PlatformConfiguration platform)
    {
        json.WriteStartObject(ClaimName);
        // Moodle compares the domain with the target link, port included.
        json.WriteString("domain", LaunchUri.Authority);
        json.WriteString("description", Description);
        json.WriteString("target_link_uri", LaunchUri.OriginalString);
        WriteParameters(json, CustomParameters);
        WriteList(json, "claims", [.. NeededClaims, .. Known(Claims, platform.ClaimsSupported)]);
        json.WriteStartArray("messages");
        foreach (var message in Messages)
        {
            if (message.For(platform) is { } placements)
                WriteMessage(json, message, placements);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void WriteMessage(Utf8JsonWriter json, ToolMessage message, IReadOnlyList<string> placements)
    {
        json.WriteStartObject();
        json.WriteString("type", message.Type);
        json.WriteString("target_link_uri", (message.TargetLinkUri ?? LaunchUri).OriginalString);
        json.WriteString("label", message.Label ?? ClientName);
        WriteAddress(json, "icon_uri", message.IconUri ?? LogoUri);
        if (placements.Count > 0)
            WriteList(json, "placements", placements);
        if (message.Roles.Count > 0)
            WriteList(json, "roles", message.Roles);
        if (message.CustomParameters.Count > 0)
            WriteParameters(json, message.CustomParameters);
        json.WriteEndObject();
    }

    private static void WriteParameters(Utf8JsonWriter json, IReadOnlyDictionary<string, string> parameters)
    {
        json.WriteStartObject("custom_parameters");
        foreach (var (name, value) in parameters)
            json.WriteString(name, value);
        json.WriteEndObject();
    }

    private static void WriteAddress(Utf8JsonWriter json, string name, Uri? address)
    {
        if (address is not null)
            json.WriteString(name, address.OriginalString);
    }

    private static void WriteList(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteStringValue(value);
        json.WriteEndArray();
    }
}
