using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace LtiMicroCred.Lti;

/// <summary>The one rule for addresses from outside: absolute, https (http for loopback hosts only), no user name, nothing that browsers and libraries read differently.</summary>
internal static class WebAddress
{
    private const int MaxLength = 4096;

    public static bool TryRead(string? text, [NotNullWhen(true)] out Uri? address)
    {
        address = null;
        if (string.IsNullOrEmpty(text) || text.Length > MaxLength || text.AsSpan().IndexOfAnyInRange('\0', ' ') >= 0 || text.Contains('\\', StringComparison.Ordinal))
            return false;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var read) || !IsAllowed(read))
            return false;

        address = read;
        return true;
    }

    public static bool IsAllowed(Uri address)
    {
        var schemeHolds = address.IsAbsoluteUri
            && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback));
        return schemeHolds && address.UserInfo.Length == 0 && address.Host.Length > 0;
    }

    /// <summary>As browsers write it in <c>Origin</c> and in messages: lower case, IDNA, without the scheme's own port.</summary>
    public static string OriginOf(Uri address) =>
        address.IsDefaultPort ? $"{address.Scheme}://{OriginHost(address)}" : string.Create(CultureInfo.InvariantCulture, $"{address.Scheme}://{OriginHost(address)}:{address.Port}");

    public static bool SameOrigin(Uri one, Uri other) =>
        one.Scheme == other.Scheme && one.Port == other.Port && string.Equals(one.IdnHost, other.IdnHost, StringComparison.OrdinalIgnoreCase);

    // Only an IPv6 address keeps its brackets in Host alone.
    private static string OriginHost(Uri address) => address.HostNameType == UriHostNameType.IPv6 ? address.Host : address.IdnHost;
}
