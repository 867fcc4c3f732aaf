using System.Text.Json;
using System.Text.Json.Nodes;
using LtiMicroCred.DemoLms.Lti;
using Microsoft.AspNetCore.Http;
using Scope = LtiMicroCred.DemoLms.Lti.Scopes;

namespace LtiMicroCred.DemoLms.Services;

/// <summary>Platform Notification Service 1.0: a tool says where it takes notices.</summary>
internal static class NoticeHandlers
{
    public const string MediaType = "application/json";

    public static ServiceResource Of(string toolId) => new(["GET", "PUT"], [MediaType], MediaType, call => HandleAsync(call, toolId));

    private static async Task HandleAsync(ServiceCall call, string toolId)
    {
        if (call.Platform.LikeMoodle)
            throw new ServiceRefusal(404, "Not Found");
        if (toolId != call.Tool.Id)
            throw new ServiceRefusal(401, "Unauthorized");
        call.Demand(Scope.NoticeHandlers);
        if (HttpMethods.IsPut(call.Context.Request.Method))
            await RegisterAsync(call);
        else
            await call.AnswerAsync(200, MediaType, Catalog(call));
    }

    private static JsonObject Catalog(ServiceCall call) => new()
    {
        ["client_id"] = call.Tool.ClientId,
        ["deployment_id"] = call.Tool.Id,
        ["notice_handlers"] = new JsonArray([.. NoticeTypes.All.Select(type => (JsonNode)Describe(type, call.Platform.NoticeSender.HandlerOf(call.Tool.Id, type) ?? ""))]),
    };

    private static async Task RegisterAsync(ServiceCall call)
    {
        var body = await ReadAsync(call);
        var type = RegistrationRequest.AsText(body["notice_type"]);
        var handler = RegistrationRequest.AsText(body["handler"]);
        if (!NoticeTypes.All.Contains(type, StringComparer.Ordinal))
            throw new ServiceRefusal(400, "notice_type is not supported");
        // Notices are not sent to somebody else's server.
        if (handler.Length > 0 && !(Answers.IsWebAddress(handler) && call.Tool.Origins.Contains(new Uri(handler).GetLeftPart(UriPartial.Authority), StringComparer.OrdinalIgnoreCase)))
            throw new ServiceRefusal(400, "handler must be an address of the tool");
        call.Platform.NoticeSender.Register(call.Tool.Id, type, handler);
        // A handler that is registered for it is greeted at once.
        if (type == NoticeTypes.HelloWorld && handler.Length > 0)
            call.Context.Response.OnCompleted(() => call.Platform.NoticeSender.SendHelloAsync(call.Platform, call.Tool.Id, CancellationToken.None));
        await call.AnswerAsync(200, MediaType, Describe(type, handler));
    }

    private static JsonObject Describe(string type, string handler) => new() { ["notice_type"] = type, ["handler"] = handler };

    private static async Task<JsonObject> ReadAsync(ServiceCall call)
    {
        try
        {
            return await JsonNode.ParseAsync(call.Context.Request.Body, cancellationToken: call.Context.RequestAborted) as JsonObject
                ?? throw new ServiceRefusal(400, "An object is wanted");
        }
        catch (JsonException)
        {
            throw new ServiceRefusal(400, "The body is no JSON");
        }
    }
}
