using System.Text.Json;
using System.Text.Json.Nodes;
using LtiMicroCred.DemoLms.Pages;
using LtiMicroCred.DemoLms.Services;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.IdentityModel.JsonWebTokens;

namespace LtiMicroCred.DemoLms.Lti;

/// <summary>Deep Linking 2.0 4.5 and 4.6: the tool sends back what the instructor chose, and the activities are made.</summary>
internal static class DeepLinking
{
    public static void Map(IEndpointRouteBuilder routes, Platform platform) =>
        routes.MapPost("/mod/lti/contentitem_return.php", (HttpContext context) => ReturnAsync(context, platform));

    private static async Task ReturnAsync(HttpContext context, Platform platform)
    {
        var name = context.Request.Query["sesskey"].ToString();
        if (platform.Selections.Find(name) is not { } selection || platform.School.FindTool(selection.ToolId) is not { } tool)
        {
            await Answers.ErrorPageAsync(context, platform, "This choice of content was returned before or is too old. Start it again from the course.");
            return;
        }
        var form = context.Request.HasFormContentType ? await context.Request.ReadFormAsync(context.RequestAborted) : FormCollection.Empty;
        var (answer, refusal) = await ReadAsync(platform, form["JWT"].ToString(), selection, tool, context.RequestAborted);
        if (answer is null)
        {
            await Answers.ErrorPageAsync(context, platform, refusal);
            return;
        }
        // Moodle only fills a form that the instructor saves; here the activities are made at once, so a second post must not make them again.
        if (platform.Selections.Take(name) is null)
        {
            await Answers.ErrorPageAsync(context, platform, "This choice of content was returned before.");
            return;
        }
        await FinishAsync(context, platform, selection, tool, answer);
    }

    private static async Task<(JsonWebToken? Answer, string Refusal)> ReadAsync(
        Platform platform, string jwt, PendingSelection selection, Tool tool, CancellationToken ct)
    {
        var answer = ToolKeys.Peek(jwt);
        // DL 4.5: iss is the tool's client_id.
        if (answer is null || answer.Issuer != tool.ClientId)
            return (null, "Consumer key is incorrect.");
        try
        {
            await platform.ToolKeys.VerifyAsync(answer, tool, ct);
        }
        catch (ToolJwtException failed)
        {
            return (null, $"Exception - The tool's signature cannot be verified ({failed.Problem})");
        }
        if (JwtTimes.IsExpired(answer, platform.Now))
            return (null, "Exception - Expired token");
        if (Text(answer, Claims.MessageType) != Messages.DeepLinkingResponse)
            return (null, "Exception - Not a deep linking response");
        // Moodle looks at neither audience, deployment, nonce nor data.
        return platform.LikeMoodle || StrictMistake(platform, answer, selection, tool) is not { } mistake ? (answer, "") : (null, mistake);
    }

    private static string? StrictMistake(Platform platform, JsonWebToken answer, PendingSelection selection, Tool tool)
    {
        if (!answer.Audiences.Contains(platform.Issuer, StringComparer.Ordinal))
            return "aud must be the issuer of this LMS";
        if (Text(answer, Claims.DeploymentId) != tool.Id)
            return "deployment_id is another";
        if (Text(answer, Claims.Version) != "1.3.0")
            return "version must be 1.3.0";
        if (Text(answer, "nonce") is null or "")
            return "nonce is missing";
        return Text(answer, Claims.DeepLinkingData) == selection.Data ? null : "data must come back unchanged";
    }

    private static Task FinishAsync(HttpContext context, Platform platform, PendingSelection selection, Tool tool, JsonWebToken answer)
    {
        var chosen = ContentItems.Read(answer, tool, selection.CourseId, platform.LikeMoodle);
        foreach (var item in chosen.Links)
            platform.School.AddLink(item);
        var person = platform.School.FindPersonById(selection.PersonId)!;
        var said = Text(answer, Claims.DeepLinkingMessage) ?? Text(answer, Claims.DeepLinkingError);
        platform.Notices.Leave(person, Notice(tool, chosen, said));
        return Page.WriteAsync(context, platform, TopWindow.To($"/as/{person.Username}/course/{selection.CourseId}", "Content returned"));
    }

