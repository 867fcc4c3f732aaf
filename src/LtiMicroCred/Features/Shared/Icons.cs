using Microsoft.AspNetCore.Html;

namespace LtiMicroCred.Features.Shared;

/// <summary>A line drawing from the sprite (_Icons.cshtml); always beside a word, so hidden from screen readers.</summary>
internal static class Icons
{
    /// <param name="css">Its colour, such as <c>is-ok</c>; empty takes that of the text.</param>
    public static IHtmlContent Of(string name, string css = "") =>
        new HtmlString($"<svg class=\"{(css.Length > 0 ? "icon " + css : "icon")}\" aria-hidden=\"true\"><use href=\"#i-{name}\"/></svg>");
}
