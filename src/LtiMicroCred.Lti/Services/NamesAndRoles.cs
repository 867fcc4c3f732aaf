using System.Text.Json;

namespace LtiMicroCred.Lti;

/// <summary>Who is in a course, or may open one link of it (NRPS 2.0).</summary>
public sealed class NamesAndRoles
{
    private const string MembershipType = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json";

    private readonly ServiceCalls _calls;

    internal NamesAndRoles(ServiceCalls calls) => _calls = calls;

    /// <summary>With <paramref name="resourceLinkId"/> only those who have access to that link, where the platform supports it.</summary>
    /// <exception cref="LtiServiceException">When not every page and member could be read: nobody may be taken for gone by half a list.</exception>
    public async Task<Membership> GetMembersAsync(Platform platform, Uri memberships, string? resourceLinkId, CancellationToken cancellationToken)
    {
        var first = ServiceCalls.WithQuery(memberships, [new("rlid", resourceLinkId)]);
        var members = new List<Member>();
        await _calls.ReadPagesAsync(platform, LtiScopes.Memberships, first, MembershipType, Members, json =>
            members.Add(Member.Read(json) ?? throw LtiServiceException.BadAnswer(first, $"member {members.Count + 1} has no user_id")), cancellationToken);
        return new Membership(members);
    }

    private static JsonElement? Members(JsonElement page) =>
        page.ValueKind == JsonValueKind.Object && page.TryGetProperty("members", out var members) ? members : null;
}

/// <summary>A complete list; there is no other.</summary>
public sealed record Membership(IReadOnlyList<Member> Members);

public enum MemberStatus
{
    Active,
    Inactive,
    Deleted,
}

/// <summary>One member (NRPS 2.2); only the id and roles are sure to be told.</summary>
public sealed record Member
{
    public required string UserId { get; init; }

    public required Roles Roles { get; init; }

    public IReadOnlyList<string> RolesRaw => Roles.All;

    /// <summary>Active where the platform does not say; a status unknown to the specification counts as inactive.</summary>
    public required MemberStatus Status { get; init; }

    public string? Name { get; init; }

    public string? GivenName { get; init; }

    public string? FamilyName { get; init; }

    public string? Email { get; init; }

    internal static Member? Read(JsonElement json)
    {
        if (json.TextOrNumber("user_id") is not { Length: > 0 and <= 255 } userId)
            return null;

        return new Member
        {
            UserId = userId,
            Roles = new Roles(json.Texts("roles")),
            Status = json.Text("status") switch
            {
                null => MemberStatus.Active,
                var status when status.Equals("Active", StringComparison.OrdinalIgnoreCase) => MemberStatus.Active,
                var status when status.Equals("Deleted", StringComparison.OrdinalIgnoreCase) => MemberStatus.Deleted,
                _ => MemberStatus.Inactive,
            },
            Name = json.Text("name"),
            GivenName = json.Text("given_name"),
            FamilyName = json.Text("family_name"),
            Email = json.Text("email"),
        };
    }
}
