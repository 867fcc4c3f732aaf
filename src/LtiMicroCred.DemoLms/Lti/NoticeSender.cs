using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using LtiMicroCred.DemoLms.Services;

namespace LtiMicroCred.DemoLms.Lti;

internal static class NoticeTypes
{
    public const string HelloWorld = "LtiHelloWorldNotice";
    public const string ContextCopy = "LtiContextCopyNotice";

    public static readonly string[] All = [HelloWorld, ContextCopy];
}

/// <summary>Platform Notification Service 1.0: signed notices to the handlers that tools registered, one attempt each.</summary>
internal sealed class NoticeSender : IDisposable
{
    private readonly ConcurrentDictionary<(string ToolId, string Type), string> handlers = new();
    private readonly HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
    {
        Timeout = TimeSpan.FromSeconds(10),
        DefaultRequestHeaders = { { "User-Agent", "LindhavenDemoLms/1.0" } },
    };

    /// <summary>What a launch tells the tool of the service.</summary>
    public static JsonObject Claim(Platform platform, Tool tool) => new()
    {
        ["service_versions"] = new JsonArray("1.0"),
        ["platform_notification_service_url"] = $"{platform.Issuer}{ServiceEndpoint.Root}tools/{tool.Id}/notice-handlers",
        ["scope"] = new JsonArray(Scopes.NoticeHandlers),
        ["notice_types_supported"] = JsonLists.Of(NoticeTypes.All),
    };

    public string? HandlerOf(string toolId, string type) => handlers.GetValueOrDefault((toolId, type));

    /// <summary>Empty text ends it.</summary>
    public void Register(string toolId, string type, string handler)
    {
        if (handler.Length > 0)
            handlers[(toolId, type)] = handler;
        else
            handlers.TryRemove((toolId, type), out _);
    }

    public async Task<SentNotice?> SendHelloAsync(Platform platform, string toolId, CancellationToken ct) =>
        platform.School.FindTool(toolId) is { Active: true } tool ? await SendAsync(platform, tool, NoticeTypes.HelloWorld, [], ct) : null;

    public async Task<IReadOnlyList<SentNotice>> SendCopyAsync(Platform platform, Course source, Course copy, CancellationToken ct)
    {
        var sent = new List<SentNotice>();
        foreach (var tool in platform.School.Tools.Where(tool => tool.Active))
        {
            var notice = await SendAsync(platform, tool, NoticeTypes.ContextCopy, new JsonObject
            {
                [Claims.Context] = LaunchClaims.Context(copy, platform.LikeMoodle),
                [Claims.OriginContexts] = new JsonArray(source.Id),
            }, ct);
            if (notice is not null)
                sent.Add(notice);
        }
        return sent;
    }

    public void Dispose() => http.Dispose();

    private async Task<SentNotice?> SendAsync(Platform platform, Tool tool, string type, JsonObject facts, CancellationToken ct)
    {
        if (HandlerOf(tool.Id, type) is not { } handler)
            return null;
        var jwt = platform.Key.Sign(Notice(platform, tool, type, facts));
        var body = new JsonObject { ["notices"] = new JsonArray(new JsonObject { ["jwt"] = jwt }) }.ToJsonString();
        try
        {
            using var content = new StringContent(body, Encoding.UTF8, "application/json");
            using var answer = await http.PostAsync(new Uri(handler), content, ct);
            return new SentNotice(tool.Id, type, handler, (int)answer.StatusCode, body);
        }
        catch (Exception failed) when (failed is HttpRequestException || (failed is TaskCanceledException && !ct.IsCancellationRequested))
        {
            return new SentNotice(tool.Id, type, handler, 0, body);
        }
    }

    private static JsonObject Notice(Platform platform, Tool tool, string type, JsonObject facts)
    {
        var now = platform.Now;
        var notice = new JsonObject
        {
            ["iss"] = platform.Issuer,
            ["aud"] = tool.ClientId,
            ["azp"] = tool.ClientId,
            ["iat"] = now.ToUnixTimeSeconds(),
            ["exp"] = now.AddMinutes(5).ToUnixTimeSeconds(),
            ["nonce"] = Handles<string>.NewName(),
            [Claims.Version] = "1.3.0",
            [Claims.DeploymentId] = tool.Id,
            [Claims.Notice] = new JsonObject
            {
                ["id"] = Guid.CreateVersion7().ToString(),
                ["timestamp"] = now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
                ["type"] = type,
            },
        };
        foreach (var (name, value) in facts)
            notice[name] = value?.DeepClone();
        return notice;
    }
}
