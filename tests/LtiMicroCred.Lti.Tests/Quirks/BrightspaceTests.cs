using System.Globalization;
using LtiMicroCred.Lti.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace LtiMicroCred.Lti.Tests.Quirks;

/// <summary>A site that lists line items as Brightspace does: 200 to a page, whatever is asked for.</summary>
public sealed class BrightspaceTests(LoopbackServer server)
{
    private const int PerPage = 200;

    [Theory]
    [InlineData(200, 1)]
    [InlineData(450, 3)]
    public async Task Line_items_beyond_the_first_two_hundred_are_read(int count, int pages)
    {
        using var tool = new TestTool(server.NewSite());
        List(tool.Site, count);

        var items = await tool.Get<AssignmentAndGradeServices>().GetLineItemsAsync(
            tool.Platform, tool.Site.Uri("/d2l/api/lti/ags/2.0/lineitems"), new LineItemFilter { PageSize = 1000 }, CancellationToken.None);

        items.Select(item => item.Id).ShouldBe(Enumerable.Range(0, count).Select(number => Address(tool.Site, number)));
        tool.Site.Count("/d2l/api/lti/ags/2.0/lineitems").ShouldBe(pages);
    }

    private static void List(Site site, int count) => site.On("/d2l/api/lti/ags/2.0/lineitems", context =>
    {
        var page = int.Parse(context.Request.Query["page"].FirstOrDefault() ?? "0", CultureInfo.InvariantCulture);
        var items = Enumerable.Range(page * PerPage, Math.Min(PerPage, count - (page * PerPage)));
        if ((page + 1) * PerPage < count)
            context.Response.Headers.Link = $"<{site.Address}/d2l/api/lti/ags/2.0/lineitems?page={page + 1}>; rel=\"next\"";
        return context.Response.WriteAsync($"[{string.Join(',', items.Select(number => $$"""{"id":"{{Address(site, number)}}","label":"Item {{number}}","scoreMaximum":10}"""))}]");
    });

    private static string Address(Site site, int number) => $"{site.Address}/d2l/api/lti/ags/2.0/lineitems/{number}";
}
