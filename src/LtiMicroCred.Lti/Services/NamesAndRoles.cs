using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
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
    public Task<Membership> GetMembersAsync(Platform platform, Uri memberships, string? resourceLinkId, CancellationToken cancellationToken) =>
        GetMembersAsync(platform, memberships, new MemberFilter { ResourceLinkId = resourceLinkId }, cancellationToken);

    /// <summary>Everyone who fits the filter (NRPS 2.4). A platform may ignore a filter: who must not be counted has to be left out by the caller as well.</summary>
    /// <exception cref="LtiServiceException">When not every page and member could be read: nobody may be taken for gone by half a list.</exception>
    public async Task<Membership> GetMembersAsync(Platform platform, Uri memberships, MemberFilter filter, CancellationToken cancellationToken)
    {
        KeyValuePair<string, string?>[] kept = [new("role", filter.Role), new("rlid", filter.ResourceLinkId)];
        var first = ServiceCalls.WithQuery(memberships, [.. kept, new("limit", filter.PageSize?.ToString(CultureInfo.InvariantCulture))]);
        var (members, differences) = await ReadAsync(platform, first, kept, cancellationToken);
        return new Membership(members) { DifferencesUrl = differences };
    }

    /// <summary>What changed since the answer that gave this address (NRPS 2.4.3), who is no longer a member included.</summary>
    /// <param name="platform">Whose course it is.</param>
    /// <param name="differences">A <see cref="Membership.DifferencesUrl"/> or <see cref="MembershipDifferences.DifferencesUrl"/>, unchanged.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="LtiServiceException">When not every page and member could be read, or the platform no longer knows the address: read the whole list then.</exception>
    public async Task<MembershipDifferences> GetDifferencesAsync(Platform platform, Uri differences, CancellationToken cancellationToken)
    {
        var (members, next) = await ReadAsync(platform, differences, [], cancellationToken);
        return new MembershipDifferences(members) { DifferencesUrl = next };
    }

    private async Task<(IReadOnlyList<Member> Members, Uri? Differences)> ReadAsync(
        Platform platform, Uri first, IReadOnlyList<KeyValuePair<string, string?>> filter, CancellationToken cancellationToken)
    {
        var members = new List<Member>();
        var last = await _calls.ReadPagesAsync(platform, LtiScopes.Memberships, first, filter, MembershipType, Members, json =>
            members.Add(Member.Read(json) ?? throw LtiServiceException.BadAnswer(first, $"member {members.Count + 1} has no user_id")), cancellationToken);
        return (members, last.Linked("differences"));
    }

    private static JsonElement? Members(JsonElement page) =>
        page.ValueKind == JsonValueKind.Object && page.TryGetProperty("members", out var members) ? members : null;
}

/// <summary>Whom to list; what is null does not filter.</summary>
public sealed record MemberFilter
{
    /// <summary>A full URI or, for the roles of a course, the short name such as <c>Learner</c>.</summary>
    public string? Role { get; init; }

    /// <summary>Only who has access to this link; each member then may carry the link's messages.</summary>
    public string? ResourceLinkId { get; init; }

    /// <summary>How many members the platform is asked to put on one page; all pages are read whatever it does. Null leaves it to the platform.</summary>
    public int? PageSize { get; init; }
}

/// <summary>A complete list; there is no other.</summary>
public sealed record Membership(IReadOnlyList<Member> Members)
{
    /// <summary>Where to ask for changes from now on; opaque, to be kept as it is. Null where the platform tells none.</summary>
    public Uri? DifferencesUrl { get; init; }
}

/// <summary>Members that are new, changed or gone (<see cref="MemberStatus.Deleted"/>); whoever is not in it is as before.</summary>
public sealed record MembershipDifferences(IReadOnlyList<Member> Members)
{
    /// <summary>Where to ask the next time; null where the platform gave none, so that the whole list has to be read.</summary>
    public Uri? DifferencesUrl { get; init; }
}

/// <summary>NRPS 2.3; <see cref="Deleted"/> comes in differences only.</summary>
public enum MemberStatus
{
    /// <summary>Takes part in the course.</summary>
    Active,

    /// <summary>Still listed, but suspended, or of a status that the specification does not know.</summary>
    Inactive,

    /// <summary>No longer in the course; the whole list just lacks such a member.</summary>
    Deleted,
}

/// <summary>One member (NRPS 2.2); only the id and roles are sure to be told. What is null the platform did not say, often because it may not.</summary>
public sealed record Member
{
    /// <summary>The <c>sub</c> of this person's launches, 1 to 255 characters.</summary>
    public required string UserId { get; init; }

    /// <summary>In the asked course; may be empty. Short names count as the roles of a course.</summary>
    public required Roles Roles { get; init; }

    /// <summary>The roles as they came, short names too.</summary>
    public IReadOnlyList<string> RolesRaw => Roles.All;

    /// <summary>Active where the platform does not say; a status unknown to the specification counts as inactive.</summary>
    public required MemberStatus Status { get; init; }

    /// <summary>In full, as the platform shows it.</summary>
    public string? Name { get; init; }

    /// <summary>First names.</summary>
    public string? GivenName { get; init; }

    /// <summary>Last names.</summary>
    public string? FamilyName { get; init; }

    /// <summary>Those between the first and the last.</summary>
    public string? MiddleName { get; init; }

    /// <summary>Not proven to be the person's, and not unique: never to be matched by.</summary>
    public string? Email { get; init; }

    /// <summary>The address of a picture, as the platform wrote it: untrusted.</summary>
    public string? Picture { get; init; }

    /// <summary>The institution's own id of the person, <c>lis_person_sourcedid</c>.</summary>
    public string? PersonSourcedId { get; init; }

    /// <summary>What a launch of this person by the asked link would say; empty without <see cref="MemberFilter.ResourceLinkId"/>.</summary>
    public IReadOnlyList<MemberMessage> Messages { get; init; } = [];

    /// <summary>SHA-256 of the bytes of this member as they came.</summary>
    public required byte[] MessageHash { get; init; }

    /// <summary>Null for a member without a usable id. Anything else that is odd is left out: it must not cost the others.</summary>
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
            MiddleName = json.Text("middle_name"),
            Email = json.Text("email"),
            Picture = json.Text("picture"),
            PersonSourcedId = json.TextOrNumber("lis_person_sourcedid"),
            Messages = MemberMessage.ReadAll(json),
            MessageHash = SHA256.HashData(JsonMarshal.GetRawUtf8Value(json)),
        };
    }
}

/// <summary>A message for one member and one link (NRPS 2.2.3), with the custom parameters resolved for that member.</summary>
/// <param name="MessageType">Such as <c>LtiResourceLinkRequest</c>.</param>
/// <param name="Custom">As in a launch; a variable that the platform does not know comes back unresolved.</param>
public sealed record MemberMessage(string MessageType, IReadOnlyDictionary<string, string> Custom)
{
    internal static IReadOnlyList<MemberMessage> ReadAll(JsonElement member) =>
        member.TryGetProperty("message", out var messages) && messages.ValueKind == JsonValueKind.Array
            ? [.. messages.EnumerateArray().Select(Read).OfType<MemberMessage>()]
            : [];

    private static MemberMessage? Read(JsonElement json) =>
        json.Text(ClaimNames.MessageType) is { } type ? new MemberMessage(type, json.TextByName(ClaimNames.Custom)) : null;
}
