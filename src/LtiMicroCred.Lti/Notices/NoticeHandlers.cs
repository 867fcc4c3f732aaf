using System.Net.Http.Headers;
using System.Text.Json;

namespace LtiMicroCred.Lti;

/// <summary>Says which notices a deployment sends, and where to (PNS 1.0). The address comes from <see cref="ValidLaunch.Notices"/>, never from a person.</summary>
public sealed class NoticeHandlers
{
    private const int MostHandlers = 1000;

    private readonly ServiceCalls _calls;

    internal NoticeHandlers(ServiceCalls calls) => _calls = calls;

    /// <summary>All that the deployment lists, also those without a handler.</summary>
    /// <exception cref="LtiServiceException">Nothing was read.</exception>
    public async Task<IReadOnlyList<NoticeHandler>> ReadAsync(Platform platform, Uri handlersUrl, CancellationToken cancellationToken)
    {
        var answer = await SendAsync(platform, handlersUrl, HttpMethod.Get, body: null, cancellationToken);
        if (!StrictJson.TryParse(answer.Body, out var document))
            throw LtiServiceException.BadAnswer(handlersUrl, "the answer is not JSON");

        using (document)
        {
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("notice_handlers", out var handlers)
                || handlers.ValueKind != JsonValueKind.Array
                || handlers.GetArrayLength() > MostHandlers)
            {
                throw LtiServiceException.BadAnswer(handlersUrl, "the answer holds no list of handlers");
            }

            return [.. handlers.EnumerateArray().Select(Read).OfType<NoticeHandler>()];
        }
    }

    /// <summary>One handler per type: it takes the place of an earlier one. Platforms want it on the tool's own host.</summary>
    /// <exception cref="LtiServiceException">Nothing was changed, or the platform did not say so.</exception>
    public Task RegisterAsync(Platform platform, Uri handlersUrl, string noticeType, Uri handler, CancellationToken cancellationToken) =>
        PutAsync(platform, handlersUrl, noticeType, handler.OriginalString, cancellationToken);

    /// <summary>The platform sends no more notices of this type. Idempotent.</summary>
    /// <exception cref="LtiServiceException">Nothing was changed, or the platform did not say so.</exception>
    public Task UnregisterAsync(Platform platform, Uri handlersUrl, string noticeType, CancellationToken cancellationToken) =>
        PutAsync(platform, handlersUrl, noticeType, "", cancellationToken);

    private static NoticeHandler? Read(JsonElement handler) => handler.Text("notice_type") is { Length: > 0 } type
        ? new NoticeHandler(type, WebAddress.TryRead(handler.Text("handler"), out var address) ? address : null)
        : null;

    private async Task PutAsync(Platform platform, Uri handlersUrl, string noticeType, string handler, CancellationToken cancellationToken) => await SendAsync(
        platform, handlersUrl, HttpMethod.Put, JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string>(StringComparer.Ordinal) { ["notice_type"] = noticeType, ["handler"] = handler }), cancellationToken);

    private async Task<PlatformAnswer> SendAsync(Platform platform, Uri address, HttpMethod method, byte[]? body, CancellationToken cancellationToken)
    {
        var answer = await _calls.SendAsync(platform, LtiScopes.NoticeHandlers, Make, cancellationToken);
        return answer.IsSuccess ? answer : throw LtiServiceException.From(answer, address);

        HttpRequestMessage Make()
        {
            var request = new HttpRequestMessage(method, address);
            request.Headers.Accept.ParseAdd("application/json");
            if (body is not null)
                request.Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
            return request;
        }
    }
}

/// <summary>Where a deployment sends one type of notice.</summary>
/// <param name="NoticeType">Such as <c>LtiContextCopyNotice</c>.</param>
/// <param name="Handler">Null where the tool has not asked for them.</param>
public sealed record NoticeHandler(string NoticeType, Uri? Handler);
