using System.Globalization;
using System.Text.Json.Nodes;

namespace LtiMicroCred.DemoLms.Lti;

/// <summary>The claims of an id_token, in the recorded order (Core 5.3 and 5.4, Deep Linking 4.4).</summary>
internal static class LaunchClaims
{
    private const int Seconds = 60;

    public static JsonObject For(Platform platform, PendingLaunch launch, Tool tool, string nonce)
    {
        var school = platform.School;
        var person = school.FindPersonById(launch.PersonId)!;
        var course = school.FindCourse(launch.CourseId)!;
        var link = launch.LinkId is { } id ? school.FindLink(id) : null;
        var reviewed = launch.Review is { } review ? school.Gradebook.FindColumn(review.ColumnId) : null;
        var roles = RoleNames.Of(person, school.RoleOf(person, course));
        var now = platform.Now.ToUnixTimeSeconds();
        var claims = new JsonObject
        {
            ["nonce"] = nonce,
            ["iat"] = now,
            ["exp"] = now + Seconds,
            ["iss"] = platform.Issuer,
            ["aud"] = tool.ClientId,
            [Claims.DeploymentId] = tool.Id,
            [Claims.TargetLinkUri] = Target(tool, link, reviewed),
            ["sub"] = person.Id,
            [Claims.Lis] = new JsonObject { ["person_sourcedid"] = person.IdNumber, ["course_section_sourcedid"] = course.IdNumber },
            [Claims.Roles] = JsonLists.Of(roles),
            [Claims.Context] = Context(course, platform.LikeMoodle),
            [Claims.MessageType] = reviewed is not null ? Messages.SubmissionReview : link is null ? Messages.DeepLinking : Messages.ResourceLink,
        };
        if (link is not null)
            claims[Claims.ResourceLink] = new JsonObject { ["title"] = link.Title, ["description"] = link.Description, ["id"] = link.Id };
        AddPerson(claims, tool, person);
        claims[Claims.LaunchPresentation] = Presentation(platform, launch, link);
        claims[Claims.ToolPlatform] = ToolPlatform(platform);
        claims[Claims.Version] = "1.3.0";
        AddServices(claims, platform, tool, course, person, link, reviewed, roles);
        if (launch.Review is not null)
            claims[Claims.ForUser] = ForUser(tool, school, course, launch.Review.LearnerId);
        else if (link is null)
            claims[Claims.DeepLinkingSettings] = DeepLinkingSettings(platform, launch, tool);
        return claims;
    }

    private static string Target(Tool tool, ResourceLink? link, Column? reviewed)
    {
        if (reviewed is not null)
            return LoginInitiation.ReviewTarget(tool, reviewed);
        return link is null ? LoginInitiation.DeepLinkingTarget(tool) : link.Url ?? tool.TargetLinkUri;
    }

    /// <summary>Submission Review 4.2: whose work it is; the roles are those in the course.</summary>
    private static JsonObject ForUser(Tool tool, School school, Course course, string learnerId)
    {
        var learner = school.FindPersonById(learnerId)!;
        var claim = new JsonObject { ["user_id"] = learner.Id, ["roles"] = JsonLists.Of(RoleNames.Of(learner, school.RoleOf(learner, course))) };
        if (tool.ReceivesNames)
        {
            claim["name"] = learner.Name;
            claim["given_name"] = learner.GivenName;
            claim["family_name"] = learner.FamilyName;
        }
        if (tool.ReceivesEmail)
            claim["email"] = learner.Email;
        return claim;
    }

    internal static JsonObject Context(Course course, bool likeMoodle) => new()
    {
        ["id"] = course.Id,
        ["label"] = course.Label,
        ["title"] = course.Title,
        ["type"] = new JsonArray(likeMoodle ? "CourseSection" : "http://purl.imsglobal.org/vocab/lis/v2/course#CourseSection"),
    };

    private static void AddPerson(JsonObject claims, Tool tool, Person person)
    {
        var ext = new JsonObject();
        if (tool.ReceivesNames)
        {
            claims["given_name"] = person.GivenName;
            claims["family_name"] = person.FamilyName;
            claims["name"] = person.Name;
            ext["user_username"] = person.Username;
        }
        ext["lms"] = "moodle-2";
        claims[Claims.Ext] = ext;
        if (tool.ReceivesEmail)
            claims["email"] = person.Email;
    }

