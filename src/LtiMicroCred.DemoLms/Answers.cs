using System.Text;
using System.Text.Json.Nodes;
using LtiMicroCred.DemoLms.Pages;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace LtiMicroCred.DemoLms;

/// <summary>Ways to answer on the wire.</summary>
internal static class Answers
{
    public const string Json = "application/json; charset=utf-8";
    public const string Html = "text/html; charset=utf-8";

    /// <summary>Berlin in winter, where the recorded server stands; fixed, so that texts compare.</summary>
    public static readonly TimeSpan ServerOffset = TimeSpan.FromHours(1);

    public static Task JsonAsync(HttpContext context, int status, JsonNode body, string contentType = Json) =>
        TextAsync(context, status, body.ToJsonString(), contentType);

    public static async Task TextAsync(HttpContext context, int status, string body, string contentType)
    {
        context.Response.StatusCode = status;
        // A 204 has no body, and the server closes the connection after an attempt to write one, be it an empty one.
        if (status == StatusCodes.Status204NoContent)
            return;
        context.Response.ContentType = contentType;
        await context.Response.WriteAsync(body, Encoding.UTF8, context.RequestAborted);
    }

    /// <summary>Sets the text beside the status code. It may hold what a tool sent: anything that is not plain text becomes a space.</summary>
    public static void Reason(HttpContext context, string reason)
    {
        var plain = string.Concat(reason.Take(2000).Select(sign => sign is >= ' ' and <= '~' ? sign : ' '));
        context.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = plain.TrimEnd();
    }

    /// <summary>Moodle's error page is a 404, whatever happened.</summary>
    public static Task ErrorPageAsync(HttpContext context, Platform platform, string message, int plainStatus = StatusCodes.Status400BadRequest) =>
        Page.WriteAsync(context, platform, new Page
        {
            Status = platform.LikeMoodle ? StatusCodes.Status404NotFound : plainStatus,
            Title = "Error",
            Body = Markup.Of($"""<p class="notice">{message}</p>"""),
        });

    public static bool IsWebAddress(string? text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps) && text!.Length <= 2000;
}
