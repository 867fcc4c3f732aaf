using System.Net.Http.Headers;
using System.Text.Json;

namespace LtiMicroCred.Lti;

/// <summary>Calls a service with an access token, and reads lists page by page.</summary>
internal sealed class ServiceCalls(ResilientHttp http, ServiceTokens tokens)
{
    private const int MostPages = 500;
    private const int MostEntries = 100_000;
    private const int MostBytes = 32 * 1024 * 1024;

    /// <summary>
    /// Sends what <paramref name="make"/> makes; on a 401 once more with a fresh token. What fails otherwise is repeated if the method may be (RFC 9110, 9.2.2):
    /// GET, PUT and DELETE, not POST.
    /// </summary>
    public Task<PlatformAnswer> SendAsync(Platform platform, string scope, Func<HttpRequestMessage> make, CancellationToken cancellationToken) =>
        SendAsync(platform, scope, repeatable: false, make, cancellationToken);

    /// <param name="platform">Whose service it is.</param>
    /// <param name="scope">What the token has to allow.</param>
    /// <param name="repeatable">True for a POST that changes nothing when it comes twice.</param>
    /// <param name="make">A new request each time, always to the same address.</param>
    /// <param name="cancellationToken">Ends the waiting; the platform may have done what it was asked.</param>
    public async Task<PlatformAnswer> SendAsync(Platform platform, string scope, bool repeatable, Func<HttpRequestMessage> make, CancellationToken cancellationToken)
    {
        var (answer, token) = await SendOnceAsync(platform, scope, repeatable, make, cancellationToken);
        if (answer.Status != 401)
            return answer;

        tokens.Drop(platform, [scope], token);
        return (await SendOnceAsync(platform, scope, repeatable, make, cancellationToken)).Answer;
    }

    /// <summary>As the other one, of a list without a filter, or with one that the platform's own links keep.</summary>
    public Task<LastPage> ReadPagesAsync(
        Platform platform, string scope, Uri first, string mediaType, Func<JsonElement, JsonElement?> entries, Action<JsonElement> read, CancellationToken cancellationToken) =>
        ReadPagesAsync(platform, scope, first, [], mediaType, entries, read, cancellationToken);

    /// <summary>
    /// Reads every page or fails. <paramref name="entries"/> finds the list in a page; <paramref name="read"/> is called for each entry while its page is open.
    /// A parameter of <paramref name="filter"/> that a next link has lost, as Moodle's do, is put back: the rest of the list would be of other people.
    /// </summary>
    /// <returns>The last page.</returns>
    public async Task<LastPage> ReadPagesAsync(
        Platform platform,
        string scope,
        Uri first,
        IReadOnlyList<KeyValuePair<string, string?>> filter,
        string mediaType,
        Func<JsonElement, JsonElement?> entries,
        Action<JsonElement> read,
        CancellationToken cancellationToken)
    {
        var visited = new HashSet<string>(StringComparer.Ordinal);
        var count = 0;
        long bytes = 0;
        for (var page = Filtered(first, filter); ;)
        {
            if (!visited.Add(page.AbsoluteUri))
                throw LtiServiceException.BadAnswer(page, "the pages lead round in a circle");
            if (visited.Count > MostPages)
                throw new LtiServiceException(ServiceFailure.TooMuch, $"{PlatformHttp.Place(first)} has more than {MostPages} pages");

            var answer = await SendAsync(platform, scope, () => Get(page, mediaType), cancellationToken);
            if (!answer.IsSuccess)
                throw LtiServiceException.From(answer, page);

            // What is read of a list is no more than the list itself.
            bytes += answer.Body.Length;
            if (bytes > MostBytes)
                throw new LtiServiceException(ServiceFailure.TooMuch, $"{PlatformHttp.Place(first)} has more than {MostBytes / (1024 * 1024)} MB");

            count += ReadPage(answer, page, entries, read);
            if (count > MostEntries)
                throw new LtiServiceException(ServiceFailure.TooMuch, $"{PlatformHttp.Place(first)} has more than {MostEntries} entries");

            if (Linked(answer, page, "next") is not { } next)
                return new LastPage(answer, page);

            page = Filtered(next, filter);
        }
    }

    public static HttpRequestMessage Get(Uri address, string mediaType)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, address);
        // One type exactly: Moodle answers 400 to a list of them.
        request.Headers.Accept.ParseAdd(mediaType);
        return request;
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

    private async Task<(PlatformAnswer Answer, string Token)> SendOnceAsync(Platform platform, string scope, bool repeatable, Func<HttpRequestMessage> make, CancellationToken cancellationToken)
    {
        using var sample = make();
        var address = sample.RequestUri ?? throw new ArgumentException("the request has no address", nameof(make));
        var token = await tokens.GetAsync(platform, [scope], cancellationToken);
        var answer = await http.SendAsync(platform, address, repeatable || sample.Method != HttpMethod.Post, _ => ValueTask.FromResult(Bearing(token, make)), cancellationToken);
        return (answer, token);
    }

    private static HttpRequestMessage Bearing(string token, Func<HttpRequestMessage> make)
    {
        var request = make();
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
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

    private static Uri Filtered(Uri address, IReadOnlyList<KeyValuePair<string, string?>> filter)
    {
        var names = address.Query.TrimStart('?').Split('&').Select(parameter => parameter.Split('=')[0]).ToHashSet(StringComparer.Ordinal);
        return WithQuery(address, filter.Where(parameter => !names.Contains(parameter.Key)));
    }

    /// <summary>A related address (RFC 8288) of the page's own host; null where the page names none.</summary>
    private static Uri? Linked(PlatformAnswer answer, Uri page, string relation)
    {
        if (LinkHeader.Find(answer.Links, relation) is not { } link)
            return null;
        if (!Uri.TryCreate(page, link, out var address) || !WebAddress.TryRead(address.AbsoluteUri, out var checkedAddress))
            throw LtiServiceException.BadAnswer(page, $"the link to '{relation}' cannot be used");
        if (!WebAddress.SameOrigin(checkedAddress, page))
            throw new LtiServiceException(ServiceFailure.ForeignLink, $"{PlatformHttp.Place(page)} continues on another host, {checkedAddress.IdnHost}");

        return checkedAddress;
    }

    internal sealed record LastPage(PlatformAnswer Answer, Uri Address)
    {
        /// <summary>A related address of the same host; one elsewhere would carry our token away.</summary>
        public Uri? Linked(string relation) => ServiceCalls.Linked(Answer, Address, relation);
    }
}
