using LtiMicroCred.Features.Awards;
using LtiMicroCred.Features.Launches;
using LtiMicroCred.Features.Operators;
using LtiMicroCred.Features.Published;
using LtiMicroCred.Features.Traces;
using LtiMicroCred.Lti;
using LtiMicroCred.Shell;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace LtiMicroCred.Features.Errors;

/// <summary>
/// The one edge where a refusal becomes a page: what happened in the reader's words, whether anything was lost, what to do, whom to tell;
/// the specification's words are in the fold. Needs no session, names nobody.
/// </summary>
[IgnoreAntiforgeryToken]
[ResponseCache(NoStore = true)]
internal sealed partial class ErrorModel(ILogger<ErrorModel> log, LaunchTraces traces, TimeProvider clock) : PageModel
{
    /// <summary>The stem of the page's texts: <c>Error.{Kind}.Title</c> and so on.</summary>
    public string Kind { get; private set; } = "Own";

    public string Reference { get; } = Secrets.NewCode()[..9];
    public LtiException? Refusal { get; private set; }

    /// <summary>Only then the reference leads anywhere: refusals and failures of our own are logged under it.</summary>
    public bool IsLogged { get; private set; }

    /// <summary>The sealed login to start over: in a new window where the cookie did not stick, in place where the LMS refused.</summary>
    public string? Restart { get; private set; }
    public DateTimeOffset Now { get; } = clock.GetUtcNow();
    public string? PlatformHost => Uri.TryCreate(Refusal?.Issuer, UriKind.Absolute, out var issuer) ? issuer.Host : null;

    // Whatever the method was that failed.
    public override void OnPageHandlerExecuting(PageHandlerExecutingContext context) => Show();

    private void Show()
    {
        // Nothing here can be clicked into harm, and the LMS that framed us is not known yet.
        ContentPolicy.Set(Response, frameAncestors: "*");
        var error = HttpContext.Features.Get<IExceptionHandlerFeature>()?.Error;
        (Response.StatusCode, Kind) = error switch
        {
            LtiException refusal => (StatusOf(refusal.Error), KindOf(refusal.Error)),
            NotForLearnersException { Asked: LtiMessageType.SubmissionReview } => (StatusCodes.Status403Forbidden, "NotYours"),
            NotForLearnersException => (StatusCodes.Status403Forbidden, "NotForLearners"),
            TooManyLaunchesException => (StatusCodes.Status429TooManyRequests, "TooMany"),
            ToolRefusedException or QuizNotOpenedException => (StatusCodes.Status400BadRequest, "QuizNotOpened"),
            NoSuchLaunchException => (StatusCodes.Status404NotFound, "LaunchGone"),
            NoSuchCredentialException => (StatusCodes.Status404NotFound, "NoCredential"),
            ErasedCredentialException => (StatusCodes.Status410Gone, "Erased"),
            NotAnOperatorException => (StatusCodes.Status401Unauthorized, "NotOperator"),
            BadHttpRequestException bad => (bad.StatusCode, "BadRequest"),
            null => KindOfStatus(HttpContext.Features.Get<IStatusCodeReExecuteFeature>()?.OriginalStatusCode ?? StatusCodes.Status404NotFound),
            _ => (StatusCodes.Status500InternalServerError, "Own"),
        };
        if (error is TooManyLaunchesException busy)
            Response.Headers.RetryAfter = busy.RetryAfterSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        Refusal = error as LtiException;
        Restart = Refusal?.State;
        // The restart answers with a redirect to the LMS's sign-in page, and form-action counts redirects.
        if (Restart is not null)
            ContentPolicy.Set(Response, frameAncestors: "*", formAction: "'self' https: http://localhost:* http://127.0.0.1:*");
        IsLogged = Refusal is not null || (Kind == "Own" && error is not null);
        if (Refusal is not null)
        {
            Log.Refused(log, Reference, Refusal.Error, Refusal.Issuer, Refusal.Message);
            traces.Note(Refusal, Reference);
        }
        else if (Kind == "QuizNotOpened")
        {
            IsLogged = true;
            Log.NotOpened(log, Reference, error!.Message); // that kind is of an exception
        }
        else if (Kind == "Own" && error is not null)
        {
            Log.Broke(log, error, Reference);
        }
    }

    private static (int Status, string Kind) KindOfStatus(int status) => status switch
    {
        StatusCodes.Status404NotFound => (status, "NotFound"),
        >= 400 and < 500 => (status, "BadRequest"),
        _ => (status, "Own"),
    };

    private static int StatusOf(LtiError error) => error switch
    {
        LtiError.StateCookieMissing => StatusCodes.Status401Unauthorized,
        LtiError.UnknownDeployment => StatusCodes.Status403Forbidden,
        _ => StatusCodes.Status400BadRequest,
    };

    /// <summary>Many checks, few things that a person can do.</summary>
    internal static string KindOf(LtiError error) => error switch
    {
        LtiError.StateCookieMissing => "CookieBlocked",
        LtiError.UnknownDeployment => "WaitingForApproval",
        LtiError.UnknownPlatform => "UnknownPlatform",
        LtiError.TokenExpired or LtiError.ExpiredState => "TooLate",
        LtiError.TokenFromFuture => "ClockAhead",
        LtiError.NonceReplayed => "UsedBefore",
        LtiError.StateMismatch or LtiError.InvalidState or LtiError.NonceMismatch => "OtherBrowser",
        LtiError.PlatformRefused => "PlatformRefused",
        LtiError.KeysUnavailable => "PlatformDown",
        _ => "NotGenuine",
    };

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "{Reference}: refused a launch ({Error}) of {Issuer}: {Reason}")]
        public static partial void Refused(ILogger log, string reference, LtiError error, string? issuer, string reason);

        [LoggerMessage(3, LogLevel.Warning, "{Reference}: refused to open a published activity: {Reason}")]
        public static partial void NotOpened(ILogger log, string reference, string reason);

        [LoggerMessage(2, LogLevel.Error, "{Reference}: a request failed on our side")]
        public static partial void Broke(ILogger log, Exception exception, string reference);
    }
}
