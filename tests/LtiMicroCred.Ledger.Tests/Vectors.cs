using System.Text.Json;

namespace LtiMicroCred.Ledger.Tests;

/// <summary>Cases that other programs can read as well; made by another implementation than the one that is tested.</summary>
internal static class Vectors
{
    public static byte[] Bytes(params string[] path) => File.ReadAllBytes(Path.Combine([AppContext.BaseDirectory, "vectors", .. path]));

    public static JsonElement Json(params string[] path)
    {
        using var document = JsonDocument.Parse(Bytes(path));
        return document.RootElement.Clone();
    }

    public static string Text(this JsonElement json, string name) => json.GetProperty(name).GetString()!;

    public static byte[] Hex(this JsonElement json, string name) => Convert.FromHexString(json.Text(name));

    public static byte[][] Hashes(this JsonElement json, string name) => [.. json.GetProperty(name).EnumerateArray().Select(hash => Convert.FromHexString(hash.GetString()!))];

    public static string[] Texts(this JsonElement json, string name) => [.. json.GetProperty(name).EnumerateArray().Select(text => text.GetString()!)];
}
