using System.Net;
using System.Net.Sockets;

namespace LtiMicroCred.Lti;

/// <summary>Decides which network addresses may be connected to.</summary>
internal sealed class AddressPolicy(OutgoingOptions options)
{
    // Link-local, "this host", multicast, reserved, and the fixed addresses where clouds hand out their secrets.
    private static readonly IPNetwork[] Never = Networks(
        "0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32",
        "::/128", "fe80::/10", "ff00::/8", "fd00:ec2::/32", "fd20:ce::254/128");

    // RFC 6890 and its successors: everything that isn't reachable for all of the Internet.
    private static readonly IPNetwork[] NotPublic = Networks(
        "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "::1/128", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16", "fc00::/7", "fec0::/10");

    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");
    private static readonly IPNetwork Translated = IPNetwork.Parse("::ffff:0:0:0/96");
    private static readonly IPNetwork SixToFour = IPNetwork.Parse("2002::/16");
    private static readonly IPNetwork Compatible = IPNetwork.Parse("::/96");

    private readonly IPNetwork[] _allowed = Networks([.. options.AllowedNetworks]);

    public bool Allows(string host, IPAddress address)
    {
        var meant = Meant(address);
        if (Contains(Never, meant))
            return false;

        return !Contains(NotPublic, meant)
            || options.AllowPrivateNetworks
            || options.AllowedHosts.Contains(host, StringComparer.OrdinalIgnoreCase)
            || Contains(_allowed, meant);
    }

    /// <summary>The IPv4 address that an IPv6 form carries inside; else the address itself.</summary>
    private static IPAddress Meant(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address;
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();

        var bytes = address.GetAddressBytes();
        if (SixToFour.Contains(address))
            return new IPAddress(bytes.AsSpan(2, 4));

        var carriesIpv4 = Nat64.Contains(address)
            || Translated.Contains(address)
            || (Compatible.Contains(address) && !address.Equals(IPAddress.IPv6Loopback) && !address.Equals(IPAddress.IPv6Any));
        return carriesIpv4 ? new IPAddress(bytes.AsSpan(12, 4)) : address;
    }

    private static bool Contains(IPNetwork[] networks, IPAddress address) => Array.Exists(networks, network => network.Contains(address));

    private static IPNetwork[] Networks(params string[] texts) => Array.ConvertAll(texts, text => IPNetwork.TryParse(text, out var network)
        ? network
        : throw new ArgumentException($"'{text}' is not a network in CIDR notation such as 10.20.0.0/16", nameof(texts)));
}
