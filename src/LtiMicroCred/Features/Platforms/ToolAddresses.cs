namespace LtiMicroCred.Features.Platforms;

/// <summary>The addresses of this tool that an LMS is told. Those of one registration are placeholders until a registration link exists.</summary>
internal sealed record ToolAddresses
{
    public required Uri PublicUrl { get; init; }
    public required string Jwks { get; init; }
    public required string Registration { get; init; }
    public required string CanvasJson { get; init; }

    public string Login => Base(PublicUrl) + "/lti/login";
    public string Launch => Base(PublicUrl) + "/lti/launch";
    public string Icon => Base(PublicUrl) + "/icon.svg";

    public static ToolAddresses Of(Uri publicUrl) => new()
    {
        PublicUrl = publicUrl,
        Jwks = Base(publicUrl) + "/lti/jwks/<registration>",
        Registration = Base(publicUrl) + "/register/<link>",
        CanvasJson = Base(publicUrl) + "/register/<link>/canvas.json",
    };

    public static ToolAddresses Of(Uri publicUrl, Guid platformId, string token) => new()
    {
        PublicUrl = publicUrl,
        Jwks = JwksOf(publicUrl, platformId),
        Registration = $"{Base(publicUrl)}/register/{token}",
        CanvasJson = $"{Base(publicUrl)}/register/{token}/canvas.json",
    };

    public static string JwksOf(Uri publicUrl, Guid platformId) => $"{Base(publicUrl)}/lti/jwks/{platformId:D}";

    private static string Base(Uri publicUrl) => publicUrl.AbsoluteUri.TrimEnd('/');
}
