using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace LtiMicroCred.Tests.Hostile;

/// <summary>One TCP connection on which anything can be sent, HTTP or not; reads as much of an answer as tells its status and where the next begins.</summary>
internal sealed class RawConnection(int port) : IDisposable
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private Socket? _socket;
    private int _from;
    private int _to;

    /// <returns>The status, or 0 when the server ended the connection without an answer.</returns>
    public async Task<int> SendAsync(RawRequest request, CancellationToken ct)
    {
        try
        {
            await ConnectAsync(ct);
            var sent = WriteAsync(request.Bytes, request.Ends, ct);
            var status = await ReadAnswerAsync(request.Bodyless, ct);
            if (!sent.IsCompleted || request.Ends)
                Close();
            await sent;
            return status;
        }
        catch (Exception exception) when (exception is SocketException or EndOfStreamException or ObjectDisposedException)
        {
            Close();
            return 0;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            Close();
            return 0;
        }
    }

    public void Close()
    {
        _socket?.Dispose();
        _socket = null;
        (_from, _to) = (0, 0);
    }

    public void Dispose() => Close();

    private async Task ConnectAsync(CancellationToken ct)
    {
        if (_socket is not null)
            return;
        _socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await _socket.ConnectAsync("127.0.0.1", port, ct);
    }

    private async Task WriteAsync(byte[] request, bool ends, CancellationToken ct)
    {
        try
        {
            for (var sent = 0; sent < request.Length;)
                sent += await _socket!.SendAsync(request.AsMemory(sent), ct);
            if (ends)
                _socket!.Shutdown(SocketShutdown.Send);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The server answers before it has heard everything: what counts is its answer.
        }
    }

    private async Task<int> ReadAnswerAsync(bool bodyless, CancellationToken ct)
    {
        // A request that the server still waits for the rest of gets no answer.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(TimeSpan.FromSeconds(15));
        var status = 0;
        var (length, chunked, last) = (-1L, false, false);
        for (var line = await LineAsync(patience.Token); line.Length > 0; line = await LineAsync(patience.Token))
        {
            if (line.StartsWith("HTTP/1.", StringComparison.Ordinal))
                status = int.Parse(line.AsSpan(9, 3), CultureInfo.InvariantCulture);
            else if (line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
                length = long.Parse(line.AsSpan(15), CultureInfo.InvariantCulture);
            else if (line.StartsWith("Transfer-Encoding: chunked", StringComparison.OrdinalIgnoreCase))
                chunked = true;
            else if (line.StartsWith("Connection: close", StringComparison.OrdinalIgnoreCase))
                last = true;
        }

        if (status is 100)
            return await ReadAnswerAsync(bodyless, ct);
        if (chunked && !bodyless)
            await SkipChunksAsync(patience.Token);
        else if (length > 0 && !bodyless)
            await SkipAsync(length, patience.Token);
        if (last || (length < 0 && !chunked && status is not (204 or 304) && !bodyless))
            Close();
        return status;
    }

    private async Task SkipChunksAsync(CancellationToken ct)
    {
        while (true)
        {
            var size = int.Parse(await LineAsync(ct), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            await SkipAsync(size + 2, ct);
            if (size == 0)
                return;
        }
    }

    private async Task SkipAsync(long bytes, CancellationToken ct)
    {
        while (bytes > 0)
        {
            if (_from == _to)
                await FillAsync(ct);
            var taken = (int)Math.Min(bytes, _to - _from);
            _from += taken;
            bytes -= taken;
        }
    }

    private async Task<string> LineAsync(CancellationToken ct)
    {
        var line = new StringBuilder();
        while (true)
        {
            if (_from == _to)
                await FillAsync(ct);
            var end = _buffer.AsSpan(_from, _to - _from).IndexOf((byte)'\n');
            line.Append(Encoding.Latin1.GetString(_buffer, _from, (end < 0 ? _to : _from + end) - _from));
            _from = end < 0 ? _to : _from + end + 1;
            if (end >= 0)
                return line.ToString().TrimEnd('\r');
        }
    }

    private async Task FillAsync(CancellationToken ct)
    {
        (_from, _to) = (0, await _socket!.ReceiveAsync(_buffer, ct));
        if (_to == 0)
            throw new EndOfStreamException();
    }
}