    private static JsonObject Presentation(Platform platform, PendingLaunch launch, ResourceLink? link)
    {
        var presentation = new JsonObject { ["locale"] = "en" };
        if (link is null)
            return presentation;
        var back = platform.Returns.Keep(new PendingReturn(launch.CourseId, launch.PersonId));
        presentation["document_target"] = launch.Container == Container.Frame ? "iframe" : "window";
        presentation["return_url"] = string.Create(CultureInfo.InvariantCulture,
            $"{platform.Issuer}/mod/lti/return.php?course={launch.CourseId}&launch_container={(int)launch.Container}&instanceid={link.Id}&sesskey={back}");
        return presentation;
    }

    private static JsonObject ToolPlatform(Platform platform) => new()
    {
        ["product_family_code"] = platform.ProductFamily,
        ["version"] = platform.Manners switch { Manners.Moodle => "2024100706", Manners.Sakai => Platform.SakaiVersion, _ => "1.0" },
        ["guid"] = platform.Guid,
        ["name"] = Platform.SiteName,
        ["description"] = Platform.SiteName,
    };

    private static void AddServices(
        JsonObject claims, Platform platform, Tool tool, Course course, Person person, ResourceLink? link, Column? reviewed, IReadOnlyList<string> roles)
    {
        var custom = Substitution.Fill([.. reviewed?.Review?.Custom ?? [], .. link?.Custom ?? [], .. tool.Custom], tool, person, course, link, roles);
        claims[Claims.Custom] = custom;
        var gradeScopes = Scopes.Grades.Where(scope => tool.Scopes.Contains(scope, StringComparer.Ordinal)).ToList();
        if (gradeScopes.Count > 0)
            claims[Claims.AgsEndpoint] = Endpoint(platform, tool, course, link, reviewed, gradeScopes);
        if (tool.Scopes.Contains(Scopes.NoticeHandlers, StringComparer.Ordinal))
            claims[Claims.NoticeService] = NoticeSender.Claim(platform, tool);
        // A tool that is not used in the course yet gets no members.
        var isUsed = link is not null || platform.School.LinksOf(course).Any(other => other.ToolId == tool.Id);
        if (!isUsed || !tool.Scopes.Contains(Scopes.Memberships, StringComparer.Ordinal))
            return;
        var members = $"{platform.Issuer}/mod/lti/services.php/CourseSection/{course.Id}/bindings/{tool.Id}/memberships";
        custom["context_memberships_url"] = members;
        claims[Claims.NamesRoles] = new JsonObject
        {
            ["context_memberships_url"] = members,
            ["service_versions"] = platform.LikeMoodle ? new JsonArray("1.0", "2.0") : new JsonArray("2.0"),
        };
    }

    private static JsonObject Endpoint(Platform platform, Tool tool, Course course, ResourceLink? link, Column? reviewed, IReadOnlyList<string> scopes)
    {
        var endpoint = new JsonObject
        {
            ["scope"] = JsonLists.Of(scopes),
            ["lineitems"] = $"{platform.Issuer}/mod/lti/services.php/{course.Id}/lineitems?type_id={tool.Id}",
        };
        // AGS 3.1.2: only when the link has exactly one line item.
        if ((reviewed ?? OnlyColumn(platform, link)) is { } only)
            endpoint["lineitem"] = $"{platform.Issuer}/mod/lti/services.php/{course.Id}/lineitems/{only.Id}/lineitem?type_id={tool.Id}";
        return endpoint;
    }

    private static Column? OnlyColumn(Platform platform, ResourceLink? link) =>
        link is not null && platform.School.Gradebook.ColumnsOf(link) is [var only] ? only : null;

    private static JsonObject DeepLinkingSettings(Platform platform, PendingLaunch launch, Tool tool)
    {
        var data = platform.LikeMoodle ? null : Handles<PendingSelection>.NewName();
        var back = platform.Selections.Keep(new PendingSelection(tool.Id, launch.CourseId, launch.PersonId, data));
        var settings = new JsonObject
        {
            ["accept_types"] = new JsonArray("ltiResourceLink"),
            ["accept_presentation_document_targets"] = new JsonArray("frame", "iframe", "window"),
            ["accept_copy_advice"] = false,
            ["accept_multiple"] = true,
            ["accept_unsigned"] = false,
            ["auto_create"] = false,
            ["can_confirm"] = false,
            ["deep_link_return_url"] = $"{platform.Issuer}/mod/lti/contentitem_return.php?course={launch.CourseId}&id={tool.Id}&sesskey={back}",
            ["title"] = tool.Name,
            ["text"] = "",
        };
        if (data is not null)
            settings["data"] = data;
        return settings;
    }
}
