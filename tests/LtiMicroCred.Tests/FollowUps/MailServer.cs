using System.Net;
using System.Net.Sockets;
using System.Text;

namespace LtiMicroCred.Tests.FollowUps;

/// <summary>As much of a mail server (RFC 5321) as one message needs; keeps what it takes.</summary>
internal sealed class MailServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private readonly List<string> _taken = [];
    private readonly List<Task> _talks = [];
    private int _calls;

    public MailServer()
    {
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _running = RunAsync();
    }

    public int Port { get; }

    /// <summary>What it answers to a recipient; 250 takes them.</summary>
    public string Recipient { get; set; } = "250 yes";

    /// <summary>Before it greets anybody.</summary>
    public Task Patience { get; set; } = Task.CompletedTask;

    /// <summary>Who may send; null for anybody.</summary>
    public (string User, string Password)? SignIn { get; init; }

    /// <summary>How often somebody called.</summary>
    public int Calls => Volatile.Read(ref _calls);

    public IReadOnlyList<string> Taken
    {
        get
        {
            lock (_taken)
                return [.. _taken];
        }
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                Interlocked.Increment(ref _calls);
                _talks.Add(TalkAsync(client));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or SocketException)
        {
            // Over, or the other side hung up.
        }
    }

    private async Task TalkAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                await Patience.WaitAsync(_stop.Token);
                await ServeAsync(client);
            }
            catch (Exception exception) when (exception is OperationCanceledException or IOException or SocketException)
            {
                // Over, or the other side hung up.
            }
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        await using var stream = client.GetStream();
        using var reader = new StreamReader(stream, Encoding.UTF8);
        await using var writer = new StreamWriter(stream, new UTF8Encoding(false)) { NewLine = "\r\n", AutoFlush = true };
        await writer.WriteLineAsync("220 test");
        var knows = SignIn is null;
        while (await reader.ReadLineAsync(_stop.Token) is { } line)
        {
            switch (line.Split(' ')[0].ToUpperInvariant())
            {
                case "EHLO":
                    await writer.WriteLineAsync(SignIn is null ? "250 test" : "250-test\r\n250 AUTH LOGIN");
                    break;
                case "AUTH":
                    await writer.WriteLineAsync("334 UGFzc3dvcmQ6");
                    var password = await reader.ReadLineAsync(_stop.Token);
                    knows = SignIn is { } known && line.Split(' ')[^1] == Base64(known.User) && password == Base64(known.Password);
                    await writer.WriteLineAsync(knows ? "235 welcome" : "535 no");
                    break;
                case "RCPT":
                    await writer.WriteLineAsync(knows ? Recipient : "530 sign in first");
                    break;
                case "DATA":
                    await TakeAsync(reader, writer);
                    break;
                case "QUIT":
                    await writer.WriteLineAsync("221 bye");
                    return;
                default:
                    await writer.WriteLineAsync("250 ok");
                    break;
            }
        }
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private async Task TakeAsync(StreamReader reader, StreamWriter writer)
    {
        await writer.WriteLineAsync("354 go on");
        var message = new StringBuilder();
        while (await reader.ReadLineAsync(_stop.Token) is { } line && line != ".")
            message.AppendLine(line);
        lock (_taken)
            _taken.Add(message.ToString());
        await writer.WriteLineAsync("250 taken");
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _running;
        await Task.WhenAll(_talks);
        _stop.Dispose();
    }
}
