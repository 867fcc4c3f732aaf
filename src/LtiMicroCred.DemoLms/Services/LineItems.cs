using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using LtiMicroCred.DemoLms.Lti;
using Microsoft.AspNetCore.Http;
using Scope = LtiMicroCred.DemoLms.Lti.Scopes;

namespace LtiMicroCred.DemoLms.Services;

/// <summary>AGS 2.0, 3.2: the line item service.</summary>
internal static class LineItems
{
    public const string ContainerType = "application/vnd.ims.lis.v2.lineitemcontainer+json";
    public const string ItemType = "application/vnd.ims.lis.v2.lineitem+json";

    /// <summary>Sakai's own member of line items that tools may only read.</summary>
    private const string ReadOnly = "https://www.sakailms.org/spec/lti-ags/v2p0/readOnly";

    private const int MaxColumns = 1000;

    public static ServiceResource Container(string courseId) => new(["GET", "POST"], [ContainerType], ItemType, call =>
        HttpMethods.IsPost(call.Context.Request.Method) ? CreateAsync(call, courseId) : ListAsync(call, courseId));

    public static ServiceResource Single(string courseId, string itemId) => new(["GET", "PUT", "DELETE"], [ItemType], ItemType, call => call.Context.Request.Method switch
    {
        "PUT" => ReplaceAsync(call, courseId, itemId),
        "DELETE" => Delete(call, courseId, itemId),
        _ => GetAsync(call, courseId, itemId),
    });

    /// <exception cref="ServiceRefusal">No such column, or none that this tool may touch.</exception>
    public static Column Own(ServiceCall call, string courseId, string itemId)
    {
        var column = Any(call, courseId, itemId);
        return column.ToolId == call.Tool.Id ? column : throw new ServiceRefusal(403, "Forbidden");
    }

    /// <summary>Moodle lets a tool read any column of the course whose id it guesses, Sakai those that it lists; otherwise only its own.</summary>
    public static Column Readable(ServiceCall call, string courseId, string itemId)
    {
        var column = Any(call, courseId, itemId);
        return call.Platform.LikeMoodle || IsListed(call, column) ? column : throw new ServiceRefusal(403, "Forbidden");
    }

    public static string Address(ServiceCall call, Column column, string tail = "", string query = "")
    {
        var parts = string.Join('&', new[] { call.TypeSuffix, query }.Where(part => part.Length > 0));
        return $"{call.Platform.Issuer}{ServiceEndpoint.Root}{column.CourseId}/lineitems/{column.Id}/lineitem{tail}{(parts.Length > 0 ? "?" + parts : "")}";
    }

    private static Column Any(ServiceCall call, string courseId, string itemId)
    {
        var course = call.Course(courseId);
        return call.Gradebook.FindColumn(itemId) is { } column && column.CourseId == course.Id
            ? column
            : throw new ServiceRefusal(404, $"Not Found: Grade item {itemId} doesn't exist");
    }

    private static Task ListAsync(ServiceCall call, string courseId)
    {
        call.Demand(Scope.LineItem, Scope.LineItemRead);
        var columns = call.Gradebook.ColumnsOf(call.Course(courseId)).Where(column => IsListed(call, column)
            && Matches(call.Query("tag"), column.Tag)
            && Matches(call.Query("resource_id"), column.ResourceId)
            && Matches(call.Query("resource_link_id"), column.LinkId ?? "")).ToList();
        var page = Paging.Page(call, columns);
        return call.AnswerAsync(200, ContainerType, new JsonArray([.. page.Select(column => (JsonNode)Describe(call, column, withType: true))]));
    }

    private static bool IsListed(ServiceCall call, Column column) => column.ToolId == call.Tool.Id || IsReadOnly(call, column);

    private static bool IsReadOnly(ServiceCall call, Column column) => call.Platform.ShowsOwnColumns && column.Kind == ColumnKind.Quiz;

    private static bool Matches(string wanted, string value) => wanted.Length == 0 || wanted == value;

    private static async Task CreateAsync(ServiceCall call, string courseId)
    {
        call.Demand(Scope.LineItem);
        var course = call.Course(courseId);
        var body = await ReadAsync(call);
        var made = Wanted(body);
        var linkId = LinkId(call, course, body);
        if (call.Gradebook.ColumnsOf(course).Count >= MaxColumns)
            throw new ServiceRefusal(403, "Too many grade items");
        var column = call.Gradebook.AddToolColumn(course.Id, call.Tool.Id, linkId, made);
        await EchoAsync(call, 201, body, column);
    }

    private static Task GetAsync(ServiceCall call, string courseId, string itemId)
    {
        call.Demand(Scope.LineItem, Scope.LineItemRead);
        return call.AnswerAsync(200, ItemType, Describe(call, Readable(call, courseId, itemId), withType: false));
    }

    private static async Task ReplaceAsync(ServiceCall call, string courseId, string itemId)
    {
        call.Demand(Scope.LineItem);
        var column = Own(call, courseId, itemId);
        var body = await ReadAsync(call);
        // An activity's own column stays with its activity, whatever is sent.
        var linkId = column.Kind == ColumnKind.Activity ? column.LinkId : LinkId(call, call.Course(courseId), body);
        await EchoAsync(call, 200, body, call.Gradebook.Change(column, linkId, Wanted(body)));
    }

