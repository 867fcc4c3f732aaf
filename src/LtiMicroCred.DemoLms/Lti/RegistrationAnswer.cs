using System.Text.Json.Nodes;

namespace LtiMicroCred.DemoLms.Lti;

/// <summary>The registered client as the LMS describes it back.</summary>
internal static class RegistrationAnswer
{
    public static JsonObject For(Tool tool, RegistrationRequest request, bool likeMoodle) => new()
    {
        ["client_id"] = tool.ClientId,
        ["response_types"] = new JsonArray("id_token"),
        ["jwks_uri"] = tool.JwksUri,
        ["initiate_login_uri"] = tool.InitiateLoginUri,
        ["grant_types"] = new JsonArray("client_credentials", "implicit"),
        ["redirect_uris"] = JsonLists.Of(tool.RedirectUris),
        ["application_type"] = "web",
        ["token_endpoint_auth_method"] = "private_key_jwt",
        ["client_name"] = tool.Name,
        ["logo_uri"] = request.LogoUri,
        ["scope"] = string.Join(' ', likeMoodle ? MoodleScopes(tool) : tool.Scopes),
        [Claims.ToolConfiguration] = Configuration(tool, request, likeMoodle),
    };

    /// <summary>Moodle names every grade scope as soon as one is granted: only the token answer tells the truth.</summary>
    private static IEnumerable<string> MoodleScopes(Tool tool) =>
        (tool.Scopes.Any(scope => Scopes.Grades.Contains(scope, StringComparer.Ordinal)) ? Scopes.GradesAsAnswered : [])
            .Concat(tool.Scopes.Where(scope => scope == Scopes.Memberships));

    private static JsonObject Configuration(Tool tool, RegistrationRequest request, bool likeMoodle)
    {
        var configuration = new JsonObject
        {
            ["version"] = "1.3.0",
            ["deployment_id"] = tool.Id,
            ["target_link_uri"] = tool.TargetLinkUri,
            ["domain"] = request.Domain,
            ["description"] = tool.Description,
        };
        var messages = Messages(tool, likeMoodle);
        if (messages.Count > 0)
            configuration["messages"] = messages;
        if (tool.Custom.Count > 0)
            configuration["custom_parameters"] = new JsonObject(tool.Custom.Select(pair =>
                KeyValuePair.Create<string, JsonNode?>(pair.Key, likeMoodle ? UpToEquals(pair.Value) : pair.Value)));
        configuration["claims"] = ClaimNames(tool);
        return configuration;
    }

    /// <summary>Moodle answers with the value cut at its first equals sign, though launches carry all of it.</summary>
    private static string UpToEquals(string value) => value.Split('=')[0];

    private static JsonArray Messages(Tool tool, bool likeMoodle)
    {
        var messages = new JsonArray();
        if (!likeMoodle)
            messages.Add((JsonNode)new JsonObject { ["type"] = Lti.Messages.ResourceLink });
        if (tool.DeepLinkingUri is { } target)
            messages.Add((JsonNode)new JsonObject { ["type"] = Lti.Messages.DeepLinking, ["target_link_uri"] = target.Length > 0 || likeMoodle ? target : tool.TargetLinkUri });
        if (tool.SubmissionReviewUri is { } review)
            messages.Add((JsonNode)new JsonObject { ["type"] = Lti.Messages.SubmissionReview, ["target_link_uri"] = review.Length > 0 ? review : tool.TargetLinkUri });
        return messages;
    }

    private static JsonArray ClaimNames(Tool tool)
    {
        var names = new JsonArray("sub", "iss");
        if (tool.ReceivesNames)
        {
            names.Add("name");
            names.Add("family_name");
            names.Add("given_name");
        }
        if (tool.ReceivesEmail)
            names.Add("email");
        return names;
    }
}
