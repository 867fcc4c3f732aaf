using LtiMicroCred.Features.Demo;

namespace LtiMicroCred.Load;

/// <summary>Registrations, and a course whose activity earns something at 60 %.</summary>
internal static class Course
{
    public static async Task RegisterAsync(ToolServer tool, LoadPlatform lms, int platforms)
    {
        for (var i = 0; i < platforms; i++)
        {
            using var browser = new Browser();
            var invite = await tool.InviteAsync();
            var asked = await browser.OpenAsync($"{invite}?openid_configuration={Uri.EscapeDataString(lms.Issuer(i) + "/configuration")}", CancellationToken.None);
            var done = await asked.SubmitAsync("form[method=post]", CancellationToken.None);
            if (!done.Has("[data-close]"))
                throw new InvalidOperationException("not registered: " + done.Text);
        }
    }

    /// <summary>An instructor opens the activity and designs what it earns.</summary>
    public static async Task ChooseCredentialAsync(ToolServer tool, LoadPlatform lms)
    {
        using var browser = new Browser();
        var answer = await browser.OpenAsync(Launches.LoginOf(lms, new Launcher(tool.Url, 0, LoadPlatform.Instructor)), CancellationToken.None);
        var course = await answer.SubmitAsync("form", CancellationToken.None);
        var pick = await browser.OpenAsync(course.Url.AbsoluteUri.Replace("/course", "/pick", StringComparison.Ordinal), CancellationToken.None);
        var bound = await pick.SubmitAsync(
            "form#design button.primary",
            CancellationToken.None,
            ("title", "Data Ethics in Practice"),
            ("description", "Finding, naming and handling ethical risks in real data."),
            ("outcomes", "find and name the ethical risks of a data set before it is used"),
            ("hours", "50"),
            ("credits", "2"),
            ("level", "6"),
            ("threshold", "60"));
        if (bound.Status != 200)
            throw new InvalidOperationException("no credential chosen: " + bound.Text);
    }
}
