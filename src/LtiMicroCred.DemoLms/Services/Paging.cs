using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;

namespace LtiMicroCred.DemoLms.Services;

/// <summary>Link headers of paged answers.</summary>
internal static class Paging
{
    /// <summary>The wanted page, with a Link header when a page size was asked for.</summary>
    public static IEnumerable<T> Page<T>(ServiceCall call, IReadOnlyList<T> all)
    {
        if (call.Limit == 0)
            return all;
        if (call.Platform.LikeMoodle)
            call.Context.Response.Headers.Link = MoodleLinks(call, all.Count);
        else
            AddNext(call, all.Count);
        return all.Skip(call.From).Take(call.Limit);
    }

    /// <summary>rel="next" with the call's own filters (RFC 8288).</summary>
    /// <param name="mark">Where the list of changes stood when the first page was made.</param>
    public static void AddNext(ServiceCall call, int total, int? mark = null)
    {
        if (call.From + call.Limit >= total)
            return;
        var query = call.Context.Request.Query.Where(pair => pair.Key != "from").ToDictionary(pair => pair.Key, pair => (string?)pair.Value.ToString(), StringComparer.Ordinal);
        query["from"] = (call.From + call.Limit).ToString(CultureInfo.InvariantCulture);
        if (mark is { } known)
            query["asof"] = known.ToString(CultureInfo.InvariantCulture);
        call.Context.Response.Headers.Link = $"<{QueryHelpers.AddQueryString(Address(call), query)}>; rel=\"next\"";
    }

    /// <summary>rel="differences", with the call's own filters and page size.</summary>
    public static void AddDifferences(ServiceCall call, int mark)
    {
        var query = call.Context.Request.Query.Where(pair => pair.Key is not ("from" or "asof" or "since")).ToDictionary(pair => pair.Key, pair => (string?)pair.Value.ToString(), StringComparer.Ordinal);
        query["since"] = mark.ToString(CultureInfo.InvariantCulture);
        call.Context.Response.Headers.Link = $"<{QueryHelpers.AddQueryString(Address(call), query)}>; rel=\"differences\"";
    }

    /// <summary>Recorded: typographic quotes, ampersands as in HTML, and a last page that may be empty.</summary>
    private static string MoodleLinks(ServiceCall call, int total)
    {
        var (limit, from) = (call.Limit, call.From);
        var links = new List<string> { At(0, "first") };
        if (from > 0)
            links.Add(At(Math.Max(0, from - limit), "prev"));
        links.Add(At(from, "canonical"));
        if (from + limit < total)
            links.Add(At(from + limit, "next"));
        links.Add(At(total - (total % limit), "last"));
        return string.Join(", ", links);

        string At(int first, string relation)
        {
            var type = call.TypeSuffix.Length > 0 ? call.TypeSuffix + "&amp;" : "";
            return string.Create(CultureInfo.InvariantCulture, $"<{Address(call)}?{type}limit={limit}&amp;from={first}>; rel=“{relation}”");
        }
    }

    private static string Address(ServiceCall call) => call.Platform.Issuer + call.Context.Request.Path.Value;
}
