using System.Globalization;
using System.Net.Http.Headers;

namespace LtiMicroCred.Lti;

/// <summary>
/// A platform's gradebook, as far as it shows it to this tool (AGS 2.0). Addresses come from a <see cref="ValidLaunch"/> or from an earlier answer, never from a person.
/// Every method throws <see cref="LtiServiceException"/> where the platform does not do what it is asked.
/// </summary>
public sealed class AssignmentAndGradeServices
{
    private const string LineItemType = "application/vnd.ims.lis.v2.lineitem+json";
    private const string LineItemsType = "application/vnd.ims.lis.v2.lineitemcontainer+json";
    private const string ResultsType = "application/vnd.ims.lis.v2.resultcontainer+json";
    private const string ScoreType = "application/vnd.ims.lis.v1.score+json";

    private static readonly TimeSpan ScoreSecond = TimeSpan.FromSeconds(1);

    private readonly ServiceCalls _calls;

    internal AssignmentAndGradeServices(ServiceCalls calls) => _calls = calls;

    /// <summary>Every column that fits the filter; columns without label or positive maximum and columns of another host are left out.</summary>
    /// <exception cref="LtiServiceException">When not every page could be read.</exception>
    public Task<IReadOnlyList<LineItem>> GetLineItemsAsync(Platform platform, Uri lineItems, LineItemFilter? filter, CancellationToken cancellationToken)
    {
        var first = ServiceCalls.WithQuery(lineItems,
        [
            new("resource_link_id", filter?.ResourceLinkId),
            new("resource_id", filter?.ResourceId),
            new("tag", filter?.Tag),
            new("limit", filter?.PageSize?.ToString(CultureInfo.InvariantCulture)),
        ]);
        return WithEitherScopeAsync(scope => ReadLineItemsAsync(platform, scope, first, cancellationToken));
    }

    /// <summary>One column as it is now (AGS 3.2.5).</summary>
    /// <param name="platform">Whose column it is.</param>
    /// <param name="lineItem">Its <see cref="LineItem.Id"/>, query included.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    /// <exception cref="LtiServiceException"><see cref="ServiceFailure.NotFound"/> where it was deleted; <see cref="ServiceFailure.BadAnswer"/> where it has no label or positive maximum.</exception>
    public async Task<LineItem> GetLineItemAsync(Platform platform, Uri lineItem, CancellationToken cancellationToken) =>
        (await WithEitherScopeAsync(scope => ReadLineItemAsync(platform, scope, lineItem, cancellationToken))).LineItem;

    /// <summary>Creates a column; look for one first, since two calls make two. Sent once only, whatever happens.</summary>
    /// <returns>The column with its address.</returns>
    /// <exception cref="ArgumentException">A blank label, or a maximum that is not above zero.</exception>
    /// <exception cref="LtiServiceException">When the platform refuses, or answers without the address. After no answer the column may be there all the same.</exception>
    public async Task<LineItem> CreateLineItemAsync(Platform platform, Uri lineItems, LineItem lineItem, CancellationToken cancellationToken)
    {
        RequireSendable(lineItem);
        var body = lineItem.ToJson();
        var answer = await _calls.SendAsync(platform, LtiScopes.LineItem, () => Sending(HttpMethod.Post, lineItems, body, LineItemType, LineItemType), cancellationToken);
        if (!answer.IsSuccess)
            throw LtiServiceException.From(answer, lineItems);

        return Read(answer, lineItems).LineItem;
    }

    /// <summary>
    /// The column that <paramref name="wanted"/> describes, found or else created: the same resource link (or none), and the same resource id and tag where
    /// <paramref name="wanted"/> names them. Made for copied courses and for pages that are posted twice; only two calls at the same moment can still make two.
    /// </summary>
    /// <exception cref="ArgumentException">When <paramref name="wanted"/> has neither resource link, resource id nor tag: anything would fit. Also a blank label, or a maximum that is not above zero.</exception>
    /// <exception cref="LtiServiceException">When the list could not be read whole, or the platform refuses the new column.</exception>
    public async Task<LineItem> FindOrCreateLineItemAsync(Platform platform, Uri lineItems, LineItem wanted, CancellationToken cancellationToken)
    {
        RequireSendable(wanted);
        if (wanted is { ResourceLinkId: null, ResourceId: null, Tag: null })
            throw new ArgumentException("a column to be found needs a resource link, a resource id or a tag", nameof(wanted));

        var filter = new LineItemFilter { ResourceLinkId = wanted.ResourceLinkId, ResourceId = wanted.ResourceId, Tag = wanted.Tag };
        // Compared here too: not every platform filters by all three.
        var found = (await GetLineItemsAsync(platform, lineItems, filter, cancellationToken)).FirstOrDefault(item =>
            item.ResourceLinkId == wanted.ResourceLinkId
            && (wanted.ResourceId is null || item.ResourceId == wanted.ResourceId)
            && (wanted.Tag is null || item.Tag == wanted.Tag));
        return found ?? await CreateLineItemAsync(platform, lineItems, wanted, cancellationToken);
    }

