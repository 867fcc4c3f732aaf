using System.Diagnostics;
using System.Globalization;
using LtiMicroCred.Features.Demo;

namespace LtiMicroCred.Load;

/// <summary>The real server in a process of its own, on a fresh SQLite file.</summary>
internal sealed class ToolServer : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ltimicrocred-load-").FullName;
    private readonly Dictionary<string, string> _environment;
    private Process? _process;

    /// <param name="pollSeconds">How often active columns are read.</param>
    public ToolServer(int pollSeconds = 3600)
    {
        Url = "http://127.0.0.1:" + DemoWorld.FreePort().ToString(CultureInfo.InvariantCulture);
        _environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["urls"] = Url,
            ["LtiMicroCred__PublicUrl"] = Url,
            ["LtiMicroCred__Database__ConnectionString"] = $"Data Source={DatabaseFile}",
            ["LtiMicroCred__Outgoing__AllowPrivateNetworks"] = "true",
            ["LtiMicroCred__Results__PollSeconds"] = pollSeconds.ToString(CultureInfo.InvariantCulture),
            // The driver is one sender for a whole institution.
            ["LtiMicroCred__Limits__LaunchesPerSecond"] = "1000000",
            ["Logging__LogLevel__Default"] = "Warning",
        };
    }

    public string Url { get; }

    public string DatabaseFile => Path.Combine(_folder, "load.db");

    public TimeSpan Cpu
    {
        get
        {
            _process!.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public double WorkingSetMegabytes
    {
        get
        {
            _process!.Refresh();
            return _process.WorkingSet64 / 1048576.0;
        }
    }

    public async Task StartAsync()
    {
        _process = Process.Start(Prepare("serve"))!;
        var ready = new TaskCompletionSource();
        var said = new List<string>();
        _process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is null)
                ready.TrySetException(new InvalidOperationException("the server ended: " + string.Join('\n', said)));
            else if (line.Data.StartsWith("Ready at", StringComparison.Ordinal))
                ready.TrySetResult();
            else
                said.Add(line.Data);
        };
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        await ready.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    public async Task RestartAsync()
    {
        await StopAsync();
        await StartAsync();
    }

    /// <summary>The address that one LMS registers at.</summary>
    public async Task<Uri> InviteAsync()
    {
        using var process = Process.Start(Prepare("platforms", "invite", "--tenant", "University of Load"))!;
        var output = await process.StandardOutput.ReadToEndAsync();
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return Uri.TryCreate(output.Trim(), UriKind.Absolute, out var url) ? url : throw new InvalidOperationException("no registration link: " + errors);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task StopAsync()
    {
        if (_process is null)
            return;
        using var signal = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    private ProcessStartInfo Prepare(params string[] verb)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _folder };
        start.ArgumentList.Add(typeof(App).Assembly.Location);
        foreach (var word in verb)
            start.ArgumentList.Add(word);
        foreach (var (key, value) in _environment)
            start.Environment[key] = value;
        return start;
    }
}
