using System.Collections.Concurrent;

namespace LtiMicroCred.Ledger;

/// <summary>The SQL of this library, from <c>sql/{engine}/ledger/</c>.</summary>
internal static class Statements
{
    private static readonly ConcurrentDictionary<string, string> Loaded = new(StringComparer.Ordinal);

    public static string Text(string engine, string name) => Loaded.GetOrAdd($"{engine}.{name}.sql", Load);

    private static string Load(string resource)
    {
        using var stream = typeof(Statements).Assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"the statement {resource} is not part of this build");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
