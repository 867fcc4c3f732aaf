using System.Security.Cryptography;
using System.Text.Json.Nodes;
using LtiMicroCred.DemoLms.Pages;

namespace LtiMicroCred.DemoLms.Lti;

/// <summary>Third-party initiated login (Security Framework 5.1.1.1): the form that the frame sends to the tool.</summary>
internal static class LoginInitiation
{
    public static Markup ForLink(Platform platform, Tool tool, ResourceLink link, Person person, Container container)
    {
        var name = $"ltilaunch{link.Id}_{Random()}";
        platform.Launches.TryKeep(name, new PendingLaunch(tool.Id, link.CourseId, person.Id, link.Id, container));
        var hint = new JsonObject { ["cmid"] = link.Cmid, ["launchid"] = name };
        return Form(platform, tool, person, link.Url ?? tool.TargetLinkUri, hint);
    }

    public static Markup ForDeepLinking(Platform platform, Tool tool, Course course, Person person)
    {
        var name = $"ltilaunch_ContentItemSelectionRequest{Random()}";
        platform.Launches.TryKeep(name, new PendingLaunch(tool.Id, course.Id, person.Id, null, Container.Frame));
        return Form(platform, tool, person, DeepLinkingTarget(tool), new JsonObject { ["launchid"] = name });
    }

    public static Markup ForReview(Platform platform, Tool tool, Column column, Person reviewer, Person learner)
    {
        var name = $"ltilaunch_SubmissionReview{Random()}";
        platform.Launches.TryKeep(name, new PendingLaunch(tool.Id, column.CourseId, reviewer.Id, column.LinkId, Container.Window, new PendingReview(column.Id, learner.Id)));
        return Form(platform, tool, reviewer, ReviewTarget(tool, column), new JsonObject { ["launchid"] = name });
    }

    /// <summary>The line item's own address goes before the tool's.</summary>
    public static string ReviewTarget(Tool tool, Column column) =>
        column.Review?.Url ?? (tool.SubmissionReviewUri is { Length: > 0 } target ? target : tool.TargetLinkUri);

    public static string DeepLinkingTarget(Tool tool) => tool.DeepLinkingUri is { Length: > 0 } target ? target : tool.TargetLinkUri;

    private static string Random() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    private static Markup Form(Platform platform, Tool tool, Person person, string target, JsonObject hint)
    {
        List<KeyValuePair<string, string>> fields =
        [
            new("iss", platform.Issuer),
            new("target_link_uri", target),
            new("login_hint", person.Id),
            new("lti_message_hint", hint.ToJsonString()),
            new("client_id", tool.ClientId),
            new("lti_deployment_id", tool.Id),
        ];
        if (platform.Storage.Target is { } storage)
            fields.Add(new("lti_storage_target", storage));
        return SelfSubmitting.Form(tool.InitiateLoginUri, $"Open {tool.Name}", fields);
    }
}
