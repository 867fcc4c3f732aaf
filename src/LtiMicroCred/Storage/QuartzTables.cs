using Quartz;

namespace LtiMicroCred.Storage;

/// <summary>The tables in which Quartz keeps a schedule that servers share, made by the script in Quartz itself: what its version needs is what it has.</summary>
internal static class QuartzTables
{
    public const string Prefix = "QRTZ_";
    private const string Place = "/* Quartz's tables */", Resource = "Quartz.Impl.AdoJobStore.Schema.create_sqlServer.sql", Parting = "--;;";

    /// <summary>Puts them where a script names their place, a batch each.</summary>
    public static string Into(string script) => script.Contains(Place, StringComparison.Ordinal) ? script.Replace(Place, Script(), StringComparison.Ordinal) : script;

    private static string Script()
    {
        using var reader = new StreamReader(typeof(IScheduler).Assembly.GetManifestResourceStream(Resource) ?? throw new InvalidOperationException($"Quartz has no {Resource} any more"));
        var batches = reader.ReadToEnd().ReplaceLineEndings("\n").Split($"\n{Parting}\n").Where(HasStatement).Select(batch => batch.Trim());
        return string.Join("\nGO\n", batches).Replace("{0}", Prefix, StringComparison.Ordinal).Replace("{1}", Prefix, StringComparison.Ordinal);
    }

    private static bool HasStatement(string batch) => batch.Split('\n').Any(line => line.Trim() is { Length: > 0 } said && !said.StartsWith("--", StringComparison.Ordinal));
}
