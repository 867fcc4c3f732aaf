using LtiMicroCred.Lti;

namespace LtiMicroCred.Features.Platforms;

/// <summary>What an LMS has not, or did not grant, that somebody will miss. Optional extras are left out: without them nothing is lost.</summary>
internal enum Lacking
{
    Results,
    Columns,
    Members,
    Choosing,
}

internal static class LackingFeatures
{
    private static readonly (string Scope, Lacking Lacking)[] s_scopes = [(LtiScopes.ResultReadOnly, Lacking.Results), (LtiScopes.LineItem, Lacking.Columns), (LtiScopes.Memberships, Lacking.Members)];

    public static IReadOnlyList<Lacking> Of(RegisteredTool registered)
    {
        var platform = registered.Platform;
        var lacking = s_scopes.Where(needed => IsMissing(needed.Scope, platform.ScopesSupported, registered.MissingScopes)).Select(needed => needed.Lacking);
        return IsMissing(ToolMessage.DeepLinking.Type, [.. platform.Messages.Select(message => message.Type)], registered.MissingMessages) ? [.. lacking, Lacking.Choosing] : [.. lacking];
    }

    // An empty list means that the LMS does not say.
    private static bool IsMissing(string needed, IReadOnlyList<string> supported, IReadOnlyList<string> missing) =>
        (supported.Count > 0 && !supported.Contains(needed, StringComparer.Ordinal)) || missing.Contains(needed, StringComparer.Ordinal);
}
