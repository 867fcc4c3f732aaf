using System.Diagnostics;

namespace LtiMicroCred.Tests;

/// <summary>The built product as a process of its own, as an operator would start it.</summary>
internal sealed class ToolProcess : IDisposable
{
    private readonly Process _process;
    private readonly List<string> _errors = [];

    private ToolProcess(Process process) => _process = process;

    public int Id => _process.Id;

    /// <summary>What it logged so far.</summary>
    public string Log
    {
        get
        {
            lock (_errors)
                return string.Join('\n', _errors);
        }
    }

    /// <summary>Runs a verb to its end.</summary>
    public static Task<(int ExitCode, string Output, string Errors)> RunAsync(IReadOnlyDictionary<string, string> environment, params string[] verb) =>
        EndAsync(Prepare(environment, verb));

    /// <summary>Runs a verb from a folder that the caller stands in.</summary>
    public static Task<(int ExitCode, string Output, string Errors)> RunInAsync(string folder, IReadOnlyDictionary<string, string> environment, params string[] verb)
    {
        var start = Prepare(environment, verb);
        start.WorkingDirectory = folder;
        return EndAsync(start);
    }

    /// <summary>Runs a verb that may write no file of more than so many kilobytes: to it the disk is full.</summary>
    public static Task<(int ExitCode, string Output, string Errors)> RunOnFullDiskAsync(int kilobytes, IReadOnlyDictionary<string, string> environment, params string[] verb)
    {
        var start = Prepare(environment, verb);
        // The runtime maps its code through a large file; without that, the limit meets the database alone.
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        start.ArgumentList.Insert(0, $"trap '' XFSZ; ulimit -f {kilobytes}; exec dotnet \"$@\"");
        start.ArgumentList.Insert(0, "-c");
        start.ArgumentList.Insert(2, "tool");
        start.FileName = "bash";
        return EndAsync(start);
    }

    private static async Task<(int ExitCode, string Output, string Errors)> EndAsync(ProcessStartInfo start)
    {
        using var process = Process.Start(start)!;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var output = process.StandardOutput.ReadToEndAsync(patience.Token);
        var errors = process.StandardError.ReadToEndAsync(patience.Token);
        try
        {
            await process.WaitForExitAsync(patience.Token);
            return (process.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException exception)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{string.Join(' ', start.ArgumentList)} did not end", exception);
        }
    }

    /// <summary>Starts the server and waits until it says that it is ready. While another program's outgoing connection has the port that was free, it is tried again.</summary>
    public static async Task<ToolProcess> ServeAsync(IReadOnlyDictionary<string, string> environment)
    {
        for (var left = 10; ; left--)
        {
            try
            {
                return await StartAsync(environment);
            }
            catch (InvalidOperationException ended) when (left > 0 && ended.Message.Contains("address already in use", StringComparison.Ordinal))
            {
                await Task.Delay(TimeSpan.FromSeconds(1));
            }
        }
    }

    private static async Task<ToolProcess> StartAsync(IReadOnlyDictionary<string, string> environment)
    {
        var tool = new ToolProcess(Process.Start(Prepare(environment, ["serve"]))!);
        // Whoever waits must not go on in the callback that reads the output: it would wait for itself at the end.
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        tool._process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is null)
                ready.TrySetException(new InvalidOperationException("the server ended: " + string.Join('\n', tool._errors)));
            else if (line.Data.StartsWith("Ready at", StringComparison.Ordinal))
                ready.TrySetResult();
            else
                tool.Note(line.Data);
        };
        tool._process.BeginErrorReadLine();
        tool._process.BeginOutputReadLine();
        await ready.Task.WaitAsync(TimeSpan.FromSeconds(60));
        return tool;
    }

    /// <summary>As a service manager stops it. The outcome is the exit code.</summary>
    public async Task<int> StopAsync()
    {
        using var signal = Process.Start("kill", ["-TERM", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return _process.ExitCode;
    }

    /// <summary>kill -9: no handler runs, no buffer is flushed.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            Kill();
        _process.Dispose();
    }

    private void Note(string line)
    {
        lock (_errors)
            _errors.Add(line);
    }

    private static ProcessStartInfo Prepare(IReadOnlyDictionary<string, string> environment, IEnumerable<string> verb)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.GetTempPath() };
        start.ArgumentList.Add(typeof(App).Assembly.Location);
        foreach (var word in verb)
            start.ArgumentList.Add(word);
        foreach (var (key, value) in environment)
            start.Environment[key] = value;
        return start;
    }
}