    private static string Notice(Tool tool, ContentItems chosen, string? said)
    {
        var done = chosen.Links.Count switch
        {
            0 => "Nothing was added.",
            1 => $"“{chosen.Links[0].Title}” was added.",
            var count => $"{count} activities were added.",
        };
        if (chosen.LeftOut > 0)
            done += $" {chosen.LeftOut} of the returned items cannot be shown here and were left out.";
        return string.IsNullOrWhiteSpace(said) ? done : $"{done} {tool.Name} says: {(said.Length > 500 ? said[..500] : said)}";
    }

    private static string? Text(JsonWebToken token, string claim) => token.TryGetPayloadValue<string>(claim, out var text) ? text : null;
}

/// <summary>The returned items that become activities.</summary>
internal sealed record ContentItems(IReadOnlyList<NewResourceLink> Links, int LeftOut)
{
    private const int MaxItems = 20;
    private const int MaxTitle = 255;

    public static ContentItems Read(JsonWebToken answer, Tool tool, string courseId, bool likeMoodle)
    {
        var items = Items(answer);
        var links = items.OfType<JsonObject>().Take(MaxItems).Select(item => Link(item, tool, courseId, likeMoodle)).OfType<NewResourceLink>().ToList();
        return new ContentItems(links, items.Count - links.Count);
    }

    private static JsonArray Items(JsonWebToken answer) =>
        answer.TryGetPayloadValue<JsonElement>(Claims.ContentItems, out var items) && items.ValueKind == JsonValueKind.Array
            ? JsonNode.Parse(items.GetRawText()) as JsonArray ?? []
            : [];

    private static NewResourceLink? Link(JsonObject item, Tool tool, string courseId, bool likeMoodle)
    {
        // accept_types announces resource links only.
        if (RegistrationRequest.AsText(item["type"]) != "ltiResourceLink")
            return null;
        var url = RegistrationRequest.AsText(item["url"]);
        // An address of somebody else would be opened with this tool's launch.
        if (url.Length > 0 && !(Answers.IsWebAddress(url) && tool.Origins.Contains(new Uri(url).GetLeftPart(UriPartial.Authority), StringComparer.OrdinalIgnoreCase)))
            return null;
        var title = Title(item["title"], tool.Name);
        return new NewResourceLink
        {
            CourseId = courseId,
            ToolId = tool.Id,
            Title = title,
            Description = RegistrationRequest.AsText(item["text"]),
            Url = url.Length > 0 ? url : null,
            Custom = RegistrationRequest.CustomOf(item["custom"]),
            Column = item["lineItem"] is JsonObject lineItem ? Column(lineItem, title, likeMoodle) : null,
        };
    }

    private static NewColumn Column(JsonObject lineItem, string title, bool likeMoodle) => new()
    {
        // Moodle calls the column as the activity.
        Title = likeMoodle ? title : Title(lineItem["label"], title),
        Maximum = lineItem["scoreMaximum"] is JsonValue number && number.TryGetValue<decimal>(out var maximum) && maximum > 0 ? maximum : 100,
        ResourceId = RegistrationRequest.AsText(lineItem["resourceId"]),
        Tag = RegistrationRequest.AsText(lineItem["tag"]),
        Review = likeMoodle ? null : LineItems.Review(lineItem["submissionReview"]),
    };

    private static string Title(JsonNode? node, string otherwise)
    {
        var title = RegistrationRequest.AsText(node).Trim();
        if (title.Length == 0)
            return otherwise;
        return title.Length <= MaxTitle ? title : title[..MaxTitle];
    }
}
