using System.Net.Http.Headers;

namespace LtiMicroCred.Lti;

/// <summary>Sends one request to a platform and reads the whole answer; whatever keeps an answer from coming is an <see cref="LtiServiceException"/>.</summary>
internal sealed class PlatformHttp(LtiOptions options, OutgoingOptions outgoing, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(24);

    private readonly HttpClient _client = GuardedHttp.Create(outgoing);

    public async Task<PlatformAnswer> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.TryAddWithoutValidation("User-Agent", options.UserAgent);
        try
        {
            using var response = await _client.SendAsync(request, cancellationToken);
            return new PlatformAnswer
            {
                Status = (int)response.StatusCode,
                Body = await response.Content.ReadAsByteArrayAsync(cancellationToken),
                MaxAge = MaxAge(response.Headers.CacheControl),
                RetryAfter = RetryAfter(response.Headers.RetryAfter),
                Links = response.Headers.NonValidated.TryGetValues("Link", out var links) ? [.. links] : [],
            };
        }
        catch (HttpRequestException failure)
        {
            throw Explain(failure, request.RequestUri);
        }
        catch (OperationCanceledException failure) when (!cancellationToken.IsCancellationRequested)
        {
            throw new LtiServiceException(ServiceFailure.TimedOut, $"{Place(request.RequestUri)} did not answer in {outgoing.Timeout.TotalSeconds:0} s", failure);
        }
    }

    public void Dispose() => _client.Dispose();

    /// <summary>An address fit for messages and logs: without query, which may carry keys.</summary>
    public static string Place(Uri? address) => address is { IsAbsoluteUri: true } ? address.GetLeftPart(UriPartial.Path) : "the platform";

    private static LtiServiceException Explain(HttpRequestException failure, Uri? address)
    {
        for (Exception? cause = failure; cause is not null; cause = cause.InnerException)
        {
            if (cause is OutgoingRefusedException)
                return new LtiServiceException(ServiceFailure.AddressRefused, cause.Message, failure);
        }

        return failure.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded
            ? new LtiServiceException(ServiceFailure.TooMuch, $"{Place(address)} answered with more than is read", failure)
            : new LtiServiceException(ServiceFailure.Unreachable, $"{Place(address)} cannot be reached ({failure.HttpRequestError})", failure);
    }

    private static TimeSpan? MaxAge(CacheControlHeaderValue? control) =>
        control is { NoCache: true } or { NoStore: true } ? TimeSpan.Zero : control?.MaxAge;

    private TimeSpan? RetryAfter(RetryConditionHeaderValue? header)
    {
        var wait = header?.Delta ?? header?.Date - time.GetUtcNow();
        return wait is null ? null : TimeSpan.FromTicks(Math.Clamp(wait.Value.Ticks, 0, LongestWait.Ticks));
    }
}

internal sealed record PlatformAnswer
{
    public required int Status { get; init; }

    public required byte[] Body { get; init; }

    public required TimeSpan? MaxAge { get; init; }

    public required TimeSpan? RetryAfter { get; init; }

    public required IReadOnlyList<string> Links { get; init; }

    public bool IsSuccess => Status is >= 200 and <= 299;
}
