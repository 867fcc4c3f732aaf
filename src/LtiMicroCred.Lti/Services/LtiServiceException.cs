namespace LtiMicroCred.Lti;

public enum ServiceFailure
{
    /// <summary>No connection.</summary>
    Unreachable,

    /// <summary>The guarded client does not call this address.</summary>
    AddressRefused,
    TimedOut,

    /// <summary>The token endpoint said no to this tool.</summary>
    TokenRefused,

    /// <summary>401, also with a fresh token.</summary>
    Unauthorized,
    Forbidden,
    NotFound,

    /// <summary>429 or 503: later, see <see cref="LtiServiceException.RetryAfter"/>.</summary>
    Busy,
    ServerError,

    /// <summary>Any other 4xx: the same request will be refused again.</summary>
    Rejected,

    /// <summary>Not what the specification says an answer looks like.</summary>
    BadAnswer,

    /// <summary>The platform pointed to another host, which would carry its token away.</summary>
    ForeignLink,

    /// <summary>More bytes, pages or entries than are read.</summary>
    TooMuch,
}

/// <summary>A platform's service did not do what it was asked. The message is for the LMS admin and the log: no tokens, names or scores.</summary>
public sealed class LtiServiceException(ServiceFailure failure, string message, Exception? inner = null) : Exception(message, inner)
{
    public ServiceFailure Failure { get; } = failure;

    public int? Status { get; init; }

    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether the same request may well succeed later.</summary>
    public bool Retryable => Failure is ServiceFailure.Unreachable or ServiceFailure.TimedOut or ServiceFailure.Busy or ServiceFailure.ServerError;

    internal static LtiServiceException From(PlatformAnswer answer, Uri address)
    {
        var failure = answer.Status switch
        {
            401 => ServiceFailure.Unauthorized,
            403 => ServiceFailure.Forbidden,
            404 or 410 => ServiceFailure.NotFound,
            408 => ServiceFailure.TimedOut,
            429 or 503 => ServiceFailure.Busy,
            >= 500 => ServiceFailure.ServerError,
            >= 400 => ServiceFailure.Rejected,
            _ => ServiceFailure.BadAnswer,
        };
        return new LtiServiceException(failure, $"{PlatformHttp.Place(address)} answered {answer.Status}") { Status = answer.Status, RetryAfter = answer.RetryAfter };
    }

    internal static LtiServiceException BadAnswer(Uri address, string what) =>
        new(ServiceFailure.BadAnswer, $"{PlatformHttp.Place(address)}: {what}");
}
