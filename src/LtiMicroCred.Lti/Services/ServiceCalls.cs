using System.Net.Http.Headers;
using System.Text.Json;

namespace LtiMicroCred.Lti;

/// <summary>Calls a service with an access token, and reads lists page by page.</summary>
internal sealed class ServiceCalls(PlatformHttp http, ServiceTokens tokens)
{
    private const int MostPages = 500;
    private const int MostEntries = 100_000;

    /// <summary>Sends what <paramref name="request"/> makes; on a 401 once more with a fresh token.</summary>
    public async Task<PlatformAnswer> SendAsync(Platform platform, string scope, Func<HttpRequestMessage> request, CancellationToken cancellationToken)
    {
        var (answer, token) = await SendOnceAsync(platform, scope, request, cancellationToken);
        if (answer.Status != 401)
            return answer;

        tokens.Drop(platform, [scope], token);
        return (await SendOnceAsync(platform, scope, request, cancellationToken)).Answer;
    }

    /// <summary>Reads every page or fails. <paramref name="entries"/> finds the list in a page; <paramref name="read"/> is called for each entry while its page is open.</summary>
    public async Task ReadPagesAsync(
        Platform platform, string scope, Uri first, string mediaType, Func<JsonElement, JsonElement?> entries, Action<JsonElement> read, CancellationToken cancellationToken)
    {
        var visited = new HashSet<string>(StringComparer.Ordinal);
        var count = 0;
        for (var page = first; page is not null;)
        {
            if (!visited.Add(page.AbsoluteUri))
                throw LtiServiceException.BadAnswer(page, "the pages lead round in a circle");
            if (visited.Count > MostPages)
                throw new LtiServiceException(ServiceFailure.TooMuch, $"{PlatformHttp.Place(first)} has more than {MostPages} pages");

            var answer = await SendAsync(platform, scope, () => Get(page, mediaType), cancellationToken);
            if (!answer.IsSuccess)
                throw LtiServiceException.From(answer, page);

            count += ReadPage(answer, page, entries, read);
            if (count > MostEntries)
                throw new LtiServiceException(ServiceFailure.TooMuch, $"{PlatformHttp.Place(first)} has more than {MostEntries} entries");

            page = NextPage(answer, page);
        }
    }

    /// <summary>Adds to the query and leaves what is there as it is.</summary>
    public static Uri WithQuery(Uri address, IEnumerable<KeyValuePair<string, string?>> parameters)
    {
        var added = string.Join('&', parameters.Where(parameter => parameter.Value is not null).Select(parameter => $"{parameter.Key}={Uri.EscapeDataString(parameter.Value!)}")); // just filtered
        if (added.Length == 0)
            return address;

        var query = address.Query.TrimStart('?');
        return new UriBuilder(address) { Query = query.Length == 0 ? added : $"{query}&{added}" }.Uri;
    }

    private async Task<(PlatformAnswer Answer, string Token)> SendOnceAsync(Platform platform, string scope, Func<HttpRequestMessage> make, CancellationToken cancellationToken)
    {
        var token = await tokens.GetAsync(platform, [scope], cancellationToken);
        using var request = make();
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return (await http.SendAsync(request, cancellationToken), token);
    }

    private static HttpRequestMessage Get(Uri address, string mediaType)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, address);
        // One type exactly: Moodle answers 400 to a list of them.
        request.Headers.Accept.ParseAdd(mediaType);
        return request;
    }

    private static int ReadPage(PlatformAnswer answer, Uri page, Func<JsonElement, JsonElement?> entries, Action<JsonElement> read)
    {
        if (!StrictJson.TryParse(answer.Body, out var document))
            throw LtiServiceException.BadAnswer(page, "the answer is not JSON");

        using (document)
        {
            if (entries(document.RootElement) is not { ValueKind: JsonValueKind.Array } list)
                throw LtiServiceException.BadAnswer(page, "the answer is not a list");

            foreach (var entry in list.EnumerateArray())
                read(entry);
            return list.GetArrayLength();
        }
    }

    private static Uri? NextPage(PlatformAnswer answer, Uri page)
    {
        if (LinkHeader.Next(answer.Links) is not { } next)
            return null;
        if (!Uri.TryCreate(page, next, out var address) || !WebAddress.TryRead(address.AbsoluteUri, out var checkedAddress))
            throw LtiServiceException.BadAnswer(page, "the address of the next page cannot be used");
        if (!WebAddress.SameOrigin(checkedAddress, page))
            throw new LtiServiceException(ServiceFailure.ForeignLink, $"{PlatformHttp.Place(page)} continues on another host, {checkedAddress.IdnHost}");

        return checkedAddress;
    }
}
