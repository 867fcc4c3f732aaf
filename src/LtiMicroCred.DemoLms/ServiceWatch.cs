using System.Globalization;
using LtiMicroCred.DemoLms.Services;
using Microsoft.AspNetCore.Http;

namespace LtiMicroCred.DemoLms;

/// <summary>Records what is asked of the LTI services and lets them fail as <see cref="Faults"/> say.</summary>
internal sealed class ServiceWatch(Platform platform)
{
    public async Task Invoke(HttpContext context, RequestDelegate next)
    {
        if (ServiceAt(context.Request.Path) is not { } service)
        {
            await next(context);
            return;
        }
        if (platform.Faults.Of(service) is Fault.Aborted)
        {
            // On record before the tool can see it.
            Record(context, service, 0);
            context.Abort();
            return;
        }
        var answered = false;
        try
        {
            await AnswerAsync(context, next, platform.Faults.Of(service));
            answered = true;
        }
        finally
        {
            Record(context, service, answered ? context.Response.StatusCode : 0);
        }
    }

    private void Record(HttpContext context, LmsService service, int status)
    {
        var query = service == LmsService.Authentication ? "" : context.Request.QueryString.Value ?? "";
        platform.Requests.Add(new RecordedRequest(platform.Now, service, context.Request.Method, context.Request.Path.Value ?? "", query, status));
    }

    private static async Task AnswerAsync(HttpContext context, RequestDelegate next, Fault? fault)
    {
        switch (fault)
        {
            case Fault.Refused refused:
                context.Response.StatusCode = refused.Status;
                if (refused.RetryAfter is { } wait)
                    context.Response.Headers.RetryAfter = ((int)wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
                return;
            case Fault.Late late:
                await Task.Delay(late.Delay, context.RequestAborted);
                await next(context);
                return;
            case Fault.CutOff:
                await SendHalfAsync(context, next);
                return;
            default:
                await next(context);
                return;
        }
    }

    private static async Task SendHalfAsync(HttpContext context, RequestDelegate next)
    {
        var wire = context.Response.Body;
        using var whole = new MemoryStream();
        context.Response.Body = whole;
        await next(context);
        context.Response.Body = wire;
        context.Response.ContentLength = whole.Length;
        await wire.WriteAsync(whole.GetBuffer().AsMemory(0, (int)whole.Length / 2), context.RequestAborted);
        await wire.FlushAsync(context.RequestAborted);
        context.Abort();
    }

    private static LmsService? ServiceAt(PathString path) => path.Value switch
    {
        "/mod/lti/openid-configuration.php" => LmsService.Configuration,
        "/mod/lti/openid-registration.php" => LmsService.Registration,
        "/mod/lti/certs.php" => LmsService.Keys,
        "/mod/lti/auth.php" => LmsService.Authentication,
        "/mod/lti/token.php" => LmsService.Token,
        { } text when text.StartsWith(ServiceEndpoint.Root, StringComparison.Ordinal) => ServiceBelow(text),
        _ => null,
    };

    private static LmsService ServiceBelow(string path) => path.Split('/')[^1] switch
    {
        "memberships" => LmsService.Memberships,
        "scores" => LmsService.Scores,
        "results" => LmsService.Results,
        "notice-handlers" => LmsService.Notices,
        _ => LmsService.LineItems,
    };
}
