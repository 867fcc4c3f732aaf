using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using LtiMicroCred.DemoLms;
using LtiMicroCred.Features.Ledgers;
using LtiMicroCred.Features.Platforms;
using LtiMicroCred.Ledger;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Features.Demo;

/// <summary>The tool on <c>127.0.0.1</c> and a demo LMS on <c>localhost</c>: two sites, so that the frame really is a third party's. The database is a fresh file of its own.</summary>
internal sealed class DemoWorld : IAsyncDisposable
{
    private static readonly ConcurrentDictionary<int, byte> s_given = [];
    private readonly string _folder;

    private DemoWorld(WebApplication tool, DemoLmsServer lms, string folder) => (Tool, Lms, _folder) = (tool, lms, folder);

    public WebApplication Tool { get; }
    public DemoLmsServer Lms { get; }
    public string ToolUrl => Tool.Services.GetRequiredService<Settings>().PublicBase;
    public IServiceScopeFactory Scopes => Tool.Services.GetRequiredService<IServiceScopeFactory>();

    public string DatabaseFile => Path.Combine(_folder, "demo.db");

    public static async Task<DemoWorld> StartAsync(int toolPort, int lmsPort, int pollSeconds, DemoLmsOptions options, CancellationToken ct, TimeProvider? clock = null)
    {
        var folder = Directory.CreateTempSubdirectory("ltimicrocred-demo-").FullName;
        DemoLmsServer? lms = null;
        try
        {
            lms = await DemoLmsServer.StartAsync(options with { Port = lmsPort }, ct);
            var url = $"http://127.0.0.1:{(toolPort == 0 ? FreePort() : toolPort).ToString(CultureInfo.InvariantCulture)}";
            var builder = App.CreateBuilder([], new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase)
            {
                ["Urls"] = url,
                ["LtiMicroCred:PublicUrl"] = url,
                ["LtiMicroCred:Database:Engine"] = "Sqlite",
                ["LtiMicroCred:Database:ConnectionString"] = $"Data Source={Path.Combine(folder, "demo.db")}",
                ["LtiMicroCred:Keys:MasterKeyFile"] = Path.Combine(folder, "demo.masterkey"),
                ["LtiMicroCred:Outgoing:AllowPrivateNetworks"] = "true",
                ["LtiMicroCred:Results:PollSeconds"] = pollSeconds.ToString(CultureInfo.InvariantCulture),
                ["Logging:LogLevel:Default"] = "Error",
                ["Logging:LogLevel:LtiMicroCred"] = "Error",
            });
            if (clock is not null)
                builder.Services.AddSingleton(clock);
            var tool = builder.BuildServer();
            await CommandLine.PrepareAsync(tool.Services, ct);
            await tool.StartAsync(ct);
            return new DemoWorld(tool, lms, folder);
        }
        catch
        {
            if (lms is not null)
                await lms.DisposeAsync();
            Directory.Delete(folder, recursive: true);
            throw;
        }
    }

    /// <summary>A registration link for the demo's institution.</summary>
    public async Task<Uri> InviteAsync(CancellationToken ct) =>
        (await Scopes.SendAsync(new InvitePlatform("University of Lindhaven", TimeSpan.FromHours(24)), ct)).Url;

    public DemoStory NewStory() => new(Lms, InviteAsync);

    public Task<LedgerVerification> VerifyAsync(CancellationToken ct) => Tool.Services.GetRequiredService<VerifyLedger>().RunAsync([], [], progress: null, ct);

    public async ValueTask DisposeAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await Tool.StopAsync(soon.Token);
        await Tool.DisposeAsync();
        await Lms.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>
    /// Nobody listens there now, and nobody here was given it before. Below the ports that systems give to outgoing connections
    /// (Linux begins at 32768, some containers at 16000), so that it stays free until it is used.
    /// </summary>
    public static int FreePort()
    {
        while (true)
        {
            var port = RandomNumberGenerator.GetInt32(10_100, 16_000);
            if (!s_given.TryAdd(port, 0))
                continue;
            try
            {
                using var probe = new TcpListener(IPAddress.Loopback, port);
                probe.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody listens there: the next one.
            }
        }
    }
}
