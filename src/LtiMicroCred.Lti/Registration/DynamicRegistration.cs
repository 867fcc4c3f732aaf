using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace LtiMicroCred.Lti;

/// <summary>Registers the tool with a platform that started it (Dynamic Registration 1.0). Whether a registration may replace another is the host's to ask.</summary>
public sealed class DynamicRegistration
{
    private const string PlatformClaim = "https://purl.imsglobal.org/spec/lti-platform-configuration";

    private readonly PlatformHttp _http;

    internal DynamicRegistration(PlatformHttp http) => _http = http;

    /// <summary>Reads what the platform says of itself, from the address that it gave along.</summary>
    /// <exception cref="RegistrationException">With a sentence for the admin.</exception>
    public async Task<PlatformConfiguration> ReadConfigurationAsync(Uri openidConfiguration, CancellationToken cancellationToken)
    {
        if (!WebAddress.TryRead(openidConfiguration.OriginalString, out var address))
            throw new RegistrationException(RegistrationFailure.AddressNotAllowed, "the address of the platform's configuration is not an https address");

        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Accept.ParseAdd("application/json");
        var answer = await SendAsync(request, cancellationToken);
        if (!answer.IsSuccess)
            throw new RegistrationException(RegistrationFailure.BadConfiguration, $"{PlatformHttp.Place(address)} answered {answer.Status} instead of the platform's configuration");
        if (!StrictJson.TryParse(answer.Body, out var document))
            throw new RegistrationException(RegistrationFailure.BadConfiguration, $"{PlatformHttp.Place(address)} did not answer with JSON");

        using (document)
            return Read(document.RootElement, address);
    }

