using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace LtiMicroCred.Lti.Tests.Support;

/// <summary>What a real Moodle answered, played back by a site.</summary>
public static class Recorded
{
    private const string Moodle = "http://localhost:8090";

    public static JsonElement Read(string file, params string[] path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "fixtures", "moodle", file + ".json")));
        var element = document.RootElement;
        foreach (var name in path)
            element = element.GetProperty(name);
        return element.Clone();
    }

    public static IEnumerable<string> Names(string file) => Read(file).EnumerateObject().Where(entry => entry.Value.ValueKind == JsonValueKind.Object).Select(entry => entry.Name);

    /// <summary>The site answers the recorded request as Moodle did: status, headers, body; Moodle's own address becomes the site's.</summary>
    /// <returns>The address that was asked.</returns>
    public static Uri Play(Site site, string file, string name)
    {
        var exchange = Read(file, name);
        var asked = exchange.GetProperty("request").GetProperty("url").GetString()!.Replace(Moodle, "", StringComparison.Ordinal);
        var response = exchange.GetProperty("response");
        var headers = response.TryGetProperty("headers", out var listed) ? listed : response.GetProperty("rawHeaders");
        site.On(asked, context => AnswerAsync(context, site, response, headers));
        return site.Uri(asked);
    }

    private static async Task AnswerAsync(HttpContext context, Site site, JsonElement response, JsonElement headers)
    {
        context.Response.StatusCode = response.GetProperty("status").GetInt32();
        foreach (var header in headers.EnumerateArray().Select(line => line.GetString()!.Split(": ", 2)))
        {
            if (header[0] is "Content-Type" or "Link")
                context.Response.Headers[header[0]] = header[1].Replace(Moodle, site.Address, StringComparison.Ordinal);
        }

        var body = response.GetProperty("body");
        var text = body.ValueKind == JsonValueKind.String ? body.GetString()! : body.GetRawText();
        await context.Response.WriteAsync(text.Replace(Moodle, site.Address, StringComparison.Ordinal));
    }
}
