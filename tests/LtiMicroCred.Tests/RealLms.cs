using LtiMicroCred.DemoLms;
using LtiMicroCred.Features.Platforms;
using LtiMicroCred.Lti;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;

namespace LtiMicroCred.Tests;

internal static class RealLms
{
    /// <summary>Registers the tool with the LMS and points the furnished course at a real one.</summary>
    public static async Task<Column> ConnectAsync(ProductDatabase product, DemoLmsServer lms)
    {
        var invitation = await product.SendAsync(new InvitePlatform(null, TimeSpan.FromHours(1)));
        var registration = new Uri(lms.NewRegistration(invitation.Url.AbsoluteUri));
        var query = QueryHelpers.ParseQuery(registration.Query);
        var configuration = await product.Services.GetRequiredService<DynamicRegistration>().ReadConfigurationAsync(new Uri(query["openid_configuration"].ToString()), CancellationToken.None);
        var outcome = await product.Services.GetRequiredService<RegisterPlatform>().RunAsync(invitation.Url.Segments[^1], configuration, query["registration_token"].ToString(), CancellationToken.None);
        outcome.Outcome.ShouldBe(Registration.Done);
        var tool = lms.School.Tools.ShouldHaveSingleItem();
        lms.Activate(tool.Id);
        var link = lms.School.AddLink(new NewResourceLink { CourseId = "2", ToolId = tool.Id, Title = "Data Ethics", Column = new NewColumn { Title = "Data Ethics", Maximum = 100 } });
        var column = lms.School.Gradebook.ColumnsOf(link).ShouldHaveSingleItem();
        await product.ExecuteAsync(
            """
            UPDATE Course SET PlatformId = (SELECT PlatformId FROM Platform WHERE ClientId = @ClientId), MembershipsUrl = @Members;
            UPDATE LineItem SET InUse = CASE WHEN Way = 'own' THEN 1 ELSE 0 END, Url = @Url;
            """,
            new { tool.ClientId, Members = $"{lms.BaseUrl}mod/lti/services.php/CourseSection/2/bindings/{tool.Id}/memberships", Url = $"{lms.BaseUrl}mod/lti/services.php/2/lineitems/{column.Id}/lineitem?type_id={tool.Id}" });
        return column;
    }
}
