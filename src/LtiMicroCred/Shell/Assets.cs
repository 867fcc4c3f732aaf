using System.Collections.Frozen;
using System.IO.Compression;
using System.Reflection;
using System.Security.Cryptography;

namespace LtiMicroCred.Shell;

/// <summary>The stylesheet and the scripts: a handful of files inside the assembly, each under a name with its fingerprint, so that browsers keep them for ever.</summary>
internal static class Assets
{
    private sealed record Asset(string Name, string Url, string ContentType, byte[] Bytes, byte[] Brotli);

    private static readonly FrozenDictionary<string, Asset> s_byName = Load().ToFrozenDictionary(a => a.Name, StringComparer.Ordinal);
    private static readonly FrozenDictionary<string, Asset> s_byUrl = s_byName.Values.ToFrozenDictionary(a => a.Url, StringComparer.Ordinal);

    /// <returns>Without a leading slash, to be resolved against the application's base.</returns>
    public static string Url(string name) => s_byName[name].Url;

    public static void MapAssets(this IEndpointRouteBuilder routes) => routes.MapGet("/assets/{file}", (string file, HttpContext http) =>
    {
        if (!s_byUrl.TryGetValue("assets/" + file, out var asset))
            return Results.NotFound();
        http.Response.Headers.CacheControl = "public, max-age=31536000, immutable";
        http.Response.Headers.Vary = "Accept-Encoding";
        if (!http.Request.Headers.AcceptEncoding.ToString().Contains("br", StringComparison.Ordinal))
            return Results.Bytes(asset.Bytes, asset.ContentType);
        http.Response.Headers.ContentEncoding = "br";
        return Results.Bytes(asset.Brotli, asset.ContentType);
    });

    private static IEnumerable<Asset> Load()
    {
        const string prefix = "assets.";
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var resource in assembly.GetManifestResourceNames().Where(n => n.StartsWith(prefix, StringComparison.Ordinal)))
        {
            using var stream = assembly.GetManifestResourceStream(resource)!;
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            var name = resource[prefix.Length..];
            var fingerprint = Convert.ToHexStringLower(SHA256.HashData(bytes))[..12];
            var type = Path.GetExtension(name) == ".css" ? "text/css; charset=utf-8" : "text/javascript; charset=utf-8";
            yield return new Asset(name, $"assets/{Path.GetFileNameWithoutExtension(name)}.{fingerprint}{Path.GetExtension(name)}", type, bytes, Compress(bytes));
        }
    }

    private static byte[] Compress(byte[] bytes)
    {
        using var compressed = new MemoryStream();
        using (var brotli = new BrotliStream(compressed, CompressionLevel.SmallestSize))
            brotli.Write(bytes);
        return compressed.ToArray();
    }
}
