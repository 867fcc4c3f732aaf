using LtiMicroCred.Lti.Tests.Support;

namespace LtiMicroCred.Lti.Tests.Quirks;

/// <summary>A site as Open edX: members on one page without any Link header, and several line items for one link.</summary>
public sealed class OpenEdxTests(LoopbackServer server)
{
    [Fact]
    public async Task List_of_members_without_a_link_header_is_whole()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/api/lti_consumer/v1/lti/7/memberships", 200, $$"""
            {"id":"{{tool.Site.Address}}/api/lti_consumer/v1/lti/7/memberships","context":{"id":"course-v1:edX+Demo+1"},
             "members":[{"user_id":"6d0a1c1e","roles":["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"]},
                        {"user_id":"8e2f","roles":["http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"]}]}
            """);

        var members = await tool.Get<NamesAndRoles>().GetMembersAsync(tool.Platform, tool.Site.Uri("/api/lti_consumer/v1/lti/7/memberships"), resourceLinkId: null, CancellationToken.None);

        members.Members.Select(member => (member.UserId, member.Roles.IsLearner)).ShouldBe([("6d0a1c1e", true), ("8e2f", false)]);
        members.DifferencesUrl.ShouldBeNull();
    }

    [Fact]
    public async Task Among_several_line_items_of_the_link_ours_is_found()
    {
        using var tool = new TestTool(server.NewSite());
        string Item(int number, string resourceId) =>
            $$"""{"id":"{{tool.Site.Address}}/lti/7/lti-ags/{{number}}","label":"Item {{number}}","scoreMaximum":100,"resourceId":"{{resourceId}}","tag":"credential","resourceLinkId":"block@1"}""";
        tool.Site.On("/lti/7/lti-ags", 200, $"[{Item(1, "")},{Item(2, "other")},{Item(3, "ours")}]");

        var found = await tool.Get<AssignmentAndGradeServices>().FindOrCreateLineItemAsync(
            tool.Platform, tool.Site.Uri("/lti/7/lti-ags"), new LineItem { Label = "A", ScoreMaximum = 100, ResourceLinkId = "block@1", ResourceId = "ours", Tag = "credential" }, CancellationToken.None);

        found.Id.ShouldBe($"{tool.Site.Address}/lti/7/lti-ags/3");
        tool.Site.Requests.ShouldNotContain(seen => seen.Method == "POST" && seen.Path == "/lti/7/lti-ags");
    }
}
