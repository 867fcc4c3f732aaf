namespace LtiMicroCred.Ledger.Tests;

/// <summary>A folder for one exported log.</summary>
internal sealed class ExportFolder : IDisposable
{
    private readonly string parent = Directory.CreateTempSubdirectory("export-").FullName;

    public string Parent => parent;

    public string Folder => Path.Combine(parent, $"{Samples.LogA:D}");

    public IReadOnlyList<string> Files =>
        [.. Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Folder, file)).Order(StringComparer.Ordinal)];

    public string this[string name] => Path.Combine(Folder, name);

    public void Dispose() => Directory.Delete(parent, recursive: true);

    public Task<Checkpoint?> WriteAsync(ILogSource source) => new LogExport(source, Folder, progress: null).RunAsync(CancellationToken.None);

    public Task<ExportFindings> CheckAsync(params byte[][] outside) => new ExportCheck(Samples.LogA, Folder, new LedgerEvidence { Outside = outside }, progress: null).RunAsync(CancellationToken.None);

    public void Change(string name, Func<byte[], byte[]> change) => File.WriteAllBytes(this[name], change(File.ReadAllBytes(this[name])));
}
