using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;

namespace LtiMicroCred.Lti.Tests.Support;

/// <summary>The answer to one login: valid as it is, each part open to be broken.</summary>
public sealed class LaunchAttempt
{
    private const string Lti = "https://purl.imsglobal.org/spec/lti/claim/";
    private readonly TestTool _tool;

    public LaunchAttempt(TestTool tool, LoginStart start)
    {
        _tool = tool;
        State = start.Parameter("state");
        Cookie = start.Cookie;
        Kept = start.Storage;
        Header = new JsonObject { ["typ"] = "JWT", ["alg"] = "RS256", ["kid"] = TestKeys.Platform.KeyId };
        Claims = new JsonObject
        {
            ["iss"] = tool.Platform.Issuer,
            ["aud"] = tool.Platform.ClientId,
            ["sub"] = "7",
            ["nonce"] = start.Parameter("nonce"),
            ["iat"] = tool.Clock.Now.ToUnixTimeSeconds(),
            ["exp"] = tool.Clock.Now.AddMinutes(1).ToUnixTimeSeconds(),
            [Lti + "message_type"] = "LtiResourceLinkRequest",
            [Lti + "version"] = "1.3.0",
            [Lti + "deployment_id"] = "1",
            [Lti + "target_link_uri"] = tool.Get<LtiOptions>().PublicUrl.AbsoluteUri,
            [Lti + "resource_link"] = new JsonObject { ["id"] = "link-1", ["title"] = "Quiz" },
            [Lti + "roles"] = new JsonArray("http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"),
        };
    }

    public JsonObject Header { get; }

    public JsonObject Claims { get; set; }

    public StateCookie? Cookie { get; set; }

    public string? State { get; set; }

    /// <summary>What the platform was asked to keep.</summary>
    public StateStorage? Kept { get; }

    /// <summary>What the form brings back of it.</summary>
    public string? Storage { get; set; }

    public string? Origin { get; set; }

    public Func<byte[], byte[]> Sign { get; set; } = TestKeys.Platform.Sign;

    /// <summary>Changes the finished token.</summary>
    public Func<string, string?> Token { get; set; } = token => token;

    /// <summary>Changes the payload's text before it is signed.</summary>
    public Func<string, string> Payload { get; set; } = payload => payload;

    /// <summary>Changes the header's text before it is signed.</summary>
    public Func<string, string> HeaderText { get; set; } = header => header;

    public string? Error { get; set; }

    public JsonNode? this[string claim]
    {
        get => Claims[Lti + claim];
        set => Claims[Lti + claim] = value;
    }

    public void Remove(string claim)
    {
        if (!Claims.Remove(Lti + claim) && !Claims.Remove(claim))
            throw new ArgumentException("no such claim", nameof(claim));
    }

    public LaunchAttempt AsDeepLinking()
    {
        this["message_type"] = "LtiDeepLinkingRequest";
        Remove("resource_link");
        Claims["https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"] = new JsonObject
        {
            ["deep_link_return_url"] = "https://lms.example/return",
            ["accept_types"] = new JsonArray("ltiResourceLink"),
            ["accept_presentation_document_targets"] = new JsonArray("iframe"),
            ["data"] = "opaque <&> data",
        };
        return this;
    }

    public LaunchAttempt AsSubmissionReview()
    {
        this["message_type"] = "LtiSubmissionReviewRequest";
        this["for_user"] = new JsonObject { ["user_id"] = "8", ["person_sourcedid"] = "sis-8", ["name"] = "Ada Lovelace", ["roles"] = new JsonArray("Learner") };
        Claims["https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"] = new JsonObject { ["scope"] = new JsonArray(LtiScopes.ResultReadOnly), ["lineitem"] = "https://lms.example/items/1" };
        return this;
    }

    public string MakeToken()
    {
        var signed = Encode(Encoding.UTF8.GetBytes(HeaderText(Header.ToJsonString()))) + "." + Encode(Encoding.UTF8.GetBytes(Payload(Claims.ToJsonString())));
        return signed + "." + Encode(Sign(Encoding.ASCII.GetBytes(signed)));
    }

    public Task<ValidLaunch> SendAsync()
    {
        return _tool.Get<LaunchValidator>().ValidateAsync(Form(), SentCookie, CancellationToken.None);
    }

    /// <summary>What the host would ask the platform for.</summary>
    public Task<StateStorage?> AskAsync() => _tool.Get<LaunchValidator>().AskStorageAsync(Form(), SentCookie, CancellationToken.None);

    public async Task<LtiException> RefusedAsync(LtiError error)
    {
        var refusal = await Should.ThrowAsync<LtiException>(SendAsync);
        refusal.Error.ShouldBe(error, refusal.Message);
        return refusal;
    }

    private LaunchForm Form() => new() { IdToken = Token(MakeToken()), State = State, Error = Error, Storage = Storage, Origin = Origin };

    private string? SentCookie(string name) => name == Cookie?.Name ? Cookie.Value : null;

    private static string Encode(byte[] bytes) => Base64Url.EncodeToString(bytes);
}
