using System.Security.Cryptography;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;

namespace LtiMicroCred.Lti;

/// <summary>
/// Sends requests to platforms that may be slow, busy or dead. Each host of each registration has a circuit of its own, so that one institution's
/// trouble is never another's; what may be repeated is repeated within the budget of <see cref="ServiceOptions"/>.
/// </summary>
internal sealed class ResilientHttp
{
    private const int MostCircuits = 5000;

    private static readonly ResiliencePropertyKey<long> Began = new("LtiMicroCred.Lti.Began");

    private readonly PlatformHttp _http;
    private readonly ServiceOptions _options;
    private readonly TimeProvider _time;
    private readonly ResiliencePipeline<PlatformAnswer> _repeating;
    private readonly LeastRecentlyUsed<(Guid Platform, string Origin), ResiliencePipeline<PlatformAnswer>> _circuits = new(MostCircuits);

    public ResilientHttp(PlatformHttp http, ServiceOptions options, TimeProvider time)
    {
        _http = http;
        _options = options.Validated();
        _time = time;
        _repeating = NewRepeating();
    }

    /// <summary>Asks <paramref name="make"/> for a new request at every attempt; with the circuit open it is not asked at all.</summary>
    /// <exception cref="LtiServiceException">No answer, or <see cref="ServiceFailure.CircuitOpen"/>. Answers of any status are returned.</exception>
    public async Task<PlatformAnswer> SendAsync(
        Platform platform, Uri address, bool repeatable, Func<CancellationToken, ValueTask<HttpRequestMessage>> make, CancellationToken cancellationToken)
    {
        var origin = address.GetLeftPart(UriPartial.Authority);
        var circuit = _circuits.GetOrAdd((platform.Id, origin), _ => NewCircuit());
        var repeating = repeatable ? _repeating : ResiliencePipeline<PlatformAnswer>.Empty;
        var context = ResilienceContextPool.Shared.Get(cancellationToken);
        context.Properties.Set(Began, _time.GetTimestamp());
        try
        {
            return await repeating.ExecuteAsync(
                (attempt, _) => circuit.ExecuteAsync(SendOnceAsync, make, attempt.CancellationToken), context, make);
        }
        catch (BrokenCircuitException open)
        {
            throw new LtiServiceException(ServiceFailure.CircuitOpen, $"{origin} has failed again and again; nothing is sent there for a while", open) { RetryAfter = open.RetryAfter };
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    private async ValueTask<PlatformAnswer> SendOnceAsync(Func<CancellationToken, ValueTask<HttpRequestMessage>> make, CancellationToken cancellationToken)
    {
        using var request = await make(cancellationToken);
        return await _http.SendAsync(request, cancellationToken);
    }

    private ResiliencePipeline<PlatformAnswer> NewRepeating() => _options.Attempts == 1
        ? ResiliencePipeline<PlatformAnswer>.Empty
        : new ResiliencePipelineBuilder<PlatformAnswer> { TimeProvider = _time }
            .AddRetry(new RetryStrategyOptions<PlatformAnswer>
            {
                MaxRetryAttempts = _options.Attempts - 1,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = _options.RetryDelay,
                MaxDelay = _options.LongestWait,
                Randomizer = static () => RandomNumberGenerator.GetInt32(int.MaxValue) / (double)int.MaxValue,
                ShouldHandle = attempt => ValueTask.FromResult(MayPass(attempt.Outcome) && IsWithinBudget(attempt)),
                // A platform's own word counts; a zero of it would be no pause at all.
                DelayGenerator = attempt => ValueTask.FromResult(attempt.Outcome.Result?.RetryAfter is { } asked && asked > TimeSpan.Zero ? asked : (TimeSpan?)null),
            })
            .Build();

    private ResiliencePipeline<PlatformAnswer> NewCircuit() => new ResiliencePipelineBuilder<PlatformAnswer> { TimeProvider = _time }
        .AddCircuitBreaker(new CircuitBreakerStrategyOptions<PlatformAnswer>
        {
            FailureRatio = _options.BreakerRatio,
            MinimumThroughput = _options.BreakerRequests,
            SamplingDuration = _options.BreakerWindow,
            BreakDuration = _options.BreakDuration,
            ShouldHandle = static attempt => ValueTask.FromResult(IsDead(attempt.Outcome)),
        })
        .Build();

    // RFC 9110, 15: what another attempt may change. 501 and the other 4xx stay as they are.
    private static bool MayPass(Outcome<PlatformAnswer> outcome) => IsNoAnswer(outcome) || outcome.Result is { Status: 408 or 429 or 500 or >= 502 };

    // A platform that asks for a pause is alive.
    private static bool IsDead(Outcome<PlatformAnswer> outcome) => IsNoAnswer(outcome) || outcome.Result is { Status: >= 500, RetryAfter: null };

    private static bool IsNoAnswer(Outcome<PlatformAnswer> outcome) => outcome.Exception is LtiServiceException { Failure: ServiceFailure.Unreachable or ServiceFailure.TimedOut };

    private bool IsWithinBudget(RetryPredicateArguments<PlatformAnswer> attempt)
    {
        var pause = attempt.Outcome.Result?.RetryAfter ?? TimeSpan.Zero;
        var elapsed = _time.GetElapsedTime(attempt.Context.Properties.GetValue(Began, _time.GetTimestamp()));
        return pause <= _options.LongestWait && elapsed + pause <= _options.Budget;
    }
}
