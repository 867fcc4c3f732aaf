using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;

namespace LtiMicroCred.Features.Imports;

/// <summary>
/// A file that is too large is answered by the page itself, in words, and none of it is read: the browser is sent back to the page before anything looks at the form.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class TooLargeIsSaidAttribute(long most) : Attribute, IAuthorizationFilter, IOrderedFilter
{
    public long Most { get; } = most;

    /// <summary>Before the check of the form's own token, which reads the form.</summary>
    public int Order => 500;

    public void OnAuthorization(AuthorizationFilterContext context)
    {
        var request = context.HttpContext.Request;
        if (request.ContentLength > Most && context.RouteData.Values["launchId"] is string launchId)
            context.Result = new RedirectResult(string.Create(CultureInfo.InvariantCulture, $"{request.PathBase}/l/{Uri.EscapeDataString(launchId)}/import?problem={FileProblem.TooLarge}"));
    }
}
