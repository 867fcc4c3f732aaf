namespace LtiMicroCred.Features.Platforms;

/// <summary>The signatures of id_tokens that a registration may allow (Security Framework 6.1); none and shared secrets never.</summary>
internal static class SignatureAlgorithms
{
    public const string Default = "RS256";

    public static IReadOnlyList<string> All { get; } = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"];

    /// <summary>Those of the offered ones that we take, in our order; empty where none fits.</summary>
    public static IReadOnlyList<string> Among(IEnumerable<string> offered)
    {
        var names = offered.ToHashSet(StringComparer.Ordinal);
        return [.. All.Where(names.Contains)];
    }

    /// <summary>As a row keeps them.</summary>
    public static string ToText(IEnumerable<string> algorithms) => string.Join(' ', algorithms);

    public static IReadOnlyList<string> FromText(string text) => Among(text.Split(' '));
}
