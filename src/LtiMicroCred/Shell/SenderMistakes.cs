using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Net.Http.Headers;

namespace LtiMicroCred.Shell;

/// <summary>What the framework would let through or fail at, though it is the sender's mistake.</summary>
internal static class SenderMistakes
{
    /// <summary>UTF-7 is refused in words: wherever a form is read, the framework throws at it.</summary>
    public static void RefuseUnreadableCharsets(this IApplicationBuilder app) => app.Use(static (http, next) =>
    {
        if (!IsUnreadable(http.Request.ContentType))
            return next(http);
        // The page that says so comes by here again, and nobody may try to read the body.
        http.Request.ContentType = null;
        throw new BadHttpRequestException("The body is in a character set that is not read.", StatusCodes.Status415UnsupportedMediaType);
    });

    private static bool IsUnreadable(string? contentType)
    {
        if (!MediaTypeHeaderValue.TryParse(contentType, out var type))
            return false;
        try
        {
            _ = type.Encoding;
            return false;
        }
        catch (NotSupportedException)
        {
            return true;
        }
    }
}

/// <summary>A page that has no handler for the method or the name that was asked for is not shown: nothing would have filled it.</summary>
internal sealed class HandledPagesOnly : IPageFilter
{
    public void OnPageHandlerSelected(PageHandlerSelectedContext context)
    {
        // Nothing to do before the model is bound.
    }

    public void OnPageHandlerExecuting(PageHandlerExecutingContext context)
    {
        if (context.HandlerMethod is null && context.ActionDescriptor.HandlerMethods.Count > 0 && context.HandlerInstance is not Features.Errors.ErrorModel)
            context.Result = new StatusCodeResult(StatusCodes.Status405MethodNotAllowed);
    }

    public void OnPageHandlerExecuted(PageHandlerExecutedContext context)
    {
        // Nothing to do afterwards.
    }
}
