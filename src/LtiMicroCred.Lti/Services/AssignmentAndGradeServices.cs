using System.Net.Http.Headers;

namespace LtiMicroCred.Lti;

/// <summary>A platform's gradebook, as far as it shows it to this tool (AGS 2.0). Addresses come from a <see cref="ValidLaunch"/> or from an earlier answer, never from a person.</summary>
public sealed class AssignmentAndGradeServices
{
    private const string LineItemType = "application/vnd.ims.lis.v2.lineitem+json";
    private const string LineItemsType = "application/vnd.ims.lis.v2.lineitemcontainer+json";
    private const string ResultsType = "application/vnd.ims.lis.v2.resultcontainer+json";

    private readonly ServiceCalls _calls;

    internal AssignmentAndGradeServices(ServiceCalls calls) => _calls = calls;

    /// <summary>Every column that fits the filter; columns without label or positive maximum and columns of another host are left out.</summary>
    /// <exception cref="LtiServiceException">When not every page could be read.</exception>
    public async Task<IReadOnlyList<LineItem>> GetLineItemsAsync(Platform platform, Uri lineItems, LineItemFilter? filter, CancellationToken cancellationToken)
    {
        var first = ServiceCalls.WithQuery(lineItems,
        [
            new("resource_link_id", filter?.ResourceLinkId),
            new("resource_id", filter?.ResourceId),
            new("tag", filter?.Tag),
        ]);
        try
        {
            return await ReadLineItemsAsync(platform, LtiScopes.LineItemReadOnly, first, cancellationToken);
        }
        catch (LtiServiceException failure) when (failure.Failure == ServiceFailure.TokenRefused)
        {
            // AGS 3.2: whoever may manage columns may read them, but some platforms grant one of the two scopes only.
            return await ReadLineItemsAsync(platform, LtiScopes.LineItem, first, cancellationToken);
        }
    }

    /// <summary>Creates a column; look for one first, since two calls make two.</summary>
    /// <returns>The column with its address.</returns>
    /// <exception cref="LtiServiceException">When the platform refuses, or answers without the address.</exception>
    public async Task<LineItem> CreateLineItemAsync(Platform platform, Uri lineItems, LineItem lineItem, CancellationToken cancellationToken)
    {
        // AGS 3.2: a label, and a maximum above zero.
        if (string.IsNullOrWhiteSpace(lineItem.Label) || lineItem.ScoreMaximum <= 0)
            throw new ArgumentException("a line item needs a label and a maximum above zero", nameof(lineItem));

        var answer = await _calls.SendAsync(platform, LtiScopes.LineItem, () => Post(lineItems, lineItem), cancellationToken);
        if (!answer.IsSuccess)
            throw LtiServiceException.From(answer, lineItems);
        if (!StrictJson.TryParse(answer.Body, out var document))
            throw LtiServiceException.BadAnswer(lineItems, "the answer is not JSON");

        using (document)
            return LineItem.Read(document.RootElement, lineItems) ?? throw LtiServiceException.BadAnswer(lineItems, "the answer is not a line item of this host");
    }

    /// <summary>All results of a column; never asked for by pages, which Moodle cannot do, but pages are followed where the platform makes them.</summary>
    /// <exception cref="LtiServiceException">When not every page could be read.</exception>
    public async Task<ResultsPage> GetResultsAsync(Platform platform, Uri lineItem, CancellationToken cancellationToken)
    {
        var results = new List<Result>();
        var refused = new List<string>();
        await _calls.ReadPagesAsync(platform, LtiScopes.ResultReadOnly, Below(lineItem, "results"), ResultsType, page => page, json =>
        {
            var (result, refusal) = Result.Read(json);
            if (result is not null)
                results.Add(result);
            else
                refused.Add($"result {results.Count + refused.Count + 1} cannot be used: {refusal}");
        }, cancellationToken);
        return new ResultsPage(results, refused);
    }

    private async Task<IReadOnlyList<LineItem>> ReadLineItemsAsync(Platform platform, string scope, Uri first, CancellationToken cancellationToken)
    {
        var items = new List<LineItem>();
        await _calls.ReadPagesAsync(platform, scope, first, LineItemsType, page => page, json =>
        {
            if (LineItem.Read(json, first) is { } item)
                items.Add(item);
        }, cancellationToken);
        return items;
    }

    private static HttpRequestMessage Post(Uri lineItems, LineItem lineItem)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, lineItems) { Content = new ByteArrayContent(lineItem.ToJson()) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(LineItemType);
        request.Headers.Accept.ParseAdd(LineItemType);
        return request;
    }

    // AGS 3.3: appended to the path; a query such as Moodle's type_id stays behind it.
    private static Uri Below(Uri lineItem, string segment) =>
        new UriBuilder(lineItem) { Path = lineItem.AbsolutePath.TrimEnd('/') + "/" + segment }.Uri;
}