    private static Task Delete(ServiceCall call, string courseId, string itemId)
    {
        call.Demand(Scope.LineItem);
        call.Gradebook.Remove(Own(call, courseId, itemId));
        call.Context.Response.StatusCode = 204;
        if (call.Platform.LikeMoodle)
        {
            call.Context.Response.ContentType = Answers.Html;
            Answers.Reason(call.Context, "OK");
        }
        return Task.CompletedTask;
    }

    private static Task EchoAsync(ServiceCall call, int status, JsonObject body, Column column)
    {
        body["id"] = Address(call, column);
        return call.AnswerAsync(status, ItemType, body);
    }

    private static async Task<JsonObject> ReadAsync(ServiceCall call)
    {
        try
        {
            return await JsonNode.ParseAsync(call.Context.Request.Body, cancellationToken: call.Context.RequestAborted) as JsonObject
                ?? throw new ServiceRefusal(400, "No label or Score Maximum");
        }
        catch (JsonException)
        {
            throw new ServiceRefusal(400, "No label or Score Maximum");
        }
    }

    private static NewColumn Wanted(JsonObject body)
    {
        var label = RegistrationRequest.AsText(body["label"]).Trim();
        // AGS 3.2.8 and 3.2.9: a label that is not blank and a maximum above 0.
        if (label.Length is 0 or > 255 || body["scoreMaximum"] is not JsonValue number || !number.TryGetValue<decimal>(out var maximum) || maximum is <= 0 or > 1_000_000)
            throw new ServiceRefusal(400, "No label or Score Maximum");
        return new NewColumn
        {
            Title = label,
            Maximum = maximum,
            ResourceId = RegistrationRequest.AsText(body["resourceId"]),
            Tag = RegistrationRequest.AsText(body["tag"]),
            Review = Review(body["submissionReview"]),
            StartDateTime = RegistrationRequest.AsText(body["startDateTime"]) is { Length: > 0 } start ? start : null,
            EndDateTime = RegistrationRequest.AsText(body["endDateTime"]) is { Length: > 0 } end ? end : null,
        };
    }

    internal static SubmissionReview? Review(JsonNode? node) => node is not JsonObject review ? null : new SubmissionReview(
        RegistrationRequest.AsText(review["label"]) is { Length: > 0 } label ? label : null,
        RegistrationRequest.AsText(review["url"]) is { Length: > 0 } url && Answers.IsWebAddress(url) ? url : null,
        [.. (review["reviewableStatus"] as JsonArray ?? []).Take(10).Select(RegistrationRequest.AsText)],
        RegistrationRequest.CustomOf(review["custom"]));

    private static string? LinkId(ServiceCall call, Course course, JsonObject body)
    {
        var id = RegistrationRequest.AsText(body["resourceLinkId"]);
        if (id.Length == 0)
            return null;
        return call.School.FindLink(id) is { } link && link.CourseId == course.Id && link.ToolId == call.Tool.Id
            ? id
            : throw new ServiceRefusal(403, "Forbidden");
    }

    /// <param name="withType">Moodle's list names items with the tool's id even when the call did not.</param>
    private static JsonObject Describe(ServiceCall call, Column column, bool withType)
    {
        var address = Address(call, column);
        var item = new JsonObject
        {
            ["id"] = withType && call.TypeSuffix.Length == 0 && call.Platform.LikeMoodle ? string.Create(CultureInfo.InvariantCulture, $"{address}?type_id={call.Tool.Id}") : address,
            ["label"] = column.Title,
            ["scoreMaximum"] = Number(column.Maximum),
        };
        if (column.ResourceId.Length > 0)
            item["resourceId"] = column.ResourceId;
        if (column.Tag.Length > 0 || call.Platform.LikeMoodle)
            item["tag"] = column.Tag;
        // Recorded: another activity's column shows that activity's number as if it were a link.
        if ((column.LinkId ?? (call.Platform.LikeMoodle ? column.QuizId : null)) is { } instance)
        {
            item["resourceLinkId"] = instance;
            if (call.Platform.LikeMoodle)
                item["ltiLinkId"] = instance;
        }
        if (IsReadOnly(call, column))
            item[ReadOnly] = true;
        if (!call.Platform.LikeMoodle)
        {
            if (column.StartDateTime is { } start)
                item["startDateTime"] = start;
            if (column.EndDateTime is { } end)
                item["endDateTime"] = end;
            if (column.Review is { } review)
                item["submissionReview"] = Describe(review);
        }
        return item;
    }

    private static JsonObject Describe(SubmissionReview review)
    {
        var described = new JsonObject { ["reviewableStatus"] = JsonLists.Of(review.ReviewableStatus) };
        if (review.Label is { } label)
            described["label"] = label;
        if (review.Url is { } url)
            described["url"] = url;
        if (review.Custom.Count > 0)
            described["custom"] = new JsonObject(review.Custom.Select(pair => KeyValuePair.Create<string, JsonNode?>(pair.Key, pair.Value)));
        return described;
    }

    /// <summary>8.50 as 8.5 and 8.00 as 8.</summary>
    internal static JsonNode Number(decimal number) => JsonValue.Create(number / 1.0000000000000000000000000000m);
}