    /// <summary>Asks the platform to register the tool. Not idempotent: platforms register it once more each time.</summary>
    /// <param name="platform">As read from the platform itself.</param>
    /// <param name="registrationToken">Sent only if the platform gave one.</param>
    /// <param name="tool">What to register.</param>
    /// <param name="cancellationToken">Ends the request; the platform may have registered the tool all the same.</param>
    /// <exception cref="RegistrationException">With a sentence for the admin.</exception>
    public async Task<RegisteredTool> RegisterAsync(PlatformConfiguration platform, string? registrationToken, ToolRegistration tool, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, platform.RegistrationEndpoint) { Content = new ByteArrayContent(tool.ToJson(platform)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Accept.ParseAdd("application/json");
        if (!string.IsNullOrEmpty(registrationToken))
            request.Headers.Authorization = Bearer(registrationToken);

        var answer = await SendAsync(request, cancellationToken);
        if (!answer.IsSuccess)
            throw new RegistrationException(RegistrationFailure.Refused, $"the platform refused the registration with {answer.Status}: {PlainText.Of(Encoding.UTF8.GetString(answer.Body), 200) ?? "no reason given"}");
        if (!StrictJson.TryParse(answer.Body, out var document))
            throw new RegistrationException(RegistrationFailure.BadAnswer, "the platform's answer to the registration is not JSON");

        using (document)
            return Read(document.RootElement, platform, tool);
    }

    private static PlatformConfiguration Read(JsonElement json, Uri address)
    {
        // Dynamic Registration 3.5.1: the issuer's host must be the one that serves the configuration, or anyone could speak for it.
        if (json.Text("issuer") is not { Length: <= 255 } issuer || !WebAddress.TryRead(issuer, out var issuerAddress))
            throw new RegistrationException(RegistrationFailure.BadConfiguration, "the platform's configuration has no issuer that is an https address");
        if (!string.Equals(issuerAddress.Authority, address.Authority, StringComparison.OrdinalIgnoreCase))
            throw new RegistrationException(RegistrationFailure.IssuerMismatch, $"the configuration comes from {address.Authority}, but its issuer is {issuerAddress.Authority}");

        var platform = json.TryGetProperty(PlatformClaim, out var claim) ? claim : default;
        return new PlatformConfiguration
        {
            Issuer = issuer,
            AuthorizationEndpoint = Endpoint(json, "authorization_endpoint"),
            TokenEndpoint = Endpoint(json, "token_endpoint"),
            JwksUri = Endpoint(json, "jwks_uri"),
            RegistrationEndpoint = Endpoint(json, "registration_endpoint"),
            AuthorizationServer = json.Text("authorization_server") is { Length: > 0 and <= 2000 } server ? server : null,
            ScopesSupported = json.Texts("scopes_supported"),
            ClaimsSupported = json.Texts("claims_supported"),
            Algorithms = Algorithms(json),
            ProductFamilyCode = platform.Text("product_family_code"),
            Version = platform.Text("version"),
            Messages = Messages(platform, "messages_supported"),
            Variables = platform.Texts("variables"),
            NoticeTypes = platform.Texts("notice_types_supported"),
        };
    }

    // Security Framework 6.1: of what the platform signs with, what is taken here; RS256 is what every platform must offer.
    private static string[] Algorithms(JsonElement json)
    {
        var offered = json.Texts("id_token_signing_alg_values_supported");
        string[] taken = offered.Count == 0 ? ["RS256"] : [.. LaunchValidator.KnownAlgorithms.Where(known => offered.Contains(known, StringComparer.Ordinal))];
        return taken.Length > 0
            ? taken
            : throw new RegistrationException(RegistrationFailure.BadConfiguration, $"the platform signs its id_tokens with none of {string.Join(", ", LaunchValidator.KnownAlgorithms)}");
    }

    private static RegisteredTool Read(JsonElement json, PlatformConfiguration platform, ToolRegistration tool)
    {
        if (json.TextOrNumber("client_id") is not { Length: > 0 and <= 255 } clientId)
            throw new RegistrationException(RegistrationFailure.BadAnswer, "the platform's answer to the registration has no client_id of at most 255 characters");

        var configuration = json.TryGetProperty(ToolRegistration.ClaimName, out var claim) ? claim : default;
        var deploymentId = configuration.TextOrNumber("deployment_id");
        // Core 5.3.3: at most 255 characters.
        if (deploymentId is { Length: > 255 })
            throw new RegistrationException(RegistrationFailure.BadAnswer, "the platform's answer to the registration has a deployment_id of more than 255 characters");

        return new RegisteredTool(clientId, string.IsNullOrEmpty(deploymentId) ? null : deploymentId, platform)
        {
            RegistrationClientUri = WebAddress.TryRead(json.Text("registration_client_uri"), out var address) ? address : null,
            MissingScopes = json.Text("scope") is { } granted ? Missing(tool.ScopesFor(platform), granted.Split(' ')) : [],
            MissingMessages = Messages(configuration, "messages") is { Length: > 0 } messages ? Missing(tool.TypesFor(platform), [.. messages.Select(message => message.Type), ToolMessage.ResourceLink.Type]) : [],
        };
    }

    private static string[] Missing(IEnumerable<string> asked, IEnumerable<string> granted) => [.. asked.Except(granted, StringComparer.Ordinal)];

    private static Uri Endpoint(JsonElement json, string name) => WebAddress.TryRead(json.Text(name), out var address)
        ? address
        : throw new RegistrationException(RegistrationFailure.BadConfiguration, $"the platform's configuration has no {name} that is an https address");

    private static SupportedMessage[] Messages(JsonElement configuration, string name) =>
        configuration.ValueKind == JsonValueKind.Object && configuration.TryGetProperty(name, out var messages) && messages.ValueKind == JsonValueKind.Array
            ? [.. messages.EnumerateArray().Where(message => message.Text("type") is not null).Select(message => new SupportedMessage(message.Text("type")!, message.Texts("placements")))] // just filtered
            : [];

    private static AuthenticationHeaderValue Bearer(string token) => token.Length > 16384 || token.AsSpan().ContainsAnyExceptInRange('!', '~')
        ? throw new RegistrationException(RegistrationFailure.Refused, "the registration token that the platform gave cannot be sent")
        : new AuthenticationHeaderValue("Bearer", token);

    private async Task<PlatformAnswer> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await _http.SendAsync(request, cancellationToken);
        }
        catch (LtiServiceException failure)
        {
            throw new RegistrationException(failure.Failure == ServiceFailure.AddressRefused ? RegistrationFailure.AddressNotAllowed : RegistrationFailure.Unreachable, failure.Message, failure);
        }
    }
}
