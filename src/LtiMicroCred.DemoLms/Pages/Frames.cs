namespace LtiMicroCred.DemoLms.Pages;

/// <summary>A form that sends itself, with a button for when scripts are off.</summary>
internal static class SelfSubmitting
{
    public static Markup Form(string address, string button, IEnumerable<KeyValuePair<string, string>> fields) => Markup.Of($"""
        <form method="post" action="{address}" data-auto-submit>
        {Markup.Join(fields.Select(field => Markup.Of($"""<input type="hidden" name="{field.Key}" value="{field.Value}">""")))}
        <button type="submit">{button}</button>
        </form>
        """);
}

/// <summary>A page in a frame that moves the whole window on.</summary>
internal static class TopWindow
{
    public static Page To(string address, string title) => new()
    {
        Title = title,
        Bare = true,
        Body = Markup.Of($"""<p><a href="{address}" target="_top" data-top-window>Continue</a></p>"""),
    };
}

/// <summary>The frame in which a tool is shown; it may ask for its height by lti.frameResize.</summary>
internal static class ToolFrame
{
    /// <param name="origins">The only origins whose messages are heeded.</param>
    /// <param name="closeTo">Where org.imsglobal.lti.close leads; null where it means nothing.</param>
    public static Markup Of(string source, string title, IEnumerable<string> origins, string? closeTo = null) => Markup.Of($"""
        <iframe class="tool" src="{source}" title="{title}" height="600" data-origins="{string.Join(' ', origins)}" data-close-to="{closeTo}"></iframe>
        """);
}