    /// <summary>
    /// Reads the column and replaces it by what <paramref name="change"/> makes of it (AGS 3.2.7). PUT replaces everything: members that this library does not
    /// know go back as they came. Nothing is sent where nothing changed.
    /// </summary>
    /// <returns>The column as the platform says it is now.</returns>
    /// <exception cref="ArgumentException">When the change gives it another address, a blank label or a maximum that is not above zero.</exception>
    /// <exception cref="LtiServiceException"><see cref="ServiceFailure.ReadOnly"/> for a column that tools may not change.</exception>
    public async Task<LineItem> UpdateLineItemAsync(Platform platform, Uri lineItem, Func<LineItem, LineItem> change, CancellationToken cancellationToken)
    {
        var (before, written) = await ReadLineItemAsync(platform, LtiScopes.LineItem, lineItem, cancellationToken);
        var after = change(before);
        RequireSendable(after);
        if (after.Id != before.Id)
            throw new ArgumentException("a column keeps its address", nameof(change));
        if (after.SaysTheSameAs(before))
            return before;

        RequireWritable(before, lineItem);
        var body = after.ToJson(written, before);
        var answer = await _calls.SendAsync(platform, LtiScopes.LineItem, () => Sending(HttpMethod.Put, lineItem, body, LineItemType, LineItemType), cancellationToken);
        if (!answer.IsSuccess)
            throw LtiServiceException.From(answer, lineItem);

        // AGS 3.2.7 wants the column as the answer; a platform that sends nothing has taken it all the same.
        return answer.Body.Length == 0 ? after : Read(answer, lineItem).LineItem;
    }

    /// <summary>Deletes a column and its grades (AGS 3.2.8). One that is gone already is no failure.</summary>
    public async Task DeleteLineItemAsync(Platform platform, Uri lineItem, CancellationToken cancellationToken)
    {
        var answer = await _calls.SendAsync(platform, LtiScopes.LineItem, () => new HttpRequestMessage(HttpMethod.Delete, lineItem), cancellationToken);
        if (!answer.IsSuccess && answer.Status is not (404 or 410))
            throw LtiServiceException.From(answer, lineItem);
    }

    /// <summary>As the other one; a column that tools may only read is refused here, without a request.</summary>
    /// <exception cref="ArgumentException">A column without <see cref="LineItem.Id"/>, or as the other one.</exception>
    /// <exception cref="LtiServiceException"><see cref="ServiceFailure.ReadOnly"/>, or as the other one.</exception>
    public Task PostScoreAsync(Platform platform, LineItem lineItem, Score score, CancellationToken cancellationToken)
    {
        var address = new Uri(lineItem.Id ?? throw new ArgumentException("the column has no address yet", nameof(lineItem)));
        RequireWritable(lineItem, address);
        return PostScoreAsync(platform, address, score, cancellationToken);
    }

    /// <summary>
    /// Posts a score (AGS 3.4). Its timestamp makes it safe to send again, so no answer or a busy platform leads to further attempts with the same one.
    /// A grade that a teacher set by hand may stay as it is, although the platform takes the score.
    /// </summary>
    /// <exception cref="ArgumentException">A negative score, one without a positive maximum, no user or no timestamp.</exception>
    /// <exception cref="LtiServiceException">
    /// <see cref="ServiceFailure.OlderScore"/>: send it again after a second with a later timestamp. <see cref="ServiceFailure.Rejected"/>: final, such as for someone
    /// who is no learner of the course.
    /// </exception>
    public async Task PostScoreAsync(Platform platform, Uri lineItem, Score score, CancellationToken cancellationToken)
    {
        RequireSendable(score);
        var address = Below(lineItem, "scores");
        var body = score.ToJson();
        var answer = await _calls.SendAsync(platform, LtiScopes.Score, repeatable: true, () => Sending(HttpMethod.Post, address, body, ScoreType, accept: null), cancellationToken);
        // AGS 3.4.4: not later than what the platform holds. Moodle compares whole seconds.
        if (answer.Status == 409)
            throw new LtiServiceException(ServiceFailure.OlderScore, $"{PlatformHttp.Place(address)} holds a score that is as new or newer") { Status = 409, RetryAfter = answer.RetryAfter ?? ScoreSecond };
        if (!answer.IsSuccess)
            throw LtiServiceException.From(answer, address);
        // Moodle says 200 and an empty list where it took nothing; success has an empty body there, and an object elsewhere.
        if (answer.Body.AsSpan().TrimStart(" \t\r\n"u8).StartsWith("["u8))
            throw new LtiServiceException(ServiceFailure.Rejected, $"{PlatformHttp.Place(address)} answered {answer.Status}, but took no score") { Status = answer.Status };
    }

