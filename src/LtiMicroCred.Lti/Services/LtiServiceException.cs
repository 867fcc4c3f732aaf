namespace LtiMicroCred.Lti;

/// <summary>Why a platform's service did not do what it was asked.</summary>
public enum ServiceFailure
{
    /// <summary>No connection.</summary>
    Unreachable,

    /// <summary>The guarded client does not call this address.</summary>
    AddressRefused,

    /// <summary>No whole answer in time, or 408.</summary>
    TimedOut,

    /// <summary>The token endpoint said no to this tool.</summary>
    TokenRefused,

    /// <summary>401, also with a fresh token.</summary>
    Unauthorized,

    /// <summary>403.</summary>
    Forbidden,

    /// <summary>404 or 410.</summary>
    NotFound,

    /// <summary>429 or 503: later, see <see cref="LtiServiceException.RetryAfter"/>.</summary>
    Busy,

    /// <summary>500 and above, except 503.</summary>
    ServerError,

    /// <summary>Any other 4xx: the same request will be refused again.</summary>
    Rejected,

    /// <summary>Not what the specification says an answer looks like.</summary>
    BadAnswer,

    /// <summary>The platform pointed to another host, which would carry its token away.</summary>
    ForeignLink,

    /// <summary>More bytes, pages or entries than are read.</summary>
    TooMuch,

    /// <summary>The platform's host has failed so often that nothing is sent there for a while, see <see cref="LtiServiceException.RetryAfter"/>.</summary>
    CircuitOpen,

    /// <summary>
    /// 409 to a score: the platform holds one of the same second or a later one. The score may be sent again after a second with a later
    /// <see cref="Score.Timestamp"/>; with the same one it is refused for ever.
    /// </summary>
    OlderScore,

    /// <summary>The platform marks the column as one that tools may only read. Nothing was sent.</summary>
    ReadOnly,
}

/// <summary>A platform's service did not do what it was asked. The message is for the LMS admin and the log: no tokens, names or scores.</summary>
public sealed class LtiServiceException(ServiceFailure failure, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>To be acted on; the message is only to be read.</summary>
    public ServiceFailure Failure { get; } = failure;

    /// <summary>The HTTP status, where there was an answer.</summary>
    public int? Status { get; init; }

    /// <summary>How long the platform, or its open circuit, wants to be left alone: zero to 24 hours. Null where nothing was said.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether it may well succeed later: the same request, or after <see cref="ServiceFailure.OlderScore"/> the same score with a later timestamp.</summary>
    public bool Retryable => Failure is ServiceFailure.Unreachable or ServiceFailure.TimedOut or ServiceFailure.Busy or ServiceFailure.ServerError
        or ServiceFailure.CircuitOpen or ServiceFailure.OlderScore;

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
