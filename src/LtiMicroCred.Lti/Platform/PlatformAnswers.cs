using System.Text;
using System.Text.Json.Nodes;

namespace LtiMicroCred.Lti;

/// <summary>One person who opened a link, as its tool knows them.</summary>
public sealed record ListedPerson
{
    /// <summary>The sub of this tool's launches.</summary>
    public required string UserId { get; init; }

    /// <summary>Null where no name is told.</summary>
    public string? Name { get; init; }

    /// <summary>False for who has left the course.</summary>
    public required bool IsActive { get; init; }
}

/// <summary>What this platform answers tools with, one compact JSON document each.</summary>
public static class PlatformAnswers
{
    /// <summary>Of a token (RFC 6749 5.1).</summary>
    public const string TokenType = "application/json";

    /// <summary>Of a column.</summary>
    public const string LineItemType = "application/vnd.ims.lis.v2.lineitem+json";

    /// <summary>Of a list of columns.</summary>
    public const string LineItemsType = "application/vnd.ims.lis.v2.lineitemcontainer+json";

    /// <summary>Of results.</summary>
    public const string ResultsType = "application/vnd.ims.lis.v2.resultcontainer+json";

    /// <summary>Of people.</summary>
    public const string MembersType = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json";

    /// <summary>Of a score that is posted.</summary>
    public const string ScoreType = "application/vnd.ims.lis.v1.score+json";

    /// <summary>Core A.2.2.</summary>
    public const string LearnerRole = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner";

    /// <summary>Core A.2.2.</summary>
    public const string InstructorRole = "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor";

    /// <summary>RFC 6749 5.1: the scopes are told, since they may be fewer than those asked for.</summary>
    public static byte[] Token(string accessToken, TimeSpan lifetime, IEnumerable<string> scopes) => Bytes(new JsonObject
    {
        ["access_token"] = accessToken,
        ["token_type"] = "Bearer",
        ["expires_in"] = (long)lifetime.TotalSeconds,
        ["scope"] = string.Join(' ', scopes),
    });

    /// <summary>RFC 6749 5.2, RFC 7591 3.2.2.</summary>
    public static byte[] Error(ToolRefusedException refusal) => Bytes(new JsonObject { ["error"] = refusal.Code, ["error_description"] = refusal.Message });

    /// <summary>AGS 3.2: <see cref="LineItem.Id"/> is set.</summary>
    public static byte[] Column(LineItem column) => Bytes(WithId(column));

    /// <summary>AGS 3.2, as <see cref="Column"/>.</summary>
    public static byte[] Columns(IEnumerable<LineItem> columns) => Bytes(new JsonArray([.. columns.Select(column => (JsonNode)WithId(column))]));

    /// <summary>AGS 3.3.</summary>
    public static byte[] Results(string lineItem, IEnumerable<Result> results) => Bytes(new JsonArray([.. results.Select(result => (JsonNode)Of(lineItem, result))]));

    /// <summary>NRPS 2.2: learners all of them.</summary>
    public static byte[] Members(Uri address, string contextId, string? contextTitle, IEnumerable<ListedPerson> people) => Bytes(new JsonObject
    {
        ["id"] = address.AbsoluteUri,
        ["context"] = contextTitle is null ? new JsonObject { ["id"] = contextId } : new JsonObject { ["id"] = contextId, ["title"] = contextTitle },
        ["members"] = new JsonArray([.. people.Select(person => (JsonNode)Of(person))]),
    });

    private static JsonObject WithId(LineItem column)
    {
        var json = JsonNode.Parse(column.ToJson())!.AsObject(); // an object, as it was just written
        json["id"] = column.Id;
        return json;
    }

    private static JsonObject Of(string lineItem, Result result)
    {
        var json = new JsonObject { ["id"] = $"{lineItem}/results/{Uri.EscapeDataString(result.UserId)}", ["scoreOf"] = lineItem, ["userId"] = result.UserId };
        if (result.ResultScore is { } score)
        {
            json["resultScore"] = score;
            json["resultMaximum"] = result.ResultMaximum;
        }

        return json;
    }

    private static JsonObject Of(ListedPerson person)
    {
        var json = new JsonObject { ["user_id"] = person.UserId, ["status"] = person.IsActive ? "Active" : "Inactive", ["roles"] = new JsonArray(LearnerRole) };
        if (person.Name is not null)
            json["name"] = person.Name;
        return json;
    }

    private static byte[] Bytes(JsonNode json) => Encoding.UTF8.GetBytes(json.ToJsonString());
}
