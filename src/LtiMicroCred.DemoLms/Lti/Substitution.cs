using System.Text.Json.Nodes;

namespace LtiMicroCred.DemoLms.Lti;

/// <summary>Custom parameters: a value that is exactly a known variable is replaced, any other stays as it is (Core, appendix C).</summary>
internal static class Substitution
{
    private static readonly Dictionary<string, Func<Person, Course, ResourceLink?, IReadOnlyList<string>, string?>> Known = new(StringComparer.Ordinal)
    {
        ["Context.id"] = (_, course, _, _) => course.Id,
        ["Context.title"] = (_, course, _, _) => course.Title,
        ["Context.label"] = (_, course, _, _) => course.Label,
        ["Context.id.history"] = (_, course, _, _) => string.Join(',', course.CopiedFrom),
        ["Context.sourcedId"] = (_, course, _, _) => course.IdNumber,
        ["CourseSection.title"] = (_, course, _, _) => course.Title,
        ["CourseSection.label"] = (_, course, _, _) => course.Label,
        ["CourseSection.sourcedId"] = (_, course, _, _) => course.IdNumber,
        ["ResourceLink.id"] = (_, _, link, _) => link?.Id,
        ["ResourceLink.id.history"] = (_, _, link, _) => link?.CopiedFrom ?? "",
        ["ResourceLink.title"] = (_, _, link, _) => link?.Title,
        ["ResourceLink.description"] = (_, _, link, _) => link?.Description,
        ["User.id"] = (person, _, _, _) => person.Id,
        ["User.username"] = (person, _, _, _) => person.Username,
        ["Person.name.full"] = (person, _, _, _) => person.Name,
        ["Person.name.given"] = (person, _, _, _) => person.GivenName,
        ["Person.name.family"] = (person, _, _, _) => person.FamilyName,
        ["Person.email.primary"] = (person, _, _, _) => person.Email,
        ["Person.sourcedId"] = (person, _, _, _) => person.IdNumber,
        ["Membership.role"] = (_, _, _, roles) => string.Join(',', roles),
    };

    private static readonly string[] Personal = ["User.username", "Person.name.full", "Person.name.given", "Person.name.family"];

    public static IEnumerable<string> Variables => Known.Keys;

    public static JsonObject Fill(
        IEnumerable<KeyValuePair<string, string>> custom, Tool tool, Person person, Course course, ResourceLink? link, IReadOnlyList<string> roles)
    {
        var filled = new JsonObject();
        foreach (var (name, value) in custom)
            filled[name] = value is ['$', .. var variable] && MayTell(tool, variable) && Known.TryGetValue(variable, out var read) ? read(person, course, link, roles) ?? value : value;
        return filled;
    }

    /// <summary>A tool that gets no names in the launch gets none this way either.</summary>
    private static bool MayTell(Tool tool, string variable) => variable switch
    {
        "Person.email.primary" => tool.ReceivesEmail,
        _ when Personal.Contains(variable, StringComparer.Ordinal) => tool.ReceivesNames,
        _ => true,
    };
}
