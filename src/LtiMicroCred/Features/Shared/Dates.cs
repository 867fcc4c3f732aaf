using System.Globalization;
using Microsoft.AspNetCore.Html;
using Microsoft.AspNetCore.Mvc.Rendering;

namespace LtiMicroCred.Features.Shared;

/// <summary>
/// Points in time as people read them, in UTC. Where it is the reader's own time that matters, site.js rewrites what is marked with
/// <c>data-local</c> to their zone; proofs are not marked.
/// </summary>
internal static class Dates
{
    /// <summary>14 November 2026, for sentences.</summary>
    public static IHtmlContent Day(DateTimeOffset at) => Time(at, "d MMMM yyyy", "day");

    /// <summary>14 Nov 2026, for tables.</summary>
    public static IHtmlContent ShortDay(DateTimeOffset at) => Time(at, "d MMM yyyy", "short-day");

    /// <summary>22 Nov 2026, 09:41 UTC; “today, 10:41” in the reader's zone.</summary>
    public static IHtmlContent Moment(DateTimeOffset at) => Time(at, "d MMM yyyy, HH:mm 'UTC'", "moment");

    /// <summary>09:41 UTC, where the day goes without saying.</summary>
    public static IHtmlContent Clock(DateTimeOffset at) => Time(at, "HH:mm 'UTC'", "clock");

    /// <summary>As <see cref="Moment"/>, and UTC for everybody.</summary>
    public static IHtmlContent Proof(DateTimeOffset at) => Time(at, "d MMMM yyyy, HH:mm:ss 'UTC'", local: null);

    /// <summary>As <see cref="Day"/>, and UTC for everybody.</summary>
    public static IHtmlContent ProofDay(DateTimeOffset at) => Time(at, "d MMMM yyyy", local: null);

    private static TagBuilder Time(DateTimeOffset at, string pattern, string? local)
    {
        var time = new TagBuilder("time");
        time.Attributes["datetime"] = at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        if (local is not null)
            time.Attributes["data-local"] = local;
        time.InnerHtml.Append(at.UtcDateTime.ToString(pattern, CultureInfo.CurrentCulture));
        return time;
    }
}
