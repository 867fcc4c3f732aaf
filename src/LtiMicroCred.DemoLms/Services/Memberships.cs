using System.Globalization;
using System.Text.Json.Nodes;
using LtiMicroCred.DemoLms.Lti;
using Scope = LtiMicroCred.DemoLms.Lti.Scopes;

namespace LtiMicroCred.DemoLms.Services;

/// <summary>NRPS 2.0: the members of a course, or with rlid those who may open one link.</summary>
internal static class Memberships
{
    private const string ContainerType = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json";

    public static ServiceResource Of(string courseId, string toolId) => new(["GET"], [ContainerType], null, call => ListAsync(call, courseId, toolId));

    private static Task ListAsync(ServiceCall call, string courseId, string toolId)
    {
        if (toolId != call.Tool.Id)
            throw new ServiceRefusal(401, "Unauthorized");
        call.Demand(Scope.Memberships);
        var course = call.Course(courseId);
        if (!call.School.LinksOf(course).Any(used => used.ToolId == call.Tool.Id))
            throw new ServiceRefusal(403, "Not allowed in context");
        var link = Link(call, course);
        var (mark, listed) = Listed(call, course);
        var wanted = listed
            .Where(member => call.Query("role") is not { Length: > 0 } role || role == RoleNames.Short(member.Role) || role == RoleNames.Full(member.Role))
            .Where(member => link is null || call.School.MayOpen(link, member.Person)).ToList();
        return call.AnswerAsync(200, ContainerType, new JsonObject
        {
            ["id"] = $"{call.Platform.Issuer}{call.Context.Request.Path.Value}",
            ["context"] = new JsonObject { ["id"] = course.Id, ["label"] = course.Label, ["title"] = course.Title },
            ["members"] = new JsonArray([.. Page(call, wanted, link is null ? mark : null).Select(member => (JsonNode)Describe(call, member, link))]),
        });
    }

    /// <summary>Everybody, or with <c>since</c> what changed after that mark; the mark is where the changes to these stand.</summary>
    private static (int Mark, IReadOnlyList<MembershipChange> Listed) Listed(ServiceCall call, Course course)
    {
        lock (call.School.Gate)
        {
            // Changes between the first page and the last must be among the differences, so the first page's mark travels along.
            var mark = call.Count("asof") is var known && call.Query("asof").Length > 0 ? known : call.School.MembershipMark;
            return (mark, !call.Platform.LikeMoodle && call.Query("since").Length > 0
                ? call.School.ChangesSince(course, call.Count("since"))
                : [.. call.School.MembersOf(course).Select(member => new MembershipChange(member.Person, member.Role, Left: false))]);
        }
    }

    private static ResourceLink? Link(ServiceCall call, Course course)
    {
        var id = call.Query("rlid");
        if (id.Length == 0)
            return null;
        return call.School.FindLink(id) is { } link && link.CourseId == course.Id && link.ToolId == call.Tool.Id
            ? link
            : throw new ServiceRefusal(404, $"Not Found: LTI link {id} doesn't exist");
    }

    /// <param name="mark">Null where no differences are kept: who may open a link changes with grades.</param>
    private static IEnumerable<MembershipChange> Page(ServiceCall call, List<MembershipChange> members, int? mark)
    {
        // NRPS 2.4.3: the last page says where to ask for what changed since.
        if (!call.Platform.LikeMoodle && mark is { } now && (call.Limit == 0 || call.From + call.Limit >= members.Count))
            Paging.AddDifferences(call, now);
        if (call.Limit == 0)
            return members;
        if (!call.Platform.LikeMoodle)
            Paging.AddNext(call, members.Count, mark);
        else if (call.From + call.Limit < members.Count)
            // Recorded: the next page forgets the filters.
            call.Context.Response.Headers.Link = string.Create(CultureInfo.InvariantCulture,
                $"<{call.Platform.Issuer}{call.Context.Request.Path.Value}?limit={call.Limit}&from={call.From + call.Limit}>; rel=\"next\"");
        return members.Skip(call.From).Take(call.Limit);
    }

    private static JsonObject Describe(ServiceCall call, MembershipChange member, ResourceLink? link)
    {
        var described = new JsonObject
        {
            ["status"] = member.Left ? "Deleted" : "Active",
            ["roles"] = new JsonArray(call.Platform.LikeMoodle ? RoleNames.Short(member.Role) : RoleNames.Full(member.Role)),
        };
        if (link is not null)
            described["message"] = new JsonArray(new JsonObject { [Claims.MessageType] = Messages.ResourceLink });
        described["user_id"] = member.Person.Id;
        described["lis_person_sourcedid"] = member.Person.IdNumber;
        if (call.Tool.ReceivesNames)
        {
            described["name"] = member.Person.Name;
            described["given_name"] = member.Person.GivenName;
            described["family_name"] = member.Person.FamilyName;
        }
        if (call.Tool.ReceivesEmail)
            described["email"] = member.Person.Email;
        if (call.Tool.ReceivesNames)
            described["ext_user_username"] = member.Person.Username;
        return described;
    }
}