    /// <summary>All results of a column (AGS 3.3); never asked for by pages, which Moodle cannot do, but pages are followed where the platform makes them.</summary>
    /// <exception cref="LtiServiceException">When not every page could be read.</exception>
    public Task<ResultsPage> GetResultsAsync(Platform platform, Uri lineItem, CancellationToken cancellationToken) =>
        GetResultsAsync(platform, lineItem, userId: null, cancellationToken);

    /// <summary>The result of one learner in a column, none or one; of all with <paramref name="userId"/> null.</summary>
    /// <exception cref="LtiServiceException">When not every page could be read.</exception>
    public async Task<ResultsPage> GetResultsAsync(Platform platform, Uri lineItem, string? userId, CancellationToken cancellationToken)
    {
        var first = ServiceCalls.WithQuery(Below(lineItem, "results"), [new("user_id", userId)]);
        var results = new List<Result>();
        var refused = new List<string>();
        await _calls.ReadPagesAsync(platform, LtiScopes.ResultReadOnly, first, ResultsType, page => page, json =>
        {
            var (result, refusal) = Result.Read(json);
            if (result is null)
                refused.Add($"result {results.Count + refused.Count + 1} cannot be used: {refusal}");
            else if (userId is null || result.UserId == userId)
                results.Add(result);
        }, cancellationToken);
        return new ResultsPage(results, refused);
    }

    // AGS 3.2: whoever may manage columns may read them, but some platforms grant one of the two scopes only.
    private static async Task<T> WithEitherScopeAsync<T>(Func<string, Task<T>> read)
    {
        try
        {
            return await read(LtiScopes.LineItemReadOnly);
        }
        catch (LtiServiceException failure) when (failure.Failure == ServiceFailure.TokenRefused)
        {
            return await read(LtiScopes.LineItem);
        }
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

    private async Task<(LineItem LineItem, byte[] Written)> ReadLineItemAsync(Platform platform, string scope, Uri lineItem, CancellationToken cancellationToken)
    {
        var answer = await _calls.SendAsync(platform, scope, () => ServiceCalls.Get(lineItem, LineItemType), cancellationToken);
        return answer.IsSuccess ? Read(answer, lineItem) : throw LtiServiceException.From(answer, lineItem);
    }

    private static (LineItem LineItem, byte[] Written) Read(PlatformAnswer answer, Uri address)
    {
        if (!StrictJson.TryParse(answer.Body, out var document))
            throw LtiServiceException.BadAnswer(address, "the answer is not JSON");

        using (document)
            return (LineItem.Read(document.RootElement, address) ?? throw LtiServiceException.BadAnswer(address, "the answer is not a line item of this host"), answer.Body);
    }

    // AGS 3.2: a label, and a maximum above zero.
    private static void RequireSendable(LineItem lineItem)
    {
        if (string.IsNullOrWhiteSpace(lineItem.Label) || lineItem.ScoreMaximum <= 0)
            throw new ArgumentException("a line item needs a label and a maximum above zero", nameof(lineItem));
    }

    private static void RequireSendable(Score score)
    {
        if (string.IsNullOrEmpty(score.UserId) || score.Timestamp == default)
            throw new ArgumentException("a score needs a user and a timestamp", nameof(score));
        if (!Enum.IsDefined(score.ActivityProgress) || !Enum.IsDefined(score.GradingProgress))
            throw new ArgumentException("a score needs a known progress", nameof(score));
        // AGS 3.4: a score is not negative, and says out of how much; a maximum is above zero.
        if (score.ScoreGiven < 0 || (score.ScoreGiven is not null && score.ScoreMaximum is null) || score.ScoreMaximum <= 0)
            throw new ArgumentException("a score is zero or more, out of a maximum above zero", nameof(score));
    }

    private static void RequireWritable(LineItem lineItem, Uri address)
    {
        if (lineItem.IsReadOnly)
            throw new LtiServiceException(ServiceFailure.ReadOnly, $"{PlatformHttp.Place(address)} is a column that the platform lets tools only read");
    }

    private static HttpRequestMessage Sending(HttpMethod method, Uri address, byte[] body, string contentType, string? accept)
    {
        var request = new HttpRequestMessage(method, address) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        if (accept is not null)
            request.Headers.Accept.ParseAdd(accept);
        return request;
    }

    // AGS 3.3 and 3.4: appended to the path; a query such as Moodle's type_id stays behind it.
    private static Uri Below(Uri lineItem, string segment) =>
        new UriBuilder(lineItem) { Path = lineItem.AbsolutePath.TrimEnd('/') + "/" + segment }.Uri;
}
