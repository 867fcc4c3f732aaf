using System.Net;
using System.Net.Sockets;
using System.Text;

namespace LtiMicroCred.Lti;

/// <summary>The client for addresses that others chose: each resolved address is checked at the moment of connecting, so a name that changes its mind gains nothing.</summary>
public static class GuardedHttp
{
    private const int MostHeaderKilobytes = 64;

    /// <summary>No redirects, no cookies, no proxy, no decompression; answers, headers included, bounded in size and time. To be kept and shared.</summary>
    /// <exception cref="ArgumentException">When a network of the options is none.</exception>
    public static HttpClient Create(OutgoingOptions options) => Create(options, static (host, cancellationToken) => Dns.GetHostAddressesAsync(host, cancellationToken));

    internal static HttpClient Create(OutgoingOptions options, Func<string, CancellationToken, Task<IPAddress[]>> resolve)
    {
        var policy = new AddressPolicy(options);
#pragma warning disable CA2000 // the client owns its handlers
        var sockets = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            AutomaticDecompression = DecompressionMethods.None,
            MaxResponseHeadersLength = MostHeaderKilobytes,
            ConnectTimeout = options.Timeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            ActivityHeadersPropagator = null,
            // Moodle writes typographic quotes into its Link header, as UTF-8.
            ResponseHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
            ConnectCallback = (context, cancellationToken) => ConnectAsync(policy, resolve, context.DnsEndPoint, cancellationToken),
        };
        return new HttpClient(new SchemeGuard { InnerHandler = sockets })
        {
            Timeout = options.Timeout,
            MaxResponseContentBufferSize = Math.Min(options.MaxResponseBytes, int.MaxValue),
        };
#pragma warning restore CA2000
    }

    private static async ValueTask<Stream> ConnectAsync(AddressPolicy policy, Func<string, CancellationToken, Task<IPAddress[]>> resolve, DnsEndPoint endPoint, CancellationToken cancellationToken)
    {
        var addresses = await resolve(endPoint.Host, cancellationToken);
        // One bad address among good ones spoils them all: which of them is connected to is chance.
        var refused = Array.Find(addresses, address => !policy.Allows(endPoint.Host, address));
        if (refused is not null)
            throw new OutgoingRefusedException($"{endPoint.Host} is not on an allowed network");

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, endPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private sealed class SchemeGuard : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            request.RequestUri is { } address && WebAddress.IsAllowed(address)
                ? base.SendAsync(request, cancellationToken)
                : throw new OutgoingRefusedException("only https addresses without a user name are called; http for loopback hosts");
    }
}

/// <summary>An address that <see cref="GuardedHttp"/> does not call.</summary>
public sealed class OutgoingRefusedException(string message) : HttpRequestException(message);
