using Microsoft.IdentityModel.JsonWebTokens;

namespace LtiMicroCred.DemoLms.Lti;

/// <summary>The two time checks that Moodle makes, without leeway.</summary>
internal static class JwtTimes
{
    public static bool IsExpired(JsonWebToken token, DateTimeOffset now) =>
        token.TryGetPayloadValue<long>("exp", out var expires) && expires <= now.ToUnixTimeSeconds();

    public static DateTimeOffset? IssuedInFuture(JsonWebToken token, DateTimeOffset now) =>
        token.TryGetPayloadValue<long>("iat", out var issued) && issued > now.ToUnixTimeSeconds() && issued <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? DateTimeOffset.FromUnixTimeSeconds(issued)
            : null;
}
