using System.Text.Json;
using System.Text.Json.Nodes;

namespace LtiMicroCred.DemoLms.Lti;

/// <summary>What a tool asks for, checked.</summary>
internal sealed record RegistrationRequest
{
    private const int MaxText = 1000;

    public required string Name { get; init; }

    public required string InitiateLoginUri { get; init; }

    public required IReadOnlyList<string> RedirectUris { get; init; }

    public required string JwksUri { get; init; }

    public required string LogoUri { get; init; }

    public required IReadOnlyList<string> Scopes { get; init; }

    public required string Domain { get; init; }

    public required string Description { get; init; }

    public required string TargetLinkUri { get; init; }

    public required IReadOnlyList<KeyValuePair<string, string>> Custom { get; init; }

    public required IReadOnlyList<string> Claims { get; init; }

    /// <summary>Null when deep linking is not asked for.</summary>
    public required string? DeepLinkingUri { get; init; }

    /// <summary>Null when submission review is not asked for.</summary>
    public required string? SubmissionReviewUri { get; init; }

    /// <exception cref="RegistrationException">Something is missing or wrong.</exception>
    public static RegistrationRequest Read(JsonObject body)
    {
        if (body[Lti.Claims.ToolConfiguration] is not JsonObject tool)
            throw RegistrationException.Metadata("missing required attribute lti-tool-configuration");
        var redirects = Texts(body, "redirect_uris");
        if (redirects.Count == 0)
            throw RegistrationException.Metadata("missing required attribute redirect_uris");
        if (!redirects.All(Answers.IsWebAddress))
            throw RegistrationException.Metadata("invalid redirect_uris");
        var target = Address(tool, "target_link_uri");
        var domain = Text(tool, "domain");
        if (domain.Length == 0)
            throw RegistrationException.Metadata("missing_domain");
        if (!IsBelow(new Uri(target).Authority, domain))
            throw RegistrationException.Metadata("domain_targetlinkuri_mismatch");
        return new RegistrationRequest
        {
            Name = Required(body, "client_name"),
            InitiateLoginUri = Address(body, "initiate_login_uri"),
            RedirectUris = redirects,
            JwksUri = Address(body, "jwks_uri"),
            LogoUri = Text(body, "logo_uri"),
            Scopes = Text(body, "scope").Split(' ', StringSplitOptions.RemoveEmptyEntries),
            Domain = domain,
            Description = Text(tool, "description"),
            TargetLinkUri = target,
            Custom = CustomOf(tool["custom_parameters"]),
            Claims = Texts(tool, "claims"),
            DeepLinkingUri = TargetOf(tool, Messages.DeepLinking),
            SubmissionReviewUri = TargetOf(tool, Messages.SubmissionReview),
        };
    }

    public Tool ToTool(string id, string clientId, bool likeMoodle) => new()
    {
        Id = id,
        ClientId = clientId,
        Name = Name,
        Description = Description,
        InitiateLoginUri = InitiateLoginUri,
        RedirectUris = RedirectUris,
        JwksUri = JwksUri,
        TargetLinkUri = TargetLinkUri,
        DeepLinkingUri = DeepLinkingUri,
        // Moodle 4.5 starts no such launch.
        SubmissionReviewUri = likeMoodle ? null : SubmissionReviewUri,
        Custom = Custom,
        ReceivesNames = Claims.Any(claim => claim is "name" or "given_name" or "family_name"),
        ReceivesEmail = Claims.Contains("email", StringComparer.Ordinal),
        Scopes = Lti.Scopes.Grant(Scopes, likeMoodle),
    };

    /// <summary>Values as text: 5 becomes "5", nothing becomes "".</summary>
    internal static IReadOnlyList<KeyValuePair<string, string>> CustomOf(JsonNode? node) =>
        node is JsonObject values
            ? [.. values.Take(50).Where(pair => pair.Key.Length <= MaxText).Select(pair => KeyValuePair.Create(pair.Key, AsText(pair.Value)))]
            : [];

    internal static string AsText(JsonNode? node) => node switch
    {
        null => "",
        JsonValue value when value.GetValueKind() == JsonValueKind.String => Cut(value.GetValue<string>()),
        _ => Cut(node.ToJsonString()),
    };

    private static string Cut(string text) => text.Length <= MaxText ? text : text[..MaxText];

    private static bool IsBelow(string authority, string domain) =>
        authority.Equals(domain, StringComparison.OrdinalIgnoreCase) || authority.EndsWith("." + domain, StringComparison.OrdinalIgnoreCase);

    /// <returns>Null when the message is not asked for; empty when no address is named for it.</returns>
    private static string? TargetOf(JsonObject tool, string messageType)
    {
        var message = (tool["messages"] as JsonArray)?.OfType<JsonObject>().FirstOrDefault(entry => Text(entry, "type") == messageType);
        if (message is null)
            return null;
        var target = Text(message, "target_link_uri");
        return target.Length == 0 || Answers.IsWebAddress(target) ? target : throw RegistrationException.Metadata("invalid target_link_uri");
    }

    private static string Address(JsonObject body, string name)
    {
        var text = Required(body, name);
        return Answers.IsWebAddress(text) ? text : throw RegistrationException.Metadata("invalid " + name);
    }

    private static string Required(JsonObject body, string name)
    {
        var text = Text(body, name);
        return text.Length > 0 ? text : throw RegistrationException.Metadata("missing required attribute " + name);
    }

    private static string Text(JsonObject body, string name) =>
        body[name] is JsonValue value && value.GetValueKind() == JsonValueKind.String ? AsText(value) : "";

    private static IReadOnlyList<string> Texts(JsonObject body, string name) =>
        body[name] is JsonArray list ? [.. list.OfType<JsonValue>().Where(value => value.GetValueKind() == JsonValueKind.String).Take(50).Select(AsText)] : [];
}
