using System.Diagnostics.CodeAnalysis;

namespace LtiMicroCred.Features.Platforms;

/// <summary>A registration as a person typed it, on the page or on the command line. Kept as it is, so that a mistake costs one field and not all of them.</summary>
internal sealed record TypedPlatform
{
    /// <summary>Stands for the client_id in an address, where the LMS makes its address of it.</summary>
    public const string ClientIdHole = "{client_id}";

    private const int MostDeployments = 20;

    public string? Issuer { get; init; }
    public string? ClientId { get; init; }
    public string? Authorization { get; init; }
    public string? Token { get; init; }
    public string? Jwks { get; init; }
    public string? AuthorizationServer { get; init; }

    /// <summary>One a line.</summary>
    public string? Deployments { get; init; }
    public IReadOnlyList<string> Algorithms { get; init; } = [];
    public string? Name { get; init; }

    /// <summary>Reads all of it, or names each field that cannot be read.</summary>
    /// <param name="product">The LMS, as launches name it; null where it is none that we know.</param>
    public PlatformFacts? Read(string? product, out IReadOnlyList<string> problems)
    {
        var wrong = new List<string>();
        var clientId = Require(wrong, "client_id", ClientId, IsPlainId);
        var issuer = Require(wrong, "issuer", Issuer, text => text.Length <= 255 && IsAddress(text, out var url) && url.Query.Length == 0);
        var authorization = RequireAddress(wrong, "authorization", Authorization, clientId);
        var token = RequireAddress(wrong, "token", Token, clientId);
        var jwks = RequireAddress(wrong, "jwks", Jwks, clientId);
        var server = Optional(wrong, "authorization_server", AuthorizationServer, text => text.Length <= 2000 && !text.Any(IsBlankOrControl));
        var name = Optional(wrong, "name", Name, text => text.Length <= 100 && !text.Any(char.IsControl));
        var deployments = (Deployments ?? "").Split(['\n', '\r'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.Ordinal).ToList();
        if (deployments.Count > MostDeployments || deployments.Exists(d => d.Length > 255 || d.Any(char.IsControl)))
            wrong.Add("deployments");
        var algorithms = SignatureAlgorithms.Among(Algorithms);
        if (algorithms.Count == 0 || algorithms.Count != Algorithms.Distinct(StringComparer.Ordinal).Count())
            wrong.Add("algorithms");

        problems = wrong;
        return wrong.Count > 0 ? null : new PlatformFacts
        {
            Issuer = issuer!, // each of these named its field where it is missing
            ClientId = clientId!,
            AuthorizationEndpoint = authorization!,
            TokenEndpoint = token!,
            JwksUri = jwks!,
            AuthorizationServer = server,
            Algorithms = algorithms,
            Name = name,
            ProductFamily = product,
            ByHand = true,
            DeploymentIds = deployments,
        };
    }

    private static string? Require(List<string> wrong, string field, string? text, Predicate<string> isGood)
    {
        var read = text?.Trim() ?? "";
        if (read.Length > 0 && isGood(read))
            return read;
        wrong.Add(field);
        return null;
    }

    private static string? Optional(List<string> wrong, string field, string? text, Predicate<string> isGood) =>
        string.IsNullOrWhiteSpace(text) ? null : Require(wrong, field, text, isGood);

    private static Uri? RequireAddress(List<string> wrong, string field, string? text, string? clientId)
    {
        // A missing client_id is one mistake, not two: the address is read as if there were one.
        var filled = text?.Replace(ClientIdHole, Uri.EscapeDataString(clientId ?? "client"), StringComparison.Ordinal);
        return Require(wrong, field, filled, t => IsAddress(t, out _)) is { } read ? new Uri(read) : null;
    }

    private static bool IsPlainId(string text) => text.Length <= 255 && !text.Any(IsBlankOrControl);

    private static bool IsBlankOrControl(char sign) => char.IsWhiteSpace(sign) || char.IsControl(sign);

    // Plain http is for this machine only, as with every address that we call.
    private static bool IsAddress(string text, [NotNullWhen(true)] out Uri? address) =>
        Uri.TryCreate(text, UriKind.Absolute, out address)
        && text.Length <= 2000 && !text.Any(IsBlankOrControl) && !text.Contains('\\', StringComparison.Ordinal) && !text.Contains('{', StringComparison.Ordinal)
        && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback))
        && address.Host.Length > 0 && address.UserInfo.Length == 0 && address.Fragment.Length == 0;
}
