namespace LtiMicroCred.Features.Platforms;

/// <summary>An LMS that has a page of its own on how to connect it, with what is the same for all its customers.</summary>
internal sealed record Lms(string Id, string Name)
{
    public string? Issuer { get; init; }
    public string? Authorization { get; init; }
    public string? Token { get; init; }
    public string? Jwks { get; init; }
    public string? AuthorizationServer { get; init; }

    /// <summary>As launches and registrations name it; null where it says nothing.</summary>
    public string? Product { get; init; }

    public static IReadOnlyList<Lms> All { get; } =
    [
        new("moodle", "Moodle") { Product = "moodle" },
        new("canvas", "Canvas")
        {
            Product = "canvas",
            Issuer = "https://canvas.instructure.com",
            Authorization = "https://sso.canvaslms.com/api/lti/authorize_redirect",
            Token = "https://sso.canvaslms.com/login/oauth2/token",
            Jwks = "https://sso.canvaslms.com/api/lti/security/jwks",
        },
        new("blackboard", "Blackboard")
        {
            Product = "BlackboardLearn",
            Issuer = "https://blackboard.com",
            Authorization = "https://developer.blackboard.com/api/v1/gateway/oidcauth",
            Token = "https://developer.blackboard.com/api/v1/gateway/oauth2/jwttoken",
            Jwks = $"https://developer.blackboard.com/api/v1/management/applications/{TypedPlatform.ClientIdHole}/jwks.json",
        },
        new("brightspace", "Brightspace")
        {
            Product = "desire2learn",
            Token = "https://auth.brightspace.com/core/connect/token",
            AuthorizationServer = "https://api.brightspace.com/auth/token",
        },
        new("sakai", "Sakai") { Product = "sakai" },
        new("open-edx", "Open edX") { Product = "Open edX" },
        new("other", "Another LMS"),
    ];

    /// <summary>True for an LMS that all its customers reach at one issuer, with the addresses that are known of it.</summary>
    public static bool IsShared(PlatformFacts facts) => All.FirstOrDefault(lms => lms.Issuer == facts.Issuer) is { } shared
        && (shared.Prefilled with { ClientId = facts.ClientId }).Read(shared.Product, out _) is { } known
        && (known.AuthorizationEndpoint, known.TokenEndpoint, known.JwksUri) == (facts.AuthorizationEndpoint, facts.TokenEndpoint, facts.JwksUri);

    public static Lms? Find(string? id) => All.FirstOrDefault(lms => lms.Id == id);

    /// <summary>The form before anything is typed.</summary>
    public TypedPlatform Prefilled => new()
    {
        Issuer = Issuer,
        Authorization = Authorization,
        Token = Token,
        Jwks = Jwks,
        AuthorizationServer = AuthorizationServer,
        Algorithms = [SignatureAlgorithms.Default],
    };
}
