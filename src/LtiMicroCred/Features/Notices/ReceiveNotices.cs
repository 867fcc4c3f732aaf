using System.IO.Pipelines;
using LtiMicroCred.Features.Traces;
using LtiMicroCred.Lti;
using LtiMicroCred.Shell;
using LtiMicroCred.Storage;
using HttpResults = Microsoft.AspNetCore.Http.Results;

namespace LtiMicroCred.Features.Notices;

/// <summary>
/// The address that an LMS posts its notices to (PNS 1.0). Each is kept in one transaction with its nonce; where that fails, the answer is a 500 and the LMS
/// sends it again. Refusals go to the platform's page.
/// </summary>
internal sealed partial class ReceiveNotices(NoticeValidator validator, IServiceScopeFactory scopes, LaunchTraces traces, ILogger<ReceiveNotices> log)
{
    public const string Path = "/lti/notices";

    /// <returns>False if nothing in it could be believed.</returns>
    public async Task<bool> RunAsync(PipeReader body, CancellationToken ct)
    {
        try
        {
            var batch = await validator.ValidateAsync(await PostedBody.ReadAsync(body, NoticeValidator.MostBytes, ct), (notice, nonce) => TakeAsync(notice, nonce, ct), ct);
            foreach (var refusal in batch.Refused.Where(refusal => refusal.Error != LtiError.NonceReplayed))
                Refuse(refusal);
            return !batch.IsRefused;
        }
        catch (LtiException refusal)
        {
            Refuse(refusal);
            return false;
        }
    }

    private async Task<bool> TakeAsync(Notice notice, NonceUse nonce, CancellationToken ct)
    {
        if (!await scopes.SendAsync(new TakeInNotice(notice, nonce), ct))
            return false;
        Log.Taken(log, notice.GetType().Name, notice.Id, notice.Platform.Issuer, notice.DeploymentId);
        return true;
    }

    private void Refuse(LtiException refusal)
    {
        var reference = Secrets.NewCode()[..9];
        Log.Refused(log, reference, refusal.Error, refusal.Issuer, refusal.Message);
        traces.Note(refusal, reference, LaunchTrace.Notice);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Took {Kind} {NoticeId} of {Issuer}, deployment {DeploymentId}")]
        public static partial void Taken(ILogger log, string kind, string noticeId, string issuer, string deploymentId);

        [LoggerMessage(2, LogLevel.Warning, "{Reference}: refused a notice ({Error}) of {Issuer}: {Reason}")]
        public static partial void Refused(ILogger log, string reference, LtiError error, string? issuer, string reason);
    }
}

internal static class NoticeRoutes
{
    public static void MapNotices(this IEndpointRouteBuilder routes) => routes
        .MapPost(ReceiveNotices.Path, async (HttpContext http, ReceiveNotices receive) =>
            await receive.RunAsync(http.Request.BodyReader, http.RequestAborted) ? HttpResults.Ok() : HttpResults.Text("None of these notices could be believed.", statusCode: StatusCodes.Status400BadRequest))
        .DisableAntiforgery();
}
